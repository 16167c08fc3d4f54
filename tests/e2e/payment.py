"""The payment system: it listens, and calls back. Run by payment.sh."""
import hashlib
import hmac
import http.server
import json
import os
import queue
import threading
import time

from client import at_once, call, check, finish

SECRET = b"a-shared-secret-of-both-sides"
PORT = int(os.environ["PAY_PORT"])
PATIENCE = 20
received = queue.Queue()


class Listener(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.put((self.path, dict(self.headers), body))
        said = json.loads(body)
        answer = json.dumps({"reference": "out-" + said.get("refund_id", said["payment_id"])[-4:],
                             "pay_url": "https://pay.example.com/" + said["payment_id"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


def signed(body, at=None, secret=SECRET):
    at = int(time.time()) if at is None else at
    return f"t={at},v1={hmac.new(secret, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def send(body, signature=None):
    return call("POST", "/v1/payments/events", body, key=None, Tenure_Signature=signature or signed(body))


def event(id_, payment, type_="paid", **other):
    return json.dumps({"event_id": id_, "type": type_, "payment_id": payment["id"], **payment["due"], **other}).encode()


def order(provider, **body):
    """An order that waits for its money, with its payment."""
    quote = call("POST", "/v1/quotes", {"brand": "Sold", "names": ["www.example.com"], **body})
    made = call("POST", "/v1/orders", {"quote_id": quote["id"], "provider": provider})
    check(f"an order is made, to be paid by {provider}", made.status == 201 and made["state"] == "pending_payment", made)
    return made.json


def again(path):
    return call("GET", path).json


def until(path, holds):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not holds(again(path)):
        time.sleep(0.1)
    return again(path)


def payment_of(made):
    return again(f"/v1/payments/{made['payment']['id']}")


def balance():
    return sum(item["amount"] for item in again("/v1/money")["items"] if item["currency"] == "CNY")


def adds_up():
    return again("/v1/ledgers/check")["intact"]


def heard(what, wanted, id_):
    """The next request that the payment system gets: exactly these bytes, signed, under that id."""
    try:
        path, headers, body = received.get(timeout=PATIENCE)
    except queue.Empty:
        check(f"the payment system hears of {what}", False, "nothing came")
        return
    check(f"the payment system hears of {what}, byte for byte", body == wanted, body)
    check("at its address, query and all", path == "/tenure?shop=7", path)
    check("under the id as Idempotency-Key", headers.get("Idempotency-Key") == id_, headers)
    check("as JSON", headers.get("Content-Type") == "application/json; charset=utf-8", headers)
    at = headers["Tenure-Signature"].partition(",")[0][2:]
    check("signed now", headers["Tenure-Signature"] == signed(body, int(at)) and abs(int(at) - time.time()) < 30, headers)


def one_of_two(what, answers, good, code, state):
    statuses = sorted(answer.status for answer in answers)
    check(f"{what}: exactly one", statuses == [good, 409], [str(answer) for answer in answers])
    loser = max(answers, key=lambda answer: answer.status)
    check("the other one is told why, and the state", (loser["code"], loser["state"]) == (code, state), loser)
    check("everything adds up", adds_up())


def test_webhook():
    made = order("webhook")
    payment = made["payment"]
    heard("a payment", b'{"type":"payment","payment_id":"%s","order_id":"%s","amount":10000,"currency":"CNY"}'
          % (payment["id"].encode(), made["id"].encode()), payment["id"])
    asked = until(f"/v1/payments/{payment['id']}", lambda p: p["asked_at"])
    check("where to pay is kept", asked["pay_url"] == f"https://pay.example.com/{payment['id']}", asked)
    check("and what it is called there", asked["outside_reference"] == f"out-{payment['id'][-4:]}", asked)
    paid = event("evt-1", asked, reference="tx-1")
    refusals = {"no signature": (call("POST", "/v1/payments/events", paid, key=None), 401, "signature_refused"),
                "another secret": (send(paid, signed(paid, secret=b"another")), 401, "signature_refused"),
                "an old one": (send(paid, signed(paid, int(time.time()) - 310)), 401, "signature_refused"),
                "another body": (send(event("evt-2", asked), signed(paid)), 401, "signature_refused"),
                "what is no JSON": (send(b"paid"), 400, "bad_request"),
                "a payment that there is not": (send(event("evt-3", {**asked, "id": "pay_0"})), 404, "not_found"),
                "another amount": (send(event("evt-4", asked, amount=9999)), 409, "payment_refused"),
                "another currency": (send(event("evt-5", asked, currency="USD")), 409, "payment_refused")}
    for what, (answer, status, code) in refusals.items():
        check(f"refused: {what}", (answer.status, answer["code"]) == (status, code), answer)
    check("too much of it", send(b" " * 17000 + paid).status == 413)
    once_more = send(event("evt-4", asked, amount=9999))
    check("the same answer again", once_more["detail"] == refusals["another amount"][0]["detail"], once_more)
    check("nothing was paid by all that", again(f"/v1/orders/{made['id']}")["state"] == "pending_payment")
    first, second = send(paid), send(paid)
    check("the callback pays", first.status == 200, first)
    check("again it gets the same answer", (second.status, second.bytes) == (200, first.bytes), second)
    check("the order is paid", again(f"/v1/orders/{made['id']}")["state"] == "paid")
    check("and its certificate issued", until(f"/v1/certificates/{made['certificate_id']}",
                                              lambda c: c["state"] == "issued")["state"] == "issued")
    check("the reference is kept", payment_of(made)["outside_reference"] == "tx-1")
    other = send(event("evt-1", asked, "failed", reference="tx-1"))
    check("another content under the same id is refused", (other.status, other["code"]) == (409, "conflict"), other)


def test_races():
    made = order("webhook")
    payment = payment_of(made)
    one_of_two("two callbacks at once", at_once(2, lambda n: send(event(f"evt-race-{n}", payment))), 200,
               "already_paid", "paid")
    made = order("webhook")
    payment = payment_of(made)
    same = at_once(2, lambda n: send(event("evt-twice", payment)))
    check("the same callback twice at once is taken once, and answered twice", {a.bytes for a in same} == {same[0].bytes}
          and [a.status for a in same] == [200, 200], [str(a) for a in same])
    made = order("invoice")
    path = f"/v1/payments/{made['payment']['id']}/confirm"
    one_of_two("two confirmations at once", at_once(2, lambda n: call("POST", path, {"reference": f"bank {n}"})), 200,
               "already_paid", "paid")
    check("no balance comes of it", balance() == 0, balance())


def test_money_too_late():
    made = order("webhook")
    payment = payment_of(made)
    cancelled, paid = at_once(2, lambda n: send(event("evt-late", payment)) if n
                              else call("POST", f"/v1/orders/{made['id']}/cancel"))
    state = again(f"/v1/orders/{made['id']}")["state"]
    check("a callback beside a cancellation is taken", paid.status == 200, paid)
    check("and one of them decides", state == ("cancelled" if cancelled.status == 200 else "paid"), f"{cancelled} {state}")
    check("money that came too late is balance", balance() == (10000 if state == "cancelled" else 0), balance())
    before, made = balance(), order("webhook")
    payment = payment_of(made)
    check("an order is cancelled", call("POST", f"/v1/orders/{made['id']}/cancel").status == 200)
    check("its payment is closed", payment_of(made)["state"] == "closed", payment_of(made))
    check("the money comes all the same", send(event("evt-later", payment)).status == 200)
    check("it is balance", (balance() - before, payment_of(made)["state"]) == (10000, "credited"), payment_of(made))
    told = [n for n in again("/v1/notices?limit=500")["items"] if n["event"] == "payment_credited" and n["subject"] == payment["id"]]
    check("and the owner is told, once", len(told) == 1 and "100.00 CNY" in told[0]["title"], told)
    check("everything adds up", adds_up())


def forget():
    """What the payment system has heard so far."""
    time.sleep(1)
    while not received.empty():
        received.get()


def test_refunds():
    made = order("webhook", years=2)
    payment = payment_of(made)
    check("an order of two years is paid", send(event("evt-two", payment)).status == 200)
    later = [c["id"] for c in again(f"/v1/orders/{made['id']}")["certificates"] if c["state"] == "not_activated"]
    check("its second year waits", len(later) == 1, later)
    forget()
    answers = at_once(2, lambda n: call("POST", f"/v1/certificates/{later[0]}/refund"))
    one_of_two("two refunds at once", answers, 201, "conflict", "cancelled")
    refund = min(answers, key=lambda answer: answer.status).json
    check("money and use of the second year", refund["due"] == {"amount": 12000, "currency": "CNY"}, refund)
    heard("a refund", b'{"type":"refund","refund_id":"%s","payment_id":"%s","order_id":"%s","amount":12000,"currency":"CNY"}'
          % (refund["id"].encode(), payment["id"].encode(), made["id"].encode()), refund["id"])
    done = until(f"/v1/refunds/{refund['id']}", lambda r: r["state"] == "done")
    check("the refund is done", (done["state"], done["outside_reference"]) == ("done", f"out-{refund['id'][-4:]}"), done)
    by_hand = call("POST", f"/v1/refunds/{refund['id']}/done", {"reference": "bank 9"})
    check("and cannot be done by hand", (by_hand.status, by_hand["code"], by_hand["state"]) == (409, "conflict", "done"), by_hand)

    made = order("invoice", years=2)
    call("POST", f"/v1/payments/{made['payment']['id']}/confirm", {"reference": "bank 1"})
    later = [c["id"] for c in again(f"/v1/orders/{made['id']}")["certificates"] if c["state"] == "not_activated"]
    refund = call("POST", f"/v1/certificates/{later[0]}/refund")
    check("an invoice's refund waits for an administrator", (refund.status, refund["state"]) == (201, "pending"), refund)
    path = f"/v1/refunds/{refund['id']}/done"
    one_of_two("two who give it back at once", at_once(2, lambda n: call("POST", path, {"reference": f"bank {n}"})), 200,
               "conflict", "done")
    check("the payment system hears nothing of it", received.empty())


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
test_webhook()
test_races()
test_money_too_late()
test_refunds()
finish()
