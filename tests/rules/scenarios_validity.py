"""How long a certificate is valid: what is carried over, bonus days, caps; and what a renewal leaves alone."""
import json

from moments import DAY, E, E_20D, E_30D, EXAMPLE_BEGIN, EXAMPLE_END, HOUR, SECOND, T0, at, written
from table import rule
from world import holds, same

YEAR = 365 * DAY
BONUS_BEGIN = at("2024-04-01") - YEAR


# ---- another certificate, not a longer one ----

@rule("R022")
def renewal_is_another_certificate(s):
    c = s.buy()
    yield E_20D
    n = s.renewed_to_issue(c)
    for member in ("id", "serial", "fingerprint"):
        holds(f"{member} is another", n[member] != c[member])
    holds("the key is another", n["version"]["spki_sha256"] != c["version"]["spki_sha256"])
    same("predecessor", n["predecessor_id"], c["id"])
    after = s.certificate(c["id"])
    for member in ("version_end", "fingerprint", "coverage_end"):
        same(member, after[member], c[member])


@rule("R023")
def old_one_stays_usable(s):
    c = s.buy()
    yield E_20D
    n = s.renewed_to_issue(c)
    after = s.certificate(c["id"])
    same("state, revoked", (after["state"], after["revoked_at"]), ("pending_expiration", None))
    holds("it is not in the CRL", c["serial"].lower() not in s.revoked_serials(c))
    s.allows(c, "download", "deploy")
    yield E - SECOND
    same("state", s.state(c), "pending_expiration")
    yield E
    same("states", (s.state(c), s.state(n)), ("expired", "issued"))


@rule("R024")
def both_are_independent(s):
    c = s.buy()
    yield E_20D
    n = s.renewed_to_issue(c)
    same("applications", [len(s.get(f"/v1/certificates/{x['id']}/applications")["items"]) for x in (c, n)], [1, 1])
    same("deployments", s.deployments(n), [])
    answer = s.call("POST", f"/v1/certificates/{c['id']}/revoke", {"reason": "superseded"})
    same("state", s.done(answer, 202)["state"], "revoking")
    s.settle()
    same("states", (s.state(c), s.state(n)), ("revoked", "issued"))


@rule("R083")
def both_are_listed(s):
    c = s.buy()
    yield E_20D
    n = s.renewed(c)
    items = {x["id"]: x for x in s.get(f"/v1/certificates?name={s.host('a')}")["items"]}
    same("listed", set(items), {c["id"], n["id"]})
    same("links", (items[c["id"]]["successor_id"], items[n["id"]]["predecessor_id"]), (n["id"], c["id"]))
    c, n = s.certificate(c["id"]), s.certificate(n["id"])
    same("successor with state", (c["successor"]["id"], c["successor"]["state"]), (n["id"], n["state"]))
    same("predecessor with state", (n["predecessor"]["id"], n["predecessor"]["state"]), (c["id"], c["state"]))
    said = s.get(f"/v1/certificates/{c['id']}/explain")["sentences"]
    holds("explain names the successor", any(n["id"] in x["text"] for x in said))


# ---- a purchase ----

@rule("R027")
def purchase_carries_nothing(s):
    c = s.buy()
    yield E_20D
    n = s.buy()
    same("order kind, predecessor", (n["order_kind"], n["predecessor_id"]), ("purchase", None))
    s.covers(n, E_20D + YEAR, 0)
    same("successor of the old one", s.certificate(c["id"])["successor_id"], None)
    s.allows(c, "renew")


@rule("R030")
def one_year_from_issue(s):
    c = s.buy()
    s.covers(c, T0 + YEAR, 0)
    s.one_version(c, 365, T0 + YEAR)
    same("notAfter", s.dates(c)[1], T0 + YEAR - 1)


@rule("R040", EXAMPLE_BEGIN)
def example_of_a_purchase(s):
    s.buy()
    yield at("2025-08-15")
    n = s.buy()
    s.covers(n, at("2026-08-15"), 0)
    s.one_version(n, 365, at("2026-08-15"))
    same("predecessor", n["predecessor_id"], None)


@rule("R043")
def uploaded_carries_nothing(s):
    u = s.upload()
    yield E_20D
    n = s.renewed_to_issue(u, brand="GlobalSign" if s.profile == "alibaba-2021" else s.brand)
    same("order kind, predecessor", (n["order_kind"], n["predecessor_id"]), ("replacement", u["id"]))
    s.covers(n, E_20D + YEAR, 0)


@rule("R132")
def replacement_is_for_a_year(s):
    u, u2 = s.upload(), s.upload("v")
    yield E_30D
    n = s.renewed_to_issue(u, brand=s.brand)
    s.covers(n, E_30D + YEAR, 0)
    s.one_version(n, 365, E_30D + YEAR)
    yield E - SECOND
    n = s.renewed_to_issue(u2, brand=s.brand)
    s.covers(n, E - SECOND + YEAR, 0)
    s.one_version(n, 365, E - SECOND + YEAR)


@rule("R139")
def expired_upload_is_bought_anew(s):
    u = s.upload()
    yield E + DAY
    s.refuses(u, 409, "expired_buy_new", brand=s.brand)
    s.allows(u, "buy_new")
    n = s.buy(s.host("u"))
    s.covers(n, E + DAY + YEAR, 0)
    same("predecessor", n["predecessor_id"], None)


# ---- what is carried over ----

@rule("R033")
def at_most_thirty_days(s):
    c = [s.buy(s.host(f"a{i}")) for i in range(3)]
    yield E - 100 * DAY
    early = s.renewed(c[0])
    yield E_30D
    n = s.issued(s.certificate(early["id"]))
    s.covers(n, E + YEAR, 30 * DAY)
    s.one_version(n, 395, E + YEAR)
    n = s.renewed_to_issue(c[1])
    s.covers(n, E + YEAR, 30 * DAY)
    s.one_version(n, 395, E + YEAR)
    yield E - 10 * DAY
    n = s.renewed_to_issue(c[2])
    s.covers(n, E + YEAR, 10 * DAY)
    s.one_version(n, 375, E + YEAR)


@rule("R034")
def the_day_does_not_matter(s):
    c = [s.buy(s.host(f"a{i}")) for i in range(3)]
    for one, left in zip(c, (30 * DAY, 15 * DAY, SECOND)):
        yield E - left
        s.covers(s.renewed_to_issue(one), E + YEAR, left)


@rule("R035", EXAMPLE_BEGIN)
def example_of_twenty_days(s):
    c = s.buy()
    same("coverage_end", c["coverage_end"], written(EXAMPLE_END))
    same("notAfter", s.dates(c)[1], EXAMPLE_END - 1)
    yield at("2025-09-10T10:00:00Z")
    n = s.renewed_to_issue(c)
    s.covers(n, at("2026-10-01"), 1778400)
    s.one_version(n, 385, at("2026-10-01"))
    same("notAfter", written(s.dates(n)[1]), "2026-09-30T23:59:59Z")
    said = " ".join(x["text"] for x in s.get(f"/v1/certificates/{n['id']}/explain")["sentences"])
    holds(f"20 days are shown: {said}", "20 days" in said)


@rule("R037")
def carried_by_both_ways(s):
    c, c2 = s.buy(), s.buy(s.host("b"))
    yield E - 31 * DAY
    early = s.renewed(c)
    yield E_30D
    s.covers(s.issued(s.certificate(early["id"])), E + YEAR, 30 * DAY)
    yield E - DAY
    n = s.renewed_to_issue(c2)
    s.covers(n, E + YEAR, DAY)
    s.one_version(n, 366, E + YEAR)


@rule("R038", EXAMPLE_BEGIN)
def example_of_rounding(s):
    c, c2 = s.buy(), s.buy(s.host("b"))
    yield at("2025-09-10")
    n = s.renewed_to_issue(c)
    s.covers(n, at("2026-10-01"), 1814400)
    s.one_version(n, 386, at("2026-10-01"))
    yield at("2025-09-10T10:00:00Z")
    n = s.renewed_to_issue(c2)
    s.covers(n, at("2026-10-01"), 1778400)
    s.one_version(n, 385, at("2026-10-01"))


@rule("R039", EXAMPLE_BEGIN)
def example_of_an_early_renewal(s):
    c = s.buy()
    yield at("2025-08-15")
    n = s.renewed(c)
    same("order kind, state", (n["order_kind"], n["state"]), ("early_renewal", "not_activated"))
    yield at("2025-08-31T23:59:59Z")
    same("state", s.state(n), "not_activated")
    yield at("2025-09-01")
    n = s.issued(s.certificate(n["id"]))
    s.covers(n, at("2026-10-01"), 30 * DAY)
    s.one_version(n, 395, at("2026-10-01"))


@rule("R042")
def unchanged_specification_carries(s):
    c, c2 = s.buy(), s.buy(s.host("b"))
    yield E_30D
    s.covers(s.renewed_to_issue(c), E + YEAR, 30 * DAY)
    yield E - 12 * HOUR
    s.covers(s.renewed_to_issue(c2), E + YEAR, 12 * HOUR)


# ---- bonus days and caps ----

def capped(s, n, end):
    """The first version of a coverage of 475 days: 397 from its notBefore."""
    same("coverage_end", n["coverage_end"], written(end))
    same("version_end", s.moment(n, "version_end"), s.moment(n, "not_before") + 397 * DAY)


@rule("R041", BONUS_BEGIN)
def never_more_than_397_days(s):
    long = s.buy(s.host("b"), brand="TrustAsia")
    yield at("2024-03-12")
    n = s.renewed_to_issue(long)
    capped(s, n, at("2025-06-30"))
    yield T0
    c = s.buy(brand="TrustAsia-Narrow" if s.brand == "TrustAsia" else s.brand)  # without bonus days
    yield at("2025-03-14")
    same("versions", s.certificate(n["id"])["version_count"], 2)
    yield E_30D
    renewed = s.renewed_to_issue(c)
    s.one_version(renewed, 395, E + YEAR)
    begin, end = s.dates(renewed)
    holds(f"{end + 1 - begin} s are less than 397 days", end + 1 - begin < 397 * DAY)


@rule("R044", BONUS_BEGIN)
def bonus_days_are_free(s):
    c = s.buy()
    same("coverage_end", c["coverage_end"], "2024-04-01T00:00:00Z")
    yield at("2024-03-12")
    n = s.renewed_to_issue(c)
    same("carried_seconds", n["carried_seconds"], 20 * DAY)
    capped(s, n, at("2025-06-30"))
    yield at("2025-03-13T23:59:00Z") - 3 * DAY - SECOND
    same("versions", s.certificate(n["id"])["version_count"], 1)
    yield at("2025-03-13T23:59:00Z")
    n = s.certificate(n["id"])
    same("versions, end of the last one", (n["version_count"], n["version_end"]), (2, n["coverage_end"]))
    status, output = s.tenure("serve", "--config", f"{s.bad_catalogue('bonus_days', 91)}/tenure.yaml")
    holds(f"the catalogue refuses 91 bonus days: {status} {output}",
          status != 0 and "bonus_days" in output and "90" in output)


@rule("R175")
def lifetimes_are_dated(s):
    dated = {"tencent-2024": (365, 365), "modern": (365, 199)}[s.profile]
    for moment, days in zip(("2026-03-13T23:59:59Z", "2026-03-14T00:00:00Z"), dated):
        status, output = s.tenure("plan", "--buy", "--backdate", "0", "--profile", s.profile, "--at", moment, "--json")
        same("exit status", status, 0)
        first = json.loads(output)["terms"][0]["versions"][0]
        same(f"days and limit at {moment}", (first["days"], first["limited_by"]),
             (days, "coverage" if days == 365 else "cap"))
