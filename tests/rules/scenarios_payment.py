"""How an order is paid, and how money and quota come back."""
import client
import market
from market import RICH, USE_PRICE, YEAR_PRICE, adds_up, quote_renewal
from moments import DAY, E_20D, SECOND, T0, written
from table import rule
from world import same


def pay(s, order, **headers):
    return s.call("POST", f"/v1/orders/{order['id']}/pay", None, **headers)


def order_now(s, order):
    return s.get(f"/v1/orders/{order['id']}")


@rule("R081")
def paid_once(s):
    market.open_account(s)
    c = market.given(s)
    yield E_20D
    order = market.ordered(s, quote_renewal(s, c), pay=False)
    n = order["certificate"]
    same("states", (order["state"], n["state"]), ("pending_payment", "pending_payment"))
    s.refused(s.call("POST", f"/v1/certificates/{n['id']}/submit"), 409, "not_paid")
    s.done(pay(s, order, Idempotency_Key="first"))
    same("paid", order_now(s, order)["paid_at"], written(E_20D))
    same("balance and state", (market.balance(s), s.state(n)), (RICH - YEAR_PRICE, "pending_application"))
    s.refused(pay(s, order), 409, "already_paid")
    s.refused(pay(s, order, Idempotency_Key="second"), 409, "already_paid")
    s.done(pay(s, order, Idempotency_Key="first"))  # the answer that it got
    same("balance", market.balance(s), RICH - YEAR_PRICE)
    same("payments", [p["state"] for p in s.get("/v1/payments")["items"][:2]], ["paid", "paid"])  # C's and N's
    adds_up(s)


@rule("R085")
def shown_once_more_then_paid(s):
    market.open_account(s)
    c, other = market.given(s), market.given(s, s.host("b"))
    yield E_20D
    order = market.ordered(s, quote_renewal(s, c, years=2), provider="invoice")
    shown = order_now(s, order)
    wanted = {"years": 2, "due": {"amount": 2 * YEAR_PRICE + USE_PRICE, "currency": s.currency}, "brand": s.brand,
              "profile": s.profile, "profile_version": c["profile_version"], "state": "pending_payment"}
    same("what is shown before paying", {member: shown[member] for member in wanted}, wanted)
    for n in shown["certificates"]:
        same("names and specification", [n[member] for member in ("names", "grade", "domain_type", "key_algorithm")],
             [c[member] for member in ("names", "grade", "domain_type", "key_algorithm")])
    confirmed = client.call("POST", f"/v1/payments/{shown['payment']['id']}/confirm", {"reference": s.tag})
    same("the invoice is marked paid", (confirmed.status, confirmed["state"]), (200, "paid"))
    n1, n2 = market.states(s, shown)
    same("N1 is submitted, N2 waits", (n1["submitted_at"], n2["state"]), (written(E_20D), "not_activated"))
    market.grant(s, certificates=1, managed_uses=1)
    left = market.quota(s)
    unpaid = market.ordered(s, quote_renewal(s, other, years=2), provider="invoice")
    same("it is reserved", (market.uses(s), market.quota(s)[market.item(s)]), (0, 0))
    yield E_20D + 30 * DAY - SECOND
    same("state", order_now(s, unpaid)["state"], "pending_payment")
    yield E_20D + 30 * DAY
    same("state", order_now(s, unpaid)["state"], "cancelled")
    same("its payment", s.get(f"/v1/payments/{unpaid['payment']['id']}")["state"], "closed")
    same("states", [n["state"] for n in market.states(s, unpaid)], ["cancelled", "cancelled"])
    same("what it reserved is back", market.quota(s), left)
    adds_up(s)


def refund(s, c):
    return s.call("POST", f"/v1/certificates/{c['id']}/refund")


def revoke(s, c):
    s.done(s.call("POST", f"/v1/certificates/{c['id']}/revoke", {"reason": "cessationOfOperation"}))


def bought(s, label, **body):
    return market.ordered(s, market.quote(s, names=[s.host(label)], brand=s.brand, key_algorithm="p256", **body))


@rule("R184")
def money_and_quota_come_back(s):
    market.open_account(s)
    market.enrich(s)
    market.grant(s, certificates=1)
    c3, c4, c5 = (s.issued(bought(s, label)["certificate"]) for label in ("c3", "c4", "c5"))
    c2 = bought(s, "c2", years=2)["certificates"][1]  # the second year: nobody has issued it
    market.enrich(s)
    yield T0 + DAY
    same("state", s.state(c2), "not_activated")
    given_back = s.done(refund(s, c2), 201)
    same("refund", (given_back["state"], given_back["due"]["amount"]), ("done", YEAR_PRICE + USE_PRICE))
    same("state and balance", (s.state(c2), market.balance(s)), ("cancelled", RICH + YEAR_PRICE + USE_PRICE))
    same("quota", (market.uses(s), market.quota(s)[market.item(s)]), (0, 0))
    s.refused(refund(s, c2), 409, "conflict")
    s.refused(refund(s, c5), 409, "already_issued")
    yield T0 + 7 * DAY
    left = market.quota(s)[market.item(s)]
    revoke(s, c3)
    s.done(refund(s, c3), 201)
    same("quota and balance", (market.quota(s)[market.item(s)], market.balance(s)),
         (left + 1, RICH + YEAR_PRICE + USE_PRICE))
    yield T0 + 7 * DAY + SECOND
    same("state", s.state(c3), "revoked")
    revoke(s, c4)
    s.refused(refund(s, c4), 409, "already_issued")
    same("balance", market.balance(s), RICH + YEAR_PRICE + USE_PRICE)
    adds_up(s)
