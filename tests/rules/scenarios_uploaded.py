"""Certificates of other CAs: which of them are replaced, by what, and those of a private CA, which are synchronised."""
import fixtures
import market
from market import RICH, USE_PRICE, YEAR_PRICE, adds_up, chained, due, lines, quote_renewal
from moments import DAY, E, E_20D, E_30D, SECOND, T0, written
from scenarios_kinds import FREE_DAYS, TEST, brought, free
from table import rule
from world import holds, same

YEAR = 365 * DAY
LATER = E + 300 * DAY  # the end of what a private CA has issued meanwhile
OWNED = "GlobalSign"


def of_vendor(s, vendor, label="u"):
    """U: issued by that vendor itself."""
    s.done(s.call("PATCH", "/v1/account", {"default_profile": s.profile}))
    pair = fixtures.leaf([s.host(label)], T0, E, issuer=f"{vendor} TLS CA 2024")
    u = s.done(s.call("POST", "/v1/certificates", {**pair, "tags": [s.tag]}), 201)
    s.done(s.call("PATCH", "/v1/account", {"default_profile": "modern"}))
    return u


def with_money(s):
    market.open_account(s)
    market.enrich(s)


def quote_replacement(s, u, **body):
    """Of a line that costs something."""
    return quote_renewal(s, u, **{"brand": s.brand, "key_algorithm": "p256", **body})


def ordered(s, u, **body):
    """Quoted, ordered, paid: the certificates, as they are now."""
    return market.states(s, market.ordered(s, quote_replacement(s, u, **body)))


def left(s):
    """(certificates, uses)"""
    return market.quota(s).get(market.item(s), 0), market.uses(s)


# ---- which of them ----

@rule("R003")
def bought_and_uploaded_ones_alone(s):
    c, u = s.buy(), brought(s)
    yield E - FREE_DAYS * DAY
    f = free(s)
    yield E - 10 * DAY
    s.allows(c, "renew")
    s.allows(u, "replace")
    s.forbids(u, "renew", "not_official")
    s.forbids(f, "renew", TEST)
    holds("a test certificate is not replaced", not s.actions(f)["replace"]["allowed"])


@rule("R006")
def one_vendor_alone(s):
    c, d = s.buy(), s.buy(s.host("d"), brand=f"{s.brand}-Other")
    u1, u2 = of_vendor(s, OWNED, "u1"), of_vendor(s, "DigiCert", "u2")
    yield E_20D
    s.renewed(c)
    s.renewed(u1, brand=s.brand)
    s.names_buying(s.refuses(d, 409, "brand_not_renewable"))
    s.names_buying(s.refuses(u2, 409, "brand_not_renewable", brand=s.brand))


# ---- by what ----

@rule("R131")
def by_buying_a_new_one(s):
    with_money(s)
    u = brought(s)
    yield E - 31 * DAY
    s.refuses(u, 409, "outside_window")
    yield E_20D
    quoted = quote_replacement(s, u)
    same("kind, due", (quoted["kind"], due(quoted)), ("replacement", YEAR_PRICE))
    n = s.issued(market.states(s, market.ordered(s, quoted))[0])
    same("predecessor", n["predecessor_id"], u["id"])
    s.refused(s.renew(u, brand=s.brand), 409, "has_successor")
    yield E - SECOND
    same("state of U", s.state(u), "pending_expiration")
    yield E
    same("state of U", s.state(u), "expired")


@rule("R133")
def of_the_same_specification(s):
    u = of_vendor(s, OWNED)
    yield E_20D
    for other in ({"grade": "ov"}, {"names": [f"*.{s.tag}.example.com"]}, {"key_algorithm": "rsa2048"},
                  {"brand": f"{s.brand}-Other"}):
        s.refuses(u, 409, "specification_mismatch", **{"brand": s.brand, **other})
    s.renewed(u, brand=s.brand, grade="dv", names=[s.host("u")], key_algorithm="p256")


@rule("R134")
def from_the_order_to_the_server(s):
    with_money(s)
    u = brought(s)
    yield E_20D
    target, _ = s.served_target(u, "u")
    order = market.ordered(s, quote_replacement(s, u), pay=False)
    n = order["certificate"]
    same("states", (order["state"], n["state"]), ("pending_payment", "pending_payment"))
    s.done(s.call("POST", f"/v1/orders/{order['id']}/pay"))
    n = s.certificate(n["id"])
    same("state, predecessor", (n["state"], n["predecessor_id"]), ("pending_application", u["id"]))
    n = s.issued(n)
    made = s.deployments(n)
    same("deployments", [(d["target_id"], d["cause"], d["state"]) for d in made], [(target["id"], "issued", "done")])
    same("served", s.served("u"), n["fingerprint"])
    after = s.certificate(u["id"])
    holds("U is superseded, and still there", after["superseded_at"] and after["state"] == "pending_expiration")


@rule("R136")
def years_are_certificates_and_uses(s):
    with_money(s)
    u = [brought(s, f"u{years}") for years in (1, 2, 3)]
    yield E_20D
    for years, old in enumerate(u, 1):
        quoted = quote_replacement(s, old, years=years)
        price = years * YEAR_PRICE + (years - 1) * USE_PRICE
        same("certificates, due", (len(quoted["certificates"]), due(quoted)), (years, price))
        wanted = [("certificate", "paid", years, years * YEAR_PRICE), ("use", "paid", years - 1, (years - 1) * USE_PRICE)]
        same("lines", lines(quoted), [line for line in wanted if line[2]])
        made = market.states(s, market.ordered(s, quoted))
        same("states", [c["state"] for c in made], ["pending_application"] + ["not_activated"] * (years - 1))
        chained(old, made)
    adds_up(s)


@rule("R140")
def cancelled_like_a_renewal(s):
    with_money(s)
    u = brought(s)
    yield E_20D
    n = ordered(s, u, years=3)
    balance = RICH - 3 * YEAR_PRICE - 2 * USE_PRICE
    same("states", [c["state"] for c in n], ["pending_application", "not_activated", "not_activated"])
    same("end of U, balance", (s.certificate(u["id"])["version_end"], market.balance(s)), (written(E), balance))
    chained(u, n)
    s.done(s.call("POST", f"/v1/certificates/{n[2]['id']}/cancel"))
    same("quota, balance", (left(s), market.balance(s)), ((1, 1), balance))
    same("successor of N2", s.certificate(n[1]["id"])["successor_id"], None)
    s.done(s.call("POST", f"/v1/certificates/{n[0]['id']}/cancel"))
    same("quota, balance", (left(s), market.balance(s)), ((2, 1), balance))
    chained(u, [s.certificate(n[1]["id"])])
    same("successor of U", s.certificate(u["id"])["successor_id"], n[1]["id"])
    adds_up(s)


@rule("R141")
def in_the_window_by_the_purchase_form(s):
    u = brought(s)
    yield E_30D - SECOND
    same("state", s.state(u), "issued")
    s.forbids(u, "replace", "outside_window")
    s.allows(u, "buy_new")
    yield E_30D
    same("state", s.state(u), "pending_expiration")
    s.allows(u, "replace")
    quoted = quote_renewal(s, u)
    same("kind, names, years", (quoted["kind"], quoted["chosen"]["names"], quoted["years"]), ("replacement", u["names"], 1))


@rule("R142")
def chosen_freely(s):
    with_money(s)
    u = brought(s)
    yield E_20D
    wanted = {"brand": f"{s.brand.removesuffix('-Priced')}-OV-Priced", "grade": "ov", "key_algorithm": "rsa2048", "years": 3}
    quoted = quote_replacement(s, u, names=["*.free.example.org"], **wanted)
    same("due", due(quoted), 3 * YEAR_PRICE + 2 * USE_PRICE)
    n = market.states(s, market.ordered(s, quoted))[0]
    same("predecessor", n["predecessor_id"], u["id"])
    same("what it is", [n[m] for m in ("brand", "grade", "key_algorithm", "names")],
         [wanted["brand"], "ov", "rsa2048", ["*.free.example.org", "free.example.org"]])


# ---- of a private CA ----

@rule("R135")
def reissued_at_its_ca_then_synchronised(s):
    u, p = brought(s), brought(s, "p", kind="pca")
    yield E_20D
    s.refuses(p, 409, "pca_reissue_at_ca")
    s.forbids(p, "renew", "not_official")
    newer = fixtures.leaf([s.host("p")], E_20D, LATER)
    s.done(s.call("POST", f"/v1/certificates/{p['id']}/sync", newer))
    after = s.certificate(p["id"])
    same("versions, end", (after["version_count"], after["version_end"]), (2, written(LATER)))
    s.refused(s.call("POST", f"/v1/certificates/{u['id']}/sync", newer), 409, "not_pca")
