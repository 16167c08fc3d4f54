"""Pairs of requests at the same moment, ROUNDS of each kind: see race.sh."""
import http.client
import json
import os
import threading
import time

from client import KEY, TIMEOUT_SECONDS, URL, Answer, call, check, finish

ROUNDS = int(os.environ["ROUNDS"])
PRICE, USE_PRICE, DEPOSIT = 100, 10, 10**9
PATIENCE = 120  # seconds for the engine to catch up
RIVALS = 2


class Client:
    """One connection that stays open."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=TIMEOUT_SECONDS)

    def call(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                {"Authorization": f"Bearer {KEY}"})
        return Answer(self.connection.getresponse())


def rivals(requests):
    """The answers of two clients that send the same requests in step: pairs. `requests[i](client, which)` sends one."""
    answers = [[None] * len(requests) for _ in range(RIVALS)]
    barrier = threading.Barrier(RIVALS, timeout=TIMEOUT_SECONDS)

    def run(which):
        client = Client()
        for number, send in enumerate(requests):
            barrier.wait()
            answers[which][number] = send(client, which)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(zip(*answers))


def one_wins(name, pairs, codes, state=True):
    """Each pair has one success, and one 409 with a code among these and with the present state."""
    def good(pair):
        if None in pair:
            return False
        won, lost = sorted(pair, key=lambda answer: answer.status)
        return won.status // 100 == 2 and lost.status == 409 and lost["code"] in codes and (not state or lost["state"])

    bad = [tuple(map(str, pair)) for pair in pairs if not good(pair)]
    check(f"{name}: exactly one succeeds, {len(pairs)} times", pairs and not bad, f"{len(bad)} rounds, the first: {bad[:1]}")


def the_same(path, body=None):
    return lambda client, _: client.call("POST", path, body)


# ---- what the rounds begin with ----

setter = Client()


def done(answer):
    if answer.status // 100 != 2:
        raise SystemExit(f"not ok - the set-up was answered {answer}")
    return answer.json


def brand(name, profile, price=PRICE, **more):
    done(call("PUT", f"/v1/catalog/brands/{name}", {
        "vendor": "GlobalSign", "title_en": name, "title_zh": name, "kind": "official", "profile": profile, "issuer": "local",
        "grades": ["dv"], "domain_types": ["single"], "key_algorithms": ["p256"], "names_max": 1, "currency": "CNY",
        "bonus_days": 0, **more}))
    done(call("POST", f"/v1/catalog/brands/{name}/prices", {"per_year": price, "managed_use": USE_PRICE if price else 0}))


numbers = iter(range(10**9))


def quote(line, **more):
    return done(setter.call("POST", "/v1/quotes", {"names": [f"h{next(numbers)}.example.com"], "brand": line, **more}))["id"]


def order(line, pay=True, **more):
    return done(setter.call("POST", "/v1/orders", {"quote_id": quote(line, **more), "pay": pay}))


def first(made):
    return made["certificates"][0]["id"]


# ---- the kinds of races ----

def ordering():
    """Two orders from one quote."""
    requests = [the_same("/v1/orders", {"quote_id": quote("Race")}) for _ in range(ROUNDS)]
    one_wins("two orders from one quote", rivals(requests), {"quote_stale"}, state=False)


def paying():
    orders = [order("Race", pay=False) for _ in range(ROUNDS)]
    pairs = rivals([the_same(f"/v1/orders/{made['id']}/pay") for made in orders])
    one_wins("two payments of one order", pairs, {"already_paid"})


def paying_and_cancelling():
    orders = [order("Race", pay=False) for _ in range(ROUNDS)]
    pairs = rivals([lambda client, which, id_=made["id"]: client.call("POST", f"/v1/orders/{id_}/" + ("pay", "cancel")[which])
                    for made in orders])
    one_wins("a payment and a cancellation of one order", pairs, {"already_paid", "order_closed", "conflict"})


def cancelling():
    certificates = [first(order("Race")) for _ in range(ROUNDS)]
    pairs = rivals([the_same(f"/v1/certificates/{id_}/cancel") for id_ in certificates])
    one_wins("two cancellations of one certificate", pairs, {"conflict"})
    left = done(call("GET", "/v1/quota"))
    check("and its quota comes back once", sum(item["left"] for item in left["items"] if item["item"].startswith("Race/"))
          == ROUNDS, left)


def submitting():
    """Quota that came back by the cancellations is used: nothing is charged."""
    certificates = [first(order("Race")) for _ in range(ROUNDS)]
    pairs = rivals([the_same(f"/v1/certificates/{id_}/submit") for id_ in certificates])
    one_wins("two submissions of one certificate", pairs, {"already_submitted", "conflict"})
    return certificates


def settled(ids, state):
    """All are in that state, before long."""
    end = time.monotonic() + PATIENCE
    waiting = list(ids)
    while waiting and time.monotonic() < end:
        waiting = [id_ for id_ in waiting if done(setter.call("GET", f"/v1/certificates/{id_}"))["state"] != state]
        time.sleep(0.2 if waiting else 0)
    check(f"all become {state}", not waiting, f"{len(waiting)} of {len(ids)} are not")


def renewing():
    """Two renewals of one certificate, each from a quote of its own; the winner's certificates come back."""
    olds = [first(order("Early")) for _ in range(ROUNDS)]
    settled(olds, "issued")
    quotes = [[done(setter.call("POST", "/v1/quotes", {"certificate_id": id_}))["id"] for _ in range(RIVALS)] for id_ in olds]
    pairs = rivals([lambda client, which, ids=ids: client.call("POST", "/v1/orders", {"quote_id": ids[which]})
                    for ids in quotes])
    one_wins("two early renewals of one certificate", pairs, {"has_successor"})
    won = [min(pair, key=lambda answer: answer.status) for pair in pairs]
    return olds, [first(answer.json) for answer in won if answer.status == 201]


def activating(olds, successors):
    """Two revocations of what an early renewal waits for: its use is consumed once, it is activated once."""
    pairs = rivals([the_same(f"/v1/certificates/{id_}/revoke", {"reason": "superseded"}) for id_ in olds])
    one_wins("two revocations of one certificate", pairs, {"not_live", "conflict"})
    settled(successors, "issued")
    entries = []
    cursor = ""
    while cursor is not None:
        page = done(setter.call("GET", f"/v1/audit?limit=500{cursor}"))
        entries += [entry["object"] for entry in page["items"] if entry["action"] == "certificate.activate"]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    check(f"and each of {len(successors)} successors is activated exactly once",
          sorted(entries) == sorted(successors), f"{len(entries)} activations")


def sums():
    """Money: what was put in, less what each paid order cost."""
    paid, cursor = 0, ""
    while cursor is not None:
        page = done(setter.call("GET", f"/v1/orders?limit=500{cursor}"))
        paid += sum(item["due"]["amount"] for item in page["items"] if item["paid_at"])
        cursor = f"&cursor={page['next']}" if page["next"] else None
    left = {item["currency"]: item["left"] for item in done(call("GET", "/v1/money"))["items"]}
    check("the balance is what was put in less what the paid orders cost", left["CNY"] == DEPOSIT - paid, (left, paid))
    checked = done(call("GET", "/v1/ledgers/check"))
    check("the ledgers add up", checked["intact"], checked)


account = done(call("GET", "/v1/account"))["id"]
done(call("POST", f"/v1/accounts/{account}/deposits", {"amount": DEPOSIT, "currency": "CNY", "reference": "race"}))
brand("Race", "alibaba-2021")
brand("Early", "alibaba-2025-intl", price=PRICE)
ordering()
paying()
paying_and_cancelling()
cancelling()
submitting()
activating(*renewing())
sums()
finish()
