"""Plants secrets, uses them, and looks for them everywhere."""
import base64
import re
import subprocess
import time

from client import KEY, WORK, call, check, finish, routes

PASS_PHRASE = "canary-pass-phrase"
TLS = WORK / "tls"
ID = re.compile(r"\b[a-z]+_[0-9a-z]{26}\b")
SEC1_SCALAR = slice(7, 39)  # SEQUENCE { INTEGER 1, OCTET STRING (32) …


def scalar(pem):
    """The secret number of a P-256 key."""
    der = subprocess.run(["openssl", "ec", "-outform", "DER"], input=pem, check=True, capture_output=True).stdout
    return der[SEC1_SCALAR]


def master_key():
    line = (WORK / "data/master.key").read_text().split()[0]
    return bytes.fromhex(line) if len(line) == 64 else base64.b64decode(line)


def forms(secret):
    """A secret as it may be written: bytes, hex, base64 at any offset in a longer text."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for offset in range(3):
        inner = base64.b64encode(b"\0" * offset + secret)[4:-4]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found(secret, haystack):
    """Line breaks within a PEM do not hide it, nor do they where JSON has written them as \\n."""
    joined = haystack.replace(b"\\n", b"").replace(b"\n", b"")
    return any(form in haystack or form in joined for form in forms(secret))


def use_keys():
    """All that can be done with a key; what hands it out on purpose is not among the answers."""
    certificate, key = (TLS / "fullchain.pem").read_text(), (TLS / "key.pem").read_text()
    encrypted = (WORK / "encrypted.pem").read_text()
    p12 = base64.b64encode((WORK / "in.p12").read_bytes()).decode()
    attempts = [  # none of them may be quoted
        {"certificate": certificate, "key": [key]},
        {"certificate": key},
        {"certificate": key + certificate[:-40]},
        {"certificate": certificate, "key": key[:-60]},
        {"certificate": certificate, "key": encrypted, "pass_phrase": {PASS_PHRASE: PASS_PHRASE}},
        {"certificate": certificate, "key": encrypted, "pass_phrase": PASS_PHRASE + "x"},
        {"certificate_base64": p12, "pass_phrase": PASS_PHRASE, "tags": key},
    ]
    answers = [call("POST", "/v1/certificates", body) for body in attempts]
    answers.append(call("POST", "/v1/certificates", '{"certificate": "' + key.replace("\n", "\\n") + PASS_PHRASE))
    check("each wrong way is refused", all(answer.status == 400 for answer in answers),
          [str(answer) for answer in answers])
    taken = call("POST", "/v1/certificates", {"certificate_base64": p12, "pass_phrase": PASS_PHRASE},
                 Idempotency_Key="canary")
    check("the right one is taken", taken.status == 201, taken)
    return answers + [taken] + deploy_and_renew(taken["id"])


def deploy_and_renew(certificate):
    target = {"name": "web", "certificate_id": certificate, "deploy": True, "files": [
        {"path": f"{TLS}/{content}.pem", "content": content} for content in ("fullchain", "key", "combined")]}
    answers = [call("POST", "/v1/targets", target)]
    answers.append(call("POST", f"/v1/certificates/{certificate}/renew", {"csr_choice": "keep"}))
    successor = answers[-1]["certificate"]["id"]
    deadline = time.monotonic() + 20
    while not deployed(successor) and time.monotonic() < deadline:
        time.sleep(0.2)
    check("the key is used: its successor is deployed", deployed(successor))
    return answers


def deployed(certificate):
    return any(deployment["state"] == "done"
               for deployment in call("GET", f"/v1/deployments?certificate={certificate}")["items"])


def everything_shown():
    """What every GET route says, of every object that is named anywhere."""
    paths = [path for method, path, _ in routes() if method == "GET"]
    plain = [call("GET", path) for path in paths if "{" not in path]
    ids = sorted({id_ for answer in plain for id_ in ID.findall(answer.text)})
    check("there are objects of many kinds", len({id_.split("_")[0] for id_ in ids}) >= 6, ids)
    return plain + [call("GET", re.sub(r"\{\w+\}", id_, path)) for path in paths if "{" in path for id_ in ids]


def take_out(certificate):
    """This must show it; it shows that the search can find it."""
    return call("POST", f"/v1/certificates/{certificate}/download", {"format": "key"}).bytes


def main():
    answers = use_keys()
    secrets = {
        "the imported key": scalar((TLS / "key.pem").read_bytes()),
        "the master key": master_key(),
        "an access key": KEY.split(".")[1].encode(),
        "a pass phrase": PASS_PHRASE.encode(),
    }
    certificate = next(answer["id"] for answer in answers if answer.status == 201)
    check("the search finds a key where it must be", found(secrets["the imported key"], take_out(certificate)))
    shown = b"\n".join(answer.bytes for answer in answers + everything_shown())
    places = {
        "an answer": shown,
        "the log": (WORK / "tenure.log").read_bytes(),
        "the database": b"".join(path.read_bytes() for path in sorted((WORK / "data").glob("tenure.db*"))),
    }
    for secret, content in secrets.items():
        for place, haystack in places.items():
            check(f"{secret} is not in {place}", not found(content, haystack))
    check("the log is not empty", len(places["the log"]) > 100)
    finish()


main()
