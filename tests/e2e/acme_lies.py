"""The lies of lying_ca.py, one certificate each; run by acme_lies.sh."""
import json
import os
import re
import subprocess
import time
import urllib.request

from client import WORK, call, check, finish

CA, TENURE = os.environ["CA"], os.environ["TENURE"]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ISSUED = ["honest", "negative", "clock", "nonce", "badnonce", "links", "ended"]
# lie → what people are told
LIES = {
    "huge": "more than", "deep": "nested", "latin": "not UTF-8", "zero": "HTTP 400", "html": "HTTP 403", "redirect": "HTTP 302",
    "permanent": "HTTP 308", "list": "an object is expected",
    **dict.fromkeys(["nolocation", "relative", "fileurl", "longurl"], "does not say where the order is"),
    "manyauthz": "900 proofs of 1 names", "metadata": "sends us to .*169.254.169.254.*closed to outgoing connections",
    "othername": "proof of 'victim.lies.test', which was not ordered",
    **dict.fromkeys(["slash", "newlines", "longtoken"], "'token' is missing or malformed"),
    **dict.fromkeys(["file", "newline"], "'finalize' is missing or malformed"),
    **dict.fromkeys(["credentials", "insecure"], "sends us to .*, which is not https"),
    "wrongkey": "has another key", "othernames": "is for victim.lies.test",
    **dict.fromkeys(["overdue", "isca"], "is over since .* or is a CA"),
    **dict.fromkeys(["forged", "alone"], "chain that came with the certificate is not good"),
    **dict.fromkeys(["longchain", "junk", "empty"], "the chain is not PEM"), "bomb": "the chain: line 1",
    "escapes": "liar says of escapes.lies.test", "never": "the order there is processing", "ready": "the order there is ready",
    "state": "the order there is unknown", "refused": "liar says of .*alert"}
# /LIE/directory: the whole CA
WHOLE = {"away": "HTTP 301", "inside": "sends us to .*10.0.0.1.*closed to outgoing connections", "nononce": "gives no nonce",
         "strange": "gives the account no address", "other": "'newAccount' is missing or malformed"}
ids = {}


def command(*words):
    return subprocess.run([TENURE, *words], check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def buy(lies):
    for lie in lies:
        order = call("POST", "/v1/orders", {"brand": "Tenure", "names": [f"{lie}.lies.test"]})
        ids[lie] = order["certificate_id"]


def state(lie):
    return call("GET", f"/v1/certificates/{ids[lie]}")["state"]


def explained(lie, language="en"):
    answer = call("GET", f"/v1/certificates/{ids[lie]}/explain", Accept_Language=language)
    return "\n".join(item["text"] for item in answer.json["sentences"])


def wait_for(seconds, holds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def asked(end):
    with urllib.request.urlopen(CA + "/asked", timeout=5) as answer:
        return sum(count for path, count in json.load(answer).items() if path.endswith(end))


def told(lie, words):
    found = wait_for(10, lambda: re.search(words, explained(lie)))
    check(f"{lie}: people are told", found, explained(lie))
    for language in ("en", "zh-CN"):
        text = explained(lie, language)
        check(f"{lie}: in a few lines ({language})", len(text.split("\n")) < 30, text)
    check(f"{lie}: nothing comes of it", state(lie) == ("rejected" if lie == "refused" else "validating"), state(lie))


def of_orders():
    buy(ISSUED + list(LIES))
    for lie in ISSUED:
        check(f"{lie}: issued all the same", wait_for(15, lambda: state(lie) == "issued"), explained(lie))
    for lie, words in LIES.items():
        told(lie, words)
    (WORK / "escapes").write_text(ids["escapes"])
    check("where it sends us nobody went", asked("trap") == 0)
    check("a CA that wants the CSR again and again gets it now and then", asked("/finalize") < 60, asked("/finalize"))
    check("nothing is published for its lies", call("GET", "/v1/solutions?open=1").json["items"] == [])


def later():
    """Under the test's clock."""
    moved = call("POST", "/v1/test/clock", {"advance_to": "2026-11-22T00:12:00Z"})
    check("ten minutes and more pass", moved.status == 200, moved)
    check("an order that is processed for longer than it may is over",
          wait_for(15, lambda: re.search("has not come to an end with order", explained("never"))), explained("never"))
    for lie in ["forged", "alone"]:
        check(f"{lie}: a chain that stays wrong is told", wait_for(15, lambda: re.search("under none of the roots", explained(lie))),
              explained(lie))


def of_whole_cas():
    for lie, words in WHOLE.items():
        command("issuer", "add", lie, "--directory", f"{CA}/{lie}/directory", "--agree-terms")
        command("catalog", "set", "Tenure", "--issuer", lie)
        buy([f"by-{lie}"])
        told(f"by-{lie}", words)


def of_tests():
    answers = [call("POST", "/v1/solvers/test", {"name": f"10.0.0.{i}"}).status for i in range(31)]
    check("nobody scans a network with tests of solvers", answers == [202] * 30 + [429], answers)


of_orders()
of_tests()
if os.environ["HAS_CLOCK"]:
    later()
of_whole_cas()
finish()
