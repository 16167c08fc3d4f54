"""What a good CA refuses and what a bad one does, asked by hand: test_ca.py general | bound | clock. Run by test_ca.sh."""
import base64
import datetime
import http.client
import json
import os
import pathlib
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(__file__))
from acme_client import (Account, b64, csr, der_of, directory, fetch, jwk_of, mac_signer, message, new_key, new_nonce,  # noqa: E402
                         plain, renewal_id, rsa, signer)
from cryptography import x509  # noqa: E402

TOKENS = pathlib.Path(os.environ["TOKENS"])
DNS = "http://127.0.0.1:" + os.environ["CA_DNS_CONTROL"]
PATIENCE_SECONDS = 10
failed = []


def check(name, holds, detail=""):
    if holds:
        print(f"ok - {name}", flush=True)
    else:
        failed.append(name)
        print(f"not ok - {name}\n#   {detail}", flush=True)


def refused(name, answer, status, problem):
    check(name, answer.status == status and answer.problem == problem, f"not {status} {problem}: {answer}")


def dns(command, **body):
    urllib.request.urlopen(f"{DNS}/{command}", json.dumps(body).encode(), timeout=5).close()


def wait_for(account, url, states):
    """Asks until the status is one of them."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = account.post(url)
        if answer.json.get("status") in states or time.monotonic() > end:
            return answer
        time.sleep(0.1)


def prove(account, order, kind="http-01"):
    """All authorizations of an order; the order as it is then."""
    for url in order["authorizations"]:
        authorization = account.post(url)
        if authorization["status"] != "pending":
            continue
        challenge = account.challenge(authorization, kind)
        if kind == "http-01":
            (TOKENS / challenge["token"]).write_text(account.proof(challenge["token"]) + "\n")
        account.post(challenge["url"], {})
        wait_for(account, url, ("valid", "invalid"))


def issue(account, *names, **members):
    """A certificate: its order and its PEM chain."""
    order = account.order(*names, **members)
    prove(account, order)
    done = account.finalize(order)
    return order.location, account.post(done["certificate"]).text if done.status == 200 and "certificate" in done.json else str(done)


# ---- signed messages ----


def test_messages():
    account = Account()
    new_order = directory["newOrder"]
    check("newNonce: GET is 204 and not stored", fetch("GET", directory["newNonce"]).status == 204
          and fetch("GET", directory["newNonce"]).headers["Cache-Control"] == "no-store")
    check("an account is made", account.register(contact=["mailto:a@example.test"]).status == 201)
    check("the same key gets the same account", Account(account.key).register().location == account.url)
    nonce = new_nonce()
    account.nonce = nonce
    account.post(account.url)
    account.nonce = nonce
    again = account.post(account.url)
    refused("a nonce counts once", again, 400, "badNonce")
    check("the refusal brings a good one", again.headers["Replay-Nonce"] and account.post(account.url).status == 200)
    account.nonce = b64(b"made up by the client")
    refused("a made-up nonce is refused", account.post(account.url), 400, "badNonce")
    refused("a message without nonce is refused", account.post(account.url, header={"nonce": None}), 400, "badNonce")
    refused("another url is refused", account.post(account.url, header={"url": new_order}), 403, "unauthorized")
    refused("jwk and kid at once are refused", account.post(account.url, header={"jwk": jwk_of(account.key)}), 400, "malformed")
    refused("jwk where a kid belongs is refused", account.post(new_order, {}, jwk=True, header={"kid": None}), 400, "malformed")
    refused("kid where a jwk belongs is refused", account.post(directory["newAccount"], {}), 400, "malformed")
    mac = account.post(account.url, header={"alg": "HS256"})
    refused("a MAC is no signature", mac, 400, "badSignatureAlgorithm")
    check("the algorithms are named", "ES256" in mac.json.get("algorithms", []), mac)
    refused("no algorithm is none", account.post(account.url, header={"alg": "none"}), 400, "badSignatureAlgorithm")
    refused("a changed payload is refused", account.post(account.url, {}, tamper=True), 400, "malformed")
    refused("another key's signature is refused", account.post(account.url, key=new_key(), header={"kid": account.url}), 400, "malformed")
    refused("another content type is refused", account.post(account.url, content_type="application/json"), 415, "malformed")
    refused("GET of a resource is refused", fetch("GET", account.url), 405, "malformed")
    refused("an unknown account is refused", account.post(account.url, header={"kid": account.url + "x"}), 400, "accountDoesNotExist")
    refused("what is not JSON is refused", fetch("POST", new_order, "{", {"Content-Type": "application/jose+json"}), 400, "malformed")
    check("a huge body is refused", fetch("POST", new_order, "x" * 200_000).status == 413)
    check("links lead to the directory", account.post(account.url).links("index") == [os.environ["CA_URL"]])


# ---- accounts ----


def test_accounts():
    account, other = Account(), Account(rsa.generate_private_key(65537, 2048))
    refused("an account that there is not", account.post(directory["newAccount"], {"onlyReturnExisting": True}), 400,
            "accountDoesNotExist")
    refused("terms must be agreed to", account.register(termsOfServiceAgreed=False), 403, "userActionRequired")
    for contact, problem in (("tel:+12025551212", "unsupportedContact"), ("mailto:a@example.test?cc=b@example.test", "invalidContact"),
                             ("mailto:a@example.test,b@example.test", "invalidContact"), ("mailto:nobody", "invalidContact")):
        refused(f"contact {contact}", account.register(contact=[contact]), 400, problem)
    account.register(contact=["mailto:a@example.test"])
    check("an RSA key is taken", other.register().status == 201)
    changed = account.post(account.url, {"contact": ["mailto:b@example.test"]})
    check("contacts can be changed", changed["contact"] == ["mailto:b@example.test"], changed)
    refused("another account cannot be read", other.post(account.url), 403, "unauthorized")
    weak = rsa.generate_private_key(65537, 1024)
    refused("a weak key is refused", Account(weak).register(), 400, "badPublicKey")
    test_key_change(account, other)
    closed = account.post(account.url, {"status": "deactivated"})
    check("an account can be closed", closed["status"] == "deactivated", closed)
    refused("a closed account can do nothing", account.order("a.example.test"), 403, "unauthorized")
    refused("nor be made again", Account(account.key).register(), 403, "unauthorized")


def change(account, key, account_url=None, old=None, url=None):
    target = directory["keyChange"]
    inner = message({"alg": "ES256", "jwk": jwk_of(key), "url": url or target},
                    {"account": account_url or account.url, "oldKey": jwk_of(old or account.key)}, signer(key))
    return account.post(target, inner)


def test_key_change(account, other):
    key = new_key()
    refused("keyChange: another account inside", change(account, key, account_url=other.url), 400, "malformed")
    refused("keyChange: another old key", change(account, key, old=key), 400, "malformed")
    refused("keyChange: another url inside", change(account, key, url=directory["newOrder"]), 400, "malformed")
    third = Account()
    third.register()
    taken = change(account, third.key)
    check("keyChange to a key in use", taken.status == 409 and taken.location == third.url, taken)
    check("keyChange", change(account, key).status == 200)
    refused("the old key does no more", account.post(account.url), 400, "malformed")
    account.key = key
    check("the new one does", account.post(account.url).status == 200)


# ---- orders ----


def test_identifiers(account):
    for name, problem in (("under_score.example.test", "rejectedIdentifier"), ("a..example.test", "rejectedIdentifier"),
                          ("a.example.test.", "rejectedIdentifier"), ("bücher.example.test", "rejectedIdentifier"),
                          ("*.*.example.test", "rejectedIdentifier"), ("x.blocked.example.test", "rejectedIdentifier"),
                          ("localhost", "rejectedIdentifier"), ("a" * 64 + ".example.test", "rejectedIdentifier")):
        refused(f"identifier {name[:30]}", account.order(name), 400, problem)
    two = account.order("good.example.test", "x.blocked.example.test")
    names = [one["identifier"]["value"] for one in two.json.get("subproblems", [])]
    check("subproblems name the identifiers", names == ["x.blocked.example.test"], two)
    refused("another type of identifier", account.post(directory["newOrder"], {"identifiers": [{"type": "email", "value": "a@b.test"}]}),
            400, "unsupportedIdentifier")
    refused("an address as a name", account.post(directory["newOrder"], {"identifiers": [{"type": "dns", "value": "127.0.0.1"}]}),
            400, "rejectedIdentifier")
    refused("no identifiers", account.order(), 400, "malformed")
    refused("1000 identifiers", account.order(*(f"h{i}.example.test" for i in range(1000))), 400, "malformed")
    kinds = [one["type"] for one in account.authorization(account.order("*.wild.example.test"))["challenges"]]
    check("a wildcard is proven by DNS alone", kinds == ["dns-01", "dns-persist-01"], kinds)
    kinds = [one["type"] for one in account.authorization(account.order("127.0.0.2"))["challenges"]]
    check("an address is not proven by DNS", kinds == ["http-01", "tls-alpn-01"], kinds)


def test_orders():
    account, other = Account(), Account()
    account.register()
    other.register()
    test_identifiers(account)
    order = account.order("o1.example.test")
    check("an order begins pending", order.status == 201 and order["status"] == "pending", order)
    check("the same again is the same order", account.order("o1.example.test").location == order.location)
    refused("another account's order", other.post(order.location), 403, "unauthorized")
    refused("another account's authorization", other.post(order["authorizations"][0]), 403, "unauthorized")
    refused("an order that there is not", account.post(order.location + "x"), 404, "malformed")
    refused("a payload where none belongs", account.post(order.location, {}), 400, "malformed")
    refused("finalized too early", account.finalize(order), 403, "orderNotReady")
    prove(account, order)
    check("proven, it is ready", account.post(order.location)["status"] == "ready")
    test_csrs(account, order)
    done = account.finalize(order)
    check("finalized, it is valid", done.json.get("status") == "valid", done)
    refused("finalized twice", account.finalize(order), 403, "orderNotReady")
    refused("another account's certificate", other.post(done["certificate"]), 403, "unauthorized")
    reused = account.order("o1.example.test")
    check("a valid authorization is used again", reused["status"] == "ready", reused)
    listed = account.post(account.post(account.url)["orders"])
    check("orders are listed", order.location in listed["orders"], listed)
    off = account.post(reused["authorizations"][0], {"status": "deactivated"})
    check("an authorization can be given up", off["status"] == "deactivated", off)
    check("then its orders are invalid", account.post(reused.location)["status"] == "invalid")
    test_failure(account)


def test_csrs(account, order):
    refused("a CSR for other names", account.finalize(order, names=["other.example.test"]), 400, "badCSR")
    refused("a CSR for more names", account.finalize(order, names=["o1.example.test", "o2.example.test"]), 400, "badCSR")
    refused("a CSR with the account's key", account.finalize(order, key=account.key), 400, "badCSR")
    refused("a CSR with a weak key", account.finalize(order, key=rsa.generate_private_key(65537, 1024)), 400, "badCSR")
    refused("a CSR that is none", account.post(order["finalize"], {"csr": b64(b"nothing")}), 400, "badCSR")
    broken = bytearray(csr(new_key(), ["o1.example.test"]))
    broken[-1] ^= 1
    refused("a CSR whose signature is wrong", account.post(order["finalize"], {"csr": b64(bytes(broken))}), 400, "badCSR")
    check("after all that it is still ready", account.post(order.location)["status"] == "ready")


def test_failure(account):
    order = account.order("fails.example.test")
    challenge = account.challenge(account.authorization(order), "http-01")
    (TOKENS / challenge["token"]).write_text("something else")
    account.post(challenge["url"], {})
    authorization = wait_for(account, order["authorizations"][0], ("invalid", "valid"))
    check("wrong content makes it invalid", authorization["status"] == "invalid", authorization)
    check("and says why", authorization["challenges"][0]["error"]["type"].endswith(":unauthorized"), authorization)
    check("so is the order", account.post(order.location)["status"] == "invalid")
    persist = account.order("*.persist.example.test")
    value = f"test-ca.invalid; accounturi={account.url}; policy=wildcard"
    dns("set-txt", host="_validation-persist.persist.example.test.", value=value)
    prove(account, persist, "dns-persist-01")
    check("dns-persist-01", account.post(persist.location)["status"] == "ready", account.authorization(persist))


def test_times():
    account = Account()
    account.register()
    now = datetime.datetime.utcnow().replace(microsecond=0)
    end = now + datetime.timedelta(days=7)
    _, pem = issue(account, "times.example.test", notAfter=end.isoformat() + "Z")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    check("notAfter is as asked for", certificate.not_valid_after == end, certificate.not_valid_after)
    refused("too long is refused", account.order("t.example.test", notAfter=(now + datetime.timedelta(days=400)).isoformat() + "Z"), 400,
            "malformed")
    _, pem = issue(account, "short.example.test", profile="shortlived")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    check("a profile has its lifetime", (certificate.not_valid_after - certificate.not_valid_before).days in (5, 6))
    refused("a profile that there is not", account.order("p.example.test", profile="tenyears"), 400, "invalidProfile")


# ---- certificates ----


def revoke(account, pem, jwk=False, key=None, **members):
    return account.post(directory["revokeCert"], {"certificate": b64(der_of(pem)), **members}, jwk=jwk, key=key,
                        header={"kid": None} if jwk else None)


def crl_serials(pem):
    point = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(x509.CRLDistributionPoints)
    with urllib.request.urlopen(point.value[0].full_name[0].value, timeout=5) as answer:
        return [one.serial_number for one in x509.load_der_x509_crl(answer.read())]


def on_crl(pem):
    serial, end = x509.load_pem_x509_certificate(pem.encode()).serial_number, time.monotonic() + PATIENCE_SECONDS
    while serial not in crl_serials(pem) and time.monotonic() < end:
        time.sleep(0.1)
    return serial in crl_serials(pem)


def test_revocation():
    account, other, key = Account(), Account(), new_key()
    account.register()
    other.register()
    order = account.order("r1.example.test")
    prove(account, order)
    pem = account.post(account.finalize(order, key=key)["certificate"]).text
    refused("a stranger cannot revoke", revoke(other, pem), 403, "unauthorized")
    refused("nor with a key of his own", revoke(other, pem, jwk=True), 403, "unauthorized")
    refused("a reason that there is not", revoke(account, pem, reason=7), 400, "badRevocationReason")
    check("its own key revokes", revoke(Account(), pem, jwk=True, key=key).status == 200)
    refused("twice is refused", revoke(account, pem), 400, "alreadyRevoked")
    check("it is on the CRL", on_crl(pem))
    _, second = issue(account, "r1.example.test")
    prove(other, other.order("r1.example.test"))
    check("who controls all names may revoke", revoke(other, second, reason=4).status == 200)


def window(pem):
    answer = fetch("GET", f"{directory['renewalInfo']}/{renewal_id(pem)}")
    return answer, {name: datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
                    for name, value in answer.json.get("suggestedWindow", {}).items()}


def test_renewal_info():
    account = Account()
    account.register()
    _, pem = issue(account, "ari.example.test")
    answer, first = window(pem)
    end = x509.load_pem_x509_certificate(pem.encode()).not_valid_after
    left = end - first["start"]
    check("the window lies around a third", datetime.timedelta(days=29) < left < datetime.timedelta(days=32), answer)
    check("Retry-After says when to ask again", answer.headers["Retry-After"] == "300", answer.headers)
    now = datetime.datetime.utcnow().replace(microsecond=0)
    plain("windows", {"end": now.isoformat() + "Z", "certificate": renewal_id(pem)})
    check("the window can be moved", window(pem)[1]["end"] == now and "explanationURL" in window(pem)[0].json)
    plain("windows", {})
    check("and back", window(pem)[1] == first)
    check("an unknown certificate has none", fetch("GET", directory["renewalInfo"] + "/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE").status == 404)
    replaced = account.order("ari.example.test", replaces=renewal_id(pem))
    check("`replaces` is echoed", replaced.json.get("replaces") == renewal_id(pem), replaced)
    account.finalize(replaced)
    refused("a certificate is replaced once", account.order("ari.example.test", "b.example.test", replaces=renewal_id(pem)), 409,
            "alreadyReplaced")
    refused("only one that shares a name", account.order("other.example.test", replaces=renewal_id(pem)), 400, "malformed")
    check("revoked overnight, the window is over", plain("revoke", {"certificate": renewal_id(pem)})["changed"] == 1
          and window(pem)[1]["end"] < now, window(pem)[0])


# ---- faults ----


def with_fault(name, action, **members):
    plain("faults", {name: {"percent": 100, **members}})
    try:
        return action()
    finally:
        plain("faults", {"all": 0})


def breaks(action):
    try:
        return action()
    except (http.client.HTTPException, OSError) as problem:
        return problem


def test_transport_faults(account):
    refused("fault bad_nonce", with_fault("bad_nonce", lambda: account.post(account.url)), 400, "badNonce")
    answer = with_fault("rate_limited_wait", lambda: account.post(account.url), seconds=77)
    check("fault rate_limited_wait", answer.status == 429 and answer.headers["Retry-After"] == "77", answer)
    before = plain("counts")["too_early"]
    account.post(account.url)
    check("who does not wait is counted", plain("counts")["too_early"] == before + 1, plain("counts"))
    answer = with_fault("rate_limited", lambda: account.post(account.url))
    check("fault rate_limited", answer.status == 429 and not answer.headers["Retry-After"], answer)
    answer = with_fault("unavailable_wait", lambda: fetch("HEAD", directory["newNonce"]))
    check("fault unavailable_wait", answer.status == 503 and answer.headers["Retry-After"], answer)
    check("fault internal", with_fault("internal", lambda: account.post(account.url)).status == 500)
    before = plain("counts")["requests"]["account"]
    account.nonce = new_nonce()
    problem = with_fault("dropped", lambda: breaks(lambda: account.post(account.url)))
    check("fault dropped", isinstance(problem, (http.client.HTTPException, OSError)), problem)
    check("it is counted", plain("counts")["requests"]["account"] == before + 1)
    account.nonce = new_nonce()
    problem = with_fault("truncated", lambda: breaks(lambda: account.post(account.url)))
    check("fault truncated", isinstance(problem, http.client.IncompleteRead), problem)
    account.nonce = new_nonce()
    check("fault malformed", with_fault("malformed", lambda: account.post(account.url)).text.startswith("<html>"))
    account.nonce = new_nonce()
    with_fault("dropped_after", lambda: breaks(lambda: account.order("dropped.example.test")))
    account.nonce = None
    listed = account.post(account.post(account.url)["orders"])["orders"]
    check("fault dropped_after: it was done", len(listed) == 1 and account.order("dropped.example.test").location == listed[0], listed)


def spoiled(account, fault, name):
    """The order and the chain of a certificate that is made under a fault."""
    def action():
        order = account.order(name)
        prove(account, order)
        done = account.finalize(order)
        return account.post(order.location), account.post(done["certificate"]).text if "certificate" in done.json else ""
    return with_fault(fault, action, **({"seconds": 1} if fault in ("processing_slow", "validation_slow") else {}))


def test_ca_faults(account):
    _, pem = spoiled(account, "wrong_names", "wn.example.test")
    names = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    check("fault wrong_names", names.get_values_for_type(x509.DNSName) == ["wrong.test-ca.invalid"], pem)
    order, key = account.order("wk.example.test"), new_key()
    prove(account, order)
    done = with_fault("wrong_key", lambda: account.finalize(order, key=key))
    got = x509.load_pem_x509_certificate(account.post(done["certificate"]).text.encode()).public_key().public_numbers()
    check("fault wrong_key", got != key.public_key().public_numbers())
    _, pem = spoiled(account, "wrong_chain", "wc.example.test")
    leaf, above = [x509.load_pem_x509_certificate((part + "-----END CERTIFICATE-----\n").encode())
                   for part in pem.split("-----END CERTIFICATE-----\n")[:2]]
    check("fault wrong_chain", leaf.issuer != above.subject, pem)
    order, _ = spoiled(account, "order_invalid", "oi.example.test")
    check("fault order_invalid", order["status"] == "invalid" and "error" in order.json, order)
    order, _ = spoiled(account, "authorization_expired", "ae.example.test")
    check("fault authorization_expired", order["status"] == "invalid" and account.authorization(order)["status"] == "expired", order)
    order, _ = spoiled(account, "processing_never", "pn.example.test")
    check("fault processing_never", order["status"] == "processing", order)
    order, _ = spoiled(account, "validation_failed", "vf.example.test")
    check("fault validation_failed", order["status"] == "invalid", order)
    order, _ = spoiled(account, "processing_slow", "ps.example.test")
    answer = account.post(order["authorizations"][0])
    url = account.order("ps.example.test")  # another one, ready at once, while the first is at work
    check("fault processing_slow", order["status"] == "processing" and order.headers["Retry-After"] == "1", order)
    check("other orders go on", url["status"] == "ready" and answer["status"] == "valid", url)
    _, pem = issue(account, "ar.example.test")
    answer = with_fault("already_replaced", lambda: account.order("ar.example.test", replaces=renewal_id(pem)))
    refused("fault already_replaced", answer, 409, "alreadyReplaced")
    check("and then it is not replaced", account.order("ar.example.test", replaces=renewal_id(pem)).status == 201)


def test_faults():
    account = Account()
    account.register()
    test_transport_faults(account)
    test_ca_faults(account)
    happened = {one["name"]: one["happened"] for one in plain("faults")["faults"]}
    check("faults are counted", happened["bad_nonce"] == 1 and happened["wrong_key"] == 1, happened)
    check("orders are counted", plain("counts")["orders"]["processing"] >= 1 and plain("counts")["abandoned"] == 0, plain("counts"))


# ---- with external accounts, and a limit ----


def binding(account, mac_key, kid="kid-1", url=None, key=None, **header):
    whole = {"alg": "HS256", "kid": kid, "url": url or directory["newAccount"], **header}
    return message(whole, jwk_of(key or account.key), mac_signer(mac_key))


def test_bound():
    mac_key = base64.urlsafe_b64decode("zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W")
    account = Account()
    check("the directory says so", directory["meta"]["externalAccountRequired"] is True)
    refused("no binding", account.register(), 403, "externalAccountRequired")
    for name, wrong, status, problem in (
            ("another MAC key", binding(account, b"x" * 32), 403, "unauthorized"),
            ("another kid", binding(account, mac_key, kid="kid-2"), 403, "unauthorized"),
            ("another url", binding(account, mac_key, url=directory["newOrder"]), 400, "malformed"),
            ("another account key", binding(account, mac_key, key=new_key()), 400, "malformed"),
            ("no MAC", binding(account, mac_key, alg="none"), 400, "badSignatureAlgorithm"),
            ("a nonce", binding(account, mac_key, nonce=new_nonce()), 400, "malformed")):
        refused(f"binding with {name}", account.register(externalAccountBinding=wrong), status, problem)
    made = account.register(externalAccountBinding=binding(account, mac_key))
    check("a good binding", made.status == 201, made)
    order = account.order("e1.example.test")
    prove(account, order, "tls-alpn-01")
    check("always valid", account.post(order.location)["status"] == "ready")
    check("orders up to the limit", all(account.order(f"e{i}.example.test").status == 201 for i in (2, 3)))
    over = account.order("e4.example.test")
    refused("orders over the limit", over, 429, "rateLimited")
    check("it says when", 0 < int(over.headers["Retry-After"] or 0) <= 3600, over.headers)
    check("the same order again is no new one", account.order("e3.example.test").status == 201)
    check("it is counted", plain("counts")["over_limit"] == 1)


# ---- with a clock of its own ----


def test_clock():
    account = Account()
    account.register()
    first = x509.load_pem_x509_certificate(issue(account, "clock.example.test")[1].encode())
    check("the clock is the test's", first.not_valid_before.date() == datetime.date(2027, 1, 1) - datetime.timedelta(days=1),
          first.not_valid_before)
    plain("clock", {"advance_to": "2027-03-01T12:00:00Z"})
    second = x509.load_pem_x509_certificate(issue(account, "clock.example.test")[1].encode())
    check("and moves", second.not_valid_before.date() == datetime.date(2027, 3, 1), second.not_valid_before)
    check("forwards alone", plain("clock", {"advance_to": "2027-02-01"}).get("status") == 400)


def main():
    if sys.argv[1] == "general":
        for test in (test_messages, test_accounts, test_orders, test_times, test_revocation, test_renewal_info, test_faults):
            test()
    else:
        {"bound": test_bound, "clock": test_clock}[sys.argv[1]]()
    sys.exit(1 if failed else 0)


main()
