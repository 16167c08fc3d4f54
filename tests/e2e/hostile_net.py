"""Name servers and web servers that mean no good: hostile_net.py DNS_PORT WEB_PORT

DNS: the last label but one of a name says how questions below it are answered, see `TRICKS`. HTTP: the first label of the Host does,
see `PAGES`.
"""
import http.server
import socket
import socketserver
import struct
import sys
import threading
import time

DNS_PORT, WEB_PORT = int(sys.argv[1]), int(sys.argv[2])
A, NS, CNAME, SOA, TXT, AAAA, CAA = 1, 2, 5, 6, 16, 28, 257
HEADERS = 1 << 20
BODY = 100 << 20

# ---- DNS ----


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def record(name, kind, data, ttl=0):
    return wire(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def message(question, records=(), rcode=0, cut=False, identity=None):
    flags = 0x8480 | rcode | (0x200 if cut else 0)
    return (struct.pack(">HHHHHH", question.id if identity is None else identity, flags, 1, len(records), 0, 0) + question.wire +
            b"".join(records))


class Question:
    def __init__(self, packet):
        self.id, at, labels = struct.unpack(">H", packet[:2])[0], 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
            at += 1 + packet[at]
        self.kind = struct.unpack(">H", packet[at + 1:at + 3])[0]
        self.name, self.wire = ".".join(labels), packet[12:at + 5]
        self.zone = ".".join(labels[-2:])
        self.trick = labels[-2] if len(labels) > 1 else ""
        self.challenge = labels[0].startswith("_") or labels[0][:1] == "n" and labels[0][1:].isdigit()


def honest(q):
    """Whatever a zone needs but the challenge: SOA, NS, an address on this machine."""
    soa = record(q.zone, SOA, wire("ns." + q.zone) + wire("host." + q.zone) + struct.pack(">IIIII", 1, 60, 60, 60, 60))
    if q.kind == SOA and q.name == q.zone:
        return message(q, [soa])
    if q.kind == NS and q.name == q.zone:
        return message(q, [record(q.name, NS, wire("ns." + q.zone))])
    if q.kind == A:
        return message(q, [record(q.name, A, socket.inet_aton("127.0.0.1"))])
    return message(q)


def loop(q, tcp):
    label = q.name.split(".")[0]
    other = "n1" if label.startswith("_") else {"n1": "n2", "n2": "n1"}.get(label)
    return message(q, [record(q.name, CNAME, wire(f"{other}.{q.zone}"))]) if other else honest(q)


def long(q, tcp):
    label = q.name.split(".")[0]
    number = 0 if label.startswith("_") else int(label[1:]) if q.challenge else 1000
    return honest(q) if number >= 1000 else message(q, [record(q.name, CNAME, wire(f"n{number + 1}.{q.zone}"))])


def huge(q, tcp):
    if not q.challenge or q.kind != TXT:
        return honest(q)
    one = record(q.name, TXT, b"".join(b"\xff" + b"a" * 255 for _ in range(2)))
    return message(q, [one] * ((65000 - 100) // len(one))) if tcp else message(q, cut=True)


def cut(q, tcp):
    return honest(q) if not q.challenge else None if tcp else message(q, cut=True)


def lame(q, tcp):
    return message(q, rcode=5)


def wrong_id(q, tcp):
    return message(q, identity=q.id ^ 1) if q.challenge else honest(q)


def other_question(q, tcp):
    if not q.challenge:
        return honest(q)
    other = Question(message(q))
    other.wire = wire("other.test") + struct.pack(">HH", q.kind, 1)
    return message(other, [record("other.test", TXT, b"\x01a")])


def bomb(q, tcp):
    """Pointers that point at themselves."""
    return message(q) + b"\xc0\x0c" * 30 if not q.challenge else struct.pack(">HHHHHH", q.id, 0x8480, 1, 9, 0, 0) + q.wire + b"\xc0\x1e" * 40


def many(q, tcp):
    if q.kind == NS and q.name == q.zone:
        return message(q, [record(q.name, NS, wire(f"n{i}.{q.zone}")) for i in range(100)]) if tcp else message(q, cut=True)
    return None if q.challenge and q.kind in (A, AAAA) else honest(q)


def inner(q, tcp):
    return message(q, [record(q.name, A, socket.inet_aton("169.254.169.254"))]) if q.name.startswith("ns.") and q.kind == A else honest(q)


TRICKS = {"many": many, "inner": inner, "loop": loop, "long": long, "huge": huge, "cut": cut, "drip": cut, "lame": lame, "wrongid": wrong_id, "other": other_question,
          "flood": wrong_id, "bomb": bomb}


def answer(packet, tcp):
    q = Question(packet)
    return q, TRICKS.get(q.trick, lambda q, tcp: honest(q))(q, tcp)


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        packet, here = self.request
        q, reply = answer(packet, False)
        for _ in range(20000 if q.trick == "flood" and q.challenge else 1):
            if reply:
                here.sendto(reply, self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        size = struct.unpack(">H", self.rfile.read(2))[0]
        q, reply = answer(self.rfile.read(size), True)
        if q.trick == "drip" and q.challenge:
            self.drip()
        elif reply:
            self.wfile.write(struct.pack(">H", len(reply)) + reply)

    def drip(self):
        self.wfile.write(struct.pack(">H", 60000))
        for _ in range(200):
            self.wfile.write(b"\0")
            self.wfile.flush()
            time.sleep(0.2)


# ---- the web ----

class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def lead(self, place):
        self.wfile.write(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())

    def drip(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(200):
            self.wfile.write(b"a")
            time.sleep(0.2)

    def bulk(self):
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n".encode())
        for _ in range(BODY >> 20):
            self.wfile.write(b"a" * (1 << 20))

    def heads(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for i in range(HEADERS >> 10):
            self.wfile.write(b"X-%d: " % i + b"a" * 1000 + b"\r\n")
        self.wfile.write(b"Content-Length: 0\r\n\r\n")

    def do_GET(self):
        kind = self.headers.get("Host", "").split(".")[0]
        here = f"http://{self.headers.get('Host')}{self.path}"
        {"endless": lambda: self.lead(here + "a"), "inside": lambda: self.lead("http://169.254.169.254/latest/meta-data"),
         "port": lambda: self.lead("http://127.0.0.1:22/"), "file": lambda: self.lead("file:///etc/passwd"),
         "slowly": self.drip, "bulk": self.bulk, "heads": self.heads,
         "garbage": lambda: self.wfile.write(b"SSH-2.0-OpenSSH_9\r\n")}.get(kind, lambda: self.send_error(404))()
        self.close_connection = True

    def log_message(self, *arguments):
        pass


class Threads(socketserver.ThreadingMixIn):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 64

    def handle_error(self, request, client_address):
        pass


servers = [type("S", (Threads, base), {})(("127.0.0.1", port), handler) for base, port, handler in (
    (socketserver.UDPServer, DNS_PORT, Udp), (socketserver.TCPServer, DNS_PORT, Tcp), (socketserver.TCPServer, WEB_PORT, Web))]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
