"""Sessions: what is another account's, and what a password may and may not. What a session may: access.py."""
from client import KEY, at_once, call, check, finish

PASSWORD = "correct horse battery"


def is_refused(name, answer, status, code, field=None):
    check(name, (answer.status, answer["code"], answer["field"]) == (status, code, field), answer)


def invited(email, role, key=KEY):
    answer = call("POST", "/v1/invitations", {"email": email, "name": email, "role": role}, key)
    check(f"{email} is invited", answer.status == 201, answer)
    return answer


def accept(invitation, password=PASSWORD):
    return call("POST", "/v1/invitations/accept", {"secret": invitation["secret"], "password": password}, None)


def log_in(email, password=PASSWORD):
    return call("POST", "/v1/sessions", {"email": email, "password": password}, None)


def session(email, password=PASSWORD):
    answer = log_in(email, password)
    check(f"{email} logs in", answer.status == 201 and answer["id"].startswith("ses_"), answer)
    return f"{answer['id']}.{answer['secret']}"


def person(email, role, key=KEY):
    """A session of a new user."""
    check(f"{email} accepts", accept(invited(email, role, key)).status == 201)
    return session(email)


def second_account():
    made = call("POST", "/v1/accounts", {"name": "second", "owner": {"name": "owner"}})
    answer = call("POST", "/v1/login", {"secret": made["login_secret"]}, None)
    return f"{answer['id']}.{answer['secret']}"


def foreign(owner):
    """What the second account has is as good as none for the first."""
    theirs = person("owner@foreign.example", "owner", owner)
    sessions = call("GET", "/v1/sessions", key=theirs)["items"]
    waiting = invited("waiting@foreign.example", "auditor", theirs)
    for path in (f"/v1/sessions/{sessions[0]['id']}", f"/v1/invitations/{waiting['id']}"):
        is_refused(f"DELETE {path}", call("DELETE", path), 404, "not_found")
    ours = [item["id"] for name in ("sessions", "invitations") for item in call("GET", f"/v1/{name}?limit=500")["items"]]
    check("nothing of theirs is listed", sessions[0]["id"] not in ours and waiting["id"] not in ours, ours)
    check("their session still works", call("GET", "/v1/account", key=theirs).status == 200)
    is_refused("their owner administers nothing", call("GET", "/v1/accounts", key=theirs), 403, "forbidden")


# ---- passwords ----

def passwords():
    weak = invited("weak@people.example", "operator")
    is_refused("eleven characters are too few", accept(weak, "eleven char"), 400, "weak_password", "password")
    is_refused("nor the address", accept(weak, "weak@people.example"), 400, "weak_password", "password")
    answers = at_once(4, lambda number: accept(weak))
    check("of several who accept at once one succeeds", sorted(answer.status for answer in answers) == [201, 401, 401, 401],
          [str(answer) for answer in answers])
    first, second = session("weak@people.example"), session("weak@people.example")
    new = "another horse battery"
    is_refused("the present password is asked for", call("PUT", "/v1/password", {"password": new}, first), 400, "bad_field",
               "current")
    is_refused("and must be right", call("PUT", "/v1/password", {"current": new, "password": new}, first), 401,
               "password_wrong")
    check("then it changes", call("PUT", "/v1/password", {"current": PASSWORD, "password": new}, first).status == 204)
    for number, key in enumerate((first, second)):
        is_refused(f"session {number} is over", call("GET", "/v1/account", key=key), 401, "unauthenticated")
    is_refused("the old one opens nothing", log_in("weak@people.example"), 401, "password_wrong")
    session("weak@people.example", new)


def first_password(owner):
    """A key that may less than its user must not make one that may all."""
    user = call("GET", "/v1/account", key=owner)["user_id"]
    call("PATCH", f"/v1/users/{user}", {"email": "first@people.example"}, owner)
    lesser = call("POST", "/v1/access-keys", {"name": "x", "role": "auditor"}, owner)
    is_refused("a lesser key sets no first password",
               call("PUT", "/v1/password", {"password": PASSWORD}, f"{lesser['id']}.{lesser['secret']}"), 403, "forbidden")
    check("the whole one does", call("PUT", "/v1/password", {"password": PASSWORD}, owner).status == 204)
    session("first@people.example")


def guessing():
    person("guessed@people.example", "auditor")
    unknown = [log_in("nobody@people.example", "wrong") for _ in range(11)]
    known = [log_in("guessed@people.example", "wrong") for _ in range(11)]
    for name, answers in (("an unknown address", unknown), ("a known one", known)):
        check(f"{name}: ten guesses", {(a.status, a["code"]) for a in answers[:10]} == {(401, "password_wrong")},
              [str(a) for a in answers])
        is_refused(f"{name}: and no more", answers[10], 429, "too_many_attempts")
        check(f"{name}: until when is said", 0 < int(answers[10].headers["Retry-After"]) <= 900, answers[10].headers)
    check("both are told the same", unknown[0]["detail"] == known[0]["detail"], f"{unknown[0]} {known[0]}")
    is_refused("the right one waits, too", log_in("guessed@people.example"), 429, "too_many_attempts")


other = second_account()
foreign(other)
passwords()
first_password(other)
guessing()
finish()
