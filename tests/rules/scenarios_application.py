"""Applications: submitted by hand, and waiting until control over their names is proven."""
import urllib.parse

import publish
from moments import DAY, E, E_20D, MINUTE, at
from table import rule
from world import holds, same

PAUSE = 10  # seconds between two checks that are asked for
BACKOFF = (1, 10, 100)  # minutes to the checks that are planned


# ---- applying ----

def contact(s):
    body = {"name": "Wang Fang", "email": "wang.fang@example.com", "mobile": "+8613800138000"}
    return s.done(s.call("POST", "/v1/contacts", body), 201)["id"]


def fill_in(s, c, **form):
    s.done(s.call("PATCH", f"/v1/certificates/{c['id']}/form", {"contact_id": contact(s), **form}))


def hand_in(s, c):
    s.done(s.call("POST", f"/v1/certificates/{c['id']}/submit"), 202)
    s.settle()
    return s.certificate(c["id"])


def ordered(s, *names):
    """N of a brand whose issuer demands control over each name: paid, not submitted."""
    c = s.done(s.order(*(names or [s.host("a")]), brand=f"{s.brand}-Proven", grade="dv"), 201)["certificate"]
    s.done(s.call("PUT", f"/v1/certificates/{c['id']}/tags", {"tags": [s.tag]}))
    return s.certificate(c["id"])


def applied(s, *names, method="dns"):
    """The same, submitted."""
    c = ordered(s, *names)
    fill_in(s, c, validation_method=method)
    return hand_in(s, c)


def application(s, c, **headers):
    newest = s.get(f"/v1/certificates/{c['id']}/applications")["items"][-1]
    return s.get(f"/v1/applications/{newest['id']}", **headers)


def challenge(s, c, name=None, **headers):
    rows = application(s, c, **headers)["challenges"]
    return next(row for row in rows if row["name"] == (name or s.host("a")))


def put_record(one, value=None):
    publish.record(one["host"], one["type"], value or one["value"])


def put_file(one, content=None):
    url = urllib.parse.urlsplit(one["url"])
    publish.record(url.hostname, "A", publish.ADDRESS)
    publish.file(url.hostname, url.path, content or one["content"])


def check_now(s, c):
    """All scenarios share an account, which asks for so many checks a minute; one that is planned may be first."""
    path = f"/v1/certificates/{c['id']}/check"
    answer = s.call("POST", path)
    while answer.status == 429:
        yield s.clock.now + MINUTE
        if s.state(c) != "validating":
            return
        answer = s.call("POST", path)
    s.done(answer, 202)
    s.settle()


def finds(s, c, reason):
    """Still validating, for this reason."""
    one = challenge(s, c)
    same("reason", one["last_reason"], reason)
    same("state", s.state(c), "validating")
    holds("what was seen, and a remedy", one["detail"] and one["remedy"] and one["answers"])
    return one


def is_issued(s, c):
    """Checked now, unless a check that was planned was first."""
    if s.state(c) == "validating":
        yield from check_now(s, c)
    c = s.certificate(c["id"])
    same("state, versions", (c["state"], c["version_count"]), ("issued", 1))


# ---- by hand, after the payment ----

@rule("R036")
def a_renewal_is_submitted_by_hand(s):
    c = s.buy()
    yield E_20D
    n = s.renewed(c)
    s.settle()
    same("state", s.state(n), "pending_application")
    yield E - 15 * DAY
    same("state, versions", (s.state(n), s.certificate(n["id"])["version_count"]), ("pending_application", 0))
    n = hand_in(s, n)
    same("state", n["state"], "issued")
    s.covers(n, E + 365 * DAY, 15 * DAY)


@rule("R082")
def a_successor_waits_below_its_predecessor(s):
    c = s.buy()
    yield E_20D
    n = s.renewed(c)
    s.settle()
    same("state, predecessor", (s.state(n), n["predecessor_id"]), ("pending_application", c["id"]))
    same("successor of the old one", s.certificate(c["id"])["successor_id"], n["id"])
    yield E - 10 * DAY
    same("state", s.state(n), "pending_application")
    n = hand_in(s, n)
    same("state", n["state"], "issued")
    same("carried", n["carried_seconds"], 10 * DAY)


# ---- validation ----

@rule("R109")
def the_method_is_that_of_the_old_one(s):
    c, d = applied(s, method="file"), applied(s, s.host("d"))
    put_file(challenge(s, c))
    put_record(challenge(s, d, s.host("d")))
    yield from is_issued(s, c)
    yield from is_issued(s, d)
    yield E_20D
    for old, method, name in ((c, "file", s.host("a")), (d, "dns", s.host("d"))):
        publish.no_records(f"_tenure-challenge.{name}")
        n = s.renewed(old)
        s.settle()
        same("method in the form", s.get(f"/v1/certificates/{n['id']}/form")["validation_method"], method)
        if s.state(n) == "pending_application":
            hand_in(s, n)
        same("method of the application", application(s, n)["validation_method"], method)


@rule("R110")
def by_a_record(s):
    c = applied(s)
    same("state", c["state"], "validating")
    one = challenge(s, c)
    same("type", one["type"], "TXT")
    holds("host and value", one["host"].endswith(s.host("a")) and one["value"])
    same("recommended", s.get(f"/v1/certificates/{c['id']}/methods")["items"][0]["recommended"], "dns")
    yield from check_now(s, c)
    finds(s, c, "record_missing")
    put_record(one)
    yield s.clock.now + PAUSE
    yield from is_issued(s, c)


@rule("R111")
def by_a_file(s):
    c = applied(s, method="file")
    one = challenge(s, c)
    holds(f"a path below /.well-known/: {one['url']}", "/.well-known/" in one["url"] and one["content"])
    publish.file("nobody.example.com", "/", "the server answers")
    yield from check_now(s, c)
    finds(s, c, "http_status")
    put_file(one)
    yield s.clock.now + PAUSE
    yield from is_issued(s, c)


@rule("R112")
def no_file_for_a_wildcard(s):
    c = ordered(s, f"*.{s.tag}.example.com")
    answer = s.call("PATCH", f"/v1/certificates/{c['id']}/form", {"contact_id": contact(s), "validation_method": "file"})
    s.refused(answer, 400, "file_validation_not_for_wildcard", "validation_method")
    same("state", s.state(c), "pending_application")
    fill_in(s, c, validation_method="dns")
    same("state", hand_in(s, c)["state"], "validating")


@rule("R115")
def a_contact_can_be_reached(s):
    body = {"name": "Wang Fang", "email": "wang.fang@example.com", "mobile": "+8613800138000"}
    s.refused(s.call("POST", "/v1/contacts", {**body, "email": "nobody"}), 400, "bad_field", "email")
    s.refused(s.call("POST", "/v1/contacts", {**body, "mobile": "12ab"}), 400, "bad_field", "mobile")
    s.done(s.call("POST", "/v1/contacts", body), 201)
    text = str(s.get("/v1/openapi.json")["paths"]["/v1/contacts"]["post"])
    holds("the form says what both are for", "application goes there" in text and "calls it" in text)


@rule("R118")
def validating_waits_for_the_user(s):
    c = applied(s)
    put_record(challenge(s, c))
    yield from is_issued(s, c)
    yield E_20D
    publish.no_records(challenge(s, c)["host"])
    s.done(s.call("DELETE", f"/v1/domains/{challenge(s, c)['validation_id']}"), 204)
    n = s.renewed(c)
    s.settle()
    same("state", s.state(n), "validating")
    yield E - 19 * DAY
    same("state, versions", (s.state(n), s.certificate(n["id"])["version_count"]), ("validating", 0))
    one = challenge(s, n)
    told = s.get(f"/v1/certificates/{n['id']}/explain")
    holds("explain names host and value", one["host"] in str(told) and one["value"] in str(told))
    put_record(one)
    yield from is_issued(s, n)


@rule("R124")
def it_is_looked_for_by_itself(s):
    c = applied(s)
    begin = s.clock.now
    one = challenge(s, c)
    holds("host, type, value", one["host"] and one["type"] == "TXT" and one["value"])
    yield begin + BACKOFF[0] * MINUTE
    finds(s, c, "record_missing")
    put_record(one)
    yield begin + sum(BACKOFF[:2]) * MINUTE
    same("state", s.state(c), "issued")


@rule("R186")
def each_name_has_its_methods(s):
    c = ordered(s, s.host("a"), f"*.b.{s.tag}.example.com")
    rows = {row["name"]: row for row in s.get(f"/v1/certificates/{c['id']}/methods")["items"]}
    same("of a host", (rows[s.host("a")]["methods"], rows[s.host("a")]["recommended"]), (["dns", "file"], "dns"))
    wildcard = rows[f"*.b.{s.tag}.example.com"]
    same("of a wildcard", (wildcard["methods"], wildcard["recommended"]), (["dns"], "dns"))


@rule("R188")
def a_record_must_be_at_each_server(s):
    c = applied(s)
    one = challenge(s, c)
    publish.record(one["host"], one["type"], one["value"], publish.PORTS[:1])
    yield from check_now(s, c)
    answers = finds(s, c, "record_missing")["answers"]
    for port in publish.PORTS:
        holds(f"the answer of {port} is shown: {answers}", any(port in row["server"] for row in answers))
    put_record(one)
    yield s.clock.now + PAUSE
    yield from is_issued(s, c)


@rule("R189")
def a_file_is_checked_on_demand(s):
    c = applied(s, method="file")
    one = challenge(s, c)
    put_file(one, "something else")
    yield from check_now(s, c)
    finds(s, c, "wrong_content")
    put_file(one)
    yield s.clock.now + PAUSE
    yield from is_issued(s, c)


@rule("R192")
def every_failure_has_its_remedy(s):
    c = applied(s)
    one = challenge(s, c)
    host, value = one["host"], one["value"]
    worlds = [("record_missing", lambda: None),
              ("wrong_value", lambda: put_record(one, "another")),
              ("wrong_name", lambda: (publish.no_records(host), publish.record(f"{host}.example.com", "TXT", value))),
              ("cname_loop", lambda: (publish.no_records(f"{host}.example.com"),
                                      publish.record(host, "CNAME", f"b.{host}."),
                                      publish.record(f"b.{host}", "CNAME", f"{host}."))),
              ("caa_forbids", lambda: (publish.no_records(host), put_record(one),
                                       publish.record(s.host("a"), "CAA", '0 issue "other.example"')))]
    for reason, change in worlds:
        change()
        yield from check_now(s, c)
        finds(s, c, reason)
        chinese = challenge(s, c, Accept_Language="zh")
        holds("the remedy in Chinese", any("\u4e00" <= letter for letter in chinese["remedy"]))
        yield s.clock.now + PAUSE
    publish.no_records(s.host("a"))
    yield from is_issued(s, c)


@rule("R193", begin=at("2026-04-01"))
def proven_in_advance(s):
    begin, name = s.clock.now, f"{s.tag}.example.com"
    domain = s.done(s.call("POST", "/v1/domains", {"name": name}), 201)
    put_record(domain)
    s.done(s.call("POST", f"/v1/domains/{domain['id']}/check"), 202)
    s.settle()
    same("proven", s.get(f"/v1/domains/{domain['id']}")["end_reason"], "validated")
    yield begin + 199 * DAY
    c = applied(s, s.host("x"))
    same("state", c["state"], "issued")
    yield begin + 201 * DAY
    c = applied(s, s.host("y"))
    same("state", c["state"], "validating")
    holds("a challenge", challenge(s, c, s.host("y"))["value"])


@rule("R217")
def too_late_is_not_the_end(s):
    c = applied(s)
    begin = s.clock.now
    yield begin + 30 * DAY
    c = s.certificate(c["id"])
    same("state, reason", (c["state"], c["reject_reason"]), ("rejected", "validation_failed"))
    holds("the last finding is kept", challenge(s, c)["last_reason"] == "record_missing" and challenge(s, c)["remedy"])
    notices = s.get("/v1/notices?limit=100")["items"]
    holds("a message", any(n["event"] == "rejected" and n["certificate_id"] == c["id"] for n in notices))
    c = hand_in(s, c)
    same("state", c["state"], "validating")
    put_record(challenge(s, c))
    yield from is_issued(s, c)
