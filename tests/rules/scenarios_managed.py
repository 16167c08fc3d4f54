"""Terms to come: when they begin, what the managed service takes and does, and automatic renewal."""
from moments import DAY, E, E_20D, SECOND, T0, written
from table import rule
from world import holds, same

YEAR = 365 * DAY
E1 = T0 + YEAR
PRICE = 10000


def terms(s, answer):
    """The certificates of an order, the first one issued."""
    made = s.done(answer, 201)["certificates"]
    s.issued(made[0])
    return [s.certificate(c["id"]) for c in made]


def bought(s, years, *names):
    return terms(s, s.order(*names, years=years))


def waits(s, c):
    same("state, active_at", (s.state(c), s.certificate(c["id"])["active_at"]), ("not_activated", None))


def began(s, c, moment, end):
    """By itself, at that moment, with that coverage."""
    c = s.certificate(c["id"])
    same("active_at, submitted_at", (c["active_at"], c["submitted_at"]), (written(moment), written(moment)))
    holds(f"it is issued and hosted, not {c['state']}", c["version_count"] == 1 and c["hosted"])
    same("coverage_end", c["coverage_end"], written(end))
    return c


def applications(s, c):
    return len(s.get(f"/v1/certificates/{c['id']}/applications")["items"])


def uses_of(s, c):
    """The changes of the ledger of uses that one order has made."""
    page = s.get("/v1/quota/entries?item=managed_use&limit=200")
    return [(entry["reason"], entry["amount"]) for entry in page["items"] if entry["order_id"] == c["order_id"]]


def told(s, c, event, days=15):
    """The messages of the last days: the inbox is that of all scenarios."""
    found, cursor, since = [], "", written(s.clock.now - days * DAY)
    while cursor is not None:
        page = s.get(f"/v1/notices?limit=200{cursor}")
        found += [item for item in page["items"] if item["event"] == event and item["certificate_id"] == c["id"]]
        older = page["items"] and page["items"][-1]["at"] < since
        cursor = f"&cursor={page['next']}" if page["next"] and not older else None
    return found


@rule("R057")
def begins_at_thirty_days(s):
    n1, n2 = bought(s, 2)
    same("predecessor", n2["predecessor_id"], n1["id"])
    yield E1 - 30 * DAY - SECOND
    waits(s, n2)
    yield E1 - 30 * DAY
    began(s, n2, E1 - 30 * DAY, E1 + YEAR)


@rule("R058")
def submits_once(s):
    _, n2 = bought(s, 2)
    yield E1 - 30 * DAY
    began(s, n2, E1 - 30 * DAY, E1 + YEAR)
    before = uses_of(s, n2)
    for moment in (E1 - 30 * DAY, E1 - 30 * DAY + SECOND, E1 - 29 * DAY):
        yield moment
        same("applications, versions", (applications(s, n2), s.certificate(n2["id"])["version_count"]), (1, 1))
        same("entries of uses", uses_of(s, n2), before)


@rule("R061")
def each_activation_takes_one_use(s):
    n1, n2, n3 = bought(s, 3)
    same("balance of the order", sum(amount for _, amount in uses_of(s, n1)), 0)
    before = uses_of(s, n1)
    same("bought and reserved", sorted(before), [("bought", 2), ("reserved", -2)])
    yield T0 + 700 * DAY
    began(s, n2, E1 - 30 * DAY, E1 + YEAR)
    began(s, n3, E1 + YEAR - 30 * DAY, E1 + 2 * YEAR)
    same("no new entry", uses_of(s, n1), before)


@rule("R066")
def of_a_replacement_the_first_is_by_hand(s):
    u = s.upload()
    yield E_20D
    n1, n2 = s.done(s.renew(u, years=2, brand=s.brand), 201)["certificates"]
    same("states", (s.state(n1), s.state(n2)), ("pending_application", "not_activated"))
    yield E - 15 * DAY
    same("state", s.state(n1), "pending_application")
    s.issued(s.certificate(n1["id"]))
    end = E - 15 * DAY + YEAR
    same("coverage_end", s.certificate(n1["id"])["coverage_end"], written(end))
    yield end - 15 * DAY - SECOND
    waits(s, n2)
    yield end - 15 * DAY
    began(s, n2, end - 15 * DAY, end + YEAR)


@rule("R137")
def of_a_replacement_the_others_begin_at_fifteen_days(s):
    u = s.upload()
    yield E_20D
    n1, n2, n3 = terms(s, s.renew(u, years=3, brand=s.brand))
    end = E_20D + YEAR
    same("coverage_end", n1["coverage_end"], written(end))
    yield end - 30 * DAY
    waits(s, n2)
    yield end - 15 * DAY - SECOND
    waits(s, n2)
    yield end - 15 * DAY
    s.one_version(began(s, n2, end - 15 * DAY, end + YEAR), 380, end + YEAR)
    yield end + YEAR - 15 * DAY
    began(s, n3, end + YEAR - 15 * DAY, end + 2 * YEAR)


@rule("R138")
def of_other_orders_at_thirty(s):
    c, (_, n2) = s.buy(s.host("c")), bought(s, 2)
    yield E - 30 * DAY - SECOND
    waits(s, n2)
    yield E - 30 * DAY
    began(s, n2, E - 30 * DAY, E + YEAR)
    yield E_20D
    n1, n2 = terms(s, s.renew(c, years=2))
    end = s.moment(n1, "coverage_end")
    yield end - 30 * DAY - SECOND
    waits(s, n2)
    yield end - 30 * DAY
    began(s, n2, end - 30 * DAY, end + YEAR)


# ---- automatic renewal ----

def auto_renew(s, c, method="POST"):
    return s.call(method, f"/v1/certificates/{c['id']}/auto-renew")


def currency(s):
    return s.get(f"/v1/catalog/brands/{s.brand}-Charged")["currency"]


def price(s, line, amount):
    """From the next second on, for what is renewed: the scenario has bought for nothing."""
    body = {"per_year": amount, "managed_use": 0, "from": written(s.clock.now + SECOND)}
    s.done(s.call("POST", f"/v1/catalog/brands/{s.brand}-{line}/prices", body))


def deposit(s, amount):
    account = s.get("/v1/account")["id"]
    s.done(s.call("POST", f"/v1/accounts/{account}/deposits", {"amount": amount, "currency": currency(s)}))


def charges(s, c):
    """What its order took from the balance, each time."""
    page = s.get(f"/v1/money/entries?currency={currency(s)}&limit=200")
    return [entry["amount"] for entry in page["items"] if entry["order_id"] == c["order_id"]]


def charged(s, c):
    """Once; the successor has the switch now."""
    s.settle()
    c = s.certificate(c["id"])
    holds("it has a successor", c["successor_id"])
    n = s.certificate(c["successor_id"])
    same("order kind, switches", (n["order_kind"], c["auto_renew"], n["auto_renew"]), ("renewal", False, True))
    same("charges", charges(s, n), [-PRICE])


@rule("R199")
def ordered_and_charged_by_itself(s):
    c, c2, c3, c4 = (s.buy(s.host(label), brand=f"{s.brand}-Charged") for label in "abcd")
    dear = s.buy(s.host("e"), brand=f"{s.brand}-Dear")
    yield E - 60 * DAY
    price(s, "Charged", PRICE)
    price(s, "Dear", 100000 * PRICE)
    deposit(s, 3 * PRICE)
    s.done(auto_renew(s, c))
    s.done(auto_renew(s, dear))
    yield E - 30 * DAY - SECOND
    same("successor", s.certificate(c["id"])["successor_id"], None)
    yield E - 30 * DAY
    charged(s, c)
    dear = s.certificate(dear["id"])
    same("switch, successor", (dear["auto_renew"], dear["successor_id"]), (False, None))
    same("messages", len(told(s, dear, "charge_failed")), 1)
    yield E_20D
    same("messages", len(told(s, dear, "charge_failed")), 1)
    s.done(auto_renew(s, c2))
    charged(s, c2)
    s.refused(auto_renew(s, s.buy(s.host("f"), brand="GlobalSign")), 409, "profile_has_no_auto_renew")
    yield E - 14 * DAY
    s.done(auto_renew(s, c3))
    charged(s, c3)
    yield E - 14 * DAY + SECOND
    s.refused(auto_renew(s, c4), 409, "too_late_for_auto_renew")
