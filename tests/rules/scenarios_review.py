"""Review of OV and EV: letters, contacts, reviewers."""
import email
import email.policy
import functools
import json
import os
import pathlib
import re
import subprocess
import time

import client
from moments import DAY, E, E_20D, HOUR, at
from table import rule
from world import holds, same

PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef"
       b"\0\0\0\0IEND\xaeB`\x82")
PDF = b"%PDF-1.4\nsigned and sealed\n%%EOF\n"
TEN_MIB = 10 << 20
PATIENCE = 20


@functools.cache
def key(role):
    made = client.call("POST", "/v1/access-keys", {"name": role, "role": role}).json
    return f"{made['id']}.{made['secret']}"


def parties(s):
    """(organisation, contact): of this scenario alone."""
    organization = s.done(s.call("POST", "/v1/organizations", {"name": f"示例公司 {s.tag}", "country": "CN", "city": "杭州"}))
    contact = s.done(s.call("POST", "/v1/contacts", {"name": "王芳", "email": address(s), "mobile": "+8613800138000"}))
    return organization, contact


def address(s):
    return f"{s.tag}@example.com"


def filled_in(s, c, organization, contact):
    s.done(s.call("PATCH", f"/v1/certificates/{c['id']}/form",
                  {"organization_id": organization["id"], "contact_id": contact["id"]}))


def line(s):
    """What costs nothing and is reviewed."""
    return f"{s.brand}-OV-Free"


def submitted(s, label="ov", who=None):
    """N: bought, its form filled in, submitted; come to its gate."""
    organization, contact = who or parties(s)
    n = s.done(s.order(s.host(label), brand=line(s), grade="ov"), 201)["certificate"]
    filled_in(s, n, organization, contact)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/submit"))
    s.settle()
    return n


def application(s, c):
    items = s.get(f"/v1/certificates/{c['id']}/applications")["items"]
    return next(item["id"] for item in items if not item["closed_at"])


def decide(s, id_, what, body=None, role="reviewer"):
    return s.call("POST", f"/v1/applications/{id_}/{what}", body, key=key(role))


def note(s, id_, *steps):
    for step in steps:
        s.done(decide(s, id_, "notes", {"step": step, "result": "passed"}), 201)


def approved(s, id_):
    note(s, id_, "telephone", "email")
    s.done(decide(s, id_, "approve"))
    s.settle()


def upload(s, id_, content):
    return s.call("POST", f"/v1/applications/{id_}/letter", content, Content_Type="application/octet-stream")


def with_letter(s, n):
    """Past the letter, where there is one."""
    id_ = application(s, n)
    if s.state(n) == "pending_letter":
        s.done(upload(s, id_, PDF), 201)
    return id_


def mails(s):
    """The texts of all e-mails to the contact of this scenario."""
    found = []
    for file in sorted(pathlib.Path(os.environ["SINK"], "mail").glob("*.mail")):
        head, _, content = file.read_bytes().partition(b"\n")
        if json.loads(head)["to"] == [address(s)]:
            message = email.message_from_bytes(content, policy=email.policy.default)
            found.append(next(part for part in message.walk() if part.get_content_type() == "text/plain").get_content())
    return found


def one_mail(s):
    """Whoever moved the clock has sent it already; the sink writes it in its own time."""
    deadline = time.monotonic() + PATIENCE
    while not mails(s) and time.monotonic() < deadline:
        s.settle()
        time.sleep(0.1)
    same("e-mails to the contact", len(mails(s)), 1)
    return mails(s)[0]


def open_link(s, text):
    token = re.search(r"/confirm/([A-Za-z0-9_-]{43})", text)
    holds("the e-mail has a link", token)
    return s.call("POST", f"/confirm/{token[1]}", "", key=None)


@rule("R114")
def the_contact_confirms(s):
    n = submitted(s)
    same("state", s.state(n), "validating")
    id_ = application(s, n)
    text = one_mail(s)
    holds("with the names", s.host("ov") in text)
    same("the link is opened", open_link(s, text).status, 200)
    review = s.get(f"/v1/reviews/{id_}")
    holds("the application has the confirmation with its time", review["confirmations"][0]["used_at"])
    s.refused(open_link(s, text), 409, "link_used")
    note(s, id_, "telephone")
    noted = s.get(f"/v1/reviews/{id_}")["notes"][-1]
    same("the check", (noted["step"], noted["result"]), ("telephone", "passed"))
    holds("with who and when", noted["actor"] and noted["at"])


@rule("R117")
def issued_only_after_approval(s):
    organization, contact = parties(s)
    c = submitted(s, who=(organization, contact))
    approved(s, application(s, c))
    yield E_20D
    s.done(s.call("PATCH", f"/v1/organizations/{organization['id']}", {"phone": "+8657112345678"}))  # what was checked is another one
    n = s.renewed(c)
    s.submit(n)
    s.settle()
    yield E - 10 * DAY
    n = s.certificate(n["id"])
    same("state and versions", (n["state"], n["version_count"]), ("validating", 0))
    id_ = application(s, n)
    approved(s, id_)
    n = s.certificate(n["id"])
    same("state", n["state"], "issued")
    same("carried_seconds", n["carried_seconds"], 864000)
    s.refused(decide(s, id_, "approve"), 409, "not_in_review")


@rule("R120")
def the_letter(s):
    n = submitted(s) if s.profile == "tencent-2024" else submitted_with_letter_line(s)
    same("state", s.state(n), "pending_letter")
    id_ = application(s, n)
    letter = s.call("GET", f"/v1/applications/{id_}/letter")
    same("the letter", (letter.status, letter.headers["Content-Type"]), (200, "application/pdf"))
    shown = subprocess.run(["pdftotext", "-layout", "-", "-"], input=letter.bytes, capture_output=True, timeout=60,
                           check=True).stdout.decode()
    shown = re.sub(r"\s", "", shown)
    for value in (s.host("ov"), f"示例公司{s.tag}", "王芳", "+8613800138000", address(s)):
        holds(f"the letter has {value}", value in shown)
    s.refused(upload(s, id_, b"I am letter.pdf"), 400, "bad_letter")
    same("10 MiB and a byte", (upload(s, id_, PDF[:9] + bytes(TEN_MIB + 1 - 9)).status), 413)
    same("state", s.state(n), "pending_letter")
    scan = {"tencent-2024": PNG + bytes(TEN_MIB - len(PNG))}.get(s.profile, PDF[:9] + bytes(TEN_MIB - 15) + b"%%EOF\n")
    same("size", len(scan), TEN_MIB)
    s.done(upload(s, id_, scan), 201)


def submitted_with_letter_line(s):
    """A line of which the product says that it wants a letter."""
    organization, contact = parties(s)
    n = s.done(s.order(s.host("ov"), brand=f"{s.brand}-EV-Free", grade="ev"), 201)["certificate"]
    filled_in(s, n, organization, contact)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/submit"))
    s.settle()
    return n


@rule("R121")
def uploaded_means_validating(s):
    n = submitted(s)
    same("state", s.state(n), "pending_letter")
    id_ = application(s, n)
    s.done(upload(s, id_, PDF), 201)
    after = s.certificate(n["id"])
    same("state", after["state"], "validating")
    holds("letter_at is set", after["letter_at"])
    s.refused(upload(s, id_, PDF), 409, "no_letter_needed")
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/withdraw"))
    same("state", s.state(n), "pending_application")


@rule("R122")
def checked_by_telephone_and_email(s):
    n = submitted(s)
    id_ = with_letter(s, n)
    s.refused(decide(s, id_, "approve", role="operator"), 403, "forbidden")
    s.refused(decide(s, id_, "approve"), 409, "checks_missing")
    note(s, id_, "telephone")
    same("the link is opened", open_link(s, one_mail(s)).status, 200)
    s.done(decide(s, id_, "approve"))
    s.settle()
    same("state", s.state(n), "issued")
    log = [entry for entry in s.get("/v1/audit?limit=500")["items"] if id_ in json.dumps(entry)]
    actions = {entry["action"]: entry for entry in log}
    for action in ("application.note", "application.confirm", "application.approve", "identity_check.create"):
        holds(f"the log has {action}", action in actions)
    reviewer = key("reviewer").split(".")[0]
    same("and who did it", {actions[a]["actor"] for a in ("application.note", "application.approve")}, {reviewer})
    check = actions["identity_check.create"]["after"]
    check = json.loads(check) if isinstance(check, str) else check
    same("days that the check holds", days_between(check["checked_at"], check["end_at"]), 398)


def days_between(begin, end):
    return (at(end) - at(begin)) // DAY


@rule("R125")
def the_outcome_is_shown(s):
    organization, contact = parties(s)
    n = submitted(s, who=(organization, contact))
    id_ = with_letter(s, n)
    s.done(decide(s, id_, "reject", {"reason": "organisation_data", "text": "登记号码不符"}))
    s.settle()
    after = s.certificate(n["id"])
    same("state and reason", (after["state"], after["reject_reason"]), ("rejected", "organisation_data"))
    said = json.dumps(s.get(f"/v1/certificates/{n['id']}/explain"), ensure_ascii=False)
    holds(f"what to do is shown: {said}", "submit again" in said and "登记号码不符" in said)
    told = [n_ for n_ in s.get("/v1/notices?limit=500")["items"] if n_["certificate_id"] == n["id"] and n_["event"] == "rejected"]
    same("messages", len(told), 1)
    s.done(s.call("PATCH", f"/v1/organizations/{organization['id']}", {"registration_number": "91330100MA11111111"}))
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/submit"))
    s.settle()
    id_ = with_letter(s, n)
    same("state", s.state(n), "validating")
    approved(s, id_)
    same("state", s.state(n), "issued")


@rule("R201", begin=E_20D)
def reminded_once_a_day(s):
    n = submitted(s)
    id_ = with_letter(s, n)
    s.done(s.call("POST", f"/v1/applications/{id_}/remind"), 202)
    told = [n_ for n_ in s.get("/v1/notices?limit=500")["items"] if n_["certificate_id"] == n["id"]]
    same("messages", len([n_ for n_ in told if n_["event"] == "review_reminder"]), 1)
    holds("the log has it", any(id_ in json.dumps(entry) and entry["action"] == "application.remind"
                                for entry in s.get("/v1/audit?limit=500")["items"]))
    yield E_20D + HOUR
    s.refused(s.call("POST", f"/v1/applications/{id_}/remind"), 409, "reminded_today")
    yield E_20D + DAY
    s.done(s.call("POST", f"/v1/applications/{id_}/remind"), 202)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/withdraw"))
    s.refused(s.call("POST", f"/v1/applications/{id_}/remind"), 409, "not_validating")
