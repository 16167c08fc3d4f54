#!/bin/sh
# builds: check-gcc
# What is around the API: its description, who gets in, metrics, shell completion, and the audit chain that shows tampering.
. "$(dirname "$0")/lib.sh"

# ---- what the shell sees ----

completes() { # WORD… — EXPECTED among what is offered for the last word
    expected=$1
    shift
    "$TENURE" completion >"$WORK/completion"
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tenure; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$WORK/completion" "$@" 2>&1 | grep -qx "$expected"
}

metrics_are_valid() {
    curl -sf -H "Authorization: Bearer $(access_key auditor)" "$TENURE_URL/metrics" >"$WORK/metrics" &&
        promtool check metrics <"$WORK/metrics"
}

# ---- login ----

login_works_once() {
    secret=$(sed -n 's/^first start: .*: \(login_[^ ]*\)$/\1/p' "$WORK/tenure.log")
    printf '%s\n' "$secret" >"$WORK/used"
    check "the login secret was shown" test -n "$secret"
    check "the file with it is gone after its use" test ! -e "$WORK/data/first-login"
    check "it does not work again" fails_with 2 unauthenticated tenure login --secret-file "$WORK/used"
}

# ---- the audit chain ----

sql() { sqlite3 -cmd '.timeout 5000' "$WORK/data/tenure.db" "$1" >/dev/null; }

# tampering_is_found NAME DO UNDO: both SQL.
tampering_is_found() {
    sql "$2"
    check "audit verify finds $1" fails_with 1 "broken" tenure audit verify
    sql "$3"
    check "and is content when that is undone" tenure audit verify
}

tampering() {
    check "the audit chain is intact" tenure audit verify
    sql 'CREATE TABLE kept AS SELECT * FROM audit'
    back='DELETE FROM audit; INSERT INTO audit SELECT * FROM kept'
    tampering_is_found "a changed entry" "UPDATE audit SET actor = 'somebody' WHERE sequence = 2" "$back"
    tampering_is_found "a changed time" "UPDATE audit SET at = at - 1 WHERE sequence = 1" "$back"
    tampering_is_found "a missing entry" "DELETE FROM audit WHERE sequence = 2" "$back"
    tampering_is_found "a missing end" "DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)" "$back"
    tampering_is_found "an entry too many" "INSERT INTO audit SELECT sequence + 1, account_id, at, actor, address,
        action, subject, before, after, hash FROM audit ORDER BY sequence DESC LIMIT 1" "$back"
    sql 'DROP TABLE kept'
}

daemon </dev/null
login_works_once
run_python api
check "promtool accepts the metrics" metrics_are_valid
check "bash accepts the completion" sh -c "'$TENURE' completion | bash -n"
check "it completes a verb" completes target tenure tar
check "and the second word of one" completes verify tenure audit ver
tampering
