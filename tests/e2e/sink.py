"""Receivers for notify.sh: sink.py FOLDER MAIL_PORT HTTP_PORT.

Mail goes to FOLDER/mail/N (first line: the envelope), HTTP requests to FOLDER/http/N.json. FOLDER/mail.say holds the line that
the next mails are answered with, FOLDER/mail.drop drops the connection after DATA once, FOLDER/http.say what posts are answered with.
"""
import http.server
import json
import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

FOLDER = pathlib.Path(sys.argv[1])
MAIL, HTTP = FOLDER / "mail", FOLDER / "http"
lock = threading.Lock()


def keep(folder, suffix, content):
    with lock:
        path = folder / f"{len(list(folder.iterdir())):04d}{suffix}"
        path.with_suffix(".new").write_bytes(content)
        path.with_suffix(".new").rename(path)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        if (FOLDER / "mail.drop").exists():
            (FOLDER / "mail.drop").unlink()
            server.transport.abort()
            return "451 gone"
        if (FOLDER / "mail.say").exists():
            return (FOLDER / "mail.say").read_text().strip()
        head = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                "login": getattr(session.auth_data, "login", b"").decode()}
        keep(MAIL, ".mail", json.dumps(head).encode() + b"\n" + envelope.original_content)
        return "250 kept"


def authenticate(server, session, envelope, mechanism, auth_data):
    good = auth_data.login == b"tenure" and auth_data.password == b"s3cret-of-the-mailbox"
    return AuthResult(success=good, auth_data=auth_data)


class Listener(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = FOLDER / "http.say"
        status, answer = (said.read_text().split(" ", 1) if said.exists() else
                          ("200", "ok" if "slack" in self.path else '{"errcode":0,"errmsg":"ok","code":0}'))
        if not said.exists():
            keep(HTTP, ".json", json.dumps({"path": self.path, "headers": dict(self.headers),
                                            "body": body.decode()}).encode())
        self.send_response(int(status))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *arguments):
        pass


def main():
    MAIL.mkdir()
    HTTP.mkdir()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")

    class Mail(Controller):
        def factory(self):
            return SMTP(Handler(), hostname="localhost", require_starttls=True, tls_context=tls, authenticator=authenticate,
                        auth_required=True)

    Mail(None, hostname="127.0.0.1", port=int(sys.argv[2])).start()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3])), Listener).serve_forever()


main()
