"""What the tests that speak HTTP themselves share: a client, and the lines `ok - …` and `not ok - …`.

Run by run_python of lib.sh, which sets TENURE_URL, TENURE_KEY (an owner's) and WORK, the folder of the test's daemon.
"""
import http.client
import json
import os
import pathlib
import sys
import threading
import urllib.parse

URL = urllib.parse.urlsplit(os.environ["TENURE_URL"])
KEY = os.environ["TENURE_KEY"]
WORK = pathlib.Path(os.environ["WORK"])
DATA = pathlib.Path(__file__).parent.parent / "data"
TOOLS = pathlib.Path(__file__).parent.parent.parent / "tools"
TIMEOUT_SECONDS = 30

failed = []


def check(name, holds, detail=""):
    """One test. The detail is shown only if it fails."""
    if holds:
        print(f"ok - {name}", flush=True)
        return
    failed.append(name)
    print(f"not ok - {name}\n#   {detail}", flush=True)


def finish():
    sys.exit(1 if failed else 0)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()
        self.text = self.bytes.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.text) if self.text else None

    def __getitem__(self, member):
        """None where there is no such member, also in an answer that is not JSON."""
        try:
            return self.json.get(member)
        except (ValueError, AttributeError):
            return None

    def __str__(self):
        return f"{self.status} {self.text}"


def call(method, path, body=None, key=KEY, **headers):
    """A body that is no text or bytes is sent as JSON. Headers are written with _ for -."""
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        sent["Authorization"] = f"Bearer {key}"
    connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body, sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def at_once(count, function):
    """What `count` threads got from function(number), all let go at the same moment."""
    answers, barrier = [None] * count, threading.Barrier(count)

    def run(number):
        barrier.wait()
        answers[number] = function(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def fixture(name):
    return (DATA / name).read_text()


def routes():
    """(method, path, operation) of all that the daemon says it has."""
    for path, operations in call("GET", "/v1/openapi.json", key=None)["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path, operation
