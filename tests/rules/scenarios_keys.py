"""Keys and certificate requests: automatic, own, kept; and the names that a certificate may have."""
import fixtures
from moments import E_20D
from table import rule
from world import same, holds

CRITICAL_CA = "basicConstraints = critical,CA:TRUE\n"


@rule("R098")
def automatic_makes_a_new_key(s):
    c = s.buy(key_algorithm="rsa2048")
    yield E_20D
    answer = s.done(s.renew(c), 201)
    same("warnings", answer["warnings"], [])
    n = s.issued(answer["certificate"])
    same("choice, algorithm, key held", (n["csr_choice"], n["key_algorithm"], n["key_held"]),
         ("automatic", "rsa2048", True))
    holds("the key is another", n["version"]["spki_sha256"] != c["version"]["spki_sha256"])


@rule("R099")
def own_csr_is_taken(s):
    c = s.buy()
    csr = fixtures.request([s.host("a")])
    yield E_20D
    n = s.renewed_to_issue(c, csr=csr)
    same("choice, key held, names", (n["csr_choice"], n["key_held"], n["names"]), ("own", False, c["names"]))
    same("public key", n["version"]["spki_sha256"], fixtures.key_digest_of_request(csr))


@rule("R100")
def own_csr_cannot_be_deployed(s):
    n = s.buy(csr=fixtures.request([s.host("a")]))
    s.refused(s.call("POST", f"/v1/certificates/{n['id']}/deploy", {}), 409, "no_key_held")
    for format_, more in (("pem", {}), ("key", {}), ("pkcs12", {"pass_phrase": "secret"})):
        s.refused(s.download(n, format_, **more), 409, "no_key_held")
    same("certificate and chain", len(fixtures.blocks(s.done_text(s.download(n, "nginx")))), 2)


@rule("R101")
def own_csr_of_another_algorithm(s):
    c = s.buy()
    yield E_20D
    orders = len(s.get("/v1/orders?limit=500")["items"])
    for algorithm in ("rsa2048", "p384"):
        s.refuses(c, 400, "csr_key_algorithm_mismatch", "csr", csr=fixtures.request([s.host("a")], algorithm))
    same("orders", len(s.get("/v1/orders?limit=500")["items"]), orders)


@rule("R103")
def the_key_can_be_kept(s):
    c, c2 = s.buy(), s.buy(s.host("b"), csr=fixtures.request([s.host("b")]))
    yield E_20D
    n = s.renewed_to_issue(c, csr_choice="keep")
    same("choice, key held", (n["csr_choice"], n["key_held"]), ("keep", True))
    same("public key", n["version"]["spki_sha256"], c["version"]["spki_sha256"])
    holds("the serial number is another", n["serial"] != c["serial"])
    s.refuses(c2, 409, "no_key_held", "csr_choice", csr_choice="keep")


@rule("R104")
def keeping_the_key_warns(s):
    c = [s.buy(s.host(f"a{i}")) for i in range(3)]
    yield E_20D
    english = s.done(s.renew(c[0], csr_choice="keep"))["warnings"]
    chinese = s.done(s.renew(c[1], {"Accept_Language": "zh"}, csr_choice="keep"))["warnings"]
    holds(f"one sentence: {english}", len(english) == 1 and "key" in english[0])
    holds(f"one in Chinese: {chinese}", len(chinese) == 1 and "密钥" in chinese[0])
    same("without it", s.done(s.renew(c[2]))["warnings"], [])


@rule("R107")
def new_csr_by_system_or_own(s):
    c = [s.buy(s.host(f"a{i}")) for i in range(3)]
    yield E_20D
    n = s.renewed_to_issue(c[0])
    same("choice, key held", (n["csr_choice"], n["key_held"]), ("automatic", True))
    n = s.renewed_to_issue(c[1], csr=fixtures.request([s.host("a1")]))
    same("choice, key held", (n["csr_choice"], n["key_held"]), ("own", False))
    s.refuses(c[2], 400, "csr_choice_not_offered", csr_choice="keep")


@rule("R108")
def csr_is_checked(s):
    c = s.buy(key_algorithm="rsa2048")
    name = s.host("a")
    yield E_20D
    s.refuses(c, 400, "csr_signature", "csr", csr=fixtures.with_broken_signature(fixtures.request([name], "rsa2048")))
    s.refuses(c, 400, "csr_weak_key", "csr", csr=fixtures.request([name], "rsa1024"))
    s.refuses(c, 400, "csr_names_mismatch", "csr", csr=fixtures.request([name, s.host("b")], "rsa2048"))
    n = s.renewed_to_issue(c, csr=fixtures.request([name], "rsa2048", CRITICAL_CA))
    shown = fixtures.openssl("x509", "-noout", "-ext", "basicConstraints", text=s.done_text(s.download(n, "cert")))
    holds(f"it is no CA: {shown}", "CA:TRUE" not in shown)


@rule("R143")
def one_single_name(s):
    for name in (f"{s.tag}.example.com", s.host("a.b"), "9.9.9.9"):
        same(f"domain type of {name}", s.done(s.order(name), 201)["certificate"]["domain_type"], "single")
    s.refused(s.order(s.host("a_b")), 400, "bad_name", "names")
    two = s.done(s.order(s.host("a"), s.host("b")), 201)["certificate"]
    same("domain type of two", two["domain_type"], "multi")


@rule("R145")
def up_to_five_names(s):
    brand = s.brand + "-Narrow"
    names = [s.host(f"a{i}") for i in range(6)]
    five = s.done(s.order(*names[:5], brand=brand), 201)["certificate"]
    same("domain type", five["domain_type"], "multi")
    s.refused(s.order(*names, brand=brand), 400, "bad_name", "names")
    s.refused(s.order(*names[:2], s.host("*.w"), brand=brand), 400, "bad_field", "names")
