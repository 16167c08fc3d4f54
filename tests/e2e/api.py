"""The description of the API and who gets in."""
import re

from client import KEY, call, check, finish, routes

PUBLIC = {("GET", "/v1/health"), ("GET", "/v1/openapi.json"), ("POST", "/v1/login"), ("GET", "/ca/roots.pem"),
          ("GET", "/.well-known/acme-challenge/{token}"),
          ("GET", "/ca/{file}"), ("GET", "/crl/{file}"), ("POST", "/v1/sessions"), ("POST", "/v1/invitations/accept"),
          ("POST", "/v1/password/reset"), ("POST", "/v1/payments/events"),  # signed
          ("GET", "/confirm/{token}"), ("POST", "/confirm/{token}")}  # the token is the secret
OWN_KEYS = "/v1/access-keys"  # everybody makes and revokes keys
OWN = (OWN_KEYS, "/v1/sessions", "/v1/password", "/v1/notices")  # nobody needs a permission for what is his own
# administrators alone, and reviewers
NO_AUDITORS = {("GET", "/v1/accounts"), ("GET", "/v1/name-grants"), ("GET", "/v1/reviews")}


def filled(path):
    return re.sub(r"\{\w+\}", "cert_00000000000000000000000000", path)


def body_for(method):
    return None if method in ("GET", "DELETE") else {}


def description():
    answer = call("GET", "/v1/openapi.json", key=None)
    check("openapi.json is OpenAPI 3.1 in JSON", str(answer["openapi"]).startswith("3.1"), answer.headers)
    operations = list(routes())
    check("it has all routes", len(operations) > 30, len(operations))
    ids = [operation["operationId"] for _, _, operation in operations]
    check("no operation id is there twice", len(ids) == len(set(ids)), ids)
    undescribed = [path for _, path, operation in operations if not operation.get("summary")]
    check("every operation has a summary", not undescribed, undescribed)
    dangling = [reference for reference in re.findall(r'"\$ref":\s*"#([^"]+)"', answer.text)
                if not resolves(answer.json, reference)]
    check("every reference leads somewhere", not dangling, dangling)


def resolves(value, pointer):
    for part in pointer.strip("/").split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value is not None


def gate():
    secret = KEY.split(".")[1]
    wrong = [None, "x", KEY + "x", KEY[:-1], KEY.split(".")[0], f"key_{'0' * 26}.{secret}", " ", "é"]
    for method, path, operation in routes():
        public = (method, path) in PUBLIC
        check(f"{method} {path} says rightly who may use it", (operation["security"] == []) == public)
        statuses = {call(method, filled(path), body_for(method), key=key).status for key in wrong}
        if public:
            check(f"{method} {path} needs no key", 401 not in statuses, statuses)
        else:
            check(f"{method} {path} answers 401 without a right key", statuses == {401}, statuses)


def new_key(role, key=KEY):
    answer = call("POST", OWN_KEYS, {"name": f"for {role}", "role": role}, key)
    return answer["id"], f"{answer['id']}.{answer['secret']}"


def roles():
    _, auditor = new_key("auditor")
    for method, path, _ in routes():
        if (method, path) in PUBLIC or path.startswith(OWN):
            continue
        status = call(method, filled(path), body_for(method), auditor).status
        may = method == "GET" and (method, path) not in NO_AUDITORS
        check(f"an auditor {'may' if may else 'may not'} {method} {path}", (status != 403) == may, status)
    answer = call("POST", OWN_KEYS, {"name": "more", "role": "owner"}, auditor)
    check("an auditor makes no owner's key", answer.status == 403, answer)


def revocation():
    id_, key = new_key("operator")
    check("a new access key works", call("GET", "/v1/account", key=key)["role"] == "operator")
    check("it is revoked", call("DELETE", f"{OWN_KEYS}/{id_}").status == 204)
    check("then it does not work any more", call("GET", "/v1/account", key=key).status == 401)
    shown = call("GET", f"{OWN_KEYS}?limit=500")
    check("the list shows it as revoked", any(item["id"] == id_ and item["revoked_at"] for item in shown["items"]), shown)


def languages():
    english, chinese = (call("GET", "/v1/nothing", Accept_Language=language) for language in ("en", "zh-CN"))
    check("errors come in the language that is asked for",
          english["title"].isascii() and not chinese["title"].isascii(), f"{english} {chinese}")


description()
gate()
roles()
revocation()
languages()
finish()
