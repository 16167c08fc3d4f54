"""What is quoted, what an order creates and reserves, and what cancelling gives back."""
import market
from market import RICH, USE_PRICE, YEAR_PRICE, adds_up, due, lines, quote_renewal
from moments import DAY, E, E_20D, E_30D, SECOND, written
from table import rule
from world import holds, same

YEAR = 365 * DAY
FIRST = {"alibaba-2021": "pending_application", "alibaba-2025-intl": "pending_application"}  # else validating


def first_state(s):
    return FIRST.get(s.profile, "validating")


def contact(s, label):
    body = {"name": label, "email": f"{label}@example.com", "mobile": "+8613800138000"}
    return s.done(s.call("POST", "/v1/contacts", body), 201)["id"]


def fill_form(s, c, **form):
    """The form of C, as if it had been applied for with it."""
    s.done(s.call("PATCH", f"/v1/certificates/{c['id']}/form", form))


def ends(quoted):
    return [c["coverage_end"] for c in quoted["certificates"]]


# ---- the form ----

@rule("R002")
def renewed_by_hand(s):
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    order = market.ordered(s, quote_renewal(s, c), pay=False)
    n = order["certificate"]
    same("states", (order["state"], n["state"]), ("pending_payment", "pending_payment"))
    s.done(s.call("POST", f"/v1/orders/{order['id']}/pay"))
    same("state", s.state(n), "pending_application")
    n = s.issued(s.certificate(n["id"]))
    s.covers(n, E + YEAR, 20 * DAY)
    same("balance", market.balance(s), RICH - YEAR_PRICE)
    yield E - SECOND
    same("state of C", s.state(c), "pending_expiration")
    yield E
    same("state of C", s.state(c), "expired")


@rule("R026")
def a_changed_form_carries_nothing(s):
    market.open_account(s)
    c = market.given(s)
    k = contact(s, "k")
    fill_form(s, c, contact_id=k, validation_method="dns")
    yield E_30D
    same_again = quote_renewal(s, c)
    chosen = same_again["chosen"]
    for member in ("names", "grade", "key_algorithm"):
        same(member, chosen[member], c[member])
    same("brand, contact, method", (same_again["brand"], chosen["contact_id"], chosen["validation_method"]), (s.brand, k, "dns"))
    same("coverage", ends(same_again), [written(E + YEAR)])
    same("carried", same_again["certificates"][0]["carried_days"], 30)
    other = quote_renewal(s, c, grade="ov")
    same("coverage", ends(other), [written(E + 335 * DAY)])
    same("carried", other["certificates"][0]["carried_days"], 0)
    holds("it is said before the payment", "carry_lost" in market.codes(other["warnings"]))
    n = s.issued(market.ordered(s, other)["certificate"])
    s.covers(n, E_30D + YEAR, 0)


@rule("R029")
def a_renewal_is_preselected(s):
    market.open_account(s)
    k = contact(s, "k")
    market.enrich(s)
    bought = market.quote(s, names=[s.host("a")], brand=s.brand, key_algorithm="p384", contact_id=k, validation_method="dns")
    c = s.issued(market.ordered(s, bought)["certificate"])
    yield E_20D
    q = quote_renewal(s, c)
    chosen = q["chosen"]
    same("years, brand", (q["years"], q["brand"]), (1, s.brand))
    same("choices", [chosen[m] for m in ("names", "grade", "key_algorithm", "csr_choice", "contact_id", "validation_method")],
         [c["names"], "dv", "p384", "automatic", k, "dns"])
    same("carried", q["certificates"][0]["carried_days"], 20)


@rule("R086")
def the_form_shows_what_may_be_chosen(s):
    market.open_account(s)
    c = market.given(s)
    k, k2 = contact(s, "k"), contact(s, "k2")
    fill_form(s, c, contact_id=k, validation_method="dns")
    yield E_20D
    chosen = quote_renewal(s, c)["chosen"]
    same("choices", [chosen[m] for m in ("csr_choice", "validation_method", "contact_id")], ["automatic", "dns", k])
    for choice in ("automatic", "keep"):
        quote_renewal(s, c, csr_choice=choice)
    n = market.renewed(s, c, contact_id=k2, validation_method="file", years=3)
    for each in n:
        form = s.get(f"/v1/certificates/{each['id']}/form")
        same("form", (form["contact_id"], form["validation_method"]), (k2, "file"))


# ---- prices ----

@rule("R032")
def a_purchase_says_what_it_wastes(s):
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    again = market.quote(s, names=c["names"], brand=s.brand)
    same("coverage", ends(again), [written(E + 345 * DAY)])
    wasted = [note["text"] for note in again["warnings"] if note["code"] == "wasted_validity"]
    holds(f"20 days of C are wasted: {wasted}", len(wasted) == 1 and c["id"] in wasted[0] and "20 days" in wasted[0])
    renewal = quote_renewal(s, c)
    same("coverage", ends(renewal), [written(E + YEAR)])
    for other in (renewal, market.quote(s, names=[s.host("other")], brand=s.brand)):
        holds("no such warning", "wasted_validity" not in market.codes(other["warnings"]))


@rule("R049")
def early_renewal_contains_the_managed_service(s):
    market.open_account(s)
    c = market.given(s)
    yield E - 100 * DAY
    q = quote_renewal(s, c)
    same("lines", lines(q), [("certificate", "paid", 1, YEAR_PRICE), ("use", "paid", 1, USE_PRICE)])
    holds("it says why", "early_surcharge" in market.codes(q["explanations"]))
    n, = market.states(s, market.ordered(s, q))
    same("balance", market.balance(s), RICH - YEAR_PRICE - USE_PRICE)
    same("states, mark", (n["state"], s.certificate(c["id"])["hosted"]), ("not_activated", True))
    adds_up(s)


@rule("R054")
def with_more_than_the_window_left_a_use_is_in_the_price(s):
    market.open_account(s)
    c, c2 = market.given(s), market.given(s, s.host("b"))
    yield E - 31 * DAY
    q = quote_renewal(s, c)
    same("kind, amount, lines", (q["kind"], due(q), len(q["lines"])), ("early_renewal", YEAR_PRICE + USE_PRICE, 2))
    yield E_30D
    q = quote_renewal(s, c2)
    same("kind, amount, lines", (q["kind"], due(q), len(q["lines"])), ("renewal", YEAR_PRICE, 1))


@rule("R055")
def one_year_in_the_window_takes_no_use(s):
    market.open_account(s)
    c = market.given(s)
    market.grant(s, managed_uses=3)
    yield E_20D
    order = market.ordered(s, quote_renewal(s, c))
    same("lines", lines(order), [("certificate", "paid", 1, YEAR_PRICE)])
    same("uses, balance", (market.uses(s), market.balance(s)), (3, RICH - YEAR_PRICE))


def years_of_a_renewal(s, years, amount):
    """At E-20d a renewal of so many years is quoted, ordered and paid: C and what came of it."""
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    q = quote_renewal(s, c, years=years)
    same("amount", due(q), amount)
    same("lines", lines(q), [("certificate", "paid", years, years * YEAR_PRICE), ("use", "paid", years - 1, (years - 1) * USE_PRICE)]
         [:2 if years > 1 else 1])
    if s.profile != "modern":
        same("coverage ends", ends(q), [written(E + (i + 1) * YEAR) for i in range(years)])
    order = market.ordered(s, q)
    made = market.states(s, order)
    same("terms", [n["term"] for n in made], list(range(1, years + 1)))
    for n in made:
        same("specification", [n[m] for m in ("brand", "grade", "domain_type", "key_algorithm")],
             [c[m] for m in ("brand", "grade", "domain_type", "key_algorithm")])
    market.chained(c, made)
    adds_up(s)
    return c, made


@rule("R068")
def one_year(s):
    yield from years_of_a_renewal(s, 1, YEAR_PRICE)


@rule("R069")
def two_years(s):
    yield from years_of_a_renewal(s, 2, 2 * YEAR_PRICE + USE_PRICE)


@rule("R070")
def three_years(s):
    c, _ = yield from years_of_a_renewal(s, 3, 3 * YEAR_PRICE + 2 * USE_PRICE)
    for years in (0, 4):
        answer = s.call("POST", "/v1/quotes", {"names": c["names"], "brand": s.brand, "years": years})
        s.refused(answer, 400, "years_not_offered", "years")


# ---- quota ----

@rule("R051")
def early_renewal_of_two_years(s):
    market.open_account(s)
    c = market.given(s)
    market.grant(s, certificates=1, managed_uses=1)
    yield E - 100 * DAY
    q = quote_renewal(s, c, years=2)
    same("lines", lines(q), [("certificate", "quota", 1, 0), ("use", "quota", 1, 0), ("certificate", "paid", 1, YEAR_PRICE),
                             ("use", "paid", 1, USE_PRICE)])
    same("amount", due(q), YEAR_PRICE + USE_PRICE)
    made = market.states(s, market.ordered(s, q))
    same("states", [n["state"] for n in made], ["not_activated", "not_activated"])
    same("quota, uses, balance", (market.quota(s)[market.item(s)], market.uses(s), market.balance(s)),
         (0, 0, RICH - YEAR_PRICE - USE_PRICE))
    adds_up(s)


@rule("R071")
def years_use_quota_of_the_same_specification(s):
    market.open_account(s)
    c = market.given(s)
    market.grant(s, certificates=2)
    market.grant(s, certificates=5, grade="ov")
    yield E_20D
    for years, wanted, amount in (
            (1, [("certificate", "quota", 1, 0)], 0),
            (2, [("certificate", "quota", 2, 0), ("use", "paid", 1, USE_PRICE)], USE_PRICE),
            (3, [("certificate", "quota", 2, 0), ("certificate", "paid", 1, YEAR_PRICE), ("use", "paid", 2, 2 * USE_PRICE)],
             YEAR_PRICE + 2 * USE_PRICE)):
        q = quote_renewal(s, c, years=years)
        same(f"lines of {years} years", lines(q), wanted)
        same(f"amount of {years} years", due(q), amount)
    market.ordered(s, quote_renewal(s, c, years=3))
    same("quota", (market.quota(s)[market.item(s)], market.quota(s)[market.item(s, grade="ov")]), (0, 5))


@rule("R072")
def quota_and_uses_are_used_first(s):
    market.open_account(s)
    c = market.given(s)
    market.grant(s, certificates=1, managed_uses=1)
    yield E_20D
    q = quote_renewal(s, c, years=3)
    same("lines", lines(q), [("certificate", "quota", 1, 0), ("use", "quota", 1, 0), ("certificate", "paid", 2, 2 * YEAR_PRICE),
                             ("use", "paid", 1, USE_PRICE)])
    market.ordered(s, q)
    same("quota, uses, balance", (market.quota(s)[market.item(s)], market.uses(s), market.balance(s)),
         (0, 0, RICH - 2 * YEAR_PRICE - USE_PRICE))
    adds_up(s)


@rule("R073")
def the_form_shows_the_uses_left(s):
    market.open_account(s)
    market.enrich(s)
    market.ordered(s, market.quote(s, kind="quota", brand=s.brand, managed_uses=3))
    same("uses, balance", (market.uses(s), market.balance(s)), (3, RICH - 3 * USE_PRICE))
    q = market.quote(s, names=[s.host("a")], brand=s.brand, years=2)
    holds("one use comes from quota", ("use", "quota", 1, 0) in lines(q))
    same("uses after it", [left["left_after"] for left in q["quota"] if left["item"] == "managed_use"], [2])
    same("a quote reserves nothing", market.uses(s), 3)


@rule("R074")
def the_form_shows_the_quota_left(s):
    market.open_account(s)
    market.grant(s, certificates=2)
    market.grant(s, certificates=1, grade="ov", domain_type="wildcard")
    of = ("brand", "grade", "domain_type", "key_family")
    shown = {tuple(item[m] for m in of): item["left"] for item in s.get("/v1/quota")["items"]}
    same("quota", shown, {(s.brand, "dv", "single", "ecc"): 2, (s.brand, "ov", "wildcard", "ecc"): 1})
    market.ordered(s, market.quote(s, names=[s.host("a")], brand=s.brand, key_algorithm="p256"))
    same("quota", (market.quota(s)[market.item(s)], market.quota(s)[market.item(s, "ov", "wildcard")]), (1, 1))


# ---- what comes of it ----

def successors_of(s, years):
    """At E-20d a renewal of so many years is paid: the first goes on, the others wait; C is as it was."""
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    made = market.renewed(s, c, years=years)
    same("states", [n["state"] for n in made], [first_state(s)] + ["not_activated"] * (years - 1))
    market.chained(c, made)
    after = s.certificate(c["id"])
    same("C", [after[m] for m in ("state", "version_end", "successor_id")],
         ["pending_expiration", c["version_end"], made[0]["id"]])
    same("certificates", len(s.list()), years + 1)


@rule("R075")
def one_successor(s):
    yield from successors_of(s, 1)


@rule("R076")
def two_successors(s):
    yield from successors_of(s, 2)


@rule("R077")
def three_successors(s):
    yield from successors_of(s, 3)


@rule("R078")
def cancelling_gives_quota_back(s):
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    made = market.renewed(s, c, years=3)
    paid = RICH - 3 * YEAR_PRICE - 2 * USE_PRICE
    same("balance", market.balance(s), paid)
    cancel = f"/v1/certificates/{made[1]['id']}/cancel"
    same("state", s.done(s.call("POST", cancel))["state"], "cancelled")
    there = (market.quota(s)[market.item(s)], market.uses(s), market.balance(s))
    same("quota, uses, balance", there, (1, 1, paid))
    same("predecessor of the third", s.certificate(made[2]["id"])["predecessor_id"], made[0]["id"])
    same("successor of the first", s.certificate(made[0]["id"])["successor_id"], made[2]["id"])
    same("status of the second time", s.call("POST", cancel).status, 409)
    same("quota, uses", (market.quota(s)[market.item(s)], market.uses(s)), (1, 1))
    q = market.quote(s, names=[s.host("b")], brand=s.brand, key_algorithm="p256", years=2)
    same("lines", lines(q), [("certificate", "quota", 1, 0), ("use", "quota", 1, 0), ("certificate", "paid", 1, YEAR_PRICE)])
    adds_up(s)


@rule("R080")
def the_first_validates_and_the_others_wait(s):
    market.open_account(s)
    c, c2 = market.given(s), market.given(s, s.host("b"))
    yield E_20D
    for old, years in ((c, 2), (c2, 3)):
        order = market.ordered(s, quote_renewal(s, old, years=years))
        same("states", [n["state"] for n in order["certificates"]], ["validating"] + ["not_activated"] * (years - 1))


@rule("R082")
def what_is_paid_waits_for_its_application(s):
    market.open_account(s)
    c, u = market.given(s), s.upload()
    yield E_20D
    made = [market.renewed(s, c)[0], market.renewed(s, u, brand=s.brand)[0]]
    same("predecessors", [n["predecessor_id"] for n in made], [c["id"], u["id"]])
    yield E_20D + 10 * DAY
    same("states", [s.state(n) for n in made], ["pending_application"] * 2)
    issued = [s.issued(s.certificate(n["id"])) for n in made]
    same("carried", [n["carried_seconds"] for n in issued], [10 * DAY, 0])


@rule("R123")
def paid_dv_is_validating_at_once(s):
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    order = market.ordered(s, quote_renewal(s, c), pay=False)
    same("state", order["certificate"]["state"], "pending_payment")
    paid = s.done(s.call("POST", f"/v1/orders/{order['id']}/pay"))
    n = paid["certificate"]
    same("state, submitted", (n["state"], n["submitted_at"]), ("validating", written(E_20D)))
    same("balance", market.balance(s), RICH - YEAR_PRICE)
