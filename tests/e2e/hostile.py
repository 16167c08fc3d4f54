"""What is found out about servers that mean no good; run by hostile.sh."""
import os
import time

from client import call, check, finish

SECONDS = 100  # for all of them, one after the other
# trick → reason, what an answer says
RECORDS = {"loop": ("cname_loop", "CNAME n1.loop.test"), "long": ("cname_loop", "CNAME n8.long.test"),
           "huge": ("wrong_value", "… (64)"), "cut": ("servfail", "cut, and not to be had by TCP"),
           "drip": ("servfail", "cut, and not to be had by TCP"), "lame": ("servfail", "REFUSED"),
           "wrongid": ("servfail", "not an answer of DNS"), "other": ("servfail", "not an answer of DNS"),
           "flood": ("servfail", "not an answer of DNS"), "bomb": ("servfail", "not an answer of DNS")}
FILES = {"endless": ("redirect_refused", "HTTP 302"), "inside": ("redirect_refused", "HTTP 302"),
         "slowly": ("time_out", "in time"), "bulk": ("wrong_content", "HTTP 200"), "heads": ("http_status", "does not answer"),
         "garbage": ("http_status", "does not answer")}


# what a CA's own look would meet: it follows redirects
CHALLENGES = {"endless": ("redirect_refused", "HTTP 302"), "inside": ("redirect_refused", "closed to outgoing connections"),
              "port": ("redirect_refused", "HTTP 302"), "file": ("redirect_refused", "HTTP 302"), "slowly": ("time_out", "in time"),
              "bulk": ("wrong_content", "HTTP 200"), "heads": ("http_status", "does not answer")}


def begin_domain(name, method):
    domain = call("POST", "/v1/domains", {"name": name, "method": method})["id"]
    call("POST", f"/v1/domains/{domain}/check")
    return f"/v1/domains/{domain}/checks"


def begin_test(name, method):
    return f"/v1/solutions/{call('POST', '/v1/solvers/test', {'name': name, 'type': method})['id']}/looks"


def first_look(path):
    items = (call("GET", path).json or {}).get("items")
    return items[-1] if items else None


def look_at(what, tricks, begin, name_of, method):
    begun = {trick: begin(name_of(trick), method) for trick in tricks}
    end = time.monotonic() + SECONDS
    for trick, (reason, says) in tricks.items():
        while not (look := first_look(begun[trick])) and time.monotonic() < end:
            time.sleep(0.2)
        right = look and look["reason"] == reason and any(says in answer["answer"] for answer in look["answers"])
        check(f"{what}: {trick} is {reason}", right, look)


# name → what doctor must find, and must not
DOCTOR = {"long.test": ("alias_loop", "servers_fail"), "lame.test": ("servers_fail", "methods"),
          "bulk.web.test": ("methods", "port_80_closed"), "heads.web.test": ("port_80_closed", "redirect")}

# servers that others name
DELEGATED = {"inner": ("connection_refused", "address not allowed")}
if os.environ["ALL"]:
    DELEGATED["many"] = ("servfail", "many.example")
    DOCTOR["many.example"] = ("servers_fail", "not_delegated")


def doctor():
    begun = {name: call("POST", "/v1/preflights", {"name": name})["id"] for name in DOCTOR}
    end = time.monotonic() + SECONDS
    for name, (wanted, unwanted) in DOCTOR.items():
        while not (report := call("GET", f"/v1/preflights/{begun[name]}").json)["ended_at"] and time.monotonic() < end:
            time.sleep(0.2)
        codes = [finding["code"] for finding in report["findings"] or []]
        check(f"doctor: {name} has {wanted}", wanted in codes and unwanted not in codes, report)


call("POST", "/v1/solvers", {"zone": ".", "type": "http-01", "kind": "responder", "doubt_seconds": 1})
look_at("record", RECORDS, begin_domain, lambda trick: f"{trick}.test", "dns")
look_at("record", DELEGATED, begin_domain, lambda trick: f"{trick}.example", "dns")
look_at("file", FILES, begin_domain, lambda trick: f"{trick}.web.test", "file")
look_at("challenge", CHALLENGES, begin_test, lambda trick: f"{trick}.web.test", "http-01")
doctor()
finish()
