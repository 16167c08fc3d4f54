"""Bad input, row by row of SPEC section 18: status, code, the field or the name that is wrong, and nothing stored."""
import base64
import collections
import contextlib
import random
import socket
import sqlite3
import subprocess
import threading
import time

from client import TOOLS, URL, WORK, at_once, call, check, finish, fixture, routes

STORED = ("account", "access_key", "audit", "certificate", "version", "chain", "orders", "application", "target",
          "deployment", "idempotency")
SLOW_SECONDS = 10  # until the head of a request must be there
SLOW_CLIENTS = 32


def stored():
    """How many rows there are of everything that a request can make."""
    with sqlite3.connect(f"file:{WORK}/data/tenure.db?mode=ro", uri=True) as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in STORED}


def refused(name, answer, status, code, field=None, tells=""):
    wrong = [answer.status != status, answer["code"] != code, field and answer["field"] != field,
             tells not in (answer["detail"] or ""), not answer["remedy"]]
    check(name, not any(wrong), f"instead of {status} {code} {field or ''} {tells}: {answer}")


def leaves_nothing(name, tests):
    before = stored()
    tests()
    check(f"{name}: nothing was stored", stored() == before, f"{before} became {stored()}")


def order(**body):
    return call("POST", "/v1/orders", body)


def take_in(**body):
    return call("POST", "/v1/certificates", body)


def wait_until(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def state_of(certificate):
    return call("GET", f"/v1/certificates/{certificate}")["state"]


def issued(**body):
    certificate = order(**body)["certificate"]["id"]
    wait_until(lambda: state_of(certificate) == "issued")
    return certificate


def old_certificate(name, days_left):
    subprocess.run([TOOLS / "old-certificate", WORK / name, str(days_left), name], check=True)
    return {"certificate": (WORK / name / "fullchain.pem").read_text(), "key": (WORK / name / "key.pem").read_text()}


# ---- certificates and keys ----

def der_base64(pem, rest=b""):
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return base64.b64encode(der + rest).decode()


def malformed_certificates():
    leaf = fixture("leaf-p256.pem")
    lines = leaf.splitlines()
    cases = {
        "no PEM at all": {"certificate": "hello"},
        "nothing": {"certificate": ""},
        "PEM without an end": {"certificate": "\n".join(lines[:-1])},
        "PEM that is cut": {"certificate": "\n".join(lines[:5] + lines[-1:])},
        "PEM with a strange character": {"certificate": leaf.replace("MI", "M!", 1)},
        "a CSR": {"certificate": fixture("csr-p256.pem")},
        "a key alone": {"certificate": fixture("key-p256.pem")},
        "two leaves": {"certificate": leaf + fixture("leaf-rsa2048.pem")},
        "DER with trailing garbage": {"certificate_base64": der_base64(leaf, b"garbage")},
        "DER that is cut": {"certificate_base64": der_base64(leaf)[:400]},
        "zeros": {"certificate_base64": "A" * 400},
    }
    for name, body in cases.items():
        refused(f"{name} is no certificate", take_in(**body), 400, "malformed_certificate")
    refused("what is not base64", take_in(certificate_base64="*"), 400, "bad_field", "certificate_base64")
    refused("certificate and base64 together", take_in(certificate=leaf, certificate_base64=der_base64(leaf)), 400,
            "bad_field", "certificate")
    refused("neither of them", take_in(key=fixture("key-p256.pem")), 400, "bad_field", "certificate")


def wrong_keys():
    leaf = fixture("leaf-p256.pem")
    encrypted = fixture("key-p256-encrypted.pem")
    refused("another certificate's key", take_in(certificate=leaf, key=fixture("key-other.pem")), 400, "key_mismatch")
    refused("an encrypted key without its pass phrase", take_in(certificate=leaf, key=encrypted), 400,
            "key_pass_phrase")
    refused("an encrypted key with a wrong one", take_in(certificate=leaf, key=encrypted, pass_phrase="guess"), 400,
            "key_pass_phrase")
    refused("what is no key", take_in(certificate=leaf, key="hello"), 400, "malformed_key")
    refused("a weak key in a certificate", take_in(certificate=fixture("leaf-weak.pem")), 400, "weak_key")


def twice():
    known = take_in(certificate=fixture("leaf-p256.pem"), key=fixture("key-p256-encrypted.pem"), pass_phrase="secret")
    check("the right pass phrase opens the key", known.status == 201, str(known))
    leaves_nothing("the same again", lambda: refused(
        "the same certificate again", take_in(certificate=fixture("leaf-p256.pem")), 409, "already_exists",
        tells=known["id"]))


# ---- orders ----

def bad_names():
    label = "a" * 63
    long_name = ".".join([label, label, label, label[:58], "com"])
    cases = {
        "an empty label": ["a..example.com"],
        "254 octets": [long_name],
        "a label of 64 octets": [label + "a.example.com"],
        "an underscore": ["under_score.example.com"],
        "a wildcard in the second label": ["www.*.example.com"],
        "a wildcard in a part of a label": ["w*.example.com"],
        "two wildcards": ["*.*.example.com"],
        "a hyphen at the end": ["a-.example.com"],
        "no dot": ["localhost"],
        "a number as the last label": ["1.2.3.400"],
        "broken punycode": ["xn--zz--9.example.com"],
    }
    for name, names in cases.items():
        refused(f"names: {name}", order(names=names), 400, "bad_name", "names", names[0][:60].lower())
    refused("names: the same twice", order(names=["a.example.com", "A.EXAMPLE.com"]), 400, "bad_name", "names",
            "a.example.com")
    refused("names: none", order(names=[]), 400, "bad_name", "names")
    refused("names: too many", order(names=[f"{i}.example.com" for i in range(101)]), 400, "bad_name", "names", "100")
    refused("names: too many for the brand", order(names=[f"{i}.example.com" for i in range(6)], brand="DigiCert"), 400,
            "bad_name", "names", "5")


def bad_csrs():
    def csr(name, **more):
        return order(csr=fixture(name), **more)
    refused("a CSR with a bad signature", csr("csr-signature.pem"), 400, "csr_signature", "csr")
    refused("a CSR with a weak key", csr("csr-rsa1024.pem"), 400, "csr_weak_key", "csr")
    refused("what is no CSR", order(csr="hello", names=["a.example.com"]), 400, "csr_malformed", "csr")
    refused("a CSR for other names", csr("csr-p256.pem", names=["b.example.org"]), 400, "csr_names_mismatch", "csr")
    refused("a CSR of another algorithm than was asked for", csr("csr-cn.pem", key_algorithm="rsa4096"), 400,
            "bad_field", "key_algorithm")


def csr_of_another_algorithm():
    official = issued(names=["official.example.com"])
    csr = subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", WORK / "rsa.key",
                          "-subj", "/CN=official.example.com"], check=True, capture_output=True, text=True).stdout
    leaves_nothing("such a renewal", lambda: refused(
        "a CSR with an RSA key in the renewal of an ECDSA certificate",
        call("POST", f"/v1/certificates/{official}/renew", {"csr": csr}), 400, "csr_key_algorithm_mismatch", "csr"))


def bad_fields():
    names = ["a.example.com"]
    for years in (0, 4, -1, 2**62):
        refused(f"{years} years", order(names=names, years=years), 400, "years_not_offered", "years")
    for years in ("1", 1.5, None, [1]):
        refused(f"years: {years!r}", order(names=names, years=years), 400, "bad_field", "years")
    refused("a brand that is not on sale", order(names=names, brand="Nobody"), 400, "bad_field", "brand", "Nobody")
    refused("a grade that does not exist", order(names=names, grade="dx"), 400, "bad_field", "grade")
    refused("a key algorithm that does not exist", order(names=names, key_algorithm="p257"), 400, "bad_field",
            "key_algorithm")
    refused("names that are one text", order(names="a.example.com"), 400, "bad_field", "names")
    for query in ("limit=0", "limit=x", "limit=100000", "days_left_max=-1", "renewable=perhaps", "state=happy",
                  "kind=none", "sort=colour", "cursor=zzz"):
        field = query.split("=")[0]
        refused(f"a list with {query}", call("GET", f"/v1/certificates?{query}"), 400, "bad_field", field)


def unknown_fields():
    for method, path, operation in routes():
        takes_json = "application/json" in operation.get("requestBody", {}).get("content", {})
        if not takes_json or path.startswith(("/v1/login", "/v1/payments/events")):  # the last one is signed
            continue
        answer = call(method, path.replace("{id}", "cert_00000000000000000000000000"), {"surprise": 1})
        if answer.status != 404:  # some look for the object first
            refused(f"{method} {path}: an unknown field", answer, 400, "unknown_field", "surprise")


def fields_where_none_are():
    """Who switches automatic renewal on for three years must be told that nothing of that is heard."""
    for path in ("certificates/{}/auto-renew", "certificates/{}/withdraw", "orders/{}/cancel", "applications/{}/approve"):
        answer = call("POST", f"/v1/{path.format('x')}", {"years": 3})
        refused(f"POST /v1/{path}: a field", answer, 400, "unknown_field", "years")
        check("and nothing is still nothing", call("POST", f"/v1/{path.format('x')}", {}).status == 404)


def bad_json():
    cases = {"not JSON": "hello", "cut": '{"names": [', "an array": "[]", "a key twice": '{"years":1,"years":2}',
             "something behind it": "{} {}", "not UTF-8": b'{"brand":"\xff"}', "nested deeply": "[" * 5000 + "]" * 5000}
    for name, body in cases.items():
        refused(f"JSON: {name}", call("POST", "/v1/orders", body), 400, "bad_request")


# ---- two at once ----

def counts(answers):
    return collections.Counter((answer.status, answer["code"]) for answer in answers)


def one_renewal():
    old = take_in(**old_certificate("race.example.com", 9))["id"]
    answers = at_once(8, lambda _: call("POST", f"/v1/certificates/{old}/renew", {}))
    check("of eight renewals at once one succeeds, the others have a successor",
          counts(answers) == {(201, None): 1, (409, "has_successor"): 7}, str(counts(answers)))
    successor = next(answer for answer in answers if answer.status == 201)["certificate"]["id"]
    told = [answer for answer in answers if answer.status == 409 and successor in answer.text]
    check("they are told which one", len(told) == 7, str(answers[0]))
    return successor


def one_submission():
    pending = call("POST", "/v1/orders", {"names": ["submit.example.com"], "brand": "DigiCert"})["certificate"]["id"]
    answers = at_once(8, lambda _: call("POST", f"/v1/certificates/{pending}/submit", {}))
    check("of eight submissions at once one succeeds", counts(answers) == {(202, None): 1, (409, "already_submitted"): 7},
          str(counts(answers)))


def one_cancellation(certificate):
    early = call("POST", f"/v1/certificates/{certificate}/renew", {})["certificate"]["id"]
    answers = at_once(8, lambda _: call("POST", f"/v1/certificates/{early}/cancel", {}))
    statuses = collections.Counter(answer.status for answer in answers)
    check("of eight cancellations at once one succeeds", statuses == {200: 1, 409: 7}, str(counts(answers)))
    check("it is cancelled", state_of(early) == "cancelled", state_of(early))


def same_import():
    body = old_certificate("import.example.com", 9)
    answers = at_once(4, lambda _: take_in(**body))
    check("of four imports of one certificate at once one succeeds",
          counts(answers) == {(201, None): 1, (409, "already_exists"): 3}, str(counts(answers)))


def idempotency():
    def buy(key, name):
        return call("POST", "/v1/orders", {"names": [name]}, Idempotency_Key=key)
    first, again = buy("one", "once.example.com"), buy("one", "once.example.com")
    check("an Idempotency-Key gives the same answer again", (again.status, again.json) == (201, first.json), str(again))
    refused("the same key for another request", buy("one", "other.example.com"), 409, "idempotency_mismatch")
    for key in ("", "x" * 201):
        refused(f"an Idempotency-Key of {len(key)} characters", buy(key, "none.example.com"), 400, "bad_field",
                "Idempotency-Key")
    before = stored()
    answers = at_once(8, lambda _: buy("two", "two.example.com"))
    check("eight requests at once with one Idempotency-Key make one order", stored()["orders"] == before["orders"] + 1,
          f"{stored()['orders'] - before['orders']} orders")
    check("all get that order", len({answer["id"] for answer in answers}) == 1, str(counts(answers)))


# ---- ids, methods, the port ----

def unknown_ids():
    wrong = ("cert_00000000000000000000000000", "key_1ng4d0000000000000000000zz", "x", "..%2f..%2fetc%2fpasswd", "%27--",
             "a" * 2000, "%e8%af%81")
    for method, path, _ in routes():
        if "{id}" not in path:
            continue
        body = None if method in ("GET", "DELETE") else {}
        answers = [call(method, path.replace("{id}", id_), body) for id_ in wrong]
        allowed = (404,) if body is None else (404, 400)  # a body may be read before the object is looked for
        other = [str(answer) for answer in answers if answer.status not in allowed]
        check(f"{method} {path}: unknown ids are not found", not other, other[:1])


def raw(data, seconds=5):
    """What comes back for these bytes until the other side closes, or nothing more comes."""
    answer = b""
    with socket.create_connection((URL.hostname, URL.port), seconds) as connection:
        with contextlib.suppress(OSError):  # it need not listen to the end
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                answer += part
    return answer


def alive():
    return call("GET", "/v1/health", key=None).status == 200


def garbage():
    head = b"GET /v1/health HTTP/1.1\r\nHost: a\r\n"
    random.seed(18)
    cases = {
        "random bytes": random.randbytes(5000),
        "a TLS hello": bytes.fromhex("1603010200010001fc0303") + random.randbytes(500),
        "nothing": b"",
        "an endless header": head + b"X: " + b"x" * 200_000,
        "ten thousand headers": head + b"X: y\r\n" * 10_000 + b"\r\n",
        "an endless target": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        "two lengths": b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "length and chunks": b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a negative length": b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "a body without an end": b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n" + b" " * 4_000_000,
        "a NUL in the path": b"GET /v1/health%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    }
    for name, data in cases.items():
        answer = raw(data)
        status = answer[9:12] if answer.startswith(b"HTTP/1.") else b""
        check(f"garbage: {name} is refused or closed", status == b"" or status[:1] == b"4", answer[:200])
    check("after the garbage the daemon answers", alive())


def too_large():
    limits = {"/v1/orders": 64 * 1024, "/v1/certificates": 512 * 1024}
    for path, limit in limits.items():
        for size in (limit + 1, limit + 900_000):
            refused(f"{path}: {size} bytes", call("POST", path, b"{" + b" " * (size - 1)), 413, "body_too_large")
    refused("a body without a key", call("POST", "/v1/orders", "{}", key=None), 401, "unauthenticated")
    refused("a method that is not there", call("PATCH", "/v1/orders", "{}"), 405, "method_not_allowed")
    refused("an address that is not there", call("GET", "/v1/nothing"), 404, "not_found")


def slow_client(answers, begin):
    """Sends a byte now and then, and never ends."""
    with socket.create_connection((URL.hostname, URL.port), 3 * SLOW_SECONDS) as connection:
        began = time.monotonic()
        try:
            connection.sendall(begin)
            while time.monotonic() - began < SLOW_SECONDS - 2:
                time.sleep(1)
                connection.sendall(b"x")
            answer = connection.recv(4096)
        except OSError:
            answer = b""
        answers.append((time.monotonic() - began, answer))


def slow_clients_begin():
    answers = []
    begin = b"GET /v1/health HTTP/1.1\r\nHost: a\r\nX: "
    threads = [threading.Thread(target=slow_client, args=(answers, begin)) for _ in range(SLOW_CLIENTS)]
    for thread in threads:
        thread.start()
    return threads, answers


def slow_clients_end(threads, answers):
    for thread in threads:
        thread.join()
    told = [answer for _, answer in answers if answer.startswith(b"HTTP/1.1 408 ")]
    check("slow clients are told 408", len(told) == SLOW_CLIENTS, f"{len(told)} of {SLOW_CLIENTS}: {answers[:2]}")
    check("in time", all(seconds < SLOW_SECONDS + 5 for seconds, _ in answers), str(answers[:2]))
    check("after them the daemon answers", alive())


def main():
    slow = slow_clients_begin()
    for name, tests in (("malformed certificates", malformed_certificates), ("wrong keys", wrong_keys),
                        ("bad names", bad_names), ("bad CSRs", bad_csrs), ("bad fields", bad_fields),
                        ("unknown fields", unknown_fields), ("fields where none are", fields_where_none_are),
                        ("bad JSON", bad_json), ("unknown ids", unknown_ids), ("garbage", garbage), ("too large", too_large)):
        leaves_nothing(name, tests)
    twice()
    csr_of_another_algorithm()
    successor = one_renewal()
    wait_until(lambda: state_of(successor) == "issued")
    one_cancellation(successor)
    one_submission()
    same_import()
    idempotency()
    slow_clients_end(*slow)
    finish()


main()
