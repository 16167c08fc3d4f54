"""The authorization gate as a table: every route, for nobody, the five roles as people who logged in and every key that
may less than its user, with own and foreign ids in the path and in the references of the body.

A new noun of a path needs a line in MAKERS (or SHARED), a new reference its noun in REFERENCES: without one the test fails.
"""
import itertools
import re
import time

from client import KEY, WORK, call, check, finish, fixture, routes

ROLES = ("auditor", "reviewer", "requester", "operator", "owner")
WITHIN = {"auditor": (), "reviewer": ("auditor",), "requester": ("auditor",), "operator": ("auditor", "requester"),
          "owner": ("auditor", "reviewer", "requester", "operator")}
PASSWORD = "correct horse battery"
ABSENT = "0" * 26
PATIENCE = 20
numbers = itertools.count(1)


# ---- objects: what stands for the {id} of a path ----

def unique(name):
    return f"{name}{next(numbers)}"


def post(path, body, key):
    answer = call("POST", path, body, key)
    if answer.status not in (200, 201, 202):
        check(f"POST {path} makes what the test needs", False, answer)
    return answer


def certificate(key):
    return post("/v1/orders", {"names": [f"{unique('access')}.example.com"]}, key)["certificate_id"]


def issued(key):
    made, deadline = certificate(key), time.monotonic() + PATIENCE
    while time.monotonic() < deadline and call("GET", f"/v1/certificates/{made}", key=key)["state"] != "issued":
        time.sleep(0.05)
    return made


def order(key):
    return post("/v1/orders", {"names": [f"{unique('access')}.example.com"]}, key)["id"]


def target(key, **more):
    files = [{"path": f"{WORK}/{unique('file')}.pem", "content": "cert"}]
    return post("/v1/targets", {"name": unique("web"), "files": files, **more}, key)["id"]


def imported(key):
    """A certificate that can be deployed. Only one account has it: there is one fixture."""
    answer = call("POST", "/v1/certificates", {"certificate": fixture("leaf-p256.pem"), "key": fixture("key-p256.pem")}, key)
    return answer["id"] or re.search(r"cert_\w{26}", answer.text).group()


def deployment(key):
    place = target(key, certificate_id=imported(key), deploy=True)
    return call("GET", f"/v1/deployments?target={place}", key=key)["items"][0]["id"]


def channel(key):
    return post("/v1/channels", {"name": unique("hook"), "kind": "webhook", "address": "https://127.0.0.1:1/",
                                 "secret": "0123456789abcdef"}, key)["id"]


def message(key):
    made = channel(key)
    post(f"/v1/channels/{made}/test", {}, key)
    return next(item["id"] for item in call("GET", "/v1/messages", key=key)["items"] if item["channel_id"] == made)


def notice(key):
    message(key)
    return call("GET", "/v1/notices", key=key)["items"][0]["id"]


def mute(key):
    return post("/v1/mutes", {"tag": unique("tag"), "until": "2099-01-01T00:00:00Z"}, key)["items"][0]["id"]


def emergency(key):
    """One that is over: nothing of it changes by itself any more."""
    made = post("/v1/emergencies", {"host": f"{unique('down')}.example.com", "address": "127.0.0.1", "port": 1}, key)["id"]
    post(f"/v1/emergencies/{made}/close", {}, key)
    return made


def payment(key):
    quote = post("/v1/quotes", {"brand": "Sold", "names": [f"{unique('paid')}.example.com"]}, key)["id"]
    return post("/v1/orders", {"quote_id": quote, "provider": "invoice"}, key)["payment"]["id"]


def reviewed(key):
    """A certificate whose application waits for a reviewer, with it."""
    parties = {member: MAKERS[REFERENCES[member]](key) for member in ("contact_id", "organization_id")}
    made = post("/v1/orders", {"brand": "Reviewed", "grade": "ov", "names": [f"{unique('ov')}.example.com"], **parties}, key)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = call("GET", f"/v1/certificates/{made['certificate_id']}/applications", key=key)["items"]
        if found and call("GET", f"/v1/certificates/{made['certificate_id']}", key=key)["in_review"]:
            return made["certificate_id"], found[0]["id"]
        time.sleep(0.1)
    check("an application waits for a reviewer", False, made)
    return made["certificate_id"], f"app_{ABSENT}"


def application(key):
    return reviewed(key)[1]


def refund(key):
    return post(f"/v1/certificates/{reviewed(key)[0]}/refund", {}, key)["id"]


def invitation(key, role="auditor"):
    email = f"{unique('guest')}@{WORK.name}.example".lower()
    return post("/v1/invitations", {"email": email, "name": unique("guest"), "role": role}, key)


def person(key, role):
    """A session of a new user, as it is shown."""
    made = invitation(key, role)
    post("/v1/invitations/accept", {"secret": made["secret"], "password": PASSWORD}, None)
    answer = post("/v1/sessions", {"email": made["email"], "password": PASSWORD}, None)
    return f"{answer['id']}.{answer['secret']}"


def solver(key):
    return post("/v1/solvers", {"zone": ".", "type": "http-01", "kind": "responder"}, key)["id"]


def solution(key):
    """One that is published and not seen yet."""
    solver(key)
    name = f"{unique('solved')}.example.com"
    name_grant(key, name)
    return post("/v1/solvers/test", {"name": name}, key)["id"]


def name_grant(key, zone):
    """Only administrators say whose names are."""
    account = call("GET", "/v1/account", key=key)["id"]
    return post("/v1/name-grants", {"zone": zone, "account_id": account}, KEY)["id"]


def user(key, role="auditor"):
    return post("/v1/users", {"name": unique("user"), "role": role}, key)["id"]


def key_of(key, user_id, role):
    answer = post("/v1/access-keys", {"name": "x", "user_id": user_id, "role": role}, key)
    return f"{answer['id']}.{answer['secret']}"


def id_of(path, **body):
    """What makes an object of a list: one POST."""
    return lambda key: post(path, {name: value() if callable(value) else value for name, value in body.items()}, key)["id"]


def issuer():
    """A CA that nobody answers for; only administrators add some."""
    return post("/v1/issuers", {"id": unique("ca"), "directory": "https://localhost:1/directory"}, KEY)["id"]


def acme_account(key):
    return post("/v1/acme-accounts", {"issuer": issuer()}, key)["id"]


MAKERS = {
    "/v1/acme-accounts": acme_account,
    "/v1/access-keys": id_of("/v1/access-keys", name="x"),
    "/v1/accounts": lambda key: call("GET", "/v1/account", key=key)["id"],
    "/v1/applications": application,
    "/v1/certificates": certificate,
    "/v1/channels": channel,
    "/v1/contacts": id_of("/v1/contacts", name="x", email="x@example.com", mobile="+8613800138000"),
    "/v1/csrs": id_of("/v1/csrs", names=lambda: [f"{unique('request')}.example.com"]),
    "/v1/delegations": id_of("/v1/delegations", name=lambda: f"{unique('delegated')}.example.com"),
    "/v1/deployments": deployment,
    "/v1/domains": id_of("/v1/domains", name=lambda: f"{unique('zone')}.example.com"),
    "/v1/emergencies": emergency,
    "/v1/invitations": lambda key: invitation(key)["id"],
    "/v1/messages": message,
    "/v1/mutes": mute,
    "/v1/notices": notice,
    "/v1/orders": order,
    "/v1/organizations": id_of("/v1/organizations", name=lambda: unique("organization"), country="CN", city="x"),
    "/v1/payments": payment,
    "/v1/preflights": id_of("/v1/preflights", name=lambda: f"{unique('preflight')}.example.com"),
    "/v1/persist-records": id_of("/v1/persist-records", name=lambda: f"{unique('persist')}.example.com", issuer="ca.example",
                                 account_uri="https://ca.example/1"),
    "/v1/quotes": id_of("/v1/quotes", names=["quote.example.com"]),
    "/v1/refunds": refund,
    "/v1/reviews": application,
    "/v1/sessions": lambda key: person(key, "auditor").split(".")[0],
    "/v1/solutions": solution,
    "/v1/solvers": solver,
    "/v1/targets": target,
    "/v1/users": user,
}
# What all accounts see alike, and what is public anyway: nobody's own.
SHARED = {"/v1/catalog/brands": "none", "/v1/catalog/packages": "none", "/v1/issuers": "none", "/v1/name-grants": "none", "/ca": "none", "/crl": "none",
          "/confirm": "none", "/.well-known/acme-challenge": "none"}
# Parts of a path behind its {id}.
INNER = {"version": "1", "token": "0" * 43}
# The noun of each member that is a reference.
REFERENCES = {"certificate_id": "/v1/certificates", "contact_id": "/v1/contacts", "csr_id": "/v1/csrs",
              "organization_id": "/v1/organizations", "quote_id": "/v1/quotes", "solver_id": "/v1/solvers", "target_id": "/v1/targets",
              "user_id": "/v1/users"}
# What else a body needs before its references are looked at; nothing goes with what stands in ALONE.
SAMPLES = {path: {"names": ["reference.example.com"]} for path in ("/v1/orders", "/v1/quotes")}
SAMPLES["/v1/persist-records"] = {"name": "a.example.com", "issuer": "ca.example", "account_uri": "https://ca.example/2"}
BESIDE = {"csr_id": {"csr_choice": "own"}}
ALONE = {"quote_id"}


def noun_of(path):
    """/v1/certificates of /v1/certificates/{id}/renew; None where nothing is named."""
    return path.partition("/{")[0] if "{" in path else None


def filled(path, id_):
    path = re.sub(r"\{(?:id|file)\}", id_, path, count=1)
    return re.sub(r"\{(\w+)\}", lambda part: INNER[part.group(1)], path)


def absent(noun, like):
    return SHARED.get(noun) or f"{like.split('_')[0]}_{ABSENT}"


def send(method, path, key, body=None):
    return call(method, path, None if method in ("GET", "DELETE") else body or {}, key)


def every_noun_has_a_fixture():
    nouns = {noun_of(path) for _, path, _ in routes()} - {None}
    check("every noun of a path has a fixture", nouns <= set(MAKERS) | set(SHARED), nouns - set(MAKERS) - set(SHARED))
    check("and no fixture is without a route", set(MAKERS) | set(SHARED) <= nouns, set(MAKERS) | set(SHARED) - nouns)
    parts = {part for _, path, _ in routes() for part in re.findall(r"\{(\w+)\}", path)} - {"id", "file"}
    check("every other part of a path, too", parts <= set(INNER), parts)


# ---- who asks ----

def callers(owner):
    """Name -> (what is shown, the roles that must all have a permission)."""
    found = {"nobody": (None, ())}
    for role in ROLES:
        found[f"the {role}'s session"] = (person(owner, role), (role,))
        holder = user(owner, role)
        found[f"the {role}'s key"] = (key_of(owner, holder, role), (role,))
        for less in WITHIN[role]:
            found[f"the {role}'s key for {less}s"] = (key_of(owner, holder, less), (role, less))
    return found


def may(operation, roles, administers):
    return set(roles) <= set(operation["x-roles"]) and (administers or not operation.get("x-administrators"))


def expect(name, answer, permitted, shown):
    """A refusal of the gate is 401 or 403 before anything of the request is looked at."""
    if not shown:
        check(name, answer.status == 401, answer)
    else:
        check(name, (answer.status in (401, 403)) != permitted, answer)


def own_ids(people, ids):
    """Who may not is refused with an object that is there; who may is let through, to one that is not."""
    for method, path, operation in routes():
        if operation["security"] == []:
            continue
        noun = noun_of(path)
        own = ids.get(noun) or SHARED.get(noun, "")
        for name, (shown, roles) in people.items():
            permitted = bool(shown) and may(operation, roles, True)
            id_ = absent(noun, own) if permitted else own
            if permitted and not noun and method != "GET" and "/test/" not in path:
                body = {"surprise": 1}  # goes no further than the body
            else:
                body = {}
            answer = send(method, filled(path, id_), shown, body)
            expect(f"{method} {path}: {'' if permitted else 'not '}for {name}", answer, permitted, shown)


# ---- own objects ----

# Own ids that are answered by 404 all the same: there is no such part of the new object.
NOTHING_THERE = {("POST", "/v1/certificates/{id}/versions/{version}/revoke"), ("POST", "/v1/certificates/{id}/deploy"),
                 ("GET", "/v1/applications/{id}/letter")}


def owner_reaches(owner):
    for method, path, operation in routes():
        noun = noun_of(path)
        if noun not in MAKERS or (method, path) in NOTHING_THERE:
            continue
        answer = send(method, filled(path, MAKERS[noun](owner)), owner)
        check(f"{method} {path}: an owner reaches an own id", answer.status not in (401, 403, 404), answer)


# ---- foreign objects ----

def foreign_ids(people, ids):
    """An id of another account is answered as one that is not there, whoever asks."""
    for method, path, operation in routes():
        noun = noun_of(path)
        if noun not in ids:
            continue
        for name, (shown, roles) in people.items():
            foreign, none = (send(method, filled(path, id_), shown) for id_ in (ids[noun], absent(noun, ids[noun])))
            expected = (401,) if not shown else (400, 404) if may(operation, roles, False) else (403,)
            check(f"{method} {path}: a foreign id for {name} is as good as none",
                  foreign.status in expected and (foreign.status, foreign["code"]) == (none.status, none["code"]),
                  f"{foreign} {none}")


def references():
    """(method, path, operation, member) of all references in bodies."""
    for method, path, operation in routes():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, member in content.get("schema", {}).get("properties", {}).items():
            if member.get("x-reference"):
                yield method, path, content["schema"], name


def foreign_references(people, key, own, ids):
    seen = {name for _, _, _, name in references()}
    check("every reference has a noun", seen <= set(REFERENCES), seen - set(REFERENCES))
    check("there are such", {"user_id", "organization_id", "contact_id", "csr_id", "certificate_id"} <= seen, seen)
    for (method, path, schema, name), (who, (shown, roles)) in itertools.product(list(references()), people.items()):
        if roles != ("owner",):
            continue
        base = {required: "x" for required in schema["required"]} | BESIDE.get(name, {})
        base |= {} if name in ALONE else SAMPLES.get(path, {})
        noun = noun_of(path)  # what is renewed once is so for good
        place = filled(path, issued(key) if noun == "/v1/certificates" else own.get(noun, ""))
        foreign, mine = (send(method, place, shown, base | {name: of[REFERENCES[name]]}) for of in (ids, own))
        check(f"{method} {path}: a foreign {name} for {who}", (foreign.status, foreign["code"]) == (404, "not_found"), foreign)
        check(f"{method} {path}: an own {name} for {who} is found", mine.status != 404, mine)


# What changes without anybody: sessions and keys are used, what is published is looked at.
BY_THEMSELVES = ("/v1/sessions", "/v1/access-keys", "/v1/solutions", "/v1/persist-records")


def what_is_there(key):
    """All lists of an account, and how far its audit log has come."""
    lists = {path: call("GET", f"{path}?limit=500", key=key)["items"] for method, path, operation in routes()
             if method == "GET" and re.fullmatch(r"/v1/[\w-]+", path) and path not in BY_THEMSELVES}
    return {path: items for path, items in lists.items() if items}


# ---- members that may be null ----

def nulls(owner):
    """What is described as nullable is not refused for being null."""
    for method, path, operation in routes():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        noun = noun_of(path)
        for name, member in schema.get("properties", {}).items():
            if method != "PATCH" or "null" not in member["type"]:
                continue
            administered = noun == "/v1/issuers"
            own = issuer() if administered else MAKERS[noun](owner) if noun else ""
            answer = send(method, filled(path, own), KEY if administered else owner, {name: None})
            check(f"{method} {path}: {name} may be null", (answer.status, answer["field"]) != (400, name), answer)


def second_account():
    made = call("POST", "/v1/accounts", {"name": "second", "owner": {"name": "owner"}})
    answer = call("POST", "/v1/login", {"secret": made["login_secret"]}, None)
    return f"{answer['id']}.{answer['secret']}"


def sell():
    """A line that costs something, and one whose issuer waits for a reviewer."""
    line = {"vendor": "Sold", "title_en": "Sold", "title_zh": "在售", "profile": "modern", "issuer": "local",
            "domain_types": ["single"], "key_algorithms": ["p256"], "names_max": 1, "currency": "CNY"}
    for id_, grade, demands, price in (("Sold", "dv", "none", 100), ("Reviewed", "ov", "review", 0)):
        call("PUT", f"/v1/catalog/brands/{id_}", {**line, "grades": [grade], "demands": demands})
        call("POST", f"/v1/catalog/brands/{id_}/prices", {"per_year": price, "managed_use": 0})


def main():
    sell()
    second = second_account()
    every_noun_has_a_fixture()
    ids = {noun: make(KEY) for noun, make in MAKERS.items()}
    others = {noun: make(second) for noun, make in MAKERS.items() if noun != "/v1/deployments"}
    own_ids(callers(KEY), ids)
    strangers = callers(second)
    before = what_is_there(KEY)
    foreign_ids(strangers, ids)
    foreign_references(strangers, second, others, ids)
    after = what_is_there(KEY)
    check("nothing was changed by strangers", before == after, [path for path in before if before[path] != after.get(path)])
    nulls(second)
    owner_reaches(KEY)


main()
finish()
