"""A CA that lies: lying_ca.py PORT LOG ROOT

The first label of the first name of an order says how its order is answered; see `LIES`. Whatever it does not lie about is as
RFC 8555 wants it, but nobody's signature is checked and nothing is validated. /directory is honest; /LIE/directory is another
one, see `directory`; whatever is asked below /drip/ is answered a byte each half second, and orders for late.… after LATE seconds. GET /asked has the requests: path → how often. LOG gets what went wrong here, ROOT its
root certificate.
"""
import base64
import datetime
import http.server
import json
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PORT = int(sys.argv[1])
BASE = f"http://127.0.0.1:{PORT}"
LATE = 6
EVIL = ('\x1b[2J\x1b]0;owned\x07 \u009b31m \u202egnp.exe <script>alert(1)</script> \r\nSet-Cookie: a=b %s%n '
        "' OR 1=1 -- " + "汉" * 300)
asked, serials, lock = {}, iter(range(1, 1 << 30)), threading.Lock()
orders = {}

# ---- certificates ----

CA_KEY, ROOT_KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
ISSUER, TOP = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Lying CA \x1b[31m", "Top of the lies"))
NOW = datetime.datetime.utcnow()


def certificate(subject, key, names, days=90, ca=False, signer=(ISSUER, CA_KEY)):
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(signer[0]).public_key(key)
               .serial_number(0x7000 + next(serials)).not_valid_before(NOW - datetime.timedelta(days=100 if days < 0 else 1))
               .not_valid_after(NOW + datetime.timedelta(days=days))
               .add_extension(x509.BasicConstraints(ca, None), True))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
    return builder.sign(signer[1], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


ROOT = certificate(TOP, ROOT_KEY.public_key(), [], 3650, True, (TOP, ROOT_KEY))
CHAIN = certificate(ISSUER, CA_KEY.public_key(), [], 1000, True, (TOP, ROOT_KEY))


def issued(order):
    names, key, lie = order["names"], order["csr"].public_key(), order["lie"]
    subject = x509.Name([])
    leaf = {"wrongkey": lambda: certificate(subject, OTHER_KEY.public_key(), names),
            "othernames": lambda: certificate(subject, key, ["victim.lies.test"]),
            "overdue": lambda: certificate(subject, key, names, -2),
            "isca": lambda: certificate(subject, key, names, 90, True),
            "forged": lambda: certificate(subject, key, names, 90, False, (ISSUER, OTHER_KEY)),
            }.get(lie, lambda: certificate(subject, key, names))()
    return {"longchain": leaf + CHAIN * 300,
            "bomb": (b"-----BEGIN CERTIFICATE-----\n" * 5000) + leaf,
            "junk": b"\x1b[2J hello\n" + leaf + CHAIN,
            "empty": b"",
            "alone": leaf}.get(lie, leaf + CHAIN)


# ---- answers: (status, headers, body) ----

def text(value):
    return json.dumps(value).encode()


def problem(kind, status=400, detail=EVIL, **more):
    return status, {"Content-Type": "application/problem+json"}, text(
        {"type": "urn:ietf:params:acme:error:" + kind, "detail": detail, "status": status, **more})


def order_body(order):
    url, lie = f"{BASE}/order/{order['id']}", order["lie"]
    body = {"status": order["status"], "expires": "9999-12-31T23:59:59Z", "finalize": url + "/finalize",
            "identifiers": [{"type": "dns", "value": n} for n in order["names"]],
            "authorizations": [url + "/authz/0"]}
    if order["status"] == "valid":
        body["certificate"] = url + "/certificate"
    body.update({"manyauthz": {"authorizations": [f"{url}/authz/{i}" for i in range(900)]},
                 "metadata": {"authorizations": ["https://169.254.169.254/latest/meta-data"]},
                 "file": {"finalize": "file:///etc/passwd"},
                 "credentials": {"finalize": f"http://user:password@127.0.0.1:{PORT}/trap"},
                 "insecure": {"finalize": "http://example.com/finalize"},
                 "newline": {"finalize": BASE + "/x\r\nX-Trap: 1"},
                 "state": {"status": "\x1b[31m"},
                 "ended": {"expires": "0001-01-01T00:00:00Z"},
                 "numbers": {"expires": 10 ** 30}}.get(lie, {}))
    return body


PENDING = ("manyauthz", "metadata", "othername", "slash", "newlines", "longtoken", "nochallenge", "escapes", "relative", "fileurl",
           "longurl")


def begin_order(names, lie):
    number = next(serials)
    pending = lie in PENDING
    order = orders[number] = {"id": number, "names": names, "lie": lie, "status": "pending" if pending else "ready"}
    place = {"nolocation": None, "relative": f"/order/{number}", "fileurl": "file:///etc/passwd",
             "longurl": f"{BASE}/order/{number}?" + "a" * 5000}.get(lie, f"{BASE}/order/{number}")
    return 201, {"Location": place} if place else {}, text(order_body(order))


NEW_ORDER = {
    "refused": lambda: problem("rejectedIdentifier", subproblems=[
        {"type": "urn:ietf:params:acme:error:" + EVIL, "detail": EVIL, "identifier": {"type": "dns", "value": EVIL}}] * 20),
    "huge": lambda: (201, {"Location": BASE + "/order/0"}, b'{"status": "' + b"a" * (20 << 20) + b'"}'),
    "deep": lambda: (201, {"Location": BASE + "/order/0"}, b"[" * 200000),
    "latin": lambda: (201, {"Location": BASE + "/order/0"}, b'{"status": "\xff\xfe"}'),
    "zero": lambda: (400, {}, b'{"type": "a\\u0000b", "detail": "c\\u0000d"}'),
    "redirect": lambda: (302, {"Location": BASE + "/trap"}, b""),
    "permanent": lambda: (308, {"Location": BASE + "/trap"}, b""),
    "html": lambda: (403, {"Content-Type": "text/html"}, b"<html><script>alert(1)</script></html>"),
    "later": lambda: problem("rateLimited", 429),
    "teapot": lambda: (199, {}, b"{}"),
    "list": lambda: (201, {"Location": BASE + "/order/0"}, b"[]"),
}
MORE_HEADERS = {
    "later": {"Retry-After": "1000000000000"},
    "negative": {"Retry-After": "-5"},
    "clock": {"Date": "Fri, 31 Dec 9999 23:59:59 GMT", "Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
    "nonce": {"Replay-Nonce": "a" * 50000},
    "badnonce": {"Replay-Nonce": "\"../../\" , x"},
    "links": {"Link": ", ".join(f'<{BASE}/order/0/certificate>;rel="alternate"' for _ in range(200))},
}


def authorization(order):
    url, lie = f"{BASE}/order/{order['id']}", order["lie"]
    token = {"slash": "../../../etc/passwd", "newlines": "abc\r\nTXT evil", "longtoken": "a" * 1500}.get(lie, "dG9rZW4tb2YtYS1saWU")
    challenges = [{"type": kind, "url": url + "/challenge", "status": "pending", "token": token,
                   "error": {"type": EVIL, "detail": EVIL}} for kind in ("http-01", "dns-01", EVIL.split()[0][:5] + "x")][:2]
    name = "victim.lies.test" if lie == "othername" else order["names"][0]
    status = "invalid" if lie == "escapes" else "pending"
    return 200, {}, text({"status": status, "expires": "9999-12-31T23:59:59Z", "identifier": {"type": "dns", "value": name},
                          "challenges": [] if lie == "nochallenge" else challenges})


def finalize(order, payload):
    lie = order["lie"]
    order["csr"] = x509.load_der_x509_csr(base64.urlsafe_b64decode(payload["csr"] + "=="))
    if lie == "notready":
        return problem("orderNotReady", 403)
    order["status"] = {"never": "processing", "ready": "ready"}.get(lie, "valid")
    return 200, {"Location": f"{BASE}/order/{order['id']}"}, text(order_body(order))


def of_order(path, payload):
    parts = path.split("?")[0].split("/")
    order = orders.get(int(parts[2]))
    if not order:
        return problem("malformed", 404)
    what = parts[3] if len(parts) > 3 else ""
    if what == "authz":
        return authorization(order)
    if what == "finalize":
        return finalize(order, payload)
    if what == "certificate":
        return 200, {"Content-Type": "application/pem-certificate-chain"}, issued(order)
    return 200, {}, text(order_body(order))


def directory(path):
    """`/LIE/directory`: the whole CA is named after its lie."""
    lie = path.split("/")[1] if path.count("/") > 1 else ""
    body = {"newNonce": BASE + "/nonce", "newAccount": BASE + "/account", "newOrder": BASE + "/new-order",
            "revokeCert": BASE + "/revoke", "keyChange": BASE + "/key-change",
            "meta": {"termsOfService": "https://lies.test/" + "t" * 300, "website": "https://lies.test"}}
    body.update({"inside": {"newOrder": "https://10.0.0.1/new-order"}, "nononce": {"newNonce": BASE + "/no-nonce"},
                 "strange": {"newAccount": BASE + "/strange-account"}, "other": {"newAccount": "gopher://127.0.0.1/x"}}.get(lie, {}))
    return {"away": (301, {"Location": BASE + "/trap"}, b"")}.get(lie, (200, {}, text(body)))


class CA(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def payload(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        part = body.get("payload", "")
        return json.loads(base64.urlsafe_b64decode(part + "==") or b"{}")

    def choose(self):
        if self.path.startswith("/drip/"):
            return None
        payload = self.payload()
        if self.path == "/asked":
            return 200, {}, text(asked)
        if self.path.endswith("directory"):
            return directory(self.path)
        if self.path == "/account":
            return 201, {"Location": BASE + "/account/1"}, text({"status": "valid"})
        if self.path == "/strange-account":
            return 201, {"Location": "javascript:alert(1)"}, text({"status": "valid"})
        if self.path == "/new-order":
            names = [one["value"] for one in payload["identifiers"]]
            lie = self.lie = names[0].split(".")[0]
            return NEW_ORDER[lie]() if lie in NEW_ORDER else begin_order(names, lie)
        if self.path.startswith("/order/"):
            self.lie = orders.get(int(self.path.split("/")[2]), {}).get("lie", "")
            return of_order(self.path, payload)
        return 200, {}, b"{}"

    def answer(self):
        self.lie = ""
        with lock:
            asked[self.path] = asked.get(self.path, 0) + 1
            chosen = self.choose()
        if not chosen:
            return self.drip()
        if self.lie == "late":
            time.sleep(LATE)
        status, headers, body = chosen
        headers = {"Replay-Nonce": base64.urlsafe_b64encode(b"%d" % next(serials)).decode().rstrip("="), **headers,
                   **MORE_HEADERS.get(self.lie, {})}
        if self.path == "/no-nonce" or self.path.startswith("/nononce/"):
            del headers["Replay-Nonce"]
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drip(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.5)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        cause = sys.exc_info()[1]
        if not isinstance(cause, (ConnectionError, TimeoutError)):
            with open(sys.argv[2], "a") as log:
                print(repr(cause), file=log)


with open(sys.argv[3], "wb") as root:
    root.write(ROOT)
Server(("127.0.0.1", PORT), CA).serve_forever()
