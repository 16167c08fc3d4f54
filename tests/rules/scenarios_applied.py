"""From the form to what is served: what an application is made with, what it waits for, and what comes of it."""
import client
import fixtures
import market
import servers
from market import RICH, YEAR_PRICE, adds_up, quote_renewal
from moments import DAY, E, E_20D, E_30D, HOUR, SECOND, T0, written
from scenarios_application import application as application_of
from scenarios_application import applied, contact, fill_in, hand_in
from scenarios_deploy import LOOKS
from scenarios_managed import began, bought, told, uses_of
from scenarios_orders import first_state
from scenarios_review import application, approved, filled_in, parties, with_letter
from scenarios_terms import E1, YEAR, challenge, forget_proof, held, open_proven, prove, proven
from table import rule
from world import holds, same

EXPECTED = "issuance_late"


def explained(s, c):
    return " ".join(x["text"] for x in s.get(f"/v1/certificates/{c['id']}/explain")["sentences"])


# ---- the form ----

def of_organization(s):
    """C of an organisation, in an account of its own: (C, what it was applied for with)."""
    market.open_account(s)
    organization, person = parties(s)
    form = {"organization_id": organization["id"], "contact_id": person["id"], "validation_method": "dns"}
    return market.given(s, grade="ov", **form), form


@rule("R084")
def the_form_is_filled_in(s):
    c, form = of_organization(s)
    other = contact(s)
    yield E_20D
    q = quote_renewal(s, c)
    same("brand, years", (q["brand"], q["years"]), (s.brand, 1))
    for member in ("names", "grade", "key_algorithm"):
        same(member, q["chosen"][member], c[member])
    same("form", {member: q["chosen"][member] for member in form}, form)
    own = {"csr_choice": "own", "csr": fixtures.request(c["names"])}
    for choice in ({"years": 2}, {"years": 3}, {"csr_choice": "automatic"}, own):
        quote_renewal(s, c, **choice)

    def refused(code, **choice):
        answer = s.call("POST", "/v1/quotes", {"kind": "renewal", "certificate_id": c["id"], **choice})
        s.refused(answer, answer.status, code)
        holds(f"it is no server error: {answer.status}", answer.status in (400, 409))

    refused("csr_choice_not_offered", csr_choice="keep")
    refused("not_editable", names=[s.host("b")])
    refused("not_editable", contact_id=other)
    refused("not_editable", validation_method="file")
    refused("specification_change_buy_new", grade="ev")
    same("successor", s.certificate(c["id"])["successor_id"], None)


@rule("R130")
def begin_in_time(s):
    c, _ = of_organization(s)
    c2 = market.given(s, s.host("b"))
    yield E - 6 * DAY
    holds("six days are enough", EXPECTED not in market.codes(quote_renewal(s, c)["warnings"]))
    yield E - 4 * DAY
    warnings = {note["code"]: note["text"] for note in quote_renewal(s, c)["warnings"]}
    holds(f"four are not: {warnings}",
          all(text in warnings[EXPECTED] for text in ("carry-over may be lost", "without a certificate")))
    holds("a domain is proven faster", EXPECTED not in market.codes(quote_renewal(s, c2)["warnings"]))


@rule("R185")
def a_draft_is_kept_and_corrected(s):
    n = applied(s)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/withdraw"))
    form = f"/v1/certificates/{n['id']}/form"
    s.done(s.call("PATCH", form, {"validation_method": "file", "contact_id": None}))
    draft = s.get(form)
    same("draft", (draft["validation_method"], draft["contact_id"], draft["lacks"]), ("file", None, "contact_missing"))
    s.refused(s.call("POST", f"/v1/certificates/{n['id']}/submit"), 409, "contact_missing", "contact_id")
    same("state", s.state(n), "pending_application")
    fill_in(s, n)
    same("state", hand_in(s, n)["state"], "validating")
    made = s.get(f"/v1/applications/{application(s, n)}")
    draft = s.get(form)
    for member in ("validation_method", "contact_id"):
        same(member, made[member], draft[member])
    same("method", draft["validation_method"], "file")


# ---- the states after the payment ----

@rule("R025")
def data_payment_application_deployment(s):
    open_proven(s)
    c, = yield from proven(s)
    yield E_20D
    forget_proof(s, c)
    s.served_target(c)
    market.enrich(s)
    order = market.ordered(s, quote_renewal(s, c), provider="invoice")
    n = order["certificate"]
    same("states", (order["state"], n["state"]), ("pending_payment", "pending_payment"))
    client.call("POST", f"/v1/payments/{order['payment']['id']}/confirm", {"reference": s.tag})
    same("state", s.state(n), first_state(s))
    if first_state(s) == "pending_application":
        hand_in(s, n)
    s.settle()
    same("state, deployments", (s.state(n), s.deployments(n)), ("validating", []))
    yield from prove(s, s.certificate(n["id"]))
    yield E_20D + LOOKS
    same("deployments", [(d["cause"], d["state"]) for d in s.deployments(n)], [("issued", "done")])
    same("served", s.served(), s.certificate(n["id"])["fingerprint"])


@rule("R079")
def submitted_at_once(s):
    open_proven(s)
    c, = yield from proven(s)
    yield E_20D
    forget_proof(s, c)
    n, = market.renewed(s, c)
    s.settle()
    same("state, submitted", (s.state(n), n["submitted_at"]), ("validating", written(E_20D)))
    one = challenge(s, n)
    holds(f"its record is shown: {one}", one["type"] == "TXT" and one["host"] and one["value"])
    s.refused(s.call("POST", f"/v1/certificates/{n['id']}/submit"), 409, "already_submitted")
    yield from prove(s, n)
    s.covers(s.certificate(n["id"]), E + YEAR, 20 * DAY)


@rule("R116")
def what_comes_next(s):
    open_proven(s)
    c, = yield from proven(s)
    yield E_20D
    forget_proof(s, c)
    n1, n2 = market.renewed(s, c, years=2)
    same("states", (n1["state"], n2["state"]), ("pending_application", "not_activated"))
    s.allows(n1, "submit")
    s.forbids(n1, "check_now", "not_validating")
    s.forbids(n2, "submit", "not_active_yet")
    same("state", hand_in(s, n1)["state"], "validating")
    s.allows(n1, "check_now", "withdraw")
    s.forbids(n1, "submit", "already_submitted")
    one = challenge(s, n1)
    holds("explain names the record", one["host"] in explained(s, n1) and one["value"] in explained(s, n1))
    holds(f"explain says what the second waits for: {explained(s, n2)}", "waits for its predecessor" in explained(s, n2))
    yield from prove(s, n1)
    begins = written(E + YEAR - 30 * DAY)
    holds(f"explain says that it begins at {begins}: {explained(s, n2)}", begins in explained(s, n2))


# ---- letters and reviews ----

def reviewed(s, label, grade="ov", **body):
    """Approved at its first application, and issued: all certificates of the order."""
    organization, person = parties(s)
    answer = s.order(s.host(label), brand=f"{s.brand}-{grade.upper()}-Free", grade=grade, **body)
    made = s.done(answer, 201)["certificates"]
    for c in made:
        s.done(s.call("PUT", f"/v1/certificates/{c['id']}/tags", {"tags": [s.tag]}))
    filled_in(s, made[0], organization, person)
    s.done(s.call("PATCH", f"/v1/certificates/{made[0]['id']}/form", {"validation_method": "dns"}))
    s.done(s.call("POST", f"/v1/certificates/{made[0]['id']}/submit"))
    s.settle()
    approved(s, with_letter(s, made[0]))
    same("state", s.state(made[0]), "issued")
    return [s.certificate(c["id"]) for c in made], organization, person


def change(s, organization):
    """What was checked is another one."""
    s.done(s.call("PATCH", f"/v1/organizations/{organization['id']}", {"phone": "+8657112345678"}))


@rule("R028")
def the_old_data_are_taken(s):
    (c,), o, person = reviewed(s, "ov")
    form = {"organization_id": o["id"], "contact_id": person["id"], "validation_method": "dns"}
    yield E_20D
    change(s, o)
    q = quote_renewal(s, c, years=1)
    same("names", q["chosen"]["names"], c["names"])
    same("form in the quote", {member: q["chosen"][member] for member in form}, form)
    n, = market.states(s, market.ordered(s, q))
    s.settle()
    same("names, state", (n["names"], s.state(n)), (c["names"], "pending_letter"))
    for what in (s.get(f"/v1/certificates/{n['id']}/form"), application_of(s, n)):
        same("form", {member: what[member] for member in form}, form)
    same("names of the application", application_of(s, n)["names"], c["names"])


@rule("R119")
def waits_for_its_letter(s):
    (c,), o, _ = reviewed(s, "ov")
    (c2,), o2, _ = reviewed(s, "ev", "ev")
    c3 = applied(s, s.host("dv"))
    yield from prove(s, c3)
    yield E_20D
    change(s, o)
    change(s, o2)
    forget_proof(s, c3)
    n, n2, n3 = (s.renewed(old) for old in (c, c2, c3))
    s.settle()
    for each in (n, n2):
        same("state", s.state(each), "pending_letter")
        s.allows(each, "upload_letter")
    same("list", set(s.list("state=pending_letter")), {n["id"], n2["id"]})
    same("state", s.state(n3), "validating")
    s.forbids(n3, "upload_letter", "no_letter_needed")


@rule("R063")
def while_the_identity_check_holds(s):
    (_, n2, n3), _, _ = reviewed(s, "ov", years=3)
    yield T0 + 335 * DAY
    began(s, n2, T0 + 335 * DAY, E1 + YEAR)
    yield T0 + 700 * DAY
    held(s, n3, "identity_check_aged_out", "700 days")


@rule("R174")
def the_next_year_needs_no_reviewer(s):
    (n1, n2), o, person = reviewed(s, "ov", years=2)
    yield E_30D
    n2 = began(s, n2, E_30D, E + YEAR)
    same("predecessor", n2["predecessor_id"], n1["id"])
    form = s.get(f"/v1/certificates/{n2['id']}/form")
    same("organisation, contact", (form["organization_id"], form["contact_id"]), (o["id"], person["id"]))
    same("no letter, no review", (n2["letter_at"], n2["in_review"]), (None, False))
    same("entries of uses", sorted(uses_of(s, n1)), [("bought", 1), ("reserved", -1)])


# ---- years without a person ----

@rule("R200")
def the_successor_is_deployed_by_itself(s):
    (n1, n2), (m1, m2) = bought(s, 2, s.host("a")), bought(s, 2, s.host("b"))
    same("hosted", s.certificate(n1["id"])["hosted"], True)
    yield E_30D - HOUR
    here, there = servers.ADDRESSES
    for one, label in ((n1, "a"), (m1, "b")):
        for address in (here, there):
            s.served_target(one, label, address)
    yield E_30D - SECOND
    servers.freeze(s.host("b"), servers.folder(f"{s.tag}-b-{here}"))
    yield E_30D
    n2 = began(s, n2, E_30D, E + YEAR)
    yield E_30D + LOOKS
    same("deployments", [(d["cause"], d["state"]) for d in s.deployments(n2)], [("issued", "done")] * 2)
    for address in (here, there):
        same("served", s.served("a", address), n2["fingerprint"])
    for event, count in (("renewal_activated", 1), ("issued", 1), ("deployed", 2), ("deployment_failed", 0)):
        same(f"messages {event}", len(told(s, n2, event)), count)
    m2 = s.certificate(m2["id"])
    same("deployments of the other", sorted(d["state"] for d in s.deployments(m2)), ["done", "rolled_back"])
    same("served", s.served("b", there), m2["fingerprint"])
    same("messages", [len(told(s, m2, event)) for event in ("deployed", "deployment_failed")], [1, 1])


@rule("R211")
def served_for_years(s):
    market.open_account(s)
    market.enrich(s)
    order = market.ordered(s, market.quote(s, names=[s.host("a")], brand=s.brand, years=3))
    n1, n2, n3 = market.states(s, order)
    n1 = s.issued(n1)
    folder = s.serve("a", s.files_of(n1))
    s.target(n1, "a", folder, probe_address=None, reload_command=None)  # looked at here: not each hour of three years
    for one, begin, end in ((n1, T0, E1), (n2, T0 + 335 * DAY, E1 + YEAR), (n3, T0 + 700 * DAY, E1 + 2 * YEAR)):
        if begin > T0:
            yield begin
            began(s, one, begin, end)
        one = s.certificate(one["id"])
        same("served, its end", (s.served(), one["version_end"]), (one["fingerprint"], written(end)))
    yield T0 + 1094 * DAY
    same("served", s.served(), s.certificate(n3["id"])["fingerprint"])
    same("balance", market.balance(s), RICH - 3 * YEAR_PRICE - 2 * market.USE_PRICE)
    same("reserved", [item["reserved"] for item in s.get("/v1/quota")["items"]], [0] * len(s.get("/v1/quota")["items"]))
    adds_up(s)
