"""Organisations and contacts: entered once, checked, used again; and names that a CA does not want."""
import market
from moments import DAY, T0, written
from scenarios_review import application, approved, decide, filled_in, line, one_mail, open_link, parties, submitted, with_letter
from table import rule
from world import BRANDS, holds, same

CHECK_DAYS = 398


def checks(s, organization):
    return s.get(f"/v1/organizations/{organization['id']}")["identity_checks"]


@rule("R215")
def an_organisation_is_checked_once(s):
    organization, contact = parties(s)
    n = submitted(s, who=(organization, contact))
    approved(s, with_letter(s, n))
    yield T0 + 100 * DAY
    again = s.done(s.order(s.host("again"), brand=line(s), grade="ov"), 201)["certificate"]
    filled_in(s, again, organization, contact)
    form = s.get(f"/v1/certificates/{again['id']}/form")
    same("organisation in the form", form["organization_id"], organization["id"])
    found = checks(s, organization)
    same("checks", [(k["grade"], k["end_at"], k["state"]) for k in found], [("ov", written(T0 + CHECK_DAYS * DAY), "valid")])
    yield T0 + 390 * DAY
    same("days left", [(k["state"], k["days_left"]) for k in checks(s, organization)], [("valid", 8)])
    yield T0 + CHECK_DAYS * DAY
    same("aged out", [(k["state"], k["days_left"]) for k in checks(s, organization)], [("aged_out", 0)])


@rule("R216")
def a_contact_is_verified(s):
    organization, contact = parties(s)
    path = f"/v1/contacts/{contact['id']}"
    contact = s.done(s.call("PATCH", path, {"organization_id": organization["id"]}))
    same("verified", contact["email_confirmed_at"], None)
    submitted(s, who=(organization, contact))
    same("the link is opened", open_link(s, one_mail(s)).status, 200)
    same("verified", s.get(path)["email_confirmed_at"], written(s.clock.now))
    s.done(s.call("PATCH", path, {"email": f"new-{s.tag}@example.com"}))
    same("with another address", s.get(path)["email_confirmed_at"], None)
    n = s.done(s.order(s.host("foreign")), 201)["certificate"]
    s.tag += "-other"
    market.open_account(s)
    s.brand = BRANDS[s.profile]
    s.refused(s.call("PATCH", f"/v1/certificates/{n['id']}/form", {"contact_id": contact["id"]}), 404, "not_found")
    own = s.done(s.order(s.host("own")), 201)["certificate"]
    answer = s.call("PATCH", f"/v1/certificates/{own['id']}/form", {"contact_id": contact["id"]})
    s.refused(answer, 404, "not_found")


@rule("R218")
def a_name_that_the_ca_refuses(s):
    n = submitted(s)
    id_ = with_letter(s, n)
    s.done(decide(s, id_, "reject", {"reason": "domain_security_review"}))
    s.settle()
    after = s.certificate(n["id"])
    same("state, reason", (after["state"], after["reject_reason"]), ("rejected", "domain_security_review"))
    for lang, word in (("en", "ask the issuer to lift the block"), ("zh", "联系签发机构解除限制")):
        told = str(s.get(f"/v1/certificates/{n['id']}/explain", Accept_Language=lang))
        holds(f"the remedy ({lang}): {told}", word in told)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/submit"))
    s.settle()
    holds("it is asked for again", application(s, n) != id_ and s.state(n) in ("validating", "pending_letter"))
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/withdraw"))
    same("state", s.state(n), "pending_application")
