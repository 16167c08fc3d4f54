"""Looking at servers: what is wrong with what they serve, and what to do."""
import os
import contextlib
import subprocess

import fixtures
import servers
from moments import DAY, E, E_20D, SECOND, T0
from table import rule
from world import holds, same


def finds(s, verdict, label=None, **body):
    """The verdict, with a remedy. No text depends on the profile: one of them is enough for the Chinese."""
    english = s.look(label, **body)
    same("verdict", english["verdict"], verdict)
    holds(f"a remedy: {english['remedy']}", english["remedy"] and english["remedy"].isascii())
    if s.profile == "modern":
        chinese = s.look(label, "zh", **body)["remedy"]
        holds(f"a Chinese remedy: {chinese}", chinese and not chinese.isascii())
    return english


def leaf_alone(s, n):
    return {"certificate": s.done_text(s.download(n, "cert")), "key": s.done_text(s.download(n, "key"))}


@rule("R161")
def clear_the_cache(s):
    c = s.buy()
    yield E_20D
    s.served_target(c)
    s.renewed_to_issue(c)
    found = finds(s, "ok", "a")
    holds(f"the cache is named: {found['remedy']}", "clear the browser cache" in found["remedy"])
    holds("in Chinese as well", "清除浏览器缓存" in s.look("a", "zh")["remedy"])


@rule("R162")
def something_in_front_is_old(s):
    if not os.environ.get("TWO_ADDRESSES"):
        return
    c = s.buy()
    behind = servers.folder(f"{s.tag}-behind")
    yield E_20D
    s.serve("a", s.files_of(c), behind, servers.ADDRESSES[1])
    target, _ = s.served_target(c, probe_address=f"{servers.TWICE}:{servers.PORT}")
    n = s.renewed_to_issue(c)
    same("served", (s.served(), s.served(address=servers.ADDRESSES[1])), (n["fingerprint"], c["fingerprint"]))
    yield E_20D + 2 * SECOND  # before the deployment is taken back for it
    seen = s.check(target)
    same("verdict", seen["verdict"], "intermediate_device_not_updated")
    holds(f"the address is named: {seen}", servers.ADDRESSES[1] in seen["detail_en"])
    s.serve("a", s.files_of(n), behind, servers.ADDRESSES[1])
    yield E_20D + 4 * SECOND
    same("verdict", s.check(target)["verdict"], "ok")


@rule("R163")
def chain_is_complete(s):
    n = s.buy()
    for format_, blocks in (("nginx", 2), ("pem", 3), ("haproxy", 3)):
        same(f"blocks of {format_}", len(fixtures.blocks(s.done_text(s.download(n, format_)))), blocks)
    same("certificates in pkcs12", certificates_in(s, n, "pkcs12"), 2)
    s.serve("a", leaf_alone(s, n))
    found = finds(s, "incomplete_chain", "a")
    holds(f"the remedy is the full chain: {found['remedy']}", "full chain" in found["remedy"])


def certificates_in(s, n, format_):
    """How many a PKCS#12 has, beside the key."""
    p12 = s.download(n, format_, pass_phrase="secret").bytes
    shown = subprocess.run(["openssl", "pkcs12", "-nodes", "-passin", "pass:secret"], input=p12, capture_output=True,
                           timeout=60, check=True).stdout.decode()
    same("private keys", shown.count("PRIVATE KEY-----"), 2)
    return shown.count("BEGIN CERTIFICATE")


@rule("R219")
def unreachable_has_reasons(s):
    found = finds(s, "unreachable", port=servers.closed_port())
    holds(f"it was refused: {found['detail']}", "refused" in found["detail"])
    found = finds(s, "unreachable", host="nothing.invalid")
    holds(f"there is no address: {found['detail']}", "nothing.invalid" in found["detail"])
    with contextlib.ExitStack() as stack:
        finds(s, "handshake_failed", port=stack.enter_context(servers.speaks_no_tls()))


@rule("R221")
def what_is_not_secure(s):
    n, old = s.buy(), s.buy(s.host("old"))
    s.serve("a", s.files_of(n))
    s.serve("other", s.files_of(n))
    finds(s, "name_mismatch", "other")
    s.serve("alone", leaf_alone(s, s.buy(s.host("alone"))))
    finds(s, "incomplete_chain", "alone")
    s.serve("unknown", fixtures.leaf([s.host("unknown")], T0 - DAY, E))
    finds(s, "untrusted_root", "unknown")
    s.serve("future", fixtures.leaf([s.host("future")], T0 + DAY, E))
    finds(s, "not_yet_valid", "future")
    s.serve("old", s.files_of(old))
    yield E
    finds(s, "expired", "old")


@rule("R224")
def chain_in_the_format_of_the_server(s):
    n = s.buy()
    s.serve("a", leaf_alone(s, n))
    finds(s, "incomplete_chain", "a")
    same("certificates for IIS", certificates_in(s, n, "pkcs12"), 2)
    same("blocks for nginx", len(fixtures.blocks(s.done_text(s.download(n, "nginx")))), 2)
