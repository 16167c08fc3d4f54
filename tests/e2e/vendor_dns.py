"""The APIs of three DNS providers on loopback: vendor_dns.py [--port-file FILE] [--log FILE]

Alibaba Cloud DNS, Tencent Cloud DNSPod and Cloudflare, as far as solvers use them, over one set of zones. Signatures are
checked here by themselves, from the vendors' descriptions; that the vendors' own clients are accepted is what
tests/data/vendor/make shows. The log has one line for each request, without what differs every time.

GET /fake/records tells what stands in the zones. After POST /fake/drop the next change happens without an answer, as if
the connection had died in between; after POST /fake/die nobody is answered from that moment on, until POST /fake/live; after
POST /fake/hang they wait for an answer that long.
POST /fake/busy makes Cloudflare want to be left alone for two minutes. POST /fake/new begins with fresh zones and an empty log.
"""
import argparse
import hashlib
import hmac
import http.server
import itertools
import json
import re
import threading
import time
import urllib.parse

ALIBABA_KEY, ALIBABA_SECRET = "testAK", "testSecret"
TENCENT_KEY, TENCENT_SECRET = "testSecretId", "testSecretKey"
CLOUDFLARE_TOKEN = "testToken"
LOGGED = ["accept", "authorization", "content-type", "x-acs-action", "x-acs-content-sha256", "x-acs-credentials-provider",
          "x-acs-version", "x-tc-action", "x-tc-version"]


class Refusal(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Zones:
    """Records of all providers: id → (zone, name within it, value)."""

    def __init__(self):
        self.names = {"example.com": "0a" * 16, "deep.example.com": "0b" * 16}
        self.ids = itertools.count(700000001)
        self.records = {}
        self.add("example.com", "_acme-challenge.www", "foreign")

    def add(self, zone, host, value):
        number = next(self.ids)
        self.records[number] = (zone, host, value)
        return number

    def at(self, zone, host):
        return [(number, record[2]) for number, record in self.records.items() if record[:2] == (zone, host)]

    def has(self, zone, host, value):
        return (zone, host, value) in self.records.values()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def parse_authorization(header, algorithm):
    found = re.fullmatch(re.escape(algorithm) + r" Credential=([^, ]+),\s*SignedHeaders=([^, ]+),\s*Signature=([0-9a-f]{64})",
                         header or "")
    if not found:
        raise Refusal("IncompleteSignature", f"not {algorithm}: {header}")
    return found[1], found[2].split(";"), found[3]


def canonical(method, query, headers, names, body_digest):
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    return sha256("\n".join([method, "/", query, lines, ";".join(names), body_digest]).encode())


class Alibaba:
    """API of 2015-01-09, signed by ACS3-HMAC-SHA256."""

    def __init__(self, zones):
        self.zones = zones
        self.nonces = set()

    def check(self, request):
        headers = request.lower
        key, names, signature = parse_authorization(headers.get("authorization"), "ACS3-HMAC-SHA256")
        if key != ALIBABA_KEY:
            raise Refusal("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        if headers.get("x-acs-content-sha256") != sha256(request.body):
            raise Refusal("IncompleteSignature", "x-acs-content-sha256")
        for name in ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"]:
            if name not in names:
                raise Refusal("IncompleteSignature", f"{name} is not signed")
        pairs = sorted((urllib.parse.quote(key, safe="-_.~"), urllib.parse.quote(value, safe="-_.~"))
                       for key, value in request.query)
        digest = canonical(request.method, "&".join(f"{key}={value}" for key, value in pairs), headers, names,
                           sha256(request.body))
        if mac(ALIBABA_SECRET.encode(), "ACS3-HMAC-SHA256\n" + digest).hex() != signature:
            raise Refusal("SignatureDoesNotMatch", "Specified signature does not match our calculation.")
        if headers["x-acs-signature-nonce"] in self.nonces:
            raise Refusal("SignatureNonceUsed", "Specified signature nonce was used already.")
        self.nonces.add(headers["x-acs-signature-nonce"])

    def answer(self, request):
        self.check(request)
        if request.lower["x-acs-version"] != "2015-01-09":
            raise Refusal("InvalidVersion", "Specified parameter Version is not valid.", 404)
        action = request.lower["x-acs-action"]
        given = dict(request.query)
        return 200, {"RequestId": "00000000-0000-4000-8000-000000000000",
                     **{"DescribeDomainRecords": self.describe, "AddDomainRecord": self.add,
                        "DeleteDomainRecord": self.delete}[action](given)}

    def zone(self, given):
        if given["DomainName"] not in self.zones.names:
            raise Refusal("InvalidDomainName.NoExist", "The specified domain name does not exist. Refresh and try again.", 404)
        return given["DomainName"]

    def describe(self, given):
        zone = self.zone(given)
        items = [{"RR": host, "Type": "TXT", "Value": value, "RecordId": str(number), "DomainName": zone, "TTL": 600,
                  "Line": "default", "Status": "ENABLE", "Locked": False}
                 for number, (where, host, value) in self.zones.records.items()
                 if where == zone and given.get("RRKeyWord", "").lower() in host and given.get("ValueKeyWord", "") in value]
        return {"TotalCount": len(items), "PageNumber": 1, "PageSize": int(given.get("PageSize", 20)),
                "DomainRecords": {"Record": items}}

    def add(self, given):
        zone = self.zone(given)
        if given["Type"] != "TXT" or self.zones.has(zone, given["RR"], given["Value"]):
            raise Refusal("DomainRecordDuplicate", "The DNS record already exists.")
        return {"RecordId": str(self.zones.add(zone, given["RR"], given["Value"]))}

    def delete(self, given):
        if not self.zones.records.pop(int(given["RecordId"]), None):
            raise Refusal("DomainRecordNotBelongToUser", "The DNS record does not exist or does not belong to you.")
        return {"RecordId": given["RecordId"]}

    @staticmethod
    def refusal(refusal):
        return refusal.status, {"RequestId": "00000000-0000-4000-8000-000000000000", "HostId": "alidns.aliyuncs.com",
                                "Code": refusal.code, "Message": refusal.message}


class Tencent:
    """API 3.0 of 2021-03-23, signed by TC3-HMAC-SHA256. Some clients sign the host with its port, some without."""

    def __init__(self, zones):
        self.zones = zones

    def check(self, request):
        headers = request.lower
        try:
            credential, names, signature = parse_authorization(headers.get("authorization"), "TC3-HMAC-SHA256")
        except Refusal as refusal:
            raise Refusal("AuthFailure.InvalidAuthorization", refusal.message) from refusal
        key, date, service, last = credential.split("/")
        if key != TENCENT_KEY or last != "tc3_request":
            raise Refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        key = mac(mac(mac(b"TC3" + TENCENT_SECRET.encode(), date), service), "tc3_request")
        for host in [headers["host"], headers["host"].split(":")[0]]:
            digest = canonical(request.method, "", {**headers, "host": host}, names, sha256(request.body))
            text = f"TC3-HMAC-SHA256\n{headers['x-tc-timestamp']}\n{date}/{service}/tc3_request\n{digest}"
            if mac(key, text).hex() == signature and {"content-type", "host"} <= set(names):
                return
        raise Refusal("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")

    def answer(self, request):
        self.check(request)
        if request.lower["x-tc-version"] != "2021-03-23":
            raise Refusal("NoSuchVersion", "The API version does not exist.")
        action = request.lower["x-tc-action"]
        given = json.loads(request.body)
        return 200, {"Response": {"RequestId": "00000000-0000-4000-8000-000000000000",
                                  **{"DescribeRecordList": self.describe, "CreateRecord": self.create,
                                     "DeleteRecord": self.delete}[action](given)}}

    def zone(self, given):
        if given["Domain"] not in self.zones.names:
            raise Refusal("InvalidParameterValue.DomainNotExists", "The domain is incorrect. Please try again.")
        return given["Domain"]

    def describe(self, given):
        items = [{"RecordId": number, "Value": value, "Name": given["Subdomain"], "Type": "TXT", "Line": "默认",
                  "LineId": "0", "Status": "ENABLE", "TTL": 600, "MX": 0, "UpdatedOn": "2026-11-22 00:00:00", "Weight": None,
                  "MonitorStatus": "", "Remark": ""}
                 for number, value in self.zones.at(self.zone(given), given["Subdomain"])]
        if not items:
            raise Refusal("ResourceNotFound.NoDataOfRecord", "The list of records is empty.")
        return {"RecordCountInfo": {"SubdomainCount": 1, "ListCount": len(items), "TotalCount": len(items)},
                "RecordList": items}

    def create(self, given):
        zone = self.zone(given)
        if given["RecordLine"] != "默认" or given["RecordType"] != "TXT":
            raise Refusal("InvalidParameter.RecordLineInvalid", "The record split zone is incorrect.")
        if self.zones.has(zone, given["SubDomain"], given["Value"]):
            raise Refusal("InvalidParameter.DomainRecordExist", "The record already exists.")
        return {"RecordId": self.zones.add(zone, given["SubDomain"], given["Value"])}

    def delete(self, given):
        self.zone(given)
        if not isinstance(given["RecordId"], int) or not self.zones.records.pop(given["RecordId"], None):
            raise Refusal("InvalidParameter.RecordIdInvalid", "The record number is incorrect.")
        return {}

    @staticmethod
    def refusal(refusal):
        return 200, {"Response": {"Error": {"Code": refusal.code, "Message": refusal.message},
                                  "RequestId": "00000000-0000-4000-8000-000000000000"}}


class Cloudflare:
    """API version 4 with a token."""
    path = re.compile(r"/client/v4/zones(?:/([0-9a-f]{32})/dns_records(?:/([0-9a-f]+))?)?")

    def __init__(self, zones):
        self.zones = zones

    def answer(self, request):
        if request.server.mode == "busy":
            raise Refusal(971, "Please wait and consider throttling your request speed", 429)
        if request.lower.get("authorization") != f"Bearer {CLOUDFLARE_TOKEN}":
            raise Refusal(10000, "Authentication error", 403)
        found = self.path.fullmatch(request.path)
        if not found:
            raise Refusal(7000, "No route for that URI")
        zone = next((name for name, number in self.zones.names.items() if number == found[1]), None)
        given = dict(request.query)
        if not found[1]:
            return self.good(self.list_zones(given))
        if not zone:
            raise Refusal(7003, "Could not route, perhaps your object identifier is invalid?", 404)
        if request.method == "DELETE":
            return self.good(self.delete(found[2]))
        if request.method == "POST":
            return self.good(self.create(zone, json.loads(request.body)))
        return self.good(self.list_records(zone, given))

    @staticmethod
    def good(result):
        answer = {"success": True, "errors": [], "messages": [], "result": result}
        if isinstance(result, list):
            answer["result_info"] = {"page": 1, "per_page": 100, "count": len(result), "total_count": len(result),
                                     "total_pages": 1}
        return 200, answer

    def list_zones(self, given):
        return [{"id": number, "name": name, "status": "active"} for name, number in self.zones.names.items()
                if name == given.get("name", name)]

    @staticmethod
    def record(zone, number, host, value):
        return {"id": f"{number:032x}", "name": f"{host}.{zone}", "type": "TXT", "content": f'"{value}"', "ttl": 120,
                "proxiable": False, "proxied": False, "settings": {}, "meta": {}, "tags": []}

    def list_records(self, zone, given):
        host = given["name.exact"][:-len(zone) - 1]
        return [self.record(zone, number, host, value) for number, value in self.zones.at(zone, host)]

    def create(self, zone, given):
        if given["type"] != "TXT" or not given["name"].endswith("." + zone) or not 60 <= given["ttl"] <= 86400:
            raise Refusal(9005, "Content for TXT record is invalid.")
        host, value = given["name"][:-len(zone) - 1], given["content"].strip('"')
        if self.zones.has(zone, host, value):
            raise Refusal(81058, "An identical record already exists.")
        return self.record(zone, self.zones.add(zone, host, value), host, value)

    def delete(self, record):
        if not self.zones.records.pop(int(record, 16), None):
            raise Refusal(81044, "Record does not exist.", 404)
        return {"id": record}

    @staticmethod
    def refusal(refusal):
        return refusal.status, {"success": False, "errors": [{"code": refusal.code, "message": refusal.message}],
                                "messages": [], "result": None}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = 65536  # an answer in one piece: else each waits for an acknowledgement

    def take(self):
        self.method = self.command
        split = urllib.parse.urlsplit(self.path)
        self.path, self.raw_query = split.path, split.query
        self.query = urllib.parse.parse_qsl(split.query, keep_blank_values=True)
        self.lower = {name.lower(): value for name, value in self.headers.items()}
        self.body = self.rfile.read(int(self.lower.get("content-length", 0)))

    def note(self):
        """What must be the same whoever sends it."""
        headers = {name: self.lower[name] for name in LOGGED if name in self.lower}
        if "Signature=" in headers.get("authorization", ""):
            text = re.sub(r"/\d{4}-\d\d-\d\d/", "/DATE/", headers["authorization"])
            headers["authorization"] = re.sub(r"Signature=[0-9a-f]+", "Signature=…", text)
        if not self.body:
            headers.pop("content-type", None) # some clients name a type of nothing
        line = {"method": self.method, "path": self.path, "query": sorted(self.query), "headers": headers,
                "body": self.body.decode()}
        if self.server.log:
            with open(self.server.log, "a", encoding="utf-8") as log:
                log.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")

    def vendor(self):
        if "x-acs-action" in self.lower:
            return self.server.vendors[0]
        return self.server.vendors[1] if "x-tc-action" in self.lower else self.server.vendors[2]

    def reply(self, status, body):
        text = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status == 429:
            self.send_header("Retry-After", "120")
        self.end_headers()
        self.wfile.write(text)

    def fake(self):
        if self.path == "/fake/new":
            self.server.begin()
        elif self.method == "POST":
            self.server.mode = self.path.split("/")[2]
        return self.reply(200, sorted([zone, host, value] for zone, host, value in self.server.zones.records.values()))

    def serve(self):
        self.take()
        if self.path.startswith("/fake/"):
            return self.fake()
        self.note()
        vendor, before = self.vendor(), dict(self.server.zones.records)
        try:
            answer = vendor.answer(self)
        except Refusal as refusal:
            answer = vendor.refusal(refusal)
        changed = before != self.server.zones.records
        mode = {"drop": "live", "die": "dead", "hang": "hanging"}.get(self.server.mode) if changed else None
        if mode or self.server.mode in ("dead", "hanging"):
            self.server.mode = mode or self.server.mode
            self.close_connection = True
            return None
        return self.reply(*answer)

    def handle_one(self):
        with self.server.lock:
            self.serve()
        while self.close_connection and self.server.mode == "hanging":
            time.sleep(0.05)

    do_GET = do_POST = do_DELETE = handle_one

    def log_message(self, format, *args):  # noqa: A002
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.log, self.lock = log, threading.Lock()
        self.begin()

    def begin(self):
        self.zones, self.mode = Zones(), "live"
        self.vendors = [Alibaba(self.zones), Tencent(self.zones), Cloudflare(self.zones)]
        if self.log:
            open(self.log, "w", encoding="utf-8").close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file")
    parser.add_argument("--log")
    options = parser.parse_args()
    server = Server(options.log)
    if options.port_file:
        with open(options.port_file, "w", encoding="ascii") as file:
            file.write(f"{server.server_port}\n")
    else:
        print(server.server_port, flush=True)
    server.serve_forever()


main()
