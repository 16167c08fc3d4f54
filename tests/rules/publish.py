"""What the applicants of the scenarios publish: records of name servers, and files of a web server.

publish.py --zone FOLDER PORT writes FOLDER/named.conf of a server that takes updates of example.com. There are two of them.
"""
import http.server
import os
import pathlib
import subprocess
import sys
import threading

ADDRESS = "127.0.0.1"
SECONDS = 20
PORTS = os.environ.get("NAMES_PORTS", "").split()
ZONE = """$TTL 1
@ SOA ns1 host 1 60 60 60 1
@ NS ns1
* A 127.0.0.1
ns1 A 127.0.0.1
"""
CONFIGURATION = """options {{ directory "{folder}"; listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }};
recursion no; pid-file none; session-keyfile none; notify no; }};
controls {{ }};
zone "example.com" {{ type primary; file "example.com.zone"; allow-update {{ {address}; }}; }};
"""

_files = {}  # (name, path) -> the content


def write_zone(folder, port):
    folder = pathlib.Path(folder)
    folder.mkdir()
    (folder / "example.com.zone").write_text(ZONE)
    (folder / "named.conf").write_text(CONFIGURATION.format(folder=folder, port=port, address=ADDRESS))


def update(ports, *lines):
    """Real updates of the zone: what nsupdate takes."""
    for port in ports:
        text = "\n".join([f"server {ADDRESS} {port}", "zone example.com", *lines, "send", ""])
        subprocess.run(["nsupdate", "-v"], input=text, text=True, check=True, timeout=SECONDS, capture_output=True)


def record(host, type_, value, ports=PORTS):
    update(ports, f"update delete {host}. {type_}", f"update add {host}. 1 {type_} {value}")


def no_records(host):
    update(PORTS, f"update delete {host}.")


class Files(http.server.BaseHTTPRequestHandler):
    """Every name has its own files."""

    def do_GET(self):  # pylint: disable=invalid-name
        name = self.headers["Host"].split(":")[0]
        content = _files.get((name, self.path), "").encode()
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def file(name, path, content):
    if not _files:
        server = http.server.ThreadingHTTPServer((ADDRESS, int(os.environ["FILES_PORT"])), Files)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    _files[name, path] = content


if __name__ == "__main__":
    if sys.argv[1:2] != ["--zone"]:
        sys.exit(__doc__)
    write_zone(sys.argv[2], sys.argv[3])
