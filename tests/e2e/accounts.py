"""Several accounts on one daemon: users, roles, and that nothing of one account is seen or changed from another."""
import itertools
import re
import subprocess

from client import KEY, TOOLS, WORK, call, check, finish, routes

ROLES = ("auditor", "reviewer", "requester", "operator", "owner")
numbers = itertools.count(1)
ABSENT = "00000000000000000000000000"


def is_refused(name, answer, status, code, field=None):
    check(name, (answer.status, answer["code"], answer["field"]) == (status, code, field), answer)


def log_in(secret):
    answer = call("POST", "/v1/login", {"secret": secret}, key=None)
    return f"{answer['id']}.{answer['secret']}"


def new_account(name, **more):
    """The answer, and the key of its owner."""
    answer = call("POST", "/v1/accounts", {"name": name, "owner": {"name": "owner", **more}})
    check(f"account {name} is made", answer.status == 201, answer)
    return answer, log_in(answer["login_secret"])


def new_user(key, name, role, **more):
    return call("POST", "/v1/users", {"name": name, "role": role, **more}, key)


def key_of(owner, user, **more):
    answer = call("POST", "/v1/access-keys", {"name": "test", "user_id": user, **more}, owner)
    return f"{answer['id']}.{answer['secret']}"


# ---- accounts ----

def administration(made, owner):
    listed = {item["id"]: item for item in call("GET", "/v1/accounts?limit=500")["items"]}
    check("all accounts are listed, one administers", sum(item["administers"] for item in listed.values()) == 1, listed)
    check("the new one is there", listed[made["id"]]["name"] == "second" and not listed[made["id"]]["administers"], listed)
    for method, body in (("GET", None), ("POST", {"name": "third", "owner": {"name": "x"}})):
        is_refused(f"another account's owner may not {method} /v1/accounts", call(method, "/v1/accounts", body, owner),
                   403, "forbidden")
    for role in ROLES[:-1]:
        is_refused(f"nor may the first one's {role}", call("GET", "/v1/accounts", key=user_key(KEY, role)), 403, "forbidden")
    is_refused("an account needs an owner", call("POST", "/v1/accounts", {"name": "x"}), 400, "bad_field", "owner")
    is_refused("with a name", call("POST", "/v1/accounts", {"name": "x", "owner": {}}), 400, "bad_field", "owner.name")
    is_refused("and a policy that there is",
               call("POST", "/v1/accounts", {"name": "x", "owner": {"name": "x"}, "default_profile": "x"}), 400, "bad_field",
               "default_profile")


def certificate(key, name):
    subprocess.run([TOOLS / "old-certificate", WORK / name, "60", name], check=True)
    body = {"certificate": (WORK / name / "fullchain.pem").read_text(), "key": (WORK / name / "key.pem").read_text()}
    return call("POST", "/v1/certificates", body, key)


def policies(owner):
    before = certificate(owner, "before.example.com")
    check("what is brought in is kept under `modern`", before["profile"] == "modern", before)
    answer = call("PATCH", "/v1/account", {"default_profile": "tencent-2024"}, owner)
    check("an owner chooses another policy", answer["default_profile"] == "tencent-2024", answer)
    after = certificate(owner, "after.example.com")
    check("which holds for what comes then", after["profile"] == "tencent-2024", after)
    kept = call("GET", f"/v1/certificates/{before['id']}", key=owner)
    check("and not for what was there", kept["profile"] == "modern", kept)
    is_refused("there must be such a policy", call("PATCH", "/v1/account", {"default_profile": "x"}, owner), 400, "bad_field",
               "default_profile")
    check("null goes back", call("PATCH", "/v1/account", {"default_profile": None}, owner)["default_profile"] == "modern")
    is_refused("an operator chooses none", call("PATCH", "/v1/account", {"name": "x"}, user_key(owner, "operator")), 403,
               "forbidden")


# ---- users ----

def user_key(owner, role):
    """A key of a new user with that role."""
    return key_of(owner, new_user(owner, f"{role} {next(numbers)}", role)["id"])


def roles():
    """A refusal of the gate is 403 before anything of the request is looked at."""
    keys = {role: user_key(KEY, role) for role in ROLES[:-1]}
    for method, path, operation in routes():
        if operation["security"] == []:
            continue
        filled = re.sub(r"\{\w+\}", f"cert_{ABSENT}", path)
        for role, key in keys.items():
            status = call(method, filled, None if method in ("GET", "DELETE") else {}, key).status
            may = role in operation["x-roles"] and not operation.get("x-administrators")
            check(f"{method} {path}: {'' if may else 'not '}for the {role}", (status != 403) == may, status)


def users(owner):
    li = new_user(owner, "li", "operator", email="Li@Example.com", lang="zh")
    check("a user is added", li.status == 201 and li["email"] == "li@example.com" and li["notify"] is True, li)
    is_refused("a name is there once", new_user(owner, "li", "auditor"), 409, "already_exists", "name")
    is_refused("an address is there once in all accounts", new_user(first_owner, "li", "auditor", email="li@example.com"),
               409, "already_exists", "email")
    is_refused("there must be such a role", new_user(owner, "x", "king"), 400, "bad_field", "role")
    key = key_of(owner, li["id"])
    check("a key of a user works", call("GET", "/v1/account", key=key)["user_id"] == li["id"])
    changed = call("PATCH", f"/v1/users/{li['id']}", {"role": "auditor", "email": None}, owner)
    check("a user is changed", (changed["role"], changed["email"], changed["name"]) == ("auditor", None, "li"), changed)
    is_refused("which holds for the key at once", call("POST", "/v1/orders", {"names": ["x.example.com"]}, key), 403,
               "forbidden")
    is_refused("and for keys that are made", call("POST", "/v1/access-keys",
                                                  {"name": "x", "user_id": li["id"], "role": "operator"}, owner), 400,
               "bad_field", "role")
    check("a user is disabled", call("DELETE", f"/v1/users/{li['id']}", key=owner).status == 204)
    check("twice changes nothing", call("DELETE", f"/v1/users/{li['id']}", key=owner).status == 204)
    check("the key works no more", call("GET", "/v1/account", key=key).status == 401)
    back = call("PATCH", f"/v1/users/{li['id']}", {"disabled": False}, owner)
    check("until the user is back", back["disabled_at"] is None and call("GET", "/v1/account", key=key).status == 200, back)


def last_owner(owner):
    own = f"/v1/users/{call('GET', '/v1/account', key=owner)['user_id']}"
    is_refused("the last owner is not disabled", call("DELETE", own, key=owner), 409, "last_owner")
    is_refused("nor made less", call("PATCH", own, {"role": "operator"}, owner), 409, "last_owner")
    other = new_user(owner, "second owner", "owner")
    is_refused("not for an owner who cannot get in", call("DELETE", own, key=owner), 409, "last_owner")
    key = key_of(owner, other["id"])
    check("but for one who can", call("PATCH", own, {"role": "operator"}, owner).status == 200)
    check("who makes the first one an owner again", call("PATCH", own, {"role": "owner"}, key).status == 200)


# ---- foreign objects ----

def first_ids():
    """Of the first account, what its lists show first: noun -> id."""
    ids = {}
    for method, path, operation in routes():
        listed = call("GET", path)["items"] if method == "GET" and re.fullmatch(r"/v1/[\w-]+", path) else None
        if listed and "id" in listed[0]:
            ids[path] = listed[0]["id"]
    return ids


def key_of_a_demoted_owner(owner):
    user = call("POST", "/v1/users", {"name": "demoted", "email": "demoted@second.example", "role": "owner"}, owner)
    key = call("POST", "/v1/access-keys", {"name": "leaked", "user_id": user["id"]}, owner)
    demoted = call("PATCH", f"/v1/users/{user['id']}", {"role": "operator"}, owner)
    revoked = call("DELETE", f"/v1/access-keys/{key['id']}", None, owner)
    check("the key of a demoted owner is revoked", (demoted.status, revoked.status) in ((200, 200), (200, 204)),
          f"{user} {key} {demoted} {revoked}")


def fill_first_account():
    bought = call("POST", "/v1/orders", {"names": ["foreign.example.com"]})
    target = call("POST", "/v1/targets", {"name": "web", "files": [{"path": f"{WORK}/web.pem", "content": "fullchain"}]})
    request = call("POST", "/v1/csrs", {"names": ["reference.example.com"]})
    organization = call("POST", "/v1/organizations", {"name": "first", "country": "CN", "city": "x"})
    contact = call("POST", "/v1/contacts", {"name": "x", "email": "x@example.com", "mobile": "+8613800138000"})
    answers = (bought, target, request, organization, contact)
    check("there is something to look for", all(answer.status == 201 for answer in answers), [str(a) for a in answers])


def foreign_paths(owner):
    """An id of another account is answered as one that is not there, whatever is asked of it."""
    ids = first_ids()
    nouns = set()
    for method, path, operation in routes():
        noun = re.match(r"/v1/[\w-]+", path)
        if "{id}" not in path or noun.group() not in ids:
            continue
        foreign = ids[noun.group()]
        absent = f"{foreign.split('_')[0]}_{ABSENT}"
        body = None if method in ("GET", "DELETE") else {}
        answers = [call(method, re.sub(r"\{\w+\}", "1", path.replace("{id}", id_)), body, owner) for id_ in (foreign, absent)]
        pairs = {(answer.status, answer["code"]) for answer in answers}
        expected = (403,) if operation.get("x-administrators") else (400, 404)
        check(f"{method} {path}: a foreign id is as good as none", len(pairs) == 1 and answers[0].status in expected,
              [str(answer) for answer in answers])
        nouns.add(noun.group())
    check("that was tried with several kinds of objects",
          nouns >= {"/v1/certificates", "/v1/orders", "/v1/targets", "/v1/users", "/v1/access-keys", "/v1/contacts",
                    "/v1/organizations"}, nouns)


# What else the body of a quote or an order needs before a reference is looked at.
NAMED = {"names": ["reference.example.com"]}
SAMPLES = {"csr_id": {**NAMED, "csr_choice": "own"}, "contact_id": NAMED, "organization_id": NAMED}


def references(owner):
    """The same for ids in bodies: what the description marks as a reference."""
    quote = call("POST", "/v1/quotes", NAMED)
    ids, seen = first_ids() | {"/v1/quotes": quote["id"]}, []
    for method, path, operation in routes():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = content.get("schema", {})
        for name, member in schema.get("properties", {}).items():
            if not member.get("x-reference"):
                continue
            foreign = ids.get(f"/v1/{name.removesuffix('_id')}s")
            sample = SAMPLES.get(name, {}) if path in ("/v1/quotes", "/v1/orders") else {}
            body = {required: "x" for required in schema["required"]} | sample | {name: foreign}
            answer = call(method, path, body, owner)
            check(f"{method} {path}: a foreign {name}", (answer.status, answer["code"]) == (404, "not_found"), answer)
            seen.append(name)
    check("there are such ids", {"user_id", "organization_id", "contact_id"} <= set(seen), seen)


made, owner_key = new_account("second", email="owner@second.example")
first_owner = user_key(KEY, "owner")
administration(made, owner_key)
policies(owner_key)
users(owner_key)
last_owner(owner_key)
key_of_a_demoted_owner(owner_key)
roles()
fill_first_account()
foreign_paths(owner_key)
references(owner_key)
finish()
