"""Everything goes wrong at once: acme_storm.py BINARY [NAMES [SEED]]

`tenure test-ca` fails three times of ten, in every way that it has, and has a limit of new orders. Half of the names are proven
by the responder, half by records at BIND. In the end all certificates are there and renewed, and nothing is left behind: no open
order, no record, no solution. The CA's own ledger says whether limits and Retry-After were kept, the queue whether anybody came
back sooner than his back-off has it.
"""
import base64
import collections
import concurrent.futures
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import kill
from kill import Daemon, Fire, report

WEB, DYNAMIC = "web.test", "dynamic.test"  # proven by http-01, by dns-01
UPDATE_KEY = base64.b64encode(b"may change the zone of the storm").decode()
BEGIN = 1795305600  # 2026-11-22
HOUR, DAY = 3600, 86400
LIFETIME = 90 * DAY
LIMIT_SECONDS = 3 * HOUR
WAIT = 900  # Retry-After, beyond the first back-offs

# Of each request three in ten; of each finalize, too.
TRANSPORT = dict.fromkeys(["bad_nonce", "rate_limited", "rate_limited_wait", "unavailable", "unavailable_wait", "internal",
                           "dropped", "dropped_after", "malformed", "truncated"], 3)
TRANSPORT.update(dict.fromkeys(["rate_limited_wait", "unavailable_wait"], {"percent": 3, "seconds": WAIT}))
COURSE = {**dict.fromkeys(["authorization_expired", "order_invalid", "processing_never", "wrong_key", "wrong_names",
                           "wrong_chain"], 5), "validation_slow": 30, "processing_slow": 30, "already_replaced": 30}
PROOF = {"validation_failed": 10}  # thrice before the first version, and the application is rejected: only later
QUICK = {"bad_nonce": 30, "already_replaced": 30, "validation_slow": {"percent": 30, "seconds": 1},
         "processing_slow": {"percent": 30, "seconds": 1}}  # what takes seconds in real time
BACKOFF = [0, 60, 600, 6000, DAY]  # by failures in a row


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def written(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def wait_for(seconds, condition, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def rows_of(path, sql, *values):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(sql, values).fetchall()


class Bind:
    """The DNS of all: answers 127.0.0.1 for whatever is in the zones, and takes updates of one."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        zones = {WEB: "", DYNAMIC: "allow-update { key storm; }; allow-transfer { any; };"}
        lines = [f'options {{ directory "{folder}"; listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};',
                 "recursion no; pid-file none; session-keyfile none; notify no; };", "controls { };",
                 f'key storm {{ algorithm hmac-sha256; secret "{UPDATE_KEY}"; }};']
        for zone, more in zones.items():
            (folder / zone).write_text("$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\n* A 127.0.0.1\n")
            lines.append(f'zone "{zone}" {{ type primary; file "{zone}"; {more} }};')
        (folder / "named.conf").write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(["/usr/sbin/named", "-f", "-n", "1", "-c", folder / "named.conf", "-L", folder / "log"])
        wait_for(20, lambda: answers(self.port), "named")

    def left(self):
        """The records of challenges."""
        zone = subprocess.run(["dig", "+noall", "+answer", "-p", str(self.port), "@127.0.0.1", DYNAMIC, "AXFR"],
                              capture_output=True, text=True, timeout=60, check=True).stdout
        return [line for line in zone.splitlines() if "_acme-challenge" in line] if "SOA" in zone else ["no transfer: " + zone]

    def end(self):
        self.process.kill()
        self.process.wait()


class TestCa:
    """`tenure test-ca`. `clock` 0: the real one."""

    def __init__(self, binary, work, dns_port, clock, orders_max, seed):
        self.port, self.http_port, self.log, self.data = free_port(), free_port(), work / "ca.log", work / "ca"
        argv = [binary, "test-ca", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                "--http-port", str(self.http_port), "--tls-port", str(free_port()), "--dns", f"127.0.0.1:{dns_port}",
                "--lifetime", str(LIFETIME), "--reuse", "30", "--seed", str(seed), "--suggest-after", str(3 * DAY),
                "--max-orders", f"{orders_max}/{LIMIT_SECONDS}", "--abandoned-after", str(8 * DAY)]
        argv += ["--clock", written(clock)] if clock else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(list(map(str, argv)), stdout=log, stderr=log)
        wait_for(20, lambda: answers(self.port), "the test CA")
        self.directory = f"http://127.0.0.1:{self.port}/directory"

    def ask(self, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST" if body is not None else "GET", f"/test/{path}", body and json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {text}")
            return json.loads(text or b"null")

    def happened(self):
        return {fault["name"]: fault["happened"] for fault in self.ask("faults")["faults"]}

    def orders(self):
        """When each new order was made."""
        return [at for (at,) in rows_of(self.data / "test-ca.db", "SELECT created_at FROM served_order ORDER BY created_at, id")]

    def end(self):
        self.process.kill()
        self.process.wait()


class StormDaemon(Daemon):
    """With a responder, the DNS above, and in one process where the clock is to be moved."""

    def __init__(self, binary, work, ca, bind, clock):
        super().__init__(binary, work, work / "tls")
        self.clock = clock
        with open(self.config, "a", encoding="utf-8") as config:
            config.write(f"""
responder:
  http: 127.0.0.1:{ca.http_port}
validation:
  http_port: {ca.http_port}
dns:
  outside_zones: refuse
  zones:
  - {{name: {WEB}, servers: ["127.0.0.1:{bind.port}"]}}
  - {{name: {DYNAMIC}, servers: ["127.0.0.1:{bind.port}"]}}
""")

    def start(self):
        argv = [self.binary, "serve", "--config", self.config]
        argv += ["--one-process", "--clock", written(self.clock)] if self.clock else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log)

    def run(self, *argv):
        """A command of the client."""
        environment = dict(os.environ, TENURE_URL=f"http://127.0.0.1:{self.port}", TENURE_KEY=self.key, LANG="C.UTF-8")
        done = subprocess.run([self.binary, *argv], env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{argv}: {done.stdout}{done.stderr}")
        return done.stdout.strip()


class BackOffs:
    """Nobody asks sooner than after as many failures before, and failures are forgotten with a version only. A row may come
    sooner, as something else has woken it: then its order says until when nothing is asked."""

    def __init__(self):
        self.known, self.wrong, self.longest = collections.defaultdict(list), [], 0

    def complain(self, subject, what):
        last = "; ".join(f"{written(now)}: {step} {error} {attempts}, due {written(due_at)}"
                         for now, step, error, attempts, due_at, _ in self.known[subject][-3:])
        self.wrong.append(f"{subject}: {what} ({last})")

    def look(self, found, now, pause_of):
        """found: certificate, step, last error, attempts, due_at, versions."""
        for subject, step, error, attempts, due_at, versions in found:
            seen = self.known[subject]
            before, versions_before = (seen[-1][3], seen[-1][5]) if seen else (0, 0)
            if attempts != before or not seen:
                seen.append((now, step, error, attempts, due_at, versions))
            if attempts > before and now + BACKOFF[min(attempts, 4)] > max(due_at, pause_of(subject)):
                self.complain(subject, f"again after {due_at - now} s")
            if attempts > before > 0 and now < seen[-2][0] + BACKOFF[min(before, 4)]:
                self.complain(subject, "asked too early")
            if attempts < before and versions == versions_before:
                self.complain(subject, "failures were forgotten without a version")
            self.longest = max(self.longest, attempts)
            del seen[:-3]


class Storm(Fire):
    def __init__(self, binary, work, names, chance, clock=0, roles=("web", "worker")):
        self.work, self.count, self.begin, self.now = work, names, clock, clock
        (work / "tls").mkdir()
        self.orders = max(4, names * 3 // 10)  # that the CA takes at once, and then in each LIMIT_SECONDS
        self.bind = Bind(work / "dns")
        self.ca = TestCa(binary, work, self.bind.port, clock, 2 * self.orders if clock else 20 * names,
                         chance.randrange(10**6))
        super().__init__(StormDaemon(binary, work, self.ca, self.bind, clock), chance, list(roles))
        self.backoffs, self.bought = BackOffs(), []

    # ---- what there is ----

    def prepare(self):
        (self.work / "limits").write_text(json.dumps([{"name": "new-orders", "per": "account", "count": self.orders,
                                                       "seconds": LIMIT_SECONDS}] if self.begin else []))
        (self.work / "secret").write_text(UPDATE_KEY + "\n")
        self.daemon.start()
        self.daemon.log_in()
        self.daemon.run("issuer", "add", "storm", "--directory", self.ca.directory, "--agree-terms",
                        "--limits-file", self.work / "limits", "--finalize-seconds", "1800")
        self.daemon.run("catalog", "set", "Tenure", "--issuer", "storm")
        self.daemon.run("solver", "add", WEB, "--type", "http-01", "--kind", "responder", "--doubt-seconds", "1")
        self.daemon.run("solver", "add", DYNAMIC, "--kind", "rfc2136", "--set", f"server=127.0.0.1:{self.bind.port}",
                        "--set", "key_name=storm", "--secret-file", self.work / "secret", "--doubt-seconds", "1")

    def buy(self):
        for i in range(self.count):
            zone = (WEB, DYNAMIC)[i % 2]
            names = [f"n{i}.{zone}"] + [f"m{i}.{zone}"] * (i % 5 == 0) + [f"*.n{i}.{zone}"] * (i % 6 == 1)
            order = self.daemon.insist("POST", "/v1/orders", {"brand": "Tenure", "names": names}, f"buy {i}")
            self.bought += [certificate["id"] for certificate in order["certificates"]]

    def finished_with(self, versions):
        done, = self.daemon.rows("SELECT count(*) FROM certificate WHERE version_count >= ?", versions)[0]
        return done == self.count

    def unfinished(self):
        yield from super().unfinished()
        yield from self.daemon.rows("SELECT id, step, due_at - ?, attempts, crashes, last_error, w.due_at FROM certificate"
                                    " JOIN work w ON w.subject = id WHERE version_count < 2 ORDER BY id LIMIT 8",
                                    self.now or int(time.time()))
        yield from self.daemon.rows("SELECT status, outcome, count(*), max(ended_at) FROM acme_order GROUP BY 1, 2 ORDER BY 1, 2")
        yield from self.daemon.rows("SELECT reject_reason, count(*) FROM certificate WHERE reject_reason > ''"
                                    " GROUP BY 1 ORDER BY 1")
        yield self.ca.ask("counts")

    # ---- what must be true afterwards ----

    def check_certificates(self):
        self.nothing("each certificate has a version that holds, and no gap was between two",
                     "SELECT v.certificate_id, v.not_before, max(p.end_at) FROM version v JOIN version p"
                     " ON p.certificate_id = v.certificate_id AND p.id < v.id GROUP BY v.id HAVING max(p.end_at) < v.not_before")
        issued = {int(serial, 16): set(names.split()) for serial, names in rows_of(
            self.ca.data / "test-ca.db", "SELECT serial, names FROM served_certificate WHERE der IS NOT NULL")}
        wrong = [row for row in self.daemon.rows("SELECT c.id, c.names, v.serial, v.end_at, v.key_id FROM certificate c"
                                                 " JOIN version v ON v.id = c.version_id")
                 if set(row[1].split()) != issued.get(int(row[2], 16)) or row[3] <= (self.now or time.time()) or not row[4]]
        report(not wrong, "by the CA's rows it is for the names, and there is a key for it", wrong)

    def check_nothing_left(self):
        self.nothing("no order is abandoned", "SELECT id, status, created_at FROM acme_order WHERE ended_at IS NULL")
        self.nothing("nothing is published any more", "SELECT id, kind, name FROM solution WHERE removed_at IS NULL")
        self.nothing("nobody waits for a slot", "SELECT subject, bucket FROM limit_wait")
        left = self.bind.left()
        report(not left, "no record is left in the zone", left)
        self.nothing("no key is an orphan",
                     "SELECT id, algorithm FROM private_key WHERE taken_at IS NOT NULL"
                     " AND id NOT IN (SELECT key_id FROM version WHERE key_id IS NOT NULL)")
        self.nothing("nothing is leased", "SELECT * FROM lease")
        self.nothing("the database is sound", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'")

    def left_at_ca(self):
        """Orders that nobody went on with: but for those that ran out while the CA failed, and those whose answers it lost
        for hours, after which it was asked without `replaces`."""
        ended = {url.rsplit("/", 1)[1]: at for url, at in self.daemon.rows("SELECT url, ended_at FROM acme_order WHERE url > ''")}
        orders = rows_of(self.ca.data / "test-ca.db", "SELECT o.id, o.status, o.names, o.replaces, o.created_at,"
                         " min(o.expires_at, min(z.expires_at)) FROM served_order o JOIN served_order_authorization l"
                         " ON l.order_id = o.id JOIN served_authorization z ON z.id = l.authorization_id"
                         " GROUP BY o.id ORDER BY o.created_at, o.id")
        for order, status, names, replaces, at, expires_at in orders:
            later = [other[4] for other in orders if other[2] == names and other[0] > order]
            lost_for_hours = order not in ended and replaces and later and later[0] - at > sum(BACKOFF[:4])
            if status in ("pending", "ready") and not lost_for_hours and ended.get(order, 0) < expires_at:
                yield order, status, names, replaces, written(at), order in ended and written(ended[order])

    def check_ledger_of_ca(self):
        counts = self.ca.ask("counts")
        print(f"# {counts}")
        excused = self.excused if self.begin else self.kills.total()  # with a process dies what it heard last
        left = list(self.left_at_ca())
        report(not left, "the CA has no abandoned order", left)
        report(counts["over_limit"] == 0, "the CA had to refuse nothing for its limits")
        report(counts["too_early"] <= excused, f"nobody came before Retry-After was over, but after a kill: {counts['too_early']}",
               [f"{excused} after a kill"])
        happened = self.ca.happened()
        print(f"# {happened}")
        unused = set(happened) - set(self.faults) if self.begin else ()
        report(not unused, "no fault that the CA has is left out", unused)
        if self.count >= 100:
            missed = [name for name in self.faults if not happened[name]]
            report(not missed, "each fault has happened", missed)
        over, tokens, last = [], float(self.orders), 0
        for at in self.ca.orders() if self.begin else []:
            tokens, last = min(self.orders, tokens + (at - last) * self.orders / LIMIT_SECONDS), at
            tokens -= 1
            over += [at] if tokens < 0 else []
        report(not over, "never more orders than the limits allow, by the CA's own rows", over)

    def check_logs(self):
        text = self.daemon.log.read_text(encoding="utf-8", errors="replace")
        secrets = [UPDATE_KEY, self.daemon.key.split(".")[1]]
        secrets += [row[0] for row in self.daemon.rows("SELECT key_authorization FROM solution WHERE key_authorization > ''")]
        found = [secret[:12] + "…" for secret in secrets if secret in text] + re.findall("PRIVATE KEY|AddressSanitizer", text)
        report(not found, "no secret is in the log", found)
        broken = [line for line in text.splitlines() if '"code":"internal"' in line or "runtime error" in line]
        report(not broken, "nothing internal has failed", broken)

    def check(self):
        self.check_certificates()
        self.check_nothing_left()
        self.check_ledger_of_ca()
        self.check_logs()
        checked = self.daemon.insist("GET", "/v1/ledgers/check")
        report(checked["intact"], "the ledgers add up", [checked])
        self.check_audit()
        report(self.daemon.stop() == 0, "the daemon ends as it should")

    def end(self):
        super().end()
        self.ca.end()
        self.bind.end()


class ClockedStorm(Storm):
    """One process, killed within its steps; weeks in which nobody waits."""

    MONTHS = 4 * 30 * DAY

    def __init__(self, binary, work, names, chance):
        super().__init__(binary, work, names, chance, clock=BEGIN)
        self.faults, self.kills_left = {**TRANSPORT, **COURSE, **PROOF}, min(200, max(3, names // 2))
        self.database, self.turn, self.busy, self.excused, self.forgetful_until = None, 0.03, False, 0, 0

    def query(self, sql, *values):
        self.database = self.database or sqlite3.connect(f"file:{self.daemon.data}/tenure.db?mode=ro", uri=True, timeout=10)
        return self.database.execute(sql, values).fetchall()

    def revive(self):
        self.daemon.process.wait(60)
        self.daemon.clock = self.now
        self.daemon.start()
        wait_for(30, lambda: answers(self.daemon.port), "the daemon")

    def shoot(self):
        self.daemon.process.kill()
        self.daemon.process.wait(60)
        self.kills["all"] += 1

    def advance(self):
        status, answer = self.daemon.call("POST", "/v1/test/clock", {"advance_to": written(self.now), "at_once": True}, timeout=300)
        if status != 200:
            raise RuntimeError(f"the clock does not go to {written(self.now)}: {answer}")

    def go_to(self, moment, shot=False):
        """Both clocks; the daemon may die on the way."""
        self.now = moment
        self.ca.ask("clock", {"advance_to": written(moment)})
        timer = threading.Timer(self.chance.uniform(0, self.turn), self.shoot)
        if shot:
            timer.start()
        try:
            began = time.monotonic()
            self.advance()
            self.turn = time.monotonic() - began
        except (OSError, http.client.HTTPException):
            self.revive()
            self.advance()
        if shot:
            timer.join()
        if self.daemon.process.poll() is not None:
            self.revive()
            self.advance()  # what is due at this moment runs before anybody looks

    def next_moment(self):
        """What is due within a stride is done together: little while many are at it, hours while nobody is."""
        due, = self.query("SELECT min(due_at) FROM work WHERE subject NOT IN (SELECT subject FROM lease)")[0]
        soon, later = self.query("SELECT sum(due_at < ?), count(*) FROM work WHERE step NOT IN ('seen', 'suggest', 'retention')"
                                 " AND due_at < ?", self.now + 900, self.now + 4 * HOUR)[0]
        self.busy = (soon or 0) > self.count // 50
        stride = self.count // 10 if self.busy else 900 if later else 4 * HOUR
        return max(due, self.now + stride)

    def look(self):
        self.backoffs.look(self.query(
            "SELECT w.subject, w.step, w.last_error, w.attempts, w.due_at, c.version_count FROM work w"
            " JOIN certificate c ON c.id = w.subject"), self.now, self.pause_of)

    def pause_of(self, certificate):
        pauses = self.query("SELECT pause_until FROM acme_order WHERE certificate_id = ? ORDER BY id DESC LIMIT 1", certificate)
        return pauses[0][0] or 0 if pauses else 0

    def live(self, condition, what):
        end = self.now + self.MONTHS
        self.go_to(self.now)  # what was asked for between two moments is done, and looked at, at the first of them
        self.look()
        while not condition():
            if self.now > end:
                report(False, what, self.unfinished())
                return False
            moment = self.next_moment()
            # not when few are left: three proofs that fail for a kill, and the application is rejected
            shot = self.kills_left > 0 and self.busy and self.chance.random() < 0.1
            self.kills_left -= shot
            self.forgetful_until = moment + WAIT if shot else self.forgetful_until
            early = self.ca.ask("counts")["too_early"] if moment <= self.forgetful_until else None
            self.go_to(moment, shot)
            self.excused += self.ca.ask("counts")["too_early"] - early if early is not None else 0
            self.look()
        report(True, f"{what} by {written(self.now)}")
        return True

    def is_quiet(self):
        return not self.query("SELECT 1 FROM acme_order WHERE ended_at IS NULL UNION ALL"
                              " SELECT 1 FROM solution WHERE removed_at IS NULL UNION ALL"
                              " SELECT 1 FROM application WHERE closed_at IS NULL LIMIT 1")

    def move_windows(self):
        """The CA has revoked some overnight, is about to revoke most, and wants the others renewed next week."""
        for number, (ari_id,) in enumerate(self.query("SELECT ari_id FROM suggestion ORDER BY version_id")):
            kind = number % max(3, min(6, self.count))
            if kind == 1:
                self.ca.ask("revoke", {"certificate": ari_id})
            else:
                self.ca.ask("windows", {"certificate": ari_id, "end": written(self.now + (0 if kind else 7 * DAY))})

    def go(self):
        began = time.monotonic()
        self.prepare()
        self.buy()
        self.ca.ask("faults", {**TRANSPORT, **COURSE})
        done = self.live(lambda: self.finished_with(1), "all are issued")
        if done:
            self.move_windows()
            self.ca.ask("faults", PROOF)
            done = self.live(lambda: self.finished_with(2), "all are renewed")
        if done:
            self.ca.ask("faults", {"all": 0})
            done = self.live(self.is_quiet, "the last order ends")
        self.seconds = time.monotonic() - began
        print(f"# {self.seconds:.1f} s, {self.kills.total()} kills, at most {self.backoffs.longest} failures in a row")
        return done

    def check(self):
        report(not self.backoffs.wrong, "nobody came back sooner than before", self.backoffs.wrong)
        super().check()


class KilledStorm(Storm):
    """Real time, all processes."""

    def __init__(self, binary, work, names, chance, kills):
        super().__init__(binary, work, names, chance, roles=("web", "worker", "signer", "responder"))
        self.faults, self.limit = QUICK, kills
        self.patience = kill.PATIENCE + 2 * names  # a proof that failed for a kill waits for a minute, the next one for ten
        self.pause = (kill.PAUSE[0], max(kill.PAUSE[1], names / 1000))

    def finished(self):
        with contextlib.suppress(sqlite3.Error):
            return self.finished_with(self.wanted)
        return False

    wanted = 1

    def quiet(self):
        return not self.daemon.rows("SELECT 1 FROM acme_order WHERE ended_at IS NULL UNION ALL"
                                    " SELECT 1 FROM solution WHERE removed_at IS NULL LIMIT 1")

    def go(self):
        began = time.monotonic()
        self.prepare()
        self.ca.ask("faults", QUICK)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            done = self.under_fire(self.limit // 2, [pool.submit(self.buy)])
        report(done, f"all are issued after {self.kills.total()} kills", () if done else self.unfinished())
        for certificate in self.bought if done else ():
            self.daemon.insist("POST", f"/v1/certificates/{certificate}/reissue", {}, f"again {certificate}")
        self.wanted = 2
        done = done and self.under_fire(self.limit, ())
        report(done, f"all are renewed after {self.kills.total()} kills", () if done else self.unfinished())
        with contextlib.suppress(RuntimeError):
            wait_for(30, self.quiet, "the last order ends")
        self.seconds = time.monotonic() - began
        print(f"# {self.seconds:.1f} s, killed {dict(self.kills)}")
        return done


def one_storm(folder, make):
    work = pathlib.Path(tempfile.mkdtemp(prefix="storm-", dir=folder))
    storm = make(work)
    try:
        if storm.go():
            storm.check()
    finally:
        storm.end()
        if kill.failures:
            print("".join(f"# log: {line}" for line in storm.daemon.log.open(encoding="utf-8").readlines()[-30:]), end="")
            if os.environ.get("KEEP"):
                shutil.copytree(work, os.environ["KEEP"], dirs_exist_ok=True)


def folder_in_memory():
    """A killed process loses nothing that the kernel has: waiting for a disk would only make it longer. None: the usual one."""
    with contextlib.suppress(OSError):
        free = os.statvfs("/dev/shm")
        if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) and free.f_bavail * free.f_frsize > 2 << 30:
            return "/dev/shm"
    return None


def main():
    binary = os.path.realpath(sys.argv[1])
    names = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**6)
    has_clock = "--clock" in subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    chance = random.Random(seed)
    kinds = {"clock": lambda work: ClockedStorm(binary, work, names or 3, chance),
             "kill": lambda work: KilledStorm(binary, work, names or 8, chance, names or 10)}
    print(f"# seed {seed}")
    with tempfile.TemporaryDirectory(prefix="tenure-storm-", dir=folder_in_memory()) as folder:
        for kind, make in kinds.items():
            if (kind == "clock" and not has_clock) or os.environ.get("STORM", kind) != kind:
                print(f"# {kind}: skipped")
                continue
            one_storm(folder, make)
    sys.exit(kill.failures > 0)


if __name__ == "__main__":
    main()
