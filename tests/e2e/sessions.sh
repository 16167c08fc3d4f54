#!/bin/sh
# builds: check-gcc
# People who log in: passwords, sessions and invitations, over HTTP and with the verbs, the second signer at work.
. "$(dirname "$0")/lib.sh"

people_have_verbs() {
    printf 'correct horse battery\n' >"$WORK/password"
    printf 'another horse battery\n' >"$WORK/another"
    tenure invite li@verbs.example --name li --role operator --json | field secret >"$WORK/invitation"
    check "invite: it is listed" sh -c "'$TENURE' invitation list | grep -q 'inv_.*li@verbs.example.*li.*operator'"
    own=$XDG_CONFIG_HOME
    export XDG_CONFIG_HOME=$WORK/li
    check "invitation accept" tenure invitation accept --secret-file "$WORK/invitation" --password-file "$WORK/password"
    check "it works once" fails_with 2 unauthenticated tenure invitation accept --secret-file "$WORK/invitation" \
        --password-file "$WORK/password"
    check "login with a wrong password" fails_with 2 password_wrong tenure login --email li@verbs.example \
        --password-file "$WORK/another"
    check "login with the password" tenure login --email LI@verbs.example --password-file "$WORK/password"
    check "session list" sh -c "'$TENURE' session list | grep -q 'ses_.*operator'"
    check "an operator invites nobody" fails_with 2 forbidden tenure invite x@verbs.example --role auditor
    check "password" tenure password --current-file "$WORK/password" --password-file "$WORK/another"
    check "which ends the session" fails_with 2 unauthenticated tenure session list
    check "login with the new password" tenure login --email li@verbs.example --password-file "$WORK/another"
    check "logout" tenure logout
    check "the session is over" fails_with 2 unauthenticated tenure session list
    export XDG_CONFIG_HOME=$own
    check "an access key does not log out" fails_with 2 usage tenure logout
    check "the first password needs an address" fails_with 2 email tenure password --first \
        --password-file "$WORK/password" --json
    li=$(tenure user list --json | /usr/bin/python3 -c '
import json, sys
print(*[item["id"] for item in json.load(sys.stdin)["items"] if item["email"] == "li@verbs.example"])')
    tenure user reset "$li" --json | field secret >"$WORK/reset"
    export XDG_CONFIG_HOME=$WORK/li
    check "user reset, password --reset" tenure password --reset --secret-file "$WORK/reset" --password-file "$WORK/password"
    check "it works once" fails_with 2 unauthenticated tenure password --reset --secret-file "$WORK/reset" \
        --password-file "$WORK/another"
    check "the forgotten one opens nothing" fails_with 2 password_wrong tenure login --email li@verbs.example \
        --password-file "$WORK/another"
    check "the new one does" tenure login --email li@verbs.example --password-file "$WORK/password"
    export XDG_CONFIG_HOME=$own
    invitation=$(tenure invite wang@verbs.example --role auditor --json | field id)
    check "invitation revoke" tenure invitation revoke "$invitation"
}

daemon <<END
deploy:
  folders: ["$WORK"]
END
people_have_verbs
run_python sessions
check "the audit chain is intact" tenure audit verify
