"""Certificates that were not bought, or are free: uploaded, of private CAs, test; a compromised key; and the way back from an
emergency."""
import pathlib
import tempfile

import client
import fixtures
import servers
from moments import DAY, E, E_20D, E_30D, HOUR, MINUTE, SECOND, T0, written
from table import rule
from world import holds, same

MULTI = "multi_domain_not_renewable"
TEST = "test_not_renewable"
FREE_DAYS = 90  # of the lines NAME-Trial of the catalogue
A_MINUTE_LATER = E + DAY + MINUTE


# ---- what the scenarios are about ----

def brought(s, label="u", **more):
    """U: uploaded under the policy of the scenario."""
    s.done(s.call("PATCH", "/v1/account", {"default_profile": s.profile}))
    pair = fixtures.leaf([s.host(label)], T0, E)
    u = s.done(s.call("POST", "/v1/certificates", {**pair, "tags": [s.tag], **more}), 201)
    s.done(s.call("PATCH", "/v1/account", {"default_profile": "modern"}))
    return u


def grant(s, family="ecc", count=1):
    s.done(s.call("POST", "/v1/quota/grants", {"brand": f"{s.brand}-Trial", "grade": "dv", "domain_type": "single",
                                               "key_family": family, "certificates": count}))


def free(s, label="f"):
    """F: ends 90 days after it was asked for."""
    grant(s)
    return s.buy(s.host(label), brand=f"{s.brand}-Trial")


def mixed(s):
    return s.buy(s.host("x"), s.host("*.y"))


def notices(s, event, subject):
    found, cursor = 0, ""
    while cursor is not None:
        page = s.get(f"/v1/notices?limit=100{cursor}")
        found += sum(n["event"] == event and n["subject"] == subject for n in page["items"])
        cursor = f"&cursor={page['next']}" if page["next"] else None
    return found


# ---- uploaded ----

@rule("R009")
def uploaded_ones_are_replaced_then_bought(s):
    u, u2 = brought(s), brought(s, "u2")
    yield E_20D
    n = s.renewed(u, brand=s.brand)
    same("order kind", s.order_of(n)["kind"], "replacement")
    yield E + DAY
    s.refuses(u2, 409, "expired_buy_new")
    s.allows(u2, "buy_new")


@rule("R014")
def uploaded_ones_are_bought_anew(s):
    u = brought(s)
    yield E_20D
    s.refuses(u, 409, "uploaded_not_renewable")
    s.allows(u, "buy_new")
    n = s.buy(s.host("u"))
    same("predecessor", n["predecessor_id"], None)
    same("successor", s.certificate(u["id"])["successor_id"], None)


# ---- test certificates ----

@rule("R013", begin=E - FREE_DAYS * DAY)
def test_and_mixed_are_bought_anew(s):
    f = free(s)
    same("end", f["end_at"], written(E))
    yield E - 10 * DAY
    s.refuses(f, 409, TEST)


@rule("R013")
def mixed_is_bought_anew_and_multi_is_not(s):
    x, m = mixed(s), s.buy(s.host("m"), s.host("n"))
    yield E - 10 * DAY
    holds("the domain type is named", "mixed" in s.refuses(x, 409, MULTI)["detail"])
    s.renewed(m)


@rule("R019", begin=E - FREE_DAYS * DAY)
def a_test_certificate_is_applied_for_anew(s):
    f = free(s)
    yield E - 5 * DAY
    answer = s.refuses(f, 409, TEST)
    holds("the remedy is a new free one", "new free" in answer["remedy"].lower())
    chinese = s.renew(f, {"Accept_Language": "zh"})
    holds("in Chinese as well", "免费" in chinese["remedy"])
    n = free(s)
    same("kind, predecessor, carried", (n["kind"], n["predecessor_id"], n["carried_seconds"]), ("test", None, 0))
    same("amount", s.order_of(n)["due"]["amount"], 0)


@rule("R020")
def only_paid_ones_are_renewed(s):
    c, u = s.buy(), brought(s)
    yield E - FREE_DAYS * DAY
    f = free(s)
    yield E - 10 * DAY
    s.renewed(c)
    s.refuses(u, 409, "uploaded_not_renewable")
    s.refuses(f, 409, TEST)


@rule("R179")
def free_ones_have_their_own_quota(s):
    grant(s, "rsa", 2)
    paid = [b for b in s.get("/v1/quota?limit=500")["items"] if "-Trial/" not in b["item"]]
    for label in ("f", "g"):
        n = s.buy(s.host(label), brand=f"{s.brand}-Trial", key_algorithm="rsa2048")
        same("kind, end", (n["kind"], n["version_end"]), ("test", written(T0 + FREE_DAYS * DAY)))
        same("amount", s.order_of(n)["due"]["amount"], 0)
    before = s.list()
    s.refused(s.order(s.host("h"), brand=f"{s.brand}-Trial", key_algorithm="rsa2048"), 409, "quota_short")
    same("certificates", s.list(), before)
    same("paid quota", [b for b in s.get("/v1/quota?limit=500")["items"] if "-Trial/" not in b["item"]], paid)


# ---- private CAs ----

@rule("R093")
def visible_unless_of_a_private_ca(s):
    u, p = brought(s), brought(s, "p", kind="pca")
    yield E - 60 * DAY
    s.forbids(u, "replace", "outside_window")
    s.allows(u, "buy_new")
    yield E_30D
    s.allows(u, "replace")
    yield E_20D
    s.forbids(p, "replace", "pca_reissue_at_ca")
    s.allows(p, "sync")


@rule("R094")
def causes_of_a_missing_entry(s):
    c, x, u = s.buy(), mixed(s), brought(s)
    yield E - FREE_DAYS * DAY
    f = free(s)
    yield E - 10 * DAY
    s.forbids(x, "renew", MULTI)
    s.forbids(f, "renew", TEST)
    s.forbids(u, "renew", "not_official")
    s.forbids(u, "replace", "uploaded_not_renewable")
    yield E + DAY
    s.forbids(c, "renew", "expired_buy_new")
    same("codes of mixed", s.forbids(x, "renew", "expired_buy_new")[:2], ["expired_buy_new", MULTI])


# ---- a compromised key ----

def own_request(names):
    """A request and its key, which a person brings; the folder has both."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="compromised-", dir=client.WORK))
    fixtures.configuration(folder, names)
    fixtures.new_key("p256", folder / "own.key")
    csr = fixtures.openssl("req", "-new", "-key", "own.key", "-subj", "/CN=x", "-config", "openssl.cnf",
                           "-reqexts", "request", folder=folder)
    return {"csr": csr, "key": (folder / "own.key").read_text()}


def signed_elsewhere(brought_key, names):
    """Another CA's certificate for that key."""
    folder = fixtures.authority()
    fixtures.configuration(folder, names)
    (folder / "leaf.key").write_text(brought_key)
    fixtures.openssl("req", "-new", "-key", "leaf.key", "-subj", "/CN=x", "-config", "openssl.cnf", "-out", "leaf.csr",
                     folder=folder)
    fixtures.sign(folder, "leaf.csr", "leaf", T0, E, "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "leaf.pem")
    return (folder / "leaf.pem").read_text()


@rule("R177")
def a_compromised_key_is_found_everywhere(s):
    given = own_request([s.host("a")])
    csr = s.done(s.call("POST", "/v1/csrs", given), 201)["id"]
    c, c2 = s.buy(csr_id=csr), s.buy(csr_id=csr)
    s.served_target(c)
    told = notices(s, "action_needed", c["id"])
    s.done(s.call("POST", f"/v1/certificates/{c2['id']}/revoke", {"reason": "keyCompromise"}), 202)
    same("same key", [o["id"] for o in s.get(f"/v1/certificates/{c['id']}/same-key")["items"]], [c2["id"]])
    holds("it is at risk", s.certificate(c["id"])["at_risk"])
    same("told", notices(s, "action_needed", c["id"]), told + 1)
    s.done(s.call("POST", f"/v1/certificates/{c['id']}/reissue", {"csr_choice": "automatic"}), 202)
    s.settle()
    after = s.certificate(c["id"])
    same("versions, risk", (after["version_count"], after["at_risk"]), (2, None))
    same("served", s.served(), after["fingerprint"])
    s.refused(s.order(csr=given["csr"]), 400, "csr_weak_key")
    answer = s.call("POST", "/v1/certificates", {"certificate": signed_elsewhere(given["key"], [s.host("a")])})
    s.refused(answer, 400, "weak_key")


# ---- emergencies ----

def declare(s, label="a", **more):
    body = {"host": s.host(label), "port": servers.PORT, "address": servers.ADDRESSES[0], **more}
    return s.done(s.call("POST", "/v1/emergencies", body), 202)["id"]


def emergency(s, id_):
    return s.get(f"/v1/emergencies/{id_}")


def close(s, *ids):
    """Nothing else ends a follow-up that nobody sees to."""
    for id_ in ids:
        s.done(s.call("POST", f"/v1/emergencies/{id_}/close"))


def stage(em, name):
    return next(one for one in em["stages"] if one["stage"] == name)


def is_back(s, em):
    """By a DV certificate that is served."""
    stopgap = s.certificate(em["certificate_id"])
    same("grade", stopgap["grade"], "dv")
    same("served", s.served(), stopgap["fingerprint"])
    same("verdict", s.look("a")["verdict"], "ok")
    for name in ("find", "issue", "deploy", "verify"):
        one = stage(em, name)
        holds(f"{name} has its start and its duration", one["began_at"] and one["ended_at"] and one["seconds"] >= 0)
    return stopgap


def down(s, grade="ov"):
    """C: expired where it is served, by a target; known late, for it is looked at every hour."""
    c = s.buy(grade=grade)
    yield E + DAY
    target, _ = s.served_target(c)
    return c, target


@rule("R164")
def a_dv_certificate_as_a_stopgap(s):
    c, _ = yield from down(s)
    same("verdict", s.look("a")["verdict"], "expired")
    id_ = declare(s)
    yield A_MINUTE_LATER
    em = emergency(s, id_)
    stopgap = is_back(s, em)
    same("names", stopgap["names"], c["names"])
    same("deployment", s.deployments(stopgap)[0]["state"], "done")
    holds(f"back within a minute: {em['seconds_to_live']}", 0 <= em["seconds_to_live"] <= MINUTE)
    close(s, id_)


@rule("R166")
def where_the_old_certificate_lies(s):
    other = s.buy(s.host("b"))
    s.serve("b", s.files_of(other))
    c, target = yield from down(s)
    known, unknown = declare(s), declare(s, "b")
    yield A_MINUTE_LATER
    em = emergency(s, known)
    same("served", em["served_fingerprint"], c["fingerprint"])
    same("targets", [one["id"] for one in em["targets"]], [target["id"]])
    same("paths", em["targets"][0]["paths"], [file["path"] for file in target["files"]])
    em = emergency(s, unknown)
    same("targets", em["targets"], [])
    same("up to the issue", stage(em, "issue")["result"], "issued")
    same("by a person", (stage(em, "deploy")["result"], em["waits_for"]), ("no_target", "installation"))
    close(s, known, unknown)


@rule("R167")
def deployed_as_soon_as_it_is_issued(s):
    c = s.buy(grade="ov")
    yield E + DAY
    _, folder = s.frozen_target(c)
    id_ = declare(s)
    yield E + DAY + 30 * SECOND
    em = emergency(s, id_)
    made = s.deployments(s.certificate(em["certificate_id"]))
    holds("deployed at once, and brought back", made[0]["attempts"] == 1 and made[0]["state"] == "rolled_back")
    holds("at the moment of the issue", made[0]["created_at"] >= stage(em, "issue")["ended_at"])
    servers.serve(s.host("a"), folder)
    yield E + DAY + 5 * MINUTE
    em = emergency(s, id_)
    is_back(s, em)
    holds(f"the time of all is told: {em['seconds_to_live']}", MINUTE < em["seconds_to_live"] < 5 * MINUTE)
    close(s, id_)


@rule("R168")
def back_to_the_original_specification(s):
    c, target = yield from down(s)
    id_ = declare(s)
    yield A_MINUTE_LATER
    em = emergency(s, id_)
    same("stage", em["stage"], "follow_up")
    same("original", (em["original_brand"], em["original_grade"], em["names"]), (s.brand, "ov", c["names"]))
    told = notices(s, "emergency_follow_up", id_)
    yield E + 2 * DAY + HOUR
    holds("told again", told < notices(s, "emergency_follow_up", id_))
    n = s.buy(grade="ov")
    s.done(s.call("PATCH", f"/v1/targets/{target['id']}", {"certificate_id": n["id"]}))
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/deploy", {}), 202)
    yield E + 2 * DAY + 2 * HOUR
    same("served", s.served(), n["fingerprint"])
    same("stage", emergency(s, id_)["stage"], "closed")
    told = notices(s, "emergency_follow_up", id_)
    holds("no target is left to look at", s.end())
    yield E + 5 * DAY
    same("told no more", notices(s, "emergency_follow_up", id_), told)


@rule("R168")
def a_dv_certificate_needs_no_other(s):
    s.tag += "-dv"
    yield from down(s, "dv")
    id_ = declare(s)
    yield A_MINUTE_LATER
    em = emergency(s, id_)
    is_back(s, em)
    same("stage", em["stage"], "closed")


@rule("R169")
def how_to_prevent_the_next_one(s):
    yield from down(s)
    id_ = declare(s)
    yield A_MINUTE_LATER
    em = emergency(s, id_)
    offered = {one["topic"]: one["text"] for one in em["prevention"]}
    stopgap = s.certificate(em["certificate_id"])
    same("offered", set(offered), {"notices", "renewal", "managed"})
    holds("the day that renewal opens is named", stopgap["window_at"] in offered["renewal"])
    holds("notices are on, and say when", "30, 15, 7, 3, 1" in offered["notices"])
    path = f"/v1/certificates/{stopgap['id']}/notify"
    s.done(s.call("PUT", path, {"thresholds": [30, 15, 7, 3, 1]}))
    same("thresholds of the stopgap", s.get(path)["thresholds"], [30, 15, 7, 3, 1])
    close(s, id_)
