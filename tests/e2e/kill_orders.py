"""kill -9 in the middle of paid orders: kill_orders.py BINARY [KILLS [SEED]]

Clients order two years from a quote, pay them from the balance, and wait for the first certificate; then half of them take
the money of the second year back, and the others revoke the first certificate, which activates the second. Web processes and
workers are killed meanwhile; clients repeat what was not answered with the same Idempotency-Key. Nothing may be lost, and
nothing counted twice.
"""
import concurrent.futures
import time

from kill import PATIENCE, Daemon, Fire, campaign, report

SIZES = (100, 25), (30, 12)  # release and sanitized: orders in a run, kills without an argument
ROLES = ["web", "worker"]
CLIENTS = 8
PRICE, USE_PRICE = 10000, 2000
DUE, BACK = 2 * PRICE + USE_PRICE, PRICE + USE_PRICE  # of an order, of a refund
DEPOSIT = 10**8


class Orders(Fire):
    def __init__(self, binary, work, count, chance):
        tls = work / "tls"
        tls.mkdir()
        super().__init__(Daemon(binary, work, tls), chance, ROLES)
        self.count, self.clients = count, []

    def post(self, path, body, what):
        """`what` is the same in each repetition."""
        return self.daemon.insist("POST", path, body, what)

    def open_shop(self):
        account = self.daemon.insist("GET", "/v1/account")["id"]
        self.daemon.insist("PUT", "/v1/catalog/brands/Sold", {
            "vendor": "Sold", "title_en": "Sold", "title_zh": "在售", "profile": "modern", "grades": ["dv"],
            "domain_types": ["single"], "key_algorithms": ["p256"], "names_max": 1, "currency": "CNY"})
        self.post("/v1/catalog/brands/Sold/prices", {"per_year": PRICE, "managed_use": USE_PRICE}, "price")
        self.post(f"/v1/accounts/{account}/deposits", {"amount": DEPOSIT, "currency": "CNY"}, "deposit")

    def wait_until_issued(self, certificate):
        deadline = time.monotonic() + PATIENCE
        while self.daemon.insist("GET", f"/v1/certificates/{certificate['id']}")["state"] != "issued":
            if time.monotonic() > deadline:
                raise RuntimeError(f"{certificate['id']} is not issued")
            time.sleep(0.1)

    def one_order(self, number):
        quote = self.post("/v1/quotes", {"brand": "Sold", "names": [f"h{number}.example.com"], "years": 2}, f"quote {number}")
        made = self.post("/v1/orders", {"quote_id": quote["id"], "pay": False}, f"order {number}")
        paid = self.post(f"/v1/orders/{made['id']}/pay", {}, f"pay {number}")
        first, second = paid["certificates"]
        self.wait_until_issued(first)
        if number % 2:
            self.post(f"/v1/certificates/{second['id']}/refund", {}, f"refund {number}")
        else:
            self.post(f"/v1/certificates/{first['id']}/revoke", {"reason": "superseded"}, f"revoke {number}")
            self.wait_until_issued(second)

    def finished(self):
        return all(client.done() for client in self.clients)

    def go(self, kills):
        self.daemon.start()
        self.daemon.log_in()
        self.open_shop()
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            self.clients = [pool.submit(self.one_order, number) for number in range(self.count)]
            done = self.under_fire(kills, self.clients)
            self.daemon.stopping = not done
        self.seconds = time.monotonic() - began
        refused = [str(client.exception()) for client in self.clients if client.exception()]
        report(done and not refused, f"{self.count} orders go their way with {self.kills.total()} kills",
               [*refused, *self.unfinished()])
        return done

    # ---- what must be true afterwards ----

    def check_money(self):
        back = self.count // 2
        left = self.daemon.insist("GET", "/v1/money")["items"]
        report([item["amount"] for item in left] == [DEPOSIT - self.count * DUE + back * BACK],
               "the balance is what was put in, less what the orders cost, plus what came back", left)
        checked = self.daemon.insist("GET", "/v1/ledgers/check")
        report(checked["intact"], "the ledgers add up", [checked])

    def check_database(self):
        count, back = self.count, self.count // 2
        activated = count - back
        self.counts("each thing happens once", {
            "orders WHERE paid_at IS NOT NULL": count, "orders": count, "quote": count,
            "payment WHERE confirmed_at IS NOT NULL": count, "payment": count,
            "refund WHERE done_at IS NOT NULL": back, "refund": back, "certificate": 2 * count,
            "version": count + activated, "issuance": count + activated,
            "reservation": 3 * count,
            "reservation WHERE consumed_at IS NOT NULL AND released_at IS NULL": count + 2 * activated,
            "reservation WHERE consumed_at IS NULL AND release_reason = 'refunded'": 2 * back,
            "ledger_entry WHERE ledger = 'money' AND reason = 'paid'": count,
            "ledger_entry WHERE ledger = 'money' AND reason = 'refunded'": back,
            "audit WHERE action = 'order.create'": count, "audit WHERE action = 'order.pay'": count,
            "audit WHERE action = 'certificate.refund'": back, "audit WHERE action = 'certificate.revoke'": activated,
            "audit WHERE action = 'certificate.activate'": activated,
            "audit WHERE action = 'certificate.issued'": count + activated})
        self.nothing("no certificate has two versions",
                     "SELECT certificate_id FROM version GROUP BY certificate_id HAVING count(*) > 1")

    def check(self):
        self.wait_for_rest()
        self.check_money()
        self.check_database()
        self.check_queue()
        self.check_audit()
        report(self.daemon.stop() == 0, "the daemon ends as it should")


def paid_orders(binary, _, orders, chance):
    return lambda work: Orders(binary, work, orders, chance)


campaign(SIZES, paid_orders)
