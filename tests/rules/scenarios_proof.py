"""Emergencies where no issuer signs at once: control over the names is proven by DNS."""
import contextlib

from moments import DAY, E, MINUTE
from scenarios_application import challenge, fill_in, hand_in, is_issued, put_record
from scenarios_kinds import brought, close, declare, emergency, is_back
from table import rule
from world import holds, same

LINE_MEMBERS = ("vendor", "title_en", "title_zh", "audience_en", "audience_zh", "kind", "profile", "issuer", "demands", "letter",
                "grades", "domain_types", "key_algorithms", "names_max", "bonus_days", "coverage_days", "public_names",
                "validation_days", "currency")


@contextlib.contextmanager
def nothing_at_once(s):
    """Meanwhile no line is on sale whose issuer demands nothing."""
    withdrawn = [b for b in s.get("/v1/catalog/brands?limit=500")["items"]
                 if b["on_sale"] and b["demands"] == "none" and b["kind"] == "official"]
    for b in withdrawn:
        s.done(s.call("DELETE", f"/v1/catalog/brands/{b['id']}"))
    try:
        yield
    finally:
        for b in withdrawn:
            s.done(s.call("PUT", f"/v1/catalog/brands/{b['id']}", {member: b[member] for member in LINE_MEMBERS}))


def declared_where_proof_is_needed(s, **more):
    with nothing_at_once(s):
        id_ = declare(s, **more)
        s.settle()
    em = emergency(s, id_)
    holds(f"a stopgap is ordered: {em}", em["certificate_id"])
    return id_, s.certificate(em["certificate_id"])


def proven_by_record(s, id_, stopgap):
    """Waits for its record, and says so; once it is there, the site is back."""
    same("state", s.state(stopgap), "validating")
    yield s.clock.now + MINUTE
    em = emergency(s, id_)
    same("what it waits for", (em["stage"], em["waits_for"]), ("issue", "validation"))
    one = challenge(s, stopgap)
    same("method", one["type"], "TXT")
    shown = em["waits_detail"]
    holds(f"the record, and how long it takes: {shown}",
          one["host"] in shown and one["value"] in shown and "10 minutes at most" in shown)
    put_record(one)
    yield from is_issued(s, stopgap)
    yield s.clock.now + 2 * MINUTE
    em = emergency(s, id_)
    same("certificate", is_back(s, em)["id"], stopgap["id"])


@rule("R129")
def by_dns_in_ten_minutes(s):
    u = brought(s, "a")
    yield E + DAY
    s.served_target(u)
    id_, stopgap = declared_where_proof_is_needed(s, force=True)
    same("it waits for a contact", stopgap["waits_for"], s.get(f"/v1/certificates/{stopgap['id']}/form")["lacks"])
    fill_in(s, stopgap)
    if s.state(stopgap) == "pending_application":
        hand_in(s, stopgap)
    yield from proven_by_record(s, id_, stopgap)
    close_open(s, id_)


@rule("R165")
def the_demand_is_never_skipped(s):
    c = s.buy(grade="ov")
    fill_in(s, c)
    yield E + DAY
    s.served_target(c)
    id_, stopgap = declared_where_proof_is_needed(s)
    same("versions", stopgap["version_count"], 0)
    yield from proven_by_record(s, id_, stopgap)
    close_open(s, id_)


def close_open(s, id_):
    if emergency(s, id_)["stage"] != "closed":
        close(s, id_)
