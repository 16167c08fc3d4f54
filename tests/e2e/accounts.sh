#!/bin/sh
# builds: check-gcc
# Several accounts on one daemon, and users with roles: over HTTP and with the verbs.
. "$(dirname "$0")/lib.sh"

# ---- what the verbs show ----

users_have_verbs() {
    li=$(tenure user add li --role operator --email li@verbs.example --lang zh --notify no --json | field id)
    check "user add: it is listed" sh -c "'$TENURE' user list | grep -q '$li.*operator.*li@verbs.example'"
    TENURE_KEY=$(tenure access-key create --name li --user "$li" --json |
        /usr/bin/python3 -c 'import json, sys; key = json.load(sys.stdin); print(key["id"] + "." + key["secret"])')
    export TENURE_KEY
    check "the key of an operator adds no user" fails_with 2 forbidden tenure user add wang --role auditor
    check "and lists no accounts" fails_with 2 forbidden tenure account list
    key=$TENURE_KEY
    unset TENURE_KEY
    check "user change: a reviewer now" tenure user change "$li" --role reviewer --name "Li Na" --notify yes
    check "the list says so" sh -c "'$TENURE' user list | grep -q 'Li Na.*reviewer'"
    check "user change: no such role" fails_with 2 bad_field tenure user change "$li" --role king
    check "user change: --notify is yes or no" fails_with 2 usage tenure user change "$li" --notify maybe
    check "user remove" tenure user remove "$li"
    check "the key works no more" fails_with 2 unauthenticated env TENURE_KEY="$key" "$TENURE" user list
}

accounts_have_verbs() {
    tenure account create branch --profile tencent-2024 --owner wang --json | field login_secret >"$WORK/secret"
    check "account create: it is listed" sh -c "'$TENURE' account list | grep -q 'branch.*tencent-2024'"
    check "account create: no such policy" fails_with 2 default_profile tenure account create x --profile none --json
    own=$XDG_CONFIG_HOME
    export XDG_CONFIG_HOME=$WORK/branch
    check "its owner logs in" tenure login --secret-file "$WORK/secret"
    check "its owner lists no accounts" fails_with 2 forbidden tenure account list
    check "account set" sh -c "'$TENURE' account set --name renamed --profile alibaba-2021 | grep -q alibaba-2021"
    export XDG_CONFIG_HOME=$own
    check "the other account keeps its policy" sh -c "'$TENURE' account list | grep -q 'main.*modern'"
}

daemon <<END
deploy:
  folders: ["$WORK"]
END
users_have_verbs
accounts_have_verbs
run_python accounts
check "the audit chain is intact" tenure audit verify
