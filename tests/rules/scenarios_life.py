"""What comes after the issue, and around it: import, update, reissue, revoke, delete; the API itself."""
import re
import subprocess

import client
import fixtures
from moments import DAY, E, E_20D, T0
from table import rule
from world import holds, same

MANUAL = client.TOOLS.parent / "docs/man/tenure.1.scd"
ERRORS = client.TOOLS.parent / "src/base/error.def"


def take_in(s, **body):
    return s.call("POST", "/v1/certificates", {**body, "tags": [s.tag]})


def codes_of_program():
    return set(re.findall(r'^ERROR\(\w+, "(\w+)"', ERRORS.read_text(encoding="utf-8"), re.M))


# ---- certificates of others ----

@rule("R194")
def uploaded_are_like_others(s):
    pair = fixtures.leaf([s.host("u")], T0, E)
    u = s.done(take_in(s, **pair), 201)
    same("kind, key held, state", (u["kind"], u["key_held"], u["state"]), ("uploaded", True, "issued"))
    again = take_in(s, **pair)
    s.refused(again, 409, "already_exists")
    holds(f"the refusal names {u['id']}: {again}", u["id"] in again.text)
    s.refused(take_in(s, certificate=pair["certificate"], key=fixtures.leaf([s.host("v")], T0, E)["key"]), 400,
              "key_mismatch")
    s.served_target(u, "u")
    s.done(s.call("POST", f"/v1/certificates/{u['id']}/deploy", {}), 202)
    s.settle()
    same("deployment", [d["state"] for d in s.deployments(u)], ["done"])
    same("leaf and chain", len(fixtures.blocks(s.done_text(s.download(u, "nginx")))), 2)


@rule("R209")
def update_keeps_the_id(s):
    u, c = s.upload("u"), s.buy()
    yield E - 100 * DAY
    s.served_target(u, "u")
    newer = fixtures.leaf([s.host("u")], E - 100 * DAY, E + 200 * DAY)
    after = s.done(s.call("POST", f"/v1/certificates/{u['id']}/update", newer))
    same("id, versions", (after["id"], after["version_count"]), (u["id"], 2))
    s.settle()
    same("deployment", [(d["state"], d["reason"]) for d in s.deployments(u)], [("done", None)])
    same("served", s.served("u"), after["fingerprint"])
    numbers = {v["number"] for v in s.get(f"/v1/certificates/{u['id']}/versions")["items"]}
    same("numbers of the versions", numbers, {1, 2})
    older = fixtures.leaf([s.host("u")], T0, E)
    s.refused(s.call("POST", f"/v1/certificates/{u['id']}/update", older), 409, "not_newer")
    s.refused(s.call("POST", f"/v1/certificates/{c['id']}/update", newer), 409, "not_uploaded")


@rule("R222")
def upload_errors_tell_where(s):
    pair = fixtures.leaf([s.host("u")], T0, E)
    leaf, issuer = fixtures.blocks(pair["certificate"])
    broken = leaf + issuer.replace("\nMII", "\n???", 1)
    for body in ("hello", broken, leaf + fixtures.blocks(fixtures.leaf([s.host("v")], T0, E)["certificate"])[0]):
        answer = take_in(s, certificate=body)
        s.refused(answer, 400, "malformed_certificate")
        holds("the detail says more than the title", answer["detail"] != answer["title"])
        if body is broken:
            line = int(re.search(r"line (\d+)", answer["detail"])[1])
            holds(f"line {line} is one of the second block", line > leaf.count("\n"))
    s.refused(take_in(s, certificate=pair["certificate"], key=fixtures.leaf([s.host("v")], T0, E)["key"]), 400,
              "key_mismatch")
    s.refused(take_in(s, certificate=pair["certificate"], key=fixtures.encrypted(pair["key"], "secret")), 400,
              "key_pass_phrase")
    same("certificates", s.list(), [])


# ---- reissue, revoke, delete ----

@rule("R204")
def reissue_within_the_paid_time(s):
    c = s.buy()
    orders = len(s.get("/v1/orders?limit=500")["items"])
    yield T0 + 100 * DAY

    def reissue(**body):
        return s.call("POST", f"/v1/certificates/{c['id']}/reissue", body)

    before = len(s.get("/v1/orders?limit=500")["items"])
    holds("there are orders", before >= orders)
    s.done(reissue(), 202)
    s.settle()
    after = s.certificate(c["id"])
    same("id, versions, coverage_end", (after["id"], after["version_count"], after["coverage_end"]),
         (c["id"], 2, c["coverage_end"]))
    holds("the key is another", after["version"]["spki_sha256"] != c["version"]["spki_sha256"])
    same("orders", len(s.get("/v1/orders?limit=500")["items"]), before)
    holds("the first version is not in the CRL", c["serial"].lower() not in s.revoked_serials(c))
    same("versions", len(s.get(f"/v1/certificates/{c['id']}/versions")["items"]), 2)
    s.refused(reissue(names=[s.host("*.a")]), 409, "specification_change_buy_new")
    yield E
    s.refused(reissue(), 409, "not_live")


@rule("R202")
def revoked_with_a_reason(s):
    c, c2 = s.buy(), s.buy(s.host("b"))

    def revoke(certificate, reason):
        return s.call("POST", f"/v1/certificates/{certificate['id']}/revoke", {"reason": reason})

    s.refused(revoke(c, "weather"), 400, "bad_field", "reason")
    same("state", s.done(revoke(c, "superseded"), 202)["state"], "revoking")
    s.settle()
    same("state", s.state(c), "revoked")
    holds("it is in the CRL", c["serial"].lower() in s.revoked_serials(c))
    s.refused(revoke(c, "superseded"), 409, "not_live")
    yield E
    s.refused(revoke(c2, "superseded"), 409, "not_live")


@rule("R203")
def deleted_when_not_used(s):
    u, c = s.upload(), s.buy()
    s.served_target(u, "u")

    def delete(certificate, query=""):
        return s.call("DELETE", f"/v1/certificates/{certificate['id']}{query}")

    s.refused(delete(u), 409, "still_deployed")
    s.done(delete(u, "?force=true"), 204)
    same("status of what is gone", s.call("GET", f"/v1/certificates/{u['id']}").status, 404)
    s.refused(delete(c), 409, "not_deletable")
    yield E
    s.done(delete(c), 204)


# ---- the API ----

@rule("R207")
def api_is_described(s):
    shown = s.done(client.call("GET", "/v1/openapi.json", key=None))
    holds(f"it is OpenAPI 3.1: {shown['openapi']}", shown["openapi"].startswith("3.1"))
    for method, path, operation in client.routes():
        holds(f"{method} {path} has a summary and says who may", operation["summary"] and "security" in operation)
        if operation["security"]:
            answer = client.call(method, re.sub(r"\{\w+\}", "cert_0", path), None if method == "GET" else {}, key=None)
            same(f"{method} {path} without a key", (answer.status, answer["code"]), (401, "unauthenticated"))
    same("outside of /v1", {path.split("/")[1] for path in shown["paths"]} - {"v1"},
         {".well-known", "ca", "confirm", "crl", "metrics"})


@rule("R208")
def everything_by_api(s):
    u, c = s.upload(), s.buy()
    same("found", set(s.list()), {u["id"], c["id"]})
    s.done_text(s.download(c, "pem"))
    s.done(s.call("DELETE", f"/v1/certificates/{u['id']}"), 204)
    yield E_20D
    s.served_target(c)
    n = s.renewed_to_issue(c)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/deploy", {}), 202)
    s.done(s.call("POST", f"/v1/certificates/{c['id']}/revoke", {"reason": "superseded"}), 202)
    entries = s.get("/v1/audit?limit=500")["items"]
    subjects = {(x["action"], x["subject"]) for x in entries}
    for expected in (("certificate.revoke", c["id"]), ("certificate.deploy", n["id"]), ("order.create", n["order_id"])):
        holds(f"{expected} is in the audit log", expected in subjects)
    holds("every entry has who, what and when", all(x["actor"] and x["action"] and x["at"] for x in entries))
    holds("the chain holds", s.tenure("audit", "verify")[0] == 0)


@rule("R210")
def codes_are_a_closed_list(s):
    c, codes = s.buy(), codes_of_program()
    manual = set(re.findall(r"\w+", MANUAL.read_text(encoding="utf-8").split("# EXIT STATUS")[1]))
    same("codes that the manual lacks", codes - manual, set())
    for answer in (s.call("DELETE", f"/v1/certificates/{c['id']}"), s.call("POST", f"/v1/certificates/{c['id']}/cancel"),
                   s.call("GET", "/v1/certificates/cert_0"), s.order(s.host("a_b"))):
        holds(f"{answer['codes']} are in the table", {answer["code"], *answer["codes"]} <= codes)
        same("content type", answer.headers["Content-Type"], "application/problem+json")


@rule("R227")
def health_and_metrics(s):
    health = client.call("GET", "/v1/health", key=None)
    same("health", (health.status, health["status"]), (200, "ok"))
    s.buy()
    metrics = s.done_text(s.call("GET", "/metrics"))
    judged = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True, timeout=60,
                            check=False)
    same("promtool", (judged.returncode, judged.stderr), (0, ""))
    for name in (r"tenure_certificates\{.*state=", "tenure_work", r"tenure_http_requests_total\{.*status="):
        holds(f"there is {name}", re.search(name, metrics))
