"""Notifications as they arrive. Run by notify.sh, which has started sink.py and, in test builds, a daemon with a clock."""
import base64
import datetime
import email
import email.policy
import hashlib
import hmac
import json
import os
import pathlib
import time
import urllib.parse

from client import DATA, call, check, finish

SINK = pathlib.Path(os.environ["SINK"])
HTTP_URL = f"http://127.0.0.1:{os.environ['HTTP_PORT']}"
HAS_CLOCK = bool(os.environ["SERVE"])
PATIENCE = 20


def now():
    return datetime.datetime.fromisoformat(call("GET", "/v1/health")["time"].replace("Z", "+00:00"))


def advance(to):
    answer = call("POST", "/v1/test/clock", {"advance_to": text_of(to)})
    if answer.status != 200:
        check(f"the clock goes to {to}", False, answer)


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def received(kind, wanted):
    """What is there, as soon as it is so many."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        files = sorted((SINK / kind).glob("*.mail" if kind == "mail" else "*.json"))
        if len(files) >= wanted:
            return [file.read_bytes() for file in files]
        if HAS_CLOCK:
            advance(now())
        time.sleep(0.1)
    return [file.read_bytes() for file in sorted((SINK / kind).iterdir())]


def forget():
    for kind in ("mail", "http"):
        for file in (SINK / kind).iterdir():
            file.unlink()


def add(name, kind, address, **more):
    answer = call("POST", "/v1/channels", {"name": name, "kind": kind, "address": address, **more})
    check(f"a channel by {kind} can be made", answer.status == 201, answer)
    return answer["id"]


def off(channel):
    call("PATCH", f"/v1/channels/{channel}", {"disabled": True})


def notices(event=None):
    items = call("GET", "/v1/notices?limit=500")["items"]
    return [item for item in items if event in (None, item["event"])]


# ---- e-mail ----


def split(mail):
    envelope, _, content = mail.partition(b"\n")
    return json.loads(envelope), content, email.message_from_bytes(content, policy=email.policy.default)


def test_email():
    channel = add("运维", "email", "ops@example.com second@example.com", lang="zh")
    check("a test message can be asked for", call("POST", f"/v1/channels/{channel}/test", {}).status == 202)
    mails = [split(mail) for mail in received("mail", 2)]
    check("each receiver gets one e-mail", sorted(m[0]["to"][0] for m in mails) == ["ops@example.com", "second@example.com"], mails)
    envelope, content, message = mails[0]
    check("over TLS, authenticated, from the sender of the configuration",
          envelope["tls"] and envelope["login"] == "tenure" and envelope["from"] == "tenure@example.com", envelope)
    lines = content.split(b"\r\n")
    check("every line ends with CRLF", b"\n" not in content.replace(b"\r\n", b""), content)
    ours = [line for line in lines if not line.startswith(b"Content-Type: multipart/")]
    check("no line is longer than 78 bytes", max(map(len, ours)) <= 78, content)
    head = [line for line in content.split(b"\r\n\r\n")[0].split(b"\r\n")]
    subject = "通知渠道“运维”测试"
    encoded = subject.encode()
    check("the subject is RFC 2047, byte for byte",
          b"Subject: =?UTF-8?B?" + base64.b64encode(encoded[:39]) + b"?=" in head or
          b"Subject: =?UTF-8?B?" + base64.b64encode(encoded) + b"?=" in head, head)
    check("the headers say who, when and what",
          str(message["Subject"]) == subject and message["From"] == "Tenure <tenure@example.com>" and
          message["Date"] and message["Message-ID"].startswith("<msg_") and
          message["Message-ID"].endswith("@example.com>") and message["Content-Language"] == "zh" and
          message["Auto-Submitted"] == "auto-generated" and message["MIME-Version"] == "1.0", head)
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    check("the text is UTF-8 in a MIME part",
          message.is_multipart() and part.get_content_charset() == "utf-8" and
          part["Content-Transfer-Encoding"] == "base64" and "这是通知渠道“运维”的测试消息" in part.get_content(), content)
    off(channel)
    forget()


def test_refused_mail():
    channel = add("mail", "email", "ops@example.com")
    (SINK / "mail.say").write_text("451 try again later")
    call("POST", f"/v1/channels/{channel}/test", {})
    message = wait_for_message(channel, lambda m: m["attempts"] == 1)
    check("a mail server's refusal is shown with its words",
          message["error"] == "channel_refused" and "451 try again later" in message["detail_en"], message)
    state = next(c for c in call("GET", "/v1/channels")["items"] if c["id"] == channel)
    check("the channel shows that it fails", state["failing_since"] and state["last_error"] == "channel_refused", state)
    check("so do the metrics", "\ntenure_channels_failing 1\n" in call("GET", "/metrics").text)
    check("the inbox tells it", len(notices("channel_failed")) == 1, notices())
    (SINK / "mail.say").unlink()
    (SINK / "mail.drop").write_text("")
    call("POST", f"/v1/messages/{message['id']}/again", {})
    message = wait_for_message(channel, lambda m: m["attempts"] == 2)
    check("a connection lost in the middle is a failed attempt", message["error"] in ("unreachable", "channel_refused"), message)
    call("POST", f"/v1/messages/{message['id']}/again", {})
    mails = received("mail", 1)
    check("tried again it arrives, once", len(mails) == 1 and split(mails[0])[2]["Message-ID"] == f"<{message['id']}@example.com>", mails)
    message = wait_for_message(channel, lambda m: m["sent_at"])
    state = next(c for c in call("GET", "/v1/channels")["items"] if c["id"] == channel)
    check("the channel works again", not state["failing_since"] and not state["last_error"], state)
    off(channel)
    forget()


def wait_for_message(channel, holds):
    deadline = time.monotonic() + PATIENCE
    while True:
        message = next(m for m in call("GET", "/v1/messages?limit=500")["items"] if m["channel_id"] == channel)
        if holds(message) or time.monotonic() > deadline:
            return message
        if HAS_CLOCK:
            advance(now())
        time.sleep(0.1)


# ---- webhook and robots ----


def mac(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256)


def post(name, kind, path, **more):
    channel = add(name, kind, HTTP_URL + path, **more)
    call("POST", f"/v1/channels/{channel}/test", {})
    requests = [json.loads(request) for request in received("http", 1)]
    off(channel)
    forget()
    return requests[0] if requests else {"path": "", "headers": {}, "body": "{}"}


def test_webhook():
    request = post("hook", "webhook", "/hook?token=t0ken", secret="hook-secret")
    headers, body = request["headers"], json.loads(request["body"])
    stamp, _, signature = headers.get("Tenure-Signature", "").partition(",v1=")
    check("the webhook's signature is that of its body",
          signature == mac("hook-secret", f"{stamp[2:]}.{request['body']}").hexdigest(), request)
    check("its body says what happened",
          list(body) == ["id", "notice_id", "event", "urgency", "at", "subject", "certificate_id", "lang", "title", "text", "params"] and
          body["event"] == "test" and headers["Tenure-Message"] == body["id"] and body["params"] == {"channel": "hook"}, body)
    shown = next(c for c in call("GET", "/v1/channels")["items"] if c["name"] == "hook")
    check("no answer shows the address with its token, or the secret",
          shown["address"] == HTTP_URL + "/…" and "secret" not in json.dumps(shown), shown)


def robot_body(kind, **values):
    """What the robot must get, to the byte."""
    text = (DATA / "notify" / f"{kind}.json").read_text().rstrip("\n")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def test_robots():
    request = post("钉钉", "dingtalk", "/robot/send?access_token=t0ken", secret="SECret", lang="zh")
    query = urllib.parse.parse_qs(request["path"].partition("?")[2])
    stamp = query.get("timestamp", [""])[0]
    sign = base64.b64encode(mac("SECret", f"{stamp}\nSECret").digest()).decode()
    check("DingTalk: the address is signed, byte for byte",
          request["path"] == f"/robot/send?access_token=t0ken&timestamp={stamp}&sign={urllib.parse.quote(sign, safe='')}", request)
    check("DingTalk: the body, byte for byte", request["body"] == robot_body("dingtalk"), request)
    request = post("企业微信", "wecom", "/cgi-bin/webhook/send?key=t0ken", lang="zh")
    check("WeCom: the body, byte for byte", request["body"] == robot_body("wecom"), request)
    request = post("飞书", "feishu", "/open-apis/bot/v2/hook/t0ken", secret="SECret", lang="zh")
    stamp = json.loads(request["body"]).get("timestamp", "")
    sign = base64.b64encode(mac(f"{stamp}\nSECret", "").digest()).decode()
    check("Feishu: the body, byte for byte", request["body"] == robot_body("feishu", timestamp=stamp, sign=sign), request)
    request = post("<chat> & co", "slack", "/services/slack/t0ken")
    check("Slack: the body, byte for byte", request["body"] == robot_body("slack"), request)


def test_refusing_robot():
    (SINK / "http.say").write_text('200 {"errcode":310000,"errmsg":"sign not match"}')
    channel = add("robot", "dingtalk", HTTP_URL + "/robot/send?access_token=t0ken")
    call("POST", f"/v1/channels/{channel}/test", {})
    message = wait_for_message(channel, lambda m: m["attempts"] == 1)
    check("200 with an error code is a failure, shown without the token",
          message["error"] == "channel_refused" and "sign not match" in message["detail_en"] and
          "t0ken" not in json.dumps(message), message)
    (SINK / "http.say").unlink()
    call("POST", f"/v1/messages/{message['id']}/again", {})
    check("tried again it arrives", len(received("http", 1)) == 1)
    off(channel)
    forget()


def test_requests():
    refused = call("POST", "/v1/channels", {"name": "x", "kind": "webhook", "address": "http://example.com/", "secret": "s"})
    check("plain http leaves this machine for nobody", refused.status == 400 and refused["field"] == "address", refused)
    notice = notices()[0]
    check("a notice can be read", call("POST", f"/v1/notices/{notice['id']}/read", {}).status == 204)
    unread = [item["id"] for item in call("GET", "/v1/notices?unread=1&limit=500")["items"]]
    check("then it is not unread any more", notice["id"] not in unread and len(unread) == len(notices()) - 1, unread)
    chinese = call("GET", "/v1/notices?limit=1", Accept_Language="zh-CN")["items"][0]
    check("the inbox speaks the reader's language", chinese["title"] != notice["title"], chinese)


# ---- thresholds, under the test's clock ----


def left_days(certificate, event="expiry"):
    """Days before the end of the notices about a certificate, newest last."""
    end = datetime.datetime.fromisoformat(certificate["end_at"].replace("Z", "+00:00"))
    times = [datetime.datetime.fromisoformat(n["at"].replace("Z", "+00:00")) for n in notices(event)
             if n["certificate_id"] == certificate["id"]]
    return sorted(((end - at) / datetime.timedelta(days=1) for at in times), reverse=True)


def bought(name):
    made = call("POST", "/v1/orders", {"brand": "DigiCert", "names": [name]})
    check(f"{name} is bought", made.status == 201, made)
    certificate = call("GET", f"/v1/certificates?text={name}")["items"][0]["id"]
    call("POST", f"/v1/certificates/{certificate}/submit", {})
    advance(now())
    return call("GET", f"/v1/certificates/{certificate}").json


def test_thresholds():
    names = ["plain.example", "chosen.example", "muted.example", "tagged.example", "unmuted.example"]
    certificates = {name: bought(name) for name in names}
    end = datetime.datetime.fromisoformat(certificates["plain.example"]["end_at"].replace("Z", "+00:00"))
    day = datetime.timedelta(days=1)
    mails = add("all", "email", "all@example.com")
    path = {name: f"/v1/certificates/{c['id']}" for name, c in certificates.items()}
    check("R206: thresholds, channels and receivers of one certificate are chosen",
          call("PUT", path["chosen.example"] + "/notify", {"thresholds": [60, 10], "channels": ["email"],
                                                          "receivers": ["ops@example.com"]}).status == 200)
    call("PUT", path["tagged.example"] + "/tags", {"tags": ["quiet"]})
    advance(end - 40 * day)
    until = text_of(end - 10 * day)
    muted = call("POST", "/v1/mutes", {"certificates": [certificates["muted.example"]["id"]], "until": until})
    check("R205: a certificate is muted", muted.status == 201, muted)
    check("R205: a tag is muted", call("POST", "/v1/mutes", {"tag": "quiet", "until": until}).status == 201)
    longer = call("POST", "/v1/mutes", {"certificates": [certificates["unmuted.example"]["id"]], "until": text_of(end)})
    forget()
    advance(end - 9 * day)
    check("R205: what is muted is silent, the others are told",
          [left_days(certificates[n]) for n in ("plain.example", "muted.example", "tagged.example", "unmuted.example")] ==
          [[30, 15], [], [], []], notices())
    advance(end - 8 * day)
    check("R205: a mute is taken back", call("DELETE", f"/v1/mutes/{longer['items'][0]['id']}").status == 204)
    advance(end - 7 * day)
    check("R205: then there is one message for each",
          [left_days(certificates[n])[-1:] for n in names if n != "chosen.example"] == [[7]] * 4, notices())
    call("PATCH", f"/v1/channels/{mails}", {"disabled": True})
    advance(end - 2 * day)
    call("PATCH", f"/v1/channels/{mails}", {"disabled": False})
    advance(end + day)
    check("R001: told at 30, 15, 7, 3 and 1 days", left_days(certificates["plain.example"]) == [30, 15, 7, 3, 1], notices())
    check("R001: and at the end", left_days(certificates["plain.example"], "expired") == [0], notices())
    sent = [split(mail) for mail in received("mail", 1)]
    chosen = [m for m in sent if m[0]["to"] == ["ops@example.com"]]
    check("R206: the chosen receiver has those at 10 days and at the end, none else since", len(chosen) == 2, sent)
    check("R206: the inbox has the chosen days", left_days(certificates["chosen.example"]) == [60, 10], notices())
    about = [m for m in sent if "plain.example" in str(m[2]["Subject"])]
    check("R170: while the channel was off nothing was sent by it", len(about) == 5, [str(m[2]["Subject"]) for m in sent])
    text = next(p for p in about[0][2].walk() if p.get_content_type() == "text/plain").get_content()
    check("R001: a message names certificate, end and what to do",
          certificates["plain.example"]["id"] in text and certificates["plain.example"]["end_at"] in text and "tenure renew" in text, text)


test_email()
test_refused_mail()
test_webhook()
test_robots()
test_refusing_robot()
test_requests()
if HAS_CLOCK:
    test_thresholds()
finish()
