"""kill -9 in the middle of renewals: kill.py BINARY [KILLS [SEED]]

A run brings in certificates that are about to expire, each with a file target, asks for the renewal of all of them, and
kills random processes of the daemon until everything is renewed, deployed and seen in a handshake. Clients repeat
their requests with the same Idempotency-Key, a killed supervisor is started again, and nothing else is done for the
daemon. Then the database, the folders and the server are searched for what a crash could have left behind. Runs are
repeated, each with a data folder of its own, until there were as many kills as asked for.
"""
import collections
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import socketserver
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

SIZES = (200, 25), (60, 12)  # release and sanitized: certificates in a run, kills without an argument
PAUSE = (0.02, 0.08)  # seconds between two kills
PATIENCE = 120  # seconds for one run
SUPERVISOR = "supervisor"
ROLES = [SUPERVISOR, "init", "web", "worker", "signer", "signer-slow", "runner"]
KNOWN = [*ROLES, "responder"]
DATA_FILES = {"lock", "master.key", "runner.sock", "signer.sock", "signer.sock.slow", "tenure.db", "tenure.db-shm",
              "tenure.db-wal", "tenure.db.gate", "tenure.db.worker-gate"}
SET_FILES = {"fullchain.pem": 0o644, "key.pem": 0o600}  # name and mode

failures = 0


def report(good, name, details=()):
    global failures
    failures += not good
    print(("ok - " if good else "not ok - ") + name)
    for line in () if good else list(details)[:10]:
        print(f"#   {str(line)[:600]}")


class OldCertificates:
    """What the user has before Tenure comes: certificates with nine days left, by a CA that Tenure does not know."""

    CONFIGURATION = """
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
x509_extensions = leaf
copy_extensions = copy
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
"""

    def __init__(self, folder, count):
        self.folder, self.names = folder, [f"site{i}.example.com" for i in range(count)]
        folder.mkdir()
        for name, content in {"ca.cnf": self.CONFIGURATION, "index.txt": "", "serial": "1000"}.items():
            (folder / name).write_text(content, encoding="ascii")
        self.openssl("req", "-x509", *self.new_key("ca.key"), "-out", "ca.pem", "-days", "3650",
                     "-subj", "/CN=Some Other CA")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(self.request, self.names))
        self.sign()

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    @staticmethod
    def new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]

    def request(self, name):
        (self.folder / name).mkdir()
        self.openssl("req", "-new", *self.new_key(f"{name}/key.pem"), "-out", f"{name}/csr.pem", "-subj", f"/CN={name}",
                     "-addext", f"subjectAltName=DNS:{name}")

    def sign(self):
        start, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400)) for days in (-81, 9))
        requests = [f"{name}/csr.pem" for name in self.names]
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
                     "-startdate", start, "-enddate", end, "-infiles", *requests)
        for serial, name in enumerate(self.names, 0x1000):
            chain = [(self.folder / part).read_text(encoding="ascii") for part in (f"{serial:X}.pem", "ca.pem")]
            (self.folder / name / "fullchain.pem").write_text("".join(chain), encoding="ascii")
            (self.folder / name / "csr.pem").unlink()

    def put(self, tls):
        for name in self.names:
            shutil.copytree(self.folder / name, tls / name)


class TlsServer(socketserver.ThreadingTCPServer):
    """Serves the files of FOLDER/NAME to whoever asks for NAME, reading them at each handshake."""

    daemon_threads, allow_reuse_address, request_queue_size = True, True, 256

    def __init__(self, folder):
        self.folder = folder
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sni_callback = self.choose
        super().__init__(("127.0.0.1", 0), None)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def choose(self, connection, name, _):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for _ in range(50):
            try:  # between two renames the files of a set do not belong together
                context.load_cert_chain(*(self.folder / str(name) / file for file in SET_FILES))
                break
            except (OSError, ssl.SSLError):
                time.sleep(0.01)
        connection.context = context

    def finish_request(self, request, _):
        request.settimeout(5)
        with contextlib.suppress(OSError), self.context.wrap_socket(request, server_side=True) as connection:
            connection.recv(1)

    def served(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 5) as plain:
            with context.wrap_socket(plain, server_hostname=name) as connection:
                return hashlib.sha256(connection.getpeercert(True)).hexdigest()


class Daemon:
    """`tenure serve`, started again whenever it has ended, as a service manager does."""

    def __init__(self, binary, work, tls):
        self.binary, self.data, self.log, self.key = binary, work / "data", work / "tenure.log", None
        self.process, self.stopping = None, False
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = work / "tenure.yaml"
        self.config.write_text(f"""
listen: 127.0.0.1:{self.port}
data: {self.data}
outbound:
  allow: [127.0.0.0/8]
deploy:
  folders: [{tls}]
  commands:
    - name: nothing
      argv: ["true"]
""", encoding="utf-8")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--config", self.config], stdout=log, stderr=log)

    def keep_running(self):
        if self.process.poll() is not None:
            self.start()

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)

    def processes(self):
        """Process -> role, of those that live."""
        supervisor = self.process.pid
        found = {supervisor: SUPERVISOR}
        with contextlib.suppress(OSError):
            for child in pathlib.Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
                with contextlib.suppress(OSError):
                    role = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
                    found.update({int(child): role} if role in KNOWN else {})
        return found

    def call(self, method, path, body=None, idempotency_key=None, timeout=10):
        headers = {"Content-Type": "application/json"}
        headers.update({"Authorization": f"Bearer {self.key}"} if self.key else {})
        headers.update({"Idempotency-Key": idempotency_key} if idempotency_key else {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def insist(self, method, path, body=None, idempotency_key=None):
        """Repeats what was not answered; returns the answer, which must be a good one."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer = 0, "no answer"
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, answer = self.call(method, path, body, idempotency_key)
            if 0 < status < 300:
                return answer
            if self.stopping or 0 < status < 500 or time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: {status} {answer}")
            time.sleep(0.02)

    def log_in(self):
        self.insist("GET", "/v1/health")
        first_login = self.data / "first-login"
        key = self.insist("POST", "/v1/login", {"secret": first_login.read_text(encoding="ascii").strip()})
        self.key = f"{key['id']}.{key['secret']}"

    def rows(self, sql, *values):
        path = f"file:{self.data}/tenure.db?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True, timeout=10)) as database:
            return database.execute(sql, values).fetchall()


class Fire:
    """A daemon under fire, and what must be true of each afterwards. What a kind of run does: `finished`."""

    pause, patience = PAUSE, PATIENCE

    def __init__(self, daemon, chance, roles):
        self.daemon, self.chance, self.roles = daemon, chance, roles
        self.kills, self.seconds = collections.Counter(), 0

    def kill_one(self):
        """Each role is as likely as the others, however many processes it has; none if it has none at this moment."""
        wanted = self.chance.choice(self.roles)
        victims = sorted(process for process, role in self.daemon.processes().items() if role == wanted)
        if not victims:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.chance.choice(victims), signal.SIGKILL)
            self.kills[wanted] += 1
        if wanted == SUPERVISOR:
            self.daemon.process.wait()

    def under_fire(self, kills, clients):
        """True if everything was done in time."""
        deadline = time.monotonic() + self.patience
        while not self.finished():
            if time.monotonic() > deadline or any(client.done() and client.exception() for client in clients):
                return False
            self.daemon.keep_running()
            if self.kills.total() < kills:
                self.kill_one()
            time.sleep(self.chance.uniform(*self.pause))
        self.daemon.keep_running()
        return True

    def unfinished(self):
        """What to show of a run that did not end."""
        now = int(time.time())
        yield from self.daemon.rows("SELECT step, count(*), min(due_at) - ?, max(due_at) - ?, max(attempts),"
                                    " max(crashes), max(last_error), max(owner) FROM work LEFT JOIN lease"
                                    " USING (subject) GROUP BY step",
                                    now, now)

    def nothing(self, name, sql):
        """The query is one for what must not be there."""
        found = self.daemon.rows(sql)
        report(not found, name, map(str, found))

    def counts(self, name, wanted):
        """So many rows there are."""
        wrong = [f"{found} instead of {count}: {rows}" for rows, count in wanted.items()
                 for (found,) in self.daemon.rows(f"SELECT count(*) FROM {rows}") if found != count]
        report(not wrong, name, wrong)

    def check_queue(self):
        self.nothing("the queue holds what comes later, nothing else",
                     "SELECT * FROM work WHERE step NOT IN ('watch', 'crl', 'key_pool', 'retention', 'decide')"
                     f" OR due_at < {int(time.time()) - 60}")
        self.nothing("nothing is leased", "SELECT * FROM lease")
        self.nothing("nothing in the queue has failed",
                     "SELECT subject, step, attempts, crashes, last_error FROM work WHERE attempts > 0 OR crashes > 0")
        with open(self.daemon.log, encoding="utf-8") as log:
            failed = [line for line in log if '"role":"worker"' in line]
        report(not failed, "no kill has made a step fail", failed)

    def check_audit(self):
        environment = dict(os.environ, TENURE_URL=f"http://127.0.0.1:{self.daemon.port}", TENURE_KEY=self.daemon.key)
        verified = subprocess.run([self.daemon.binary, "audit", "verify"], env=environment, capture_output=True, text=True)
        report(verified.returncode == 0, "the audit chain is intact", (verified.stdout + verified.stderr).splitlines())

    def wait_for_rest(self):
        """The targets' own watches may still be under way."""
        deadline = time.monotonic() + 20
        while self.daemon.rows("SELECT subject FROM work WHERE due_at <= ? UNION SELECT subject FROM lease",
                               int(time.time())):
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)

    def end(self):
        self.daemon.stopping = True
        with contextlib.suppress(ProcessLookupError):
            self.daemon.process.kill()
            self.daemon.process.wait()


class Run(Fire):
    """Renewals of all certificates, under fire."""

    def __init__(self, binary, work, old, chance):
        self.tls, self.old = work / "tls", old
        self.tls.mkdir()
        old.put(self.tls)
        self.server = TlsServer(self.tls)
        super().__init__(Daemon(binary, work, self.tls), chance, ROLES)

    def import_one(self, name):
        files = {part: (self.tls / name / file).read_text(encoding="ascii")
                 for part, file in zip(("certificate", "key"), SET_FILES)}
        certificate = self.daemon.insist("POST", "/v1/certificates", files)
        self.daemon.insist("POST", "/v1/targets", {
            "name": name, "certificate_id": certificate["id"], "reload_command": "nothing",
            "files": [{"path": str(self.tls / name / file), "content": content}
                      for file, content in zip(SET_FILES, ("fullchain", "key"))],
            "probe_address": f"127.0.0.1:{self.server.port}", "server_name": name})
        return certificate["id"]

    def renew_one(self, certificate_id):
        return self.daemon.insist("POST", f"/v1/certificates/{certificate_id}/renew", {}, f"renew {certificate_id}")

    def finished(self):
        with contextlib.suppress(sqlite3.Error):
            return self.daemon.rows("SELECT count(*) FROM deployment WHERE state = 'done'") == [(len(self.old.names),)]
        return False

    def go(self, kills):
        self.daemon.start()
        self.daemon.log_in()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            certificates = list(pool.map(self.import_one, self.old.names))
            began = time.monotonic()
            orders = [pool.submit(self.renew_one, certificate) for certificate in certificates]
            done = self.under_fire(kills, orders)
            self.daemon.stopping = True
        self.seconds = time.monotonic() - began
        report(done, f"all is renewed, deployed and verified after {self.kills.total()} kills", self.unfinished())
        refused = [str(order.exception()) for order in orders if order.exception()]
        report(not refused, "every client got its order", refused)
        return done

    def unfinished(self):
        yield from super().unfinished()
        yield from self.daemon.rows("SELECT state, reason, detail_en, count(*) FROM deployment GROUP BY 1, 2, 3")

    # ---- what must be true afterwards ----

    def check_database(self):
        count = len(self.old.names)
        once = {
            "certificate WHERE kind = 'uploaded' AND successor_id IS NOT NULL": count,
            "certificate WHERE predecessor_id IS NOT NULL AND version_count = 1": count,
            "certificate": 2 * count, "version": 2 * count, "version_der": 2 * count, "orders": count,
            "application WHERE version_id IS NOT NULL": count, "application": count, "issuance": count,
            "deployment WHERE state = 'done' AND finished_at IS NOT NULL": count, "deployment": count,
            "audit WHERE action = 'order.create'": count, "audit WHERE action = 'application.create'": count,
            "audit WHERE action = 'certificate.issued'": count, "audit WHERE action = 'deployment.done'": count,
            "certificate WHERE superseded_at IS NOT NULL": count, "ca": 2, "account": 1,
        }
        self.counts("each certificate is renewed, issued and deployed once", once)
        self.nothing("targets have the version of their certificate",
                     "SELECT t.name FROM target t JOIN certificate c ON c.id = t.certificate_id"
                     " WHERE t.version_id IS NOT c.version_id OR c.predecessor_id IS NULL")
        self.nothing("no key is an orphan",
                     "SELECT id, algorithm FROM private_key WHERE taken_at IS NOT NULL"
                     " AND id NOT IN (SELECT key_id FROM version WHERE key_id IS NOT NULL)")
        self.nothing("no key is missing",
                     "SELECT id FROM version WHERE key_id IS NULL OR key_id NOT IN (SELECT id FROM private_key)")
        self.nothing("the database is sound", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'")

    def check_files(self):
        left = [f"{path}, mode {path.stat().st_mode:o}" for path in self.tls.glob("*/*")
                if SET_FILES.get(path.name) != path.stat().st_mode & 0o777]
        report(not left, "target folders hold their sets and nothing else", left)
        strange = sorted({path.name for path in self.daemon.data.iterdir()} - DATA_FILES)
        report(not strange, "the data folder holds nothing temporary", strange)

    def check_served(self):
        expected = dict(self.daemon.rows("SELECT t.name, c.fingerprint FROM target t"
                                         " JOIN certificate c ON c.id = t.certificate_id"))
        wrong = [name for name in self.old.names if self.server.served(name) != expected[name]]
        report(not wrong, "the server shows the new certificates", wrong)

    def check(self):
        self.daemon.insist("GET", "/v1/health")
        self.wait_for_rest()
        self.check_database()
        self.check_queue()
        self.check_files()
        self.check_served()
        self.check_audit()
        report(self.daemon.stop() == 0, "the daemon ends as it should")

    def end(self):
        super().end()
        self.server.shutdown()
        self.server.server_close()


def one_run(folder, make, kills):
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    run = make(work)
    try:
        if run.go(kills):
            run.check()
    finally:
        run.end()
        if failures:
            print("".join(f"# log: {line}" for line in run.daemon.log.open(encoding="utf-8").readlines()[-30:]), end="")
    shutil.rmtree(work)
    return run


def campaign(sizes, prepare):
    """Runs until there were as many kills as asked for. `sizes`: how much a run does, and kills without an argument, of the
    release and of the sanitized binary. prepare(binary, folder, size, chance) gives what makes a run in a folder of its own."""
    binary = os.path.realpath(sys.argv[1])
    size, kills = sizes[b"__asan_init" in pathlib.Path(binary).read_bytes()]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else kills
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**6)
    total, runs = collections.Counter(), 0
    print(f"# seed {seed}, {size} in a run, {kills} kills")
    with tempfile.TemporaryDirectory(prefix="tenure-kill-") as folder:
        make = prepare(binary, pathlib.Path(folder), size, random.Random(seed))
        while total.total() < kills and not failures:
            run = one_run(folder, make, kills - total.total())
            total, runs = total + run.kills, runs + 1
            print(f"# run {runs}: {run.seconds:.1f} s, killed {dict(run.kills)}")
    print(f"# {total.total()} kills in {runs} runs: {dict(total)}")
    sys.exit(failures > 0)


def renewals(binary, folder, certificates, chance):
    old = OldCertificates(folder / "old", certificates)
    return lambda work: Run(binary, work, old, chance)


if __name__ == "__main__":
    campaign(SIZES, renewals)
