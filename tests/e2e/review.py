"""OV applications as people see them. Run by review.sh, which has started sink.py and a daemon."""
import datetime
import email
import email.policy
import json
import os
import pathlib
import re
import socket
import subprocess
import time

from client import KEY, URL, WORK, at_once, call, check, finish

SINK = pathlib.Path(os.environ["SINK"])
REVIEWER, OPERATOR = os.environ["REVIEWER_KEY"], os.environ["OPERATOR_KEY"]
HAS_CLOCK = bool(os.environ["SERVE"])
PATIENCE = 30
TEN_MIB = 10 << 20
PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef"
       b"\0\0\0\0IEND\xaeB`\x82")


def advance(**more):
    now = datetime.datetime.fromisoformat(call("GET", "/v1/health")["time"].replace("Z", "+00:00"))
    moment = (now + datetime.timedelta(**more)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = call("POST", "/v1/test/clock", {"advance_to": moment})
    if answer.status != 200:
        check(f"the clock goes to {moment}", False, answer)


def eventually(function):
    """What the function gives as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if HAS_CLOCK:
            advance()
        found = function()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def state(id_):
    return call("GET", f"/v1/certificates/{id_}")["state"]


def reaches(id_, wanted):
    return eventually(lambda: state(id_) == wanted)


def tenure(*arguments, key=KEY):
    ran = subprocess.run([os.environ["TENURE"], *arguments], capture_output=True, text=True, timeout=60, check=False,
                         env={**os.environ, "TENURE_KEY": key})
    return ran.returncode, ran.stdout + ran.stderr


def parties(label):
    organization = call("POST", "/v1/organizations", {"name": f"示例{label}公司", "country": "CN", "city": "杭州",
                                                      "registration_number": "91330100MA00000000"})
    contact = call("POST", "/v1/contacts", {"name": "王芳", "email": f"{label}@example.com", "mobile": "+8613800138000"})
    return organization["id"], contact["id"]


def submitted(brand, name, organization, contact):
    bought = call("POST", "/v1/orders", {"brand": brand, "grade": "ov", "names": [name]})
    id_ = bought.json["certificate"]["id"]
    call("PATCH", f"/v1/certificates/{id_}/form", {"organization_id": organization, "contact_id": contact})
    answer = call("POST", f"/v1/certificates/{id_}/submit")
    check(f"{name} is submitted", answer.status == 202, answer)
    return id_


def application_of(id_):
    """The open one, as soon as it is there."""
    def find():
        items = call("GET", f"/v1/certificates/{id_}/applications")["items"]
        return next((item["id"] for item in items if not item["closed_at"]), None)
    return eventually(find)


def note(application, step, result="passed"):
    return call("POST", f"/v1/applications/{application}/notes", {"step": step, "result": result}, key=REVIEWER)


def approve(application, key=REVIEWER):
    return call("POST", f"/v1/applications/{application}/approve", key=key)


def upload(application, content):
    return call("POST", f"/v1/applications/{application}/letter", content, Content_Type="application/octet-stream")


# ---- e-mail ----


def mails_to(address):
    found = []
    for file in sorted((SINK / "mail").glob("*.mail")):
        head, _, content = file.read_bytes().partition(b"\n")
        if json.loads(head)["to"] == [address]:
            found.append((json.loads(head), content, email.message_from_bytes(content, policy=email.policy.default)))
    return found


def link_of(mail):
    text = next(part for part in mail[2].walk() if part.get_content_type() == "text/plain").get_content()
    return re.search(r"https?://\S+/confirm/([A-Za-z0-9_-]{43})", text), text


# ---- tests ----


def test_without_letter():
    organization, contact = parties("alpha")
    id_ = submitted("GlobalSign-OV-Free", "ov.example.com", organization, contact)
    check("without a letter it waits for the reviewer at once", eventually(
        lambda: call("GET", f"/v1/certificates/{id_}").json["in_review"]), call("GET", f"/v1/certificates/{id_}"))
    application = application_of(id_)
    check("reviewers see it in their list",
          application in [item["id"] for item in call("GET", "/v1/reviews", key=REVIEWER)["items"]])
    check("operators have no such list", call("GET", "/v1/reviews", key=OPERATOR).status == 403)
    check("no letter is needed", upload(application, PNG)["code"] == "no_letter_needed")
    mail = eventually(lambda: mails_to("alpha@example.com"))
    check("the contact gets one e-mail", len(mail) == 1, mail)
    envelope, content, _ = mail[0]
    check("over TLS, every line ended by CRLF, none too long", envelope["tls"] and
          b"\n" not in content.replace(b"\r\n", b"") and
          max(len(line) for line in content.split(b"\r\n") if b"multipart/" not in line) <= 78, content)
    link, text = link_of(mail[0])
    check("with the names, the organisation and a link, in both languages",
          link and "ov.example.com" in text and "示例alpha公司" in text and "请确认" in text + mail[0][2]["Subject"], text)
    path = f"/confirm/{link[1]}"
    check("nothing in the data folder has the link",
          link[1].encode() not in b"".join(f.read_bytes() for f in pathlib.Path(WORK, "data").glob("tenure.db*")))
    check("an operator cannot approve", approve(application, OPERATOR).status == 403)
    check("nor the reviewer before the checks", approve(application)["code"] == "checks_missing")
    page = call("GET", path, key=None)
    check("the link opens a page that changes nothing", page.status == 200 and "<form" in page.text and
          page.headers["Content-Type"].startswith("text/html") and "示例alpha公司" in page.text, page)
    check("looked at twice", call("GET", path, key=None).status == 200 and
          not call("GET", f"/v1/reviews/{application}")["notes"])
    answers = at_once(8, lambda number: call("POST", path, "", key=None))
    check("of all who confirm at once one succeeds, the others are told",
          sorted(a.status for a in answers) == [200] + [409] * 7 and
          {a["code"] for a in answers if a.status == 409} == {"link_used"}, [str(a) for a in answers])
    check("an unknown link is not found", call("POST", "/confirm/" + "A" * 43, "", key=None).status == 404)
    check("the telephone check is noted", note(application, "telephone").status == 201)
    review = call("GET", f"/v1/reviews/{application}")
    check("the review shows both checks and when the link was used",
          [n["step"] for n in review["notes"]] == ["email", "telephone"] and review["confirmations"][0]["used_at"], review)
    answers = at_once(8, lambda number: approve(application) if number % 2 else call(
        "POST", f"/v1/applications/{application}/reject", {"reason": "organisation_data"}, key=REVIEWER))
    check("of all who decide at once one succeeds, the others are told the state",
          sorted(a.status for a in answers) == [200] + [409] * 7 and
          all(a["state"] for a in answers if a.status == 409), [str(a) for a in answers])
    rejected = state(id_) == "rejected"
    if rejected:
        call("POST", f"/v1/certificates/{id_}/submit")
        application = application_of(id_)
        eventually(lambda: call("GET", f"/v1/certificates/{id_}").json["in_review"])
        note(application, "telephone"), note(application, "email")
        check("submitted again it is approved", approve(application).status == 200)
    check("it is issued", reaches(id_, "issued"))
    log = call("GET", "/v1/audit?limit=200").text
    check("the log has each check and the verdict",
          all(action in log for action in ("application.confirm", "application.note", "application.approve",
                                           "identity_check.create")))
    return organization, contact


def test_known_organisation(organization, contact):
    id_ = submitted("GlobalSign-OV-Free", "second.example.com", organization, contact)
    check("a second one of the same organisation passes at once", reaches(id_, "issued"))
    check("and its contact gets no other mail for it", len(mails_to("alpha@example.com")) <= 2)


def test_letter():
    organization, contact = parties("beta")
    id_ = submitted("TrustAsia-OV-Free", "letter.example.com", organization, contact)
    check("where the policy wants a letter it waits for it", reaches(id_, "pending_letter"))
    application = application_of(id_)
    letter = eventually(lambda: (a := call("GET", f"/v1/applications/{application}/letter")).status == 200 and a)
    check("the letter is a PDF to be saved", letter and letter.headers["Content-Type"] == "application/pdf" and
          letter.headers["Content-Disposition"].startswith("attachment") and
          letter.headers["X-Content-Type-Options"] == "nosniff", letter and letter.headers)
    pdf = pathlib.Path(WORK, "letter.pdf")
    pdf.write_bytes(letter.bytes)
    text = re.sub(r"\s", "", subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, timeout=30,
                                            check=True).stdout)
    wanted = [application, id_, "letter.example.com", "示例beta公司", "91330100MA00000000", "杭州", "王芳",
              "beta@example.com", "+8613800138000"]
    check("with all data", all(value in text for value in wanted), [value for value in wanted if value not in text] + [text])
    check("a text that is called a letter is refused by its content", upload(application, b"a text")["code"] == "bad_letter")
    check("so is a picture that is cut off", upload(application, PNG[:40])["code"] == "bad_letter")
    check("and nothing at all", upload(application, b"")["code"] == "bad_letter")
    check("one byte more than 10 MiB is too much", upload(application, PNG + bytes(TEN_MIB + 1 - len(PNG))).status == 413)
    check("nobody else's letter can be uploaded", upload("app_" + "0" * 26, PNG).status == 404)
    check("it still waits for its letter", state(id_) == "pending_letter")
    scan = PNG + bytes(TEN_MIB - len(PNG))
    began = time.monotonic()
    answer = upload(application, scan)
    check("10 MiB are taken", answer.status == 201 and answer["media_type"] == "image/png", answer)
    print(f"# 10 MiB took {time.monotonic() - began:.2f} s")
    check("from then on it is validated", state(id_) == "validating")
    check("once", upload(application, PNG)["code"] == "no_letter_needed")
    back = call("GET", f"/v1/applications/{application}/letter?side=uploaded", key=REVIEWER)
    check("the reviewer gets the scan as it was", back.bytes == scan and back.headers["Content-Type"] == "image/png")
    return id_, application


def test_verdict(id_, application):
    note(application, "telephone", "failed")
    status, output = tenure("review", "reject", application, "--reason", "because", key=REVIEWER)
    check("a reason is one of the list", status == 2 and "bad_field" in output + str(status) or "reason" in output, output)
    status, output = tenure("review", "reject", application, "--reason", "organisation_data", "--text", "登记号码不符",
                            key=REVIEWER)
    check("it is rejected", status == 0 and state(id_) == "rejected", output)
    _, output = tenure("explain", id_)
    check("and says why, and what to do", "organisation_data" in output and "登记号码不符" in output, output)
    notices = [n for n in call("GET", "/v1/notices?limit=500")["items"] if n["event"] == "rejected"]
    check("the account is told in the reviewer's words", any("登记号码不符" in n["text"] for n in notices), notices)
    form = call("GET", f"/v1/certificates/{id_}/form")
    call("PATCH", f"/v1/organizations/{form['organization_id']}", {"registration_number": "91330100MA11111111"})
    call("POST", f"/v1/certificates/{id_}/submit")
    check("corrected it needs another letter", reaches(id_, "pending_letter"))
    application = application_of(id_)
    pathlib.Path(WORK, "scan.png").write_bytes(PNG)
    status, output = tenure("letter", "put", application, f"{WORK}/scan.png")
    check("the scan is uploaded by the command", status == 0 and state(id_) == "validating", output)
    status, output = tenure("letter", "get", application, "--uploaded", "--out", f"{WORK}/back.png")
    check("and comes back", status == 0 and pathlib.Path(WORK, "back.png").read_bytes() == PNG, output)
    status, output = tenure("remind", application)
    check("the reviewers are reminded", status == 0, output)
    status, output = tenure("remind", application)
    check("once a day", status == 1 and "24 hours" in output or "less than a day" in output, output)
    for step in ("telephone", "email"):
        status, output = tenure("review", "note", application, step, "passed", key=REVIEWER)
        check(f"the check by {step} is noted", status == 0, output)
    _, output = tenure("review", "show", application, key=REVIEWER)
    check("the reviewer sees it all", "91330100MA11111111" in output and "王芳" in output and "telephone" in output, output)
    _, output = tenure("review", "list", key=REVIEWER)
    check("and it is in the list", application in output, output)
    status, output = tenure("review", "approve", application, key=REVIEWER)
    check("approved it is issued", status == 0 and reaches(id_, "issued"), output)


def test_withdrawn():
    organization, contact = parties("gamma")
    id_ = submitted("GlobalSign-OV-Free", "gone.example.com", organization, contact)
    application = application_of(id_)
    mail = eventually(lambda: mails_to("gamma@example.com"))
    check("a withdrawal ends it", call("POST", f"/v1/certificates/{id_}/withdraw").status == 202)
    check("for the reviewer", approve(application)["code"] == "not_in_review")
    check("and for the contact", call("POST", f"/confirm/{link_of(mail[0])[0][1]}", "", key=None)["code"] == "link_used")


def in_reviews(application):
    return application in [item["id"] for item in call("GET", "/v1/reviews?limit=500", key=REVIEWER)["items"]]


def test_over():
    organization, contact = parties("epsilon")
    id_ = submitted("Tenure-OV-Free", "refunded.example.com", organization, contact)
    application = application_of(id_)
    check("what is in review is refunded", eventually(lambda: in_reviews(application)) and
          call("POST", f"/v1/certificates/{id_}/refund", {}).status == 201, state(id_))
    check("reviewers are not left with it", eventually(lambda: not in_reviews(application)) and
          call("GET", f"/v1/applications/{application}")["closed_at"])
    check("and it waits for nothing", eventually(lambda: not call("GET", f"/v1/certificates/{id_}")["waits_for"]))


def test_large_bodies():
    """More uploads at once than there are places: each is answered, and memory is bounded."""
    organization, contact = parties("delta")
    id_ = submitted("TrustAsia-OV-Free", "large.example.com", organization, contact)
    application = application_of(id_)
    reaches(id_, "pending_letter")
    half = []
    for _ in range(5):
        s = socket.create_connection((URL.hostname, URL.port), PATIENCE)
        s.sendall(f"POST /v1/applications/{application}/letter HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
                  f"Content-Length: {TEN_MIB}\r\n\r\n".encode() + bytes(2 << 20))
        half.append(s)
    if HAS_CLOCK:  # else several processes share the port, and who gets which connection is not ours to say
        said = half[4].recv(4096)
        check("a fifth large request at once is refused for now", b" 503 " in said.split(b"\r\n")[0] and
              b"too_many_uploads" in said and b"Retry-After" in said, said)
    for s in half[:4]:  # to their ends: a client that is gone is noticed at its deadline only
        s.sendall(bytes(TEN_MIB - (2 << 20)))
        s.recv(4096)
    for s in half:
        s.close()
    said = []
    check("and taken when there is room",
          eventually(lambda: said.append(try_upload(application)) or said[-1].startswith("201")), set(said))


def try_upload(application):
    try:
        return str(upload(application, PNG + bytes(TEN_MIB - len(PNG))))
    except OSError as refused:  # before all of it was sent
        return str(refused)


def test_aged_out(organization, contact):
    if not HAS_CLOCK:
        return
    advance(days=398)
    id_ = submitted("GlobalSign-OV-Free", "later.example.com", organization, contact)
    check("after 398 days the organisation is checked again", eventually(
        lambda: call("GET", f"/v1/certificates/{id_}").json["in_review"]))


def main():
    known = test_without_letter()
    test_known_organisation(*known)
    test_verdict(*test_letter())
    test_withdrawn()
    test_over()
    test_large_bodies()
    test_aged_out(*known)
    finish()


main()
