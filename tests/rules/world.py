"""The world of one scenario under one profile: its brand, its names, its calls, and what must be seen in the answers."""
import collections
import json
import re
import subprocess

import catalogue
import client
import fixtures
import servers
from moments import E, T0, at, written

BRANDS = {"alibaba-2021": "GlobalSign", "alibaba-2025-intl": "DigiCert", "alibaba-2025-cn": "CFCA",
          "tencent-2024": "TrustAsia", "modern": "Tenure"}
PROFILES = list(BRANDS)
BUY_NEW = {"en": "buy", "zh": "购买"}  # what a remedy that names a purchase says
CALLS_SHOWN = 3
client.TIMEOUT_SECONDS = 120  # a step of the clock may bring the work of months


class Unmet(Exception):
    """Something of a scenario was not seen."""


def same(what, got, wanted):
    if got != wanted:
        raise Unmet(f"{what}: {got!r} instead of {wanted!r}")


def holds(what, condition):
    if not condition:
        raise Unmet(what)


class Clock:
    """The clock of the daemon."""

    def __init__(self, start):
        self.now = start

    def go(self, moment):
        answer = client.call("POST", "/v1/test/clock", {"advance_to": written(moment)})
        if answer.status != 200:
            raise Unmet(f"the clock does not go to {written(moment)}: {answer}")
        self.now = moment


class Scenario:
    """What a scenario function gets. Names and tags are its own, so that all scenarios can share an account."""

    def __init__(self, rule, profile, clock):
        self.rule, self.profile, self.clock = rule, profile, clock
        self.brand = BRANDS.get(profile)
        self.key = client.KEY  # of the account that all share, unless market.py opens another
        self.tag = f"{rule}-{profile}".lower()
        self.targets = []
        self.calls = collections.deque(maxlen=CALLS_SHOWN)

    def host(self, label):
        return f"{label}.{self.tag}.example.com"

    # ---- calls ----

    def call(self, method, path, body=None, **headers):
        answer = client.call(method, path, body, **{"key": self.key, **headers})
        self.calls.append((method, path, body, answer))
        return answer

    def done(self, answer, status=None):
        """The JSON of an answer that is no refusal."""
        if answer.status // 100 != 2 or (status and answer.status != status):
            raise Unmet(f"answered {answer.status} {answer['code']} instead of {status or 'a success'}")
        return answer.json

    def get(self, path, **headers):
        return self.done(self.call("GET", path, **headers))

    def settle(self):
        """Everything runs that is due now."""
        self.clock.go(self.clock.now)

    @staticmethod
    def refused(answer, status, code, field=None):
        """The detail, the remedy and all codes are of every refusal."""
        same("status and code", (answer.status, answer["code"]), (status, code))
        holds("a refusal has a detail, a remedy and its code among the codes",
              answer["detail"] and answer["remedy"] and answer["codes"][0] == code)
        if field:
            same("field", answer["field"], field)

    def names_buying(self, answer, lang="en"):
        """The way out is a new purchase."""
        out = f"{answer['detail']} {answer['remedy']}".lower()
        holds(f"the way out ({lang}) names a new purchase: {out}", BUY_NEW[lang] in out)

    # ---- certificates ----

    def certificate(self, id_, **headers):
        return self.get(f"/v1/certificates/{id_}", **headers)

    def state(self, c):
        return self.certificate(c["id"])["state"]

    def list(self, query=""):
        """The ids of this scenario's certificates that a list shows, all pages of it."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/v1/certificates?tag={self.tag}&limit=50&{query}{cursor}")
            found += [c["id"] for c in page["items"]]
            cursor = f"&cursor={page['next']}" if page["next"] else None
        return found

    def submit(self, c):
        """By hand, where nothing submits it by itself."""
        if c["state"] == "pending_application" and can_submit():
            self.done(self.call("POST", f"/v1/certificates/{c['id']}/submit"))

    def order(self, *names, **body):
        """What the daemon answers to a purchase."""
        chosen = {"brand": self.brand, "names": list(names) or [self.host("a")], **body}
        return self.call("POST", "/v1/orders", {name: value for name, value in chosen.items() if value is not None})

    def issued(self, c):
        """The certificate of an order, carried on until it is issued."""
        self.submit(c)
        self.settle()
        c = self.certificate(c["id"])
        holds(f"it is issued, not {c['state']}", c["version_count"])
        return c

    def buy(self, *names, **body):
        c = self.done(self.order(*names, **body), 201)["certificate"]
        self.done(self.call("PUT", f"/v1/certificates/{c['id']}/tags", {"tags": [self.tag]}))
        return self.issued(c)

    def upload(self, label="u", begin=T0, end=E, **made):
        """A certificate of somebody else's CA, with its key."""
        pair = fixtures.leaf([self.host(label)], begin, end, **made)
        return self.done(self.call("POST", "/v1/certificates", {**pair, "tags": [self.tag]}), 201)

    def renew(self, c, headers=None, **body):
        return self.call("POST", f"/v1/certificates/{c['id']}/renew", body or None, **(headers or {}))

    def renewed(self, c, **body):
        """N: the successor, ordered."""
        return self.done(self.renew(c, **body), 201)["certificate"]

    def renewed_to_issue(self, c, **body):
        return self.issued(self.renewed(c, **body))

    def order_of(self, c):
        return self.get(f"/v1/orders/{c['order_id']}")

    def refuses(self, c, status, code, field=None, **body):
        """The renewal is refused, and leaves nothing behind."""
        answer = self.renew(c, **body)
        self.refused(answer, status, code, field)
        same("successor", self.certificate(c["id"])["successor_id"], None)
        return answer

    # ---- what may be done ----

    def actions(self, c, lang="en"):
        items = self.get(f"/v1/certificates/{c['id']}/actions", Accept_Language=lang)["items"]
        return {item["action"]: item for item in items}

    def allows(self, c, *actions):
        rows = self.actions(c)
        for action in actions:
            holds(f"{action} is allowed, not refused with {rows[action]['codes']}", rows[action]["allowed"])

    def forbids(self, c, action, code):
        """All codes, of which this is the first."""
        row = self.actions(c)[action]
        holds(f"{action} is refused", not row["allowed"])
        same(f"first code of {action}", row["codes"][0], code)
        return row["codes"]

    # ---- dates ----

    @staticmethod
    def moment(c, member):
        return at(c[member]) if c[member] else None

    def covers(self, c, end, carried):
        same("coverage_end", c["coverage_end"], written(end))
        same("carried_seconds", c["carried_seconds"], carried)

    def one_version(self, c, days, end):
        """Exactly one, to the end of the coverage; days as people count them, rounded down."""
        same("version_count", c["version_count"], 1)
        same("version_end", c["version_end"], written(end))
        same("days", (self.moment(c, "version_end") - self.moment(c, "covered_from")) // 86400, days)

    # ---- X.509 ----

    def download(self, c, format_, **body):
        return self.call("POST", f"/v1/certificates/{c['id']}/download", {"format": format_, **body})

    def dates(self, c):
        """notBefore and notAfter, as openssl reads them."""
        return fixtures.dates(self.done_text(self.download(c, "cert")))

    @staticmethod
    def done_text(answer):
        if answer.status != 200:
            raise Unmet(f"answered {answer}")
        return answer.text

    def revoked_serials(self, c):
        crl = client.call("GET", f"/crl/{c['version']['ca_id']}.crl", key=None)
        return fixtures.serials(crl.bytes) if crl.status == 200 else set()

    # ---- servers ----

    def serve(self, label, pair, folder=None, address=servers.ADDRESSES[0]):
        """The files are served for the name; the folder with them."""
        folder = folder or servers.folder(f"{self.tag}-{label}-{address}")
        servers.put(folder, pair)
        servers.serve(self.host(label), folder, address)
        return folder

    def files_of(self, c):
        """What a person takes out and puts to a server."""
        return {"certificate": self.done_text(self.download(c, "nginx")), "key": self.done_text(self.download(c, "key"))}

    def target(self, c, label, folder, **more):
        """A target for the files that are served for the name."""
        body = {"name": folder.name, "certificate_id": c["id"], "reload_command": "reload",
                "files": [{"path": f"{folder}/fullchain.pem", "content": "fullchain"},
                          {"path": f"{folder}/key.pem", "content": "key"}],
                "probe_address": f"{servers.ADDRESSES[0]}:{servers.PORT}", "server_name": self.host(label), **more}
        target = self.done(self.call("POST", "/v1/targets", body), 201)
        self.targets.append(target["id"])
        self.settle()
        return target

    def served_target(self, c, label="a", address=servers.ADDRESSES[0], **more):
        """C is served, and Tenure knows where."""
        folder = self.serve(label, self.files_of(c), address=address)
        return self.target(c, label, folder, **{"probe_address": f"{address}:{servers.PORT}", **more}), folder

    def frozen_target(self, c, label="a"):
        """The same, of a server whose reload command does nothing."""
        target, folder = self.served_target(c, label)
        servers.freeze(self.host(label), folder)
        return target, folder

    def served(self, label="a", address=servers.ADDRESSES[0]):
        return servers.fingerprint(self.host(label), address)

    def deployments(self, c):
        return self.get(f"/v1/deployments?certificate={c['id']}")["items"]

    def newest_probe(self, target):
        return self.get(f"/v1/targets/{target['id']}/probes?limit=1")["items"][0]

    def check(self, target):
        """What is seen at the target now, if nothing was seen there in this second before."""
        self.done(self.call("POST", f"/v1/targets/{target['id']}/check"), 202)
        self.settle()
        return self.newest_probe(target)

    def look(self, label=None, lang="en", **body):
        wanted = {"host": "127.0.0.1", "port": servers.PORT, **body}
        if label:
            wanted["server_name"] = self.host(label)
        return self.done(self.call("POST", "/v1/verify", wanted, Accept_Language=lang))

    def end(self):
        """Targets would be probed every hour of the years to come. True if none is left."""
        self.targets = [id_ for id_ in self.targets
                        if client.call("DELETE", f"/v1/targets/{id_}", key=self.key).status not in (204, 404)]
        return not self.targets

    def targets_unseen(self, c, *labels):
        """Targets where nothing is probed: what stands in their files is all that counts."""
        for label in labels:
            self.target(c, label, servers.folder(f"{self.tag}-{label}"), probe_address=None, reload_command=None)

    # ---- the command ----

    @staticmethod
    def bad_catalogue(member, value):
        """The folder of a configuration whose catalogue has this in the lines with bonus days."""
        folder = servers.folder(f"bad-{member}-{value}")
        catalogue.write(folder, {member: value})
        (folder / "tenure.yaml").write_text(f"data: {folder}/data\n")
        return folder

    @staticmethod
    def tenure(*arguments, **environment):
        """The program itself: (status, output)."""
        ran = subprocess.run([client.os.environ["TENURE"], *arguments], capture_output=True, text=True, timeout=60,
                             env={**client.os.environ, **environment}, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    def trace(self):
        """The last calls, for whoever must find out what went wrong."""
        for method, path, body, answer in self.calls:
            shown = json.dumps(body, ensure_ascii=False, default=repr) if body is not None else ""
            yield re.sub(r"\s+", " ", f"{method} {path} {shown[:300]}")
            yield f"  {str(answer)[:600]}"


_routes = {}


def can_submit():
    """Is there a call that submits? Without it nothing waits for a person."""
    if not _routes:
        _routes.update(client.call("GET", "/v1/openapi.json", key=None)["paths"])
    return "/v1/certificates/{id}/submit" in _routes
