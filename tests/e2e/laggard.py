"""Who waits for whom; run by laggard.sh."""
import os
import subprocess
import time

from client import WORK, call, check, finish

CA, TENURE = os.environ["CA"], os.environ["TENURE"]
BEFORE = 30  # seconds that each of them took when a slow request held every worker


def command(*words):
    return subprocess.run([TENURE, *words], check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def buy(issuer, name):
    command("catalog", "set", "Tenure", "--issuer", issuer)
    return call("POST", "/v1/orders", {"brand": "Tenure", "names": [name]})["certificate_id"]


def is_issued(certificate):
    return call("GET", f"/v1/certificates/{certificate}")["state"] == "issued"


def waited(holds, seconds):
    begin = time.monotonic()
    while not holds() and time.monotonic() < begin + seconds:
        time.sleep(0.1)
    return time.monotonic() - begin


def in_log(text):
    with open(f"{WORK}/tenure.log") as log:
        return text in log.read()


def those_that_drip():
    channel = call("POST", "/v1/channels", {"name": "drip", "kind": "webhook", "address": f"{CA}/drip/hook"})["id"]
    call("POST", f"/v1/channels/{channel}/test", {})
    buy("drip", "name.drip.test")
    time.sleep(1)
    ours = buy("local", "ours.drip.test")
    seconds = waited(lambda: is_issued(ours), BEFORE)
    check("a certificate of our own CA waits for nobody outside", seconds < BEFORE / 5, seconds)


def a_ca_that_is_late():
    late = [buy("late", f"late.name{i}.test") for i in range(3)]
    check("who keeps a worker is found out", waited(lambda: in_log('"party":"issuer late"'), BEFORE) < BEFORE)
    quick = buy("quick", "honest.quick.test")
    seconds = waited(lambda: is_issued(quick), BEFORE)
    check("a quick CA does not wait for one that is late", seconds < BEFORE / 3, seconds)
    check("which has more to do than that", not all(is_issued(one) for one in late))


those_that_drip()
a_ca_that_is_late()
finish()
