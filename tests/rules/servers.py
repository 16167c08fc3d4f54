"""The servers of the scenarios: one TLS listener for all names, each with a folder whose files deployments replace.

A name is answered with the files as they are at that moment, as by a server that every reload reaches. A frozen one is
answered with those that were there when it was frozen, as by a server whose reload command does nothing.
"""
import contextlib
import hashlib
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading

import fixtures
from client import WORK

PORT = int(os.environ["SERVER_PORT"])
ADDRESSES = ("127.0.0.1", "127.0.0.2")
TWICE = "twice.example.com"  # has both, for the daemon
SECONDS = 10
HOME = WORK / "servers"

_sites = {}  # (address, name) -> the folder


def folder(name):
    path = HOME / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def put(path, pair):
    """By hand, as somebody does who does not know Tenure."""
    (path / "fullchain.pem").write_text(pair["certificate"])
    (path / "key.pem").write_text(pair["key"])
    (path / "key.pem").chmod(0o600)


def serve(name, path, address=ADDRESSES[0]):
    """The name is answered with the files of the folder."""
    listen()
    _sites[address, name] = path


def freeze(name, path):
    """The name is answered with the present files of the folder, whatever becomes of them."""
    kept = pathlib.Path(tempfile.mkdtemp(prefix="frozen-", dir=WORK))
    put(kept, {"certificate": (path / "fullchain.pem").read_text(), "key": (path / "key.pem").read_text()})
    serve(name, kept)


# ---- answering ----

def listen():
    if not _sites:
        for address in ADDRESSES:
            listener = socket.create_server((address, PORT), backlog=64)
            threading.Thread(target=accept, args=(listener, address), daemon=True).start()


def accept(listener, address):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, address), daemon=True).start()


def answer(connection, address):
    def choose(tls, name, _):
        path = _sites.get((address, name))
        if path is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path / "fullchain.pem", path / "key.pem")
        tls.context = context
        return None

    connection.settimeout(SECONDS)
    first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    first.sni_callback = choose
    with contextlib.suppress(OSError), connection, first.wrap_socket(connection, server_side=True) as tls:
        tls.recv(1)


# ---- looking ----

def dates(name):
    """What `openssl s_client | openssl x509 -dates` tells."""
    shown = subprocess.run(["openssl", "s_client", "-connect", f"{ADDRESSES[0]}:{PORT}", "-servername", name],
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    return fixtures.dates(shown.stdout)


def fingerprint(name, address=ADDRESSES[0]):
    """SHA-256 of the certificate that is shown to whoever asks for the name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((address, PORT), SECONDS) as plain, \
            context.wrap_socket(plain, server_hostname=name) as tls:
        return hashlib.sha256(tls.getpeercert(True)).hexdigest()


# ---- other servers ----

@contextlib.contextmanager
def speaks_no_tls():
    """The port of a server that answers with something else than TLS."""
    def greet(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"220 mail.example.com ESMTP\r\n")

    with socket.create_server((ADDRESSES[0], 0)) as listener:
        threading.Thread(target=greet, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def closed_port():
    with socket.create_server((ADDRESSES[0], 0)) as listener:
        return listener.getsockname()[1]
