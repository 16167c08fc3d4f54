"""The new certificate gets to the servers: targets, deployments, and what is seen afterwards."""
import time

import client
import servers
from moments import DAY, E, E_20D, E_30D, MINUTE, SECOND, written
from table import rule
from world import holds, same

LOOKS = 15 * SECOND  # in which a deployment looks five times


@rule("R031")
def renewal_replaces_what_is_served(s):
    c = s.buy()
    yield E_20D
    s.served_target(c)
    n = s.renewed_to_issue(c)
    same("deployments", [(d["cause"], d["state"]) for d in s.deployments(n)], [("issued", "done")])
    same("served", s.served(), n["fingerprint"])
    after = s.certificate(c["id"])
    holds("the old one is superseded, and still there", after["superseded_at"] and after["state"] == "pending_expiration")


@rule("R148")
def takes_effect_when_installed(s):
    c = s.buy()
    yield E_20D
    _, folder = s.frozen_target(c)
    n = s.renewed_to_issue(c)
    same("state", n["state"], "issued")
    yield E_20D + LOOKS
    same("served", s.served(), c["fingerprint"])
    holds("no deployment is done", all(d["state"] != "done" for d in s.deployments(n)))
    servers.serve(s.host("a"), folder)
    s.done(s.call("POST", f"/v1/certificates/{n['id']}/deploy", {}), 202)
    s.settle()
    same("newest deployment", s.deployments(n)[0]["state"], "done")
    same("served", s.served(), n["fingerprint"])


@rule("R150")
def managed_deployment_by_itself(s):
    c = s.buy()
    yield E_20D
    targets = {s.served_target(c, address=address)[0]["id"] for address in servers.ADDRESSES}
    n = s.renewed_to_issue(c)
    made = s.deployments(n)
    same("targets", {d["target_id"] for d in made}, targets)
    same("causes and states", {(d["cause"], d["state"]) for d in made}, {("issued", "done")})


@rule("R151")
def resources_are_inherited(s):
    c = s.buy()
    s.targets_unseen(c, "a", "b")
    yield E - 100 * DAY
    n = s.renewed(c)
    yield E - 50 * DAY
    s.targets_unseen(c, "d")
    yield E - 31 * DAY
    same("deployments", s.deployments(n), [])
    yield E_30D
    n = s.issued(s.certificate(n["id"]))
    same("targets", {d["target_id"] for d in s.deployments(n)}, set(s.targets))
    same("targets of both", (n["target_count"], s.certificate(c["id"])["target_count"]), (3, 0))


@rule("R152")
def deployments_are_found(s):
    c, other = s.buy(), s.buy(s.host("b"))
    yield E_20D
    s.served_target(other, "b")
    _, folder = s.frozen_target(c)
    n = s.renewed_to_issue(c)
    made = s.deployments(n)
    same("certificates of the deployments", [d["certificate_id"] for d in made], [n["id"]])
    for member in ("id", "target_name", "state", "attempts"):
        holds(f"{member} is shown", made[0][member])
    holds("the reason is a member", "reason" in made[0])
    path = f"/v1/deployments/{made[0]['id']}"
    holds("it runs", s.get(path)["state"] in ("waiting", "running", "verifying"))
    servers.serve(s.host("a"), folder)
    yield E_20D + LOOKS
    after = s.get(path)
    holds(f"it is done at a moment: {after['state']}", after["state"] == "done" and after["finished_at"])


@rule("R156")
def handshake_decides(s):
    c = s.buy()
    yield E_20D
    target, folder = s.frozen_target(c)
    n = s.renewed_to_issue(c)
    same("not done by its exit status", s.deployments(n)[0]["state"], "verifying")
    servers.serve(s.host("a"), folder)
    yield E_20D + LOOKS
    same("deployment", s.deployments(n)[0]["state"], "done")
    seen = s.newest_probe(target)
    same("seen", (seen["verdict"], seen["served_fingerprint"]), ("ok", n["fingerprint"]))
    looked = s.look("a")
    same("verdict, end", (looked["verdict"], looked["end_at"]), ("ok", n["version_end"]))


@rule("R157", begin=int(time.time()))
def the_same_from_a_shell(s):
    n = s.buy()
    s.served_target(n)
    roots = servers.HOME / f"{s.tag}.pem"
    roots.write_text(client.call("GET", "/ca/roots.pem", key=None).text)
    address = f"127.0.0.1:{servers.PORT}"
    status, output = s.tenure("verify", address, "--server-name", s.host("a"), SSL_CERT_FILE=str(roots))
    last_day = written(s.moment(n, "version_end") - 1)[:10]
    same("exit status", (status, output.split(":")[0]), (0, "ok"))
    holds(f"the end is {last_day}: {output}", last_day in output)
    same("dates by openssl", servers.dates(s.host("a")), s.dates(n))


@rule("R158")
def not_deployed_is_told(s):
    c = s.buy()
    yield E_20D
    folder = s.serve("a", s.files_of(c))
    n = s.renewed_to_issue(c)
    target = s.target(n, "a", folder)
    seen = s.check(target)
    same("verdict", seen["verdict"], "file_not_replaced")
    for lang in ("en", "zh"):
        holds(f"the date of the old one is told: {seen}", "2025-12-31" in seen[f"detail_{lang}"])
    same("served end", s.look("a")["end_at"], c["version_end"])


@rule("R159")
def old_files_are_found_and_repaired(s):
    c = s.buy()
    yield E_20D
    target, folder = s.served_target(c)
    _, untouched = s.served_target(s.buy(s.host("b")), "b")
    n = s.renewed_to_issue(c)
    yield E_20D + 30 * MINUTE
    s.serve("a", s.files_of(c), folder)
    same("served", s.served(), c["fingerprint"])
    s.check(target)
    probes = s.get(f"/v1/targets/{target['id']}/probes?limit=5")["items"]
    found = [x["verdict"] for x in probes if x["served_fingerprint"] == c["fingerprint"]]
    same("what was found", found[0], "old_certificate_served")
    newest = s.deployments(n)[0]
    same("repair", (newest["cause"], newest["state"], newest["target_id"]), ("drift", "done", target["id"]))
    same("served", s.served(), n["fingerprint"])
    holds("other targets are left alone", untouched.exists() and len(s.deployments(n)) == 2)


@rule("R160")
def reload_that_does_nothing(s):
    c = s.buy()
    yield E_20D
    _, folder = s.frozen_target(c)
    old = (folder / "fullchain.pem").read_text()
    n = s.renewed_to_issue(c)
    yield E_20D + LOOKS
    made = s.deployments(n)[0]
    same("state, reason", (made["state"], made["reason"]), ("rolled_back", "service_not_reloaded"))
    same("files", (folder / "fullchain.pem").read_text(), old)
    same("attempts", made["attempts"], 1)
    for lang in ("en", "zh"):
        said = [x["text"] for x in s.get(f"/v1/certificates/{n['id']}/explain", Accept_Language=lang)["sentences"]]
        holds(f"explain tells it: {said}", any("service_not_reloaded" in text for text in said))
    yield E_20D + LOOKS + MINUTE + SECOND
    same("attempts", s.deployments(n)[0]["attempts"], 2)
