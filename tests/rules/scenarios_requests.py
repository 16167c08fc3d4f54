"""Certificate requests: their tool, their manager, and what it means that Tenure does not hold their key."""
import pathlib
import tempfile

import client
import fixtures
from moments import E_20D
from table import rule
from world import holds, same


def file(text):
    path = pathlib.Path(tempfile.mkdtemp(prefix="request-", dir=client.WORK), "own.csr")
    path.write_text(text)
    return str(path)


@rule("R102")
def its_key_is_not_held(s):
    c = [s.buy(s.host(f"a{i}")) for i in range(2)]
    csr = [fixtures.request([s.host(f"a{i}")]) for i in range(2)]
    yield E_20D
    for i, (lang, words) in enumerate((("en", ("a lost key", "buying a new certificate")), ("zh", ("私钥丢失", "重新购买")))):
        quoted = s.done(s.call("POST", "/v1/quotes", {"certificate_id": c[i]["id"], "csr": csr[i]}, Accept_Language=lang), 201)
        told = [note["text"] for note in quoted["warnings"] if note["code"] == "own_csr_key"]
        holds(f"the quote warns: {told}", len(told) == 1 and all(word in told[0] for word in words))
        order = s.done(s.call("POST", "/v1/orders", {"quote_id": quoted["id"]}, Accept_Language=lang), 201)
        holds(f"so does the order: {order['warnings']}", told[0] in order["warnings"])
        n = s.issued(order["certificate"])
        same("key held", n["key_held"], False)
        s.refused(s.download(n, "key"), 409, "no_key_held")


@rule("R106")
def a_tool_shows_its_algorithm(s):
    csr = fixtures.request([s.host("a")], "rsa2048")
    nowhere = {"TENURE_URL": "http://127.0.0.1:1", "TENURE_KEY": ""}  # no daemon is asked
    status, shown = s.tenure("inspect", file(csr), **nowhere)
    same("exit status", status, 0)
    for part in ("rsa2048", s.host("a"), "valid"):
        holds(f"{part} is shown: {shown}", part in shown)
    status, shown = s.tenure("inspect", file(fixtures.with_broken_signature(csr)), **nowhere)
    same("exit status", status, 2)
    holds(f"the signature is refused: {shown}", "csr_signature" in shown)


@rule("R196")
def requests_are_managed(s):
    s.refused(s.call("POST", "/v1/csrs", {"csr": fixtures.with_broken_signature(fixtures.request([s.host("b")]))}),
              400, "csr_signature", "csr")
    c = s.buy()
    made = s.done(s.call("POST", "/v1/csrs", {"names": [s.host("a")], "key_algorithm": "p256"}), 201)
    own = s.done(s.call("POST", "/v1/csrs", {"csr": own_request(s)}), 201)
    same("keys held", (made["key_held"], own["key_held"]), (True, False))
    listed = {item["id"]: item["key_held"] for item in s.get("/v1/csrs?limit=500")["items"]}
    same("keys held in the list", (listed[made["id"]], listed[own["id"]]), (True, False))
    pem = s.get(f"/v1/csrs/{made['id']}")["pem"]
    same("public key", fixtures.key_digest_of_request(pem), made["spki_sha256"])
    s.done(s.call("PATCH", f"/v1/csrs/{own['id']}", {"name": "renamed"}))
    same("name", s.get(f"/v1/csrs/{own['id']}")["name"], "renamed")
    yield E_20D
    n = s.renewed_to_issue(c, csr_id=made["id"])
    same("key held, public key", (n["key_held"], n["version"]["spki_sha256"]), (True, made["spki_sha256"]))
    for id_ in (own["id"], made["id"]):
        s.done(s.call("DELETE", f"/v1/csrs/{id_}"), 204)
        same("gone", s.call("GET", f"/v1/csrs/{id_}").status, 404)
    holds("its key stays with the certificate", "PRIVATE KEY" in s.done_text(s.download(n, "key")))


def own_request(s):
    """Of a key of its own: the same request is not taken in twice, and the key of the fixtures is shared."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="request-", dir=client.WORK))
    fixtures.configuration(folder, [s.host("b")])
    fixtures.new_key("p256", folder / "own.key")
    return fixtures.openssl("req", "-new", "-key", "own.key", "-subj", "/CN=b", "-config", "openssl.cnf",
                            "-reqexts", "request", folder=folder)
