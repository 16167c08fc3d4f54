"""Pairs of requests at the same moment, ROUNDS of each kind. Run by race.sh."""
import concurrent.futures
import contextlib
import hashlib
import hmac
import http.client
import http.server
import itertools
import json
import os
import sqlite3
import threading
import time

from client import KEY, TIMEOUT_SECONDS, URL, WORK, Answer, call, check, finish

ROUNDS = int(os.environ["ROUNDS"])
SECRET = b"a-shared-secret-of-both-sides"
PRICE, USE_PRICE, DEPOSIT = 100, 10, 10**9
PATIENCE = 120  # seconds for the engine to catch up
RIVALS, CONNECTIONS = 2, 4
PAGE = 500


class Client:
    """One connection that stays open."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=TIMEOUT_SECONDS)

    def call(self, method, path, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()} or {"Authorization": f"Bearer {KEY}"}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body)
        self.connection.request(method, path, body, sent)
        return Answer(self.connection.getresponse())

    def insist(self, method, path, body=None):
        """The answer, which must be a good one."""
        answer = self.call(method, path, body)
        if answer.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer.json


def each_rival(function):
    """What function(which) gave to each; what it raises ends the test."""
    with concurrent.futures.ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(function, range(RIVALS)))


def rivals(requests):
    """What two clients got who sent the same requests in step: pairs. `requests[i](client, which)` sends one.

    A connection belongs to the web process that its port falls to: each rival has several and they meet in all pairs, so that
    most rounds are a race between two processes.
    """
    answers = [[None] * len(requests) for _ in range(RIVALS)]
    barrier = threading.Barrier(RIVALS, timeout=TIMEOUT_SECONDS)

    def run(which):
        clients = [Client() for _ in range(CONNECTIONS)]
        for number, send in enumerate(requests):
            client = clients[number // CONNECTIONS**which % CONNECTIONS]
            barrier.wait()
            answers[which][number] = send(client, which)

    each_rival(run)
    return list(zip(*answers))


def one_wins(name, pairs, codes, state=True):
    """Each pair has one success, and one 409 with a code among these and with the present state. Gives the successes."""
    def good(pair):
        if None in pair:
            return False
        won, lost = sorted(pair, key=lambda answer: answer.status)
        return won.status // 100 == 2 and lost.status == 409 and lost["code"] in codes and bool(lost["state"]) == state

    bad = [tuple(map(str, pair)) for pair in pairs if not good(pair)]
    check(f"{name}: exactly one succeeds, {len(pairs)} times", len(pairs) == ROUNDS and not bad,
          f"{len(bad)} rounds, the first: {bad[:1]}")
    return [answer for pair in pairs for answer in pair if answer and answer.status // 100 == 2]


def the_same(path, body=None):
    return lambda client, _: client.call("POST", path, body)


def either(paths, body=None):
    """Each rival has its own."""
    return lambda client, which: client.call("POST", paths[which], body)


# ---- what the rounds begin with ----

numbers = itertools.count()


def prepared(function):
    """What function(client) gives, ROUNDS times; by as many clients as there are rivals."""
    def run(which):
        client = Client()
        return [function(client) for _ in range(which, ROUNDS, RIVALS)]

    return [one for part in each_rival(run) for one in part]


def brand(name, **more):
    call("PUT", f"/v1/catalog/brands/{name}", {
        "vendor": "GlobalSign", "title_en": name, "title_zh": name, "profile": "alibaba-2025-intl", "grades": ["dv"],
        "domain_types": ["single"], "key_algorithms": ["p256"], "names_max": 1, "currency": "CNY", **more})
    priced = call("POST", f"/v1/catalog/brands/{name}/prices", {"per_year": PRICE, "managed_use": USE_PRICE})
    check(f"the line {name} is on sale", priced.status // 100 == 2, priced)


def quote(client, line):
    return client.insist("POST", "/v1/quotes", {"names": [f"h{next(numbers)}.example.com"], "brand": line})["id"]


def order(client, line, **more):
    return client.insist("POST", "/v1/orders", {"quote_id": quote(client, line), **more})


def unpaid(client):
    return order(client, "Race", pay=False)["id"]


def bought(line):
    """The first certificates of ROUNDS paid orders, which wait for their submission."""
    return prepared(lambda client: order(client, line)["certificate"]["id"])


def everything(path):
    """All items of a list."""
    client, cursor, items = Client(), "", []
    while cursor is not None:
        page = client.insist("GET", f"{path}?limit={PAGE}{cursor}")
        items += page["items"]
        cursor = f"&cursor={page['next']}" if page.get("next") else None
    return items


def eventually(name, function):
    """The function gives what is left to be waited for."""
    end = time.monotonic() + PATIENCE
    left = function()
    while left and time.monotonic() < end:
        time.sleep(0.2)
        left = function()
    check(name, not left, f"{len(left)} are not: {left[:3]}")


def rows(sql):
    with contextlib.closing(sqlite3.connect(f"file:{WORK}/data/tenure.db?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(sql).fetchall()


def all_are_issued(ids):
    def left():
        return sorted(set(ids) - {id_ for (id_,) in rows("SELECT id FROM certificate WHERE version_count = 1")})

    eventually(f"{len(ids)} certificates are issued", left)


# ---- orders and their payment ----

def ordering():
    quotes = prepared(lambda client: quote(client, "Race"))
    pairs = rivals([the_same("/v1/orders", {"quote_id": id_, "pay": False}) for id_ in quotes])
    one_wins("two orders from one quote", pairs, {"quote_stale"}, state=False)


def paying():
    pairs = rivals([the_same(f"/v1/orders/{id_}/pay") for id_ in prepared(unpaid)])
    one_wins("two payments of one order", pairs, {"already_paid"})


def paying_and_cancelling():
    pairs = rivals([either((f"/v1/orders/{id_}/pay", f"/v1/orders/{id_}/cancel")) for id_ in prepared(unpaid)])
    one_wins("a payment and a cancellation of one order", pairs, {"already_paid", "order_closed"})
    print(f"# {sum(pair[0].status == 200 for pair in pairs)} were paid")


class PaymentSystem(http.server.BaseHTTPRequestHandler):
    """Takes every payment that it is told of."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


def calling_back():
    """Two events with ids of their own say that the same money has come."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PAY_PORT"])), PaymentSystem)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def send(payment):
        def run(client, which):
            body = json.dumps({"event_id": f"{payment['id']}-{which}", "type": "paid", "payment_id": payment["id"],
                               **payment["due"]}).encode()
            at = int(time.time())
            signature = hmac.new(SECRET, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
            return client.call("POST", "/v1/payments/events", body, Tenure_Signature=f"t={at},v1={signature}")
        return run

    payments = prepared(lambda client: order(client, "Race", provider="webhook")["payment"])
    one_wins("two callbacks about one payment", rivals([send(payment) for payment in payments]), {"already_paid"})
    wrong = [payment for payment in everything("/v1/payments") if payment["state"] == "credited"]
    check("no money came twice", not wrong, wrong[:1])


# ---- certificates ----

def quota_left(line):
    return sum(item["left"] for item in everything("/v1/quota") if item["item"].startswith(f"{line}/"))


def cancelling():
    pairs = rivals([the_same(f"/v1/certificates/{id_}/cancel") for id_ in bought("Race")])
    one_wins("two cancellations of one certificate", pairs, {"conflict"})
    check("its quota comes back once", quota_left("Race") == ROUNDS, quota_left("Race"))


def submitting():
    """The quota that the cancellations gave back is used up."""
    certificates = bought("Race")
    check("quota is used first", quota_left("Race") == 0, quota_left("Race"))
    pairs = rivals([the_same(f"/v1/certificates/{id_}/submit") for id_ in certificates])
    one_wins("two submissions of one certificate", pairs, {"already_submitted", "already_issued"})
    all_are_issued(certificates)
    return certificates


def renewing(olds):
    """Each rival has a quote of its own. Gives the winners' certificates."""
    ids = iter(olds)

    def quoted(client):
        old = next(ids)
        return [client.insist("POST", "/v1/quotes", {"certificate_id": old})["id"] for _ in range(RIVALS)]

    pairs = rivals([lambda client, which, ids=ids: client.call("POST", "/v1/orders", {"quote_id": ids[which]})
                    for ids in prepared(quoted)])
    won = one_wins("two early renewals of one certificate", pairs, {"has_successor"})
    return [answer.json["certificate"]["id"] for answer in won]


def activating(olds, successors):
    """A revocation activates what waits for the end of the certificate: once, and one use is consumed for it."""
    pairs = rivals([the_same(f"/v1/certificates/{id_}/revoke", {"reason": "superseded"}) for id_ in olds])
    one_wins("two revocations of what an early renewal waits for", pairs, {"not_live"})
    all_are_issued(successors)
    activated = [subject for (subject,) in rows("SELECT subject FROM audit WHERE action = 'certificate.activate'")]
    check("each early renewal is activated once", sorted(activated) == sorted(successors), f"{len(activated)} activations")
    consumed = rows("SELECT certificate_id FROM reservation WHERE unit = 'managed_use' AND consumed_at IS NOT NULL"
                    " AND released_at IS NULL")
    check("and its use is consumed", sorted(id_ for (id_,) in consumed) == sorted(successors), f"{len(consumed)} uses")
    versions = rows("SELECT certificate_id FROM version GROUP BY certificate_id HAVING count(*) > 1")
    check("nothing was issued twice", not versions, versions[:3])


def refunding():
    """What waits for data of its applicant was never issued: its money comes back."""
    pairs = rivals([the_same(f"/v1/certificates/{id_}/refund") for id_ in bought("Back")])
    one_wins("two refunds of one certificate", pairs, {"conflict"})
    check("what was bought for it is gone", quota_left("Back") == 0, quota_left("Back"))


def refunding_what_is_signed():
    """The rival is the engine, which has the certificate signed as soon as it is paid."""
    def refunded(client):
        id_ = order(client, "Instant")["certificate"]["id"]
        time.sleep(next(numbers) % 8 / 300)  # so that some are at the signer just now
        return client.call("POST", f"/v1/certificates/{id_}/refund")

    answers = prepared(refunded)
    late = [answer for answer in answers if answer.status == 409]
    given = [answer for answer in answers if answer.status == 201]
    wrong = [str(answer) for answer in late if (answer["code"], answer["state"]) != ("already_issued", "issued")]
    check("a refund comes in time, or is told that it is too late", len(late) + len(given) == ROUNDS and not wrong, wrong[:1])
    print(f"# {len(given)} were refunded")
    eventually("and ends the application", lambda: rows(
        "SELECT a.id FROM application a JOIN certificate c ON c.id = a.certificate_id"
        " WHERE c.cancelled_at IS NOT NULL AND a.closed_at IS NULL"))
    both = rows("SELECT id FROM certificate WHERE refunded_at IS NOT NULL AND version_count > 0")
    check("nothing is issued and refunded", not both, f"{len(both)} are: {both[:3]}")
    return len(given)


# ---- reviews ----

def in_review(contact):
    """ROUNDS applications whose checks are noted. An organisation each: the second one of a known one passes at once."""
    def submitted(client):
        organization = client.insist("POST", "/v1/organizations", {
            "name": "Example", "country": "CN", "city": "Hangzhou", "registration_number": "91330100MA00000000"})["id"]
        return client.insist("POST", "/v1/orders", {"names": [f"h{next(numbers)}.example.com"], "brand": "Tenure-OV",
                                                    "grade": "ov", "contact_id": contact,
                                                    "organization_id": organization})["certificate"]["id"]

    certificates = set(prepared(submitted))
    found = []

    def left():
        found[:] = [item["id"] for item in everything("/v1/reviews") if item["certificate_id"] in certificates]
        return [None] * (len(certificates) - len(found))

    eventually("all applications reach the reviewer", left)
    ids = iter(list(found))

    def checked(client):
        id_ = next(ids)
        for step in "telephone", "email":
            client.insist("POST", f"/v1/applications/{id_}/notes", {"step": step, "result": "passed"})
        return id_

    return prepared(checked)


def deciding(contact):
    pairs = rivals([the_same(f"/v1/applications/{id_}/approve") for id_ in in_review(contact)])
    one_wins("two approvals of one application", pairs, {"not_in_review", "already_issued"})
    rejection = {"reason": "organisation_data"}
    pairs = rivals([lambda client, which, path=f"/v1/applications/{id_}/":
                    client.call("POST", path + ("approve", "reject")[which], (None, rejection)[which])
                    for id_ in in_review(contact)])
    one_wins("an approval and a rejection of one application", pairs, {"not_in_review", "already_issued"})
    print(f"# {sum(pair[0].status == 200 for pair in pairs)} were approved")
    verdicts = rows("SELECT subject FROM audit WHERE action IN ('application.approve', 'application.reject')")
    check("each application has one verdict", len(verdicts) == len(set(verdicts)) == 2 * ROUNDS, len(verdicts))


# ---- the end ----

def sums(refunds):
    orders = everything("/v1/orders")
    paid = sum(item["due"]["amount"] for item in orders if item["state"] == "paid" and item["provider"] == "balance")
    refunded = [item["due"]["amount"] for item in everything("/v1/refunds") if item["state"] == "done"]
    left = {item["currency"]: item["amount"] for item in everything("/v1/money")}
    check("every refund is of what was paid", refunded == refunds * [PRICE], (len(refunded), set(refunded)))
    check("the balance is what was put in, less what the paid orders cost, plus what came back",
          left == {"CNY": DEPOSIT - paid + sum(refunded)}, (left, paid, sum(refunded)))
    checked = call("GET", "/v1/ledgers/check")
    check("the ledgers add up", checked["intact"], checked)
    twice = rows("SELECT certificate_id, item, reason FROM ledger_entry WHERE certificate_id IS NOT NULL"
                 " GROUP BY ledger, item, certificate_id, reason HAVING count(*) > 1")
    check("nothing comes back twice", not twice, twice[:3])
    both = rows("SELECT certificate_id, unit FROM reservation WHERE consumed_at IS NOT NULL AND released_at IS NOT NULL"
                " AND release_reason <> 'refunded'")
    check("what is used does not come back", not both, both[:3])


account = call("GET", "/v1/account")["id"]
check("there is money", call("POST", f"/v1/accounts/{account}/deposits",
                             {"amount": DEPOSIT, "currency": "CNY", "reference": "race"}).status // 100 == 2)
brand("Race")
brand("Back", profile="modern", demands="dv")
brand("Instant", profile="modern")
person = call("POST", "/v1/contacts", {"name": "Wang Fang", "email": "fang@example.com", "mobile": "+8613800138000"})["id"]
ordering()
paying()
paying_and_cancelling()
calling_back()
cancelling()
refunding()
refunded_in_time = refunding_what_is_signed()
deciding(person)
issued = submitting()
activating(issued, renewing(issued))
sums(ROUNDS + refunded_in_time)
finish()
