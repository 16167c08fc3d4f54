"""Orders of several years and early renewals: what goes on by itself, and what a person does where that cannot be."""
import time

import market
import publish
from market import RICH, USE_PRICE, YEAR_PRICE, adds_up, due, lines, quote_renewal
from moments import DAY, E, E_20D, E_30D, SECOND, T0, at, written
from scenarios_application import contact, hand_in, is_issued
from scenarios_application import challenge as challenge_of
from scenarios_managed import began, terms, told, uses_of, waits
from scenarios_review import PATIENCE, mails
from table import rule
from world import BRANDS, holds, same

YEAR = 365 * DAY
E1 = T0 + YEAR
LATE = at("2026-04-01")  # from here on the proof of control over a name serves 200 days at most
E_LATE = LATE + YEAR


# ---- certificates of a brand whose issuer demands control over each name ----

def open_proven(s):
    """An account of its own; its brand costs something, and demands proof."""
    market.open_account(s)
    s.brand = f"{BRANDS[s.profile]}-DV-Priced"


def challenge(s, c):
    return challenge_of(s, c, c["names"][0])


def put_record(s, c):
    one = challenge(s, c)
    publish.record(one["host"], one["type"], one["value"])


def prove(s, c):
    """By a person: its record served, checked now, issued."""
    put_record(s, c)
    yield from is_issued(s, c)


def proven(s, label="a", **body):
    """Paid, proven, and the first of them issued: all certificates of the order."""
    market.enrich(s)
    made = market.ordered(s, market.quote(s, names=[s.host(label)], brand=s.brand, key_algorithm="p256",
                                          contact_id=contact(s), validation_method="dns", **body))["certificates"]
    for c in made:
        s.done(s.call("PUT", f"/v1/certificates/{c['id']}/tags", {"tags": [s.tag]}))
    first = s.certificate(made[0]["id"])
    if first["state"] == "pending_application":
        hand_in(s, first)
    yield from prove(s, first)
    return [s.certificate(c["id"]) for c in made]


def forget_proof(s, c):
    """As if control over the name had never been proven."""
    one = challenge(s, c)
    s.done(s.call("DELETE", f"/v1/domains/{one['validation_id']}"), 204)
    publish.no_records(one["host"])


def prove_in_advance(s, name):
    domain = s.done(s.call("POST", "/v1/domains", {"name": name}), 201)
    publish.record(domain["host"], domain["type"], domain["value"])
    s.done(s.call("POST", f"/v1/domains/{domain['id']}/check"), 202)
    s.settle()
    same("proven", s.get(f"/v1/domains/{domain['id']}")["end_reason"], "validated")


def two_orders(s):
    """The second certificates of two orders at the moment at which they begin: the name of one is proven again."""
    open_proven(s)
    _, first = yield from proven(s, "a", years=2)
    _, second = yield from proven(s, "b", years=2)
    yield E_LATE - 40 * DAY
    prove_in_advance(s, s.host("a"))
    yield E_LATE - 30 * DAY
    return s.certificate(first["id"]), s.certificate(second["id"])


def held(s, c, reason, said):
    """It does not go on by itself: for that reason, of which a person is told once."""
    c = s.certificate(c["id"])
    same("state, versions", (c["state"], c["version_count"]), ("pending_application", 0))
    same("active, submitted", (bool(c["active_at"]), c["submitted_at"]), (True, None))
    shown = " ".join(x["text"] for x in s.get(f"/v1/certificates/{c['id']}/explain")["sentences"])
    messages = told(s, c, "action_needed")
    same("messages", len(messages), 1)
    for text in (shown, messages[0]["text"]):
        holds(f"the reason is told: {text}", said in text)
    s.allows(c, "submit")
    return messages[0]


AGED_OUT = ("validation_aged_out", "335 days")


@rule("R046", begin=LATE)
def each_is_requested_or_left_to_a_person(s):
    again, unproven = yield from two_orders(s)
    began(s, again, E_LATE - 30 * DAY, E_LATE + YEAR)
    held(s, unproven, *AGED_OUT)
    hand_in(s, unproven)
    yield from prove(s, unproven)
    same("coverage_end", s.certificate(unproven["id"])["coverage_end"], written(E_LATE + YEAR))


@rule("R062", begin=LATE)
def only_with_a_proof_that_still_holds(s):
    again, unproven = yield from two_orders(s)
    began(s, again, E_LATE - 30 * DAY, E_LATE + YEAR)
    held(s, unproven, *AGED_OUT)


@rule("R064", begin=LATE)
def what_failed_is_submitted_by_hand(s):
    _, unproven = yield from two_orders(s)
    yield E_LATE - 20 * DAY
    held(s, unproven, *AGED_OUT)
    hand_in(s, unproven)
    yield from prove(s, unproven)
    same("coverage_end", s.certificate(unproven["id"])["coverage_end"], written(E_LATE + YEAR))


def reserved(s):
    """Uses of the managed service that are promised and not taken yet, of this scenario's own account."""
    return sum(item["reserved"] for item in s.get("/v1/quota")["items"] if item["item"] == "managed_use")


@rule("R060", begin=LATE)
def each_takes_a_use_when_it_begins(s):
    open_proven(s)
    n1, n2 = yield from proven(s, years=2)
    same("paid", market.balance(s), RICH - 2 * YEAR_PRICE - USE_PRICE)
    before = uses_of(s, n1)
    same("entries", sorted(before), [("bought", 1), ("reserved", -1)])
    same("uses", market.uses(s), 0)
    same("reserved", reserved(s), 1)
    yield E_LATE - 30 * DAY
    held(s, n2, *AGED_OUT)
    same("entries, uses, reserved", (uses_of(s, n1), market.uses(s), reserved(s)), (before, 0, 0))
    adds_up(s)


# ---- early renewals ----

def early(s, end):
    """N: C is renewed a hundred days before its end."""
    open_proven(s)
    c, = yield from proven(s)
    yield end - 100 * DAY
    market.enrich(s)
    n, = market.renewed(s, c)
    same("state, mark", (n["state"], s.certificate(c["id"])["hosted"]), ("not_activated", True))
    return c, n


@rule("R053")
def begins_when_thirty_days_are_left(s):
    c, n = yield from early(s, E)
    yield E - 40 * DAY
    forget_proof(s, c)
    prove_in_advance(s, s.host("a"))
    yield E_30D - SECOND
    waits(s, n)
    same("reserved", reserved(s), 1)
    yield E_30D
    began(s, n, E_30D, E + YEAR)
    same("carried_seconds", s.certificate(n["id"])["carried_seconds"], 2592000)
    same("reserved", reserved(s), 0)


@rule("R056", begin=LATE)
def what_cannot_be_submitted_waits_with_its_reason(s):
    _, n = yield from early(s, E_LATE)
    yield E_LATE - 30 * DAY
    held(s, n, *AGED_OUT)
    holds("it is hosted", s.certificate(n["id"])["hosted"])
    same("reserved", reserved(s), 0)
    yield E_LATE - 10 * DAY
    hand_in(s, n)
    yield from prove(s, n)
    same("carried_seconds", s.certificate(n["id"])["carried_seconds"], 864000)


@rule("R065", begin=LATE)
def the_user_is_asked_at_that_time(s):
    _, n = yield from early(s, E_LATE)
    s.done(s.call("POST", "/v1/channels", {"name": s.tag, "kind": "email", "address": f"{s.tag}@example.com"}), 201)
    yield E_LATE - 30 * DAY - SECOND
    same("messages about N", told(s, n, "action_needed", 100), [])
    yield E_LATE - 30 * DAY
    message = held(s, n, *AGED_OUT)["text"]
    for text in (message, mail_about(s, n)):
        holds(f"it names the host and the remedy: {text}", s.host("a") in text and "validated again" in text)


def mail_about(s, n):
    """The one e-mail that says that N waits; the sink writes it in its own time."""
    def found():
        return [text for text in mails(s) if n["id"] in text and "does not go on by itself" in text]

    deadline = time.monotonic() + PATIENCE
    while not found() and time.monotonic() < deadline:
        s.settle()
        time.sleep(0.1)
    same("e-mails about N", len(found()), 1)
    return found()[0]


# ---- prices and uses ----

@rule("R067")
def uses_alone(s):
    market.open_account(s)
    c = market.given(s)
    same("uses", market.uses(s), 0)
    q = market.quote(s, kind="quota", brand=s.brand, managed_uses=2)
    same("amount", due(q), 2 * USE_PRICE)
    same("certificates", market.ordered(s, q)["certificates"], [])
    same("uses, balance", (market.uses(s), market.balance(s)), (2, RICH - 2 * USE_PRICE))
    yield E - 100 * DAY
    q = quote_renewal(s, c)
    same("lines", lines(q), [("use", "quota", 1, 0), ("certificate", "paid", 1, YEAR_PRICE)])
    same("amount", due(q), YEAR_PRICE)


@rule("R059")
def nothing_is_lost_and_a_person_is_asked(s):
    open_proven(s)
    other = yield from proven(s, "b", years=2)
    s.brand = f"{BRANDS[s.profile]}-Priced"
    market.enrich(s)
    _, n2 = terms(s, s.call("POST", "/v1/orders", {"quote_id": market.quote(s, names=[s.host("a")], brand=s.brand, years=2)["id"]}))
    forget_proof(s, other[0])
    operator = s.done(s.call("POST", "/v1/access-keys", {"name": "operator", "role": "operator"}), 201)
    yield E1 - 30 * DAY
    s.one_version(began(s, n2, E1 - 30 * DAY, E1 + YEAR), 395, E1 + YEAR)
    message = held(s, other[1], "validation_aged_out", "not proven")
    shown = s.get("/v1/notices?limit=50", key=f"{operator['id']}.{operator['secret']}")["items"]
    holds("operators read it", message["id"] in [item["id"] for item in shown])
    holds(f"what a person can do: {message['text']}", "tenure domain" in message["text"])


@rule("R045")
def three_years_are_three_certificates(s):
    market.open_account(s)
    market.enrich(s)
    order = market.ordered(s, market.quote(s, names=[s.host("a")], brand=s.brand, years=3))
    same("balance", market.balance(s), RICH - 3 * YEAR_PRICE - 2 * USE_PRICE)
    made = market.states(s, order)
    same("terms, states", [(n["term"], n["state"]) for n in made],
         [(1, "pending_application"), (2, "not_activated"), (3, "not_activated")])
    same("reserved", reserved(s), 2)
    s.issued(made[0])
    yield T0 + 700 * DAY
    made = market.states(s, order)
    same("coverage ends", [n["coverage_end"] for n in made], [written(T0 + years * YEAR) for years in (1, 2, 3)])
    for n in made:
        days = (s.moment(n, "version_end") - s.dates(n)[0]) / DAY
        holds(f"{days} days, one version", days <= 397 and n["version_count"] == 1)
    began(s, made[2], T0 + 700 * DAY, T0 + 3 * YEAR)
    adds_up(s)


@rule("R088")
def the_first_of_several_is_submitted_by_hand(s):
    market.open_account(s)
    c, u = market.given(s), s.upload()
    yield E_20D
    n, = market.renewed(s, c)
    of_u = market.renewed(s, u, brand=s.brand, years=3)
    for moment in (E_20D + DAY, E - DAY):
        yield moment
        for first in (n, of_u[0]):
            same("state", s.state(first), "pending_application")
            s.allows(first, "submit")
    for first in (n, of_u[0]):
        same("state", hand_in(s, first)["state"], "issued")
    end = E - DAY + YEAR
    for later in of_u[1:]:
        s.forbids(later, "submit", "not_active_yet")
        yield end - 15 * DAY
        began(s, later, end - 15 * DAY, end + YEAR)
        end += YEAR
