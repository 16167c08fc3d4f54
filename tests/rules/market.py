"""Scenarios with money: each under each profile has an account of its own, and lines of the catalogue that cost something."""
import itertools

import client
from world import BRANDS, holds, same

YEAR_PRICE, USE_PRICE = 10000, 2000  # of NAME-Priced, see catalogue.py
RICH = 1000000
_numbers = itertools.count(1)


def open_account(s):
    """From now on the scenario calls as the owner of an account of its own, and its brand costs something."""
    made = client.call("POST", "/v1/accounts", {"name": s.tag, "owner": {"name": s.tag}})
    key = client.call("POST", "/v1/login", {"secret": made["login_secret"]}, None)
    s.key, s.account = f"{key['id']}.{key['secret']}", made["id"]
    s.brand = f"{BRANDS[s.profile]}-Priced"
    s.currency = s.get(f"/v1/catalog/brands/{s.brand}")["currency"]


def balance(s):
    amounts = {item["currency"]: item["amount"] for item in s.get("/v1/money")["items"]}
    return amounts.get(s.currency, 0)


def uses(s):
    return quota(s).get("managed_use", 0)


def quota(s):
    """What is left: item -> units."""
    return {item["item"]: item["left"] for item in s.get("/v1/quota")["items"]}


def item(s, grade="dv", domain_type="single", family="ecc"):
    return f"{s.brand}/{grade}/{domain_type}/{family}"


def enrich(s):
    """The balance is RICH, whatever the givens have cost."""
    body = {"amount": RICH - balance(s), "currency": s.currency, "reference": f"given {next(_numbers)}"}
    if body["amount"]:
        answer = client.call("POST", f"/v1/accounts/{s.account}/deposits", body)
        holds(f"the deposit is made: {answer}", answer.status in (200, 201))


def grant(s, certificates=0, managed_uses=0, **of):
    """Quota that is there without having been bought."""
    body = {"account_id": s.account, "reference": f"given {next(_numbers)}"}
    wanted = {"brand": s.brand, "grade": "dv", "domain_type": "single", "key_family": "ecc", **of}
    for units in ({**wanted, "certificates": certificates} if certificates else None,
                  {"managed_uses": managed_uses} if managed_uses else None):
        answer = units and client.call("POST", "/v1/quota/grants", {**body, **units, "reference": f"given {next(_numbers)}"})
        holds(f"the quota is granted: {answer}", not units or answer.status in (200, 201))


def given(s, *names, **body):
    """C: issued, and the balance is what it was."""
    enrich(s)
    c = ordered(s, quote(s, names=list(names) or [s.host("a")], brand=s.brand, key_algorithm="p256", **body))["certificate"]
    s.done(s.call("PUT", f"/v1/certificates/{c['id']}/tags", {"tags": [s.tag]}))
    c = s.issued(c)
    enrich(s)
    return c


def quote(s, **body):
    return s.done(s.call("POST", "/v1/quotes", body), 201)


def quote_renewal(s, c, **body):
    return quote(s, kind="renewal", certificate_id=c["id"], **body)


def ordered(s, quoted, **body):
    """The order of a quote; paid, unless `body` says otherwise."""
    return s.done(s.call("POST", "/v1/orders", {"quote_id": quoted["id"], **body}), 201)


def renewed(s, c, **body):
    """Quoted, ordered and paid: the certificates, as they are now."""
    return states(s, ordered(s, quote_renewal(s, c, **body)))


def states(s, order):
    return [s.certificate(c["id"]) for c in order["certificates"]]


def lines(quoted):
    """(certificate or use, quota or paid, count, amount) of each line."""
    return [("use" if line["item"] == "managed_use" else "certificate", line["source"], line["count"], line["amount"]["amount"])
            for line in quoted["lines"]]


def due(quoted):
    return quoted["due"]["amount"]


def codes(notes):
    return [note["code"] for note in notes]


def adds_up(s):
    same("the ledgers add up", s.get("/v1/ledgers/check")["intact"], True)


def chained(old, made):
    """Each follows the one before, the first one the old certificate."""
    before = [old["id"], *(c["id"] for c in made[:-1])]
    same("predecessors", [c["predecessor_id"] for c in made], before)
    same("successors", [c["successor_id"] for c in made], [*(c["id"] for c in made[1:]), None])
