"""What is told: thresholds before an end, mutes, settings of one certificate, deployments that fail."""
import market
from moments import DAY, E, E_20D, HOUR, MINUTE, written
from scenarios_kinds import brought
from scenarios_review import address, mails
from servers import folder
from table import rule
from world import BRANDS, holds, same

DAYS_TOLD = [30, 15, 7, 3, 1]
UNFIT = "fails"  # a reload command of rules.sh


def alone(s, lang=None):
    """An account of its own, so that its inbox and its channels are; with a channel by e-mail in that language."""
    market.open_account(s)
    s.brand = BRANDS[s.profile]
    return channel(s, lang) if lang else None


def channel(s, lang="en"):
    body = {"name": "ops", "kind": "email", "address": address(s), "lang": lang}
    return s.done(s.call("POST", "/v1/channels", body), 201)["id"]


def notices(s, c, *events, **headers):
    """Of one certificate, oldest first."""
    found = s.get("/v1/notices?limit=500", **headers)["items"]
    return [n for n in reversed(found) if n["certificate_id"] == c["id"] and n["event"] in events]


def days_told(s, c, *events):
    """(event, days before the end of C)"""
    return [(n["event"], (E - s.moment(n, "at")) // DAY) for n in notices(s, c, *(events or ("expiry", "expired")))]


def thresholds(*days):
    return [("expiry" if day else "expired", day) for day in days]


def messages(s, c, *events):
    """By e-mail, oldest first: (days before the end of C, receiver), all of them sent."""
    of = {n["id"]: n for n in notices(s, c, *(events or ("expiry", "expired")))}
    found = [m for m in reversed(s.get("/v1/messages?limit=500")["items"]) if m["notice_id"] in of]
    holds(f"they are sent: {found}", all(m["sent_at"] for m in found))
    return [((E - s.moment(of[m["notice_id"]], "at")) // DAY, m["receiver"]) for m in found]


def steps(*days):
    """Where the clock stops: before each of these days, and on it."""
    for day in days:
        yield E - day * DAY - HOUR
        yield E - day * DAY


# ---- thresholds ----

@rule("R001")
def told_before_every_end(s):
    alone(s, "zh")
    c, u = s.buy(), brought(s)
    yield E - 31 * DAY
    for subject in (c, u):
        same("told", days_told(s, subject), [])
    yield from steps(*DAYS_TOLD, 0)
    yield E + DAY
    for subject, way_out in ((c, "tenure renew"), (u, "tenure replace")):
        same("inbox", days_told(s, subject), thresholds(*DAYS_TOLD, 0))
        same("e-mails", messages(s, subject), [(day, address(s)) for day in (*DAYS_TOLD, 0)])
        for lang, word in (("en", "expire"), ("zh", "期")):
            for notice in notices(s, subject, "expiry", "expired", Accept_Language=lang):
                holds(f"certificate, end, action, language: {notice['text']}",
                      all(part in notice["text"] for part in (subject["id"], written(E), way_out, word)))
    texts = [text for text in mails(s) if "浏览器" in text]  # the issue of C was told as well
    same("e-mails as received, in the language of the receiver", len(texts), 12)
    holds(f"each names the end: {texts}", all(written(E) in text for text in texts))


@rule("R170")
def enabled_later(s):
    id_ = alone(s, "en")
    s.done(s.call("PATCH", f"/v1/channels/{id_}", {"disabled": True}))
    c = s.buy()
    yield E - 31 * DAY
    yield from steps(30, 15)
    yield E - 10 * DAY
    s.done(s.call("PATCH", f"/v1/channels/{id_}", {"disabled": False}))
    yield from steps(7, 3, 1, 0)
    yield E + DAY
    same("inbox", days_told(s, c), thresholds(*DAYS_TOLD, 0))
    same("e-mails", messages(s, c), [(day, address(s)) for day in (7, 3, 1, 0)])


@rule("R205")
def muted_until_a_day(s):
    alone(s)
    c, c2, c3, c4 = (s.buy(s.host(label)) for label in "abcd")
    s.done(s.call("PUT", f"/v1/certificates/{c2['id']}/tags", {"tags": [s.tag, f"{s.tag}-quiet"]}))
    yield E - 40 * DAY
    until = written(E - 10 * DAY)
    s.done(s.call("POST", "/v1/mutes", {"certificates": [c["id"]], "until": until}), 201)
    s.done(s.call("POST", "/v1/mutes", {"tag": f"{s.tag}-quiet", "until": until}), 201)
    longer = s.done(s.call("POST", "/v1/mutes", {"certificates": [c4["id"]], "until": written(E)}), 201)
    yield E - 9 * DAY
    same("told of C3", days_told(s, c3), thresholds(30, 15))
    for muted in (c, c2, c4):
        same("told of what is muted", days_told(s, muted), [])
    yield E - 8 * DAY
    s.done(s.call("DELETE", f"/v1/mutes/{longer['items'][0]['id']}"), 204)
    yield E - 7 * DAY
    for each in (c, c2, c3, c4):
        same("told now", days_told(s, each)[-1:], thresholds(7))
    for each in (c, c2, c4):
        same("told at all", days_told(s, each), thresholds(7))


@rule("R206")
def chosen_for_one_certificate(s):
    alone(s, "en")
    c, c2 = s.buy(), s.buy(s.host("b"))
    chosen = f"chosen-{s.tag}@example.com"
    path = f"/v1/certificates/{c['id']}/notify"
    s.done(s.call("PUT", path, {"thresholds": [60, 10], "channels": ["email"], "receivers": [chosen]}))
    same("thresholds", s.get(path)["thresholds"], [60, 10])
    yield E - 61 * DAY
    yield from steps(60, 30, 15, 10, 7)
    yield E - 5 * DAY
    same("e-mails for C", messages(s, c), [(60, chosen), (10, chosen)])
    same("e-mails for C2", messages(s, c2), [(day, address(s)) for day in (30, 15, 7)])
    same("inbox of C2", days_told(s, c2), thresholds(30, 15, 7))


# ---- deployments ----

def unfit_target(s, c):
    """Nothing is probed there, and its reload command fails."""
    place = folder(f"{s.tag}-unfit")
    s.target(c, "a", place, probe_address=None, reload_command=UNFIT)
    return place.name


def failure_told(s, n, target):
    """Once in the inbox, once by e-mail: which target, why, when it is tried again."""
    found = [notice for notice in notices(s, n, "deployment_failed") if target in notice["text"]]
    same("notices of the failure", len(found), 1)
    made = next(d for d in s.deployments(n) if d["target_name"] == target)
    same("e-mails of the failure", [to for _, to in messages(s, n, "deployment_failed")], [address(s)])
    holds(f"target, reason, next attempt: {found[0]['text']}",
          made["reason"] in found[0]["text"] and "next attempt is at 20" in found[0]["text"])
    return made


@rule("R149")
def warned_until_it_is_in_place(s):
    alone(s, "en")
    c = s.buy()
    yield E_20D
    target = unfit_target(s, c)
    n = s.renewed_to_issue(c)
    failure_told(s, n, target)
    yield from steps(15, 7, 3, 1)
    warned = [day for _, day in days_told(s, c, "successor_undelivered")]
    last, before = [day for day in warned if day <= 7], [day for day in warned if 7 < day <= 14]
    holds(f"warned the more the nearer the end: {warned}", warned[0] == 15 and len(last) >= max(1, len(before)))
    s.done(s.call("PATCH", f"/v1/targets/{s.targets[0]}", {"reload_command": "reload"}))
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/deploy", {}), 202)
    s.settle()
    same("deployment", s.deployments(n)[0]["state"], "done")
    yield E + HOUR
    same("no further warning", [day for _, day in days_told(s, c, "successor_undelivered", "expired")], warned)


@rule("R153")
def a_failed_deployment_is_told_once(s):
    alone(s, "en")
    c = s.buy()
    yield E_20D
    target = unfit_target(s, c)
    s.targets_unseen(c, "b")
    n = s.renewed_to_issue(c)
    made = failure_told(s, n, target)
    others = {d["state"] for d in s.deployments(n) if d["id"] != made["id"]}
    same("deployment to B", others, {"done"})
    holds(f"A has failed: {made['state']}", made["state"] in ("failed", "rolled_back"))
    same("attempts", made["attempts"], 1)
    yield E_20D + MINUTE
    made = failure_told(s, n, target)
    same("attempts", made["attempts"], 2)
    same("deployments", len(s.deployments(n)), 2)
