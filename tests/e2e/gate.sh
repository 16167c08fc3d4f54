#!/bin/sh
# builds: check-gcc
# Certificates of a brand that demands control over each name: they wait for records of real name servers or files of a
# real web server, and go on by themselves when the last of them is there.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/zones.sh"

FILES=$WORK/web/.well-known/pki-validation

member_of() { tenure show "$1" --json | field "$2"; }
is_in_state() { [ "$(member_of "$1" state)" = "$2" ]; }
says() { tenure explain "$1" | grep -q "$2"; }

# ordered NAME… [OPTION]: bought, filled in, submitted; its id.
ordered() {
    id=$(tenure buy "$@" --brand Tenure-DV --quiet)
    tenure form set "$id" --contact "$CONTACT" --validation-method "${METHOD:-dns}" >/dev/null
    tenure submit "$id" --quiet >/dev/null
    wait_for 20 waits "$id"
    echo "$id"
}

waits() { [ "$(member_of "$1" waits_for)" = validation ]; }
application_of() { tenure application list "$1" --json | jq -r '.items[-1].id'; }

# challenge ID NAME MEMBER: of what has to be published for a name.
challenge() {
    tenure application show "$(application_of "$1")" --json | jq -r ".challenges[] | select(.name == \"$2\") | .$3"
}

asked() { "$TENURE" check "$1" >/dev/null; }

found() { # ID NAME REASON: by a check from now on
    wait_for 15 asked "$1"
    wait_for 20 last_found "$1" "$2" "$3" || challenge "$1" "$2" last_reason
}
last_found() { [ "$(challenge "$1" "$2" last_reason)" = "$3" ]; }

publish_everywhere() { # HOST VALUE
    publish "$1" "$2" example.test.zone
    publish "$1" "$2" lagging.test.zone
    reload_named
    sleep 1
}

is_issued_after_a_check() { # ID
    wait_for 15 asked "$1"
    wait_for 20 is_in_state "$1" issued
}

by_record() {
    id=$(ordered www.example.test)
    host=$(challenge "$id" www.example.test host) value=$(challenge "$id" www.example.test value)
    check "it waits in validating" is_in_state "$id" validating
    check "the record is shown" test "$host" = _tenure-challenge.www.example.test
    check "and its value" test "${#value}" = 43
    check "explain names both" says "$id" "$host with the value $value"
    check "a record that is not there is missing" found "$id" www.example.test record_missing
    check "what each server answered is kept" test "$(challenge "$id" www.example.test 'answers | length')" -gt 1
    check "the remedy is told" test -n "$(challenge "$id" www.example.test remedy)"
    check "it is not asked for twice within seconds" fails_with 1 too_many_checks "$TENURE" check "$id"
    publish_everywhere "$host" not-the-value
    check "another value is wrong" found "$id" www.example.test wrong_value
    sed -i '/not-the-value/d' "$WORK/dns/example.test.zone" "$WORK/dns/lagging.test.zone"
    publish_everywhere "$host" "$value"
    check "with the record it is issued" is_issued_after_a_check "$id"
    check "and waits for nothing any more" test -z "$(member_of "$id" waits_for)"
    check "nothing is left to check" fails_with 1 not_validating "$TENURE" check "$id"
    check "what was proven serves the next one at once" tenure buy www.example.test --brand Tenure-DV --quiet
}

by_file() {
    METHOD="file"
    id=$(ordered lag.example.test)
    METHOD="dns"
    check "the file is shown" test "$(challenge "$id" lag.example.test url)" != null
    check "a file that is not there" found "$id" lag.example.test http_status
    echo wrong >"$FILES/tenure.txt"
    check "a file with another content" found "$id" lag.example.test wrong_content
    challenge "$id" lag.example.test content >"$FILES/tenure.txt"
    check "with the file it is issued" is_issued_after_a_check "$id"
    wildcard=$(tenure buy '*.lag.example.test' --brand Tenure-DV --quiet)
    check "a wildcard is not proven by a file" fails_with 2 file_validation_not_for_wildcard \
        "$TENURE" form set "$wildcard" --contact "$CONTACT" --validation-method file
    check "the methods of each name are shown" sh -c \
        "'$TENURE' application methods '$wildcard' --json | jq -e '.items[0].methods == [\"dns\"]'"
}

one_is_missing() {
    id=$(ordered '*.star.example.test' two.example.test)
    publish_everywhere "$(challenge "$id" star.example.test host)" "$(challenge "$id" star.example.test value)"
    check "one of two names is proven" found "$id" star.example.test found
    check "the other one is waited for" is_in_state "$id" validating
    check "explain names it" says "$id" "Control over two.example.test"
    check "it is withdrawn in between" tenure withdraw "$id"
    check "and nothing is applied for" is_in_state "$id" pending_application
    tenure submit "$id" --quiet >/dev/null
    wait_for 20 waits "$id"
    check "what was proven stays so" test "$(challenge "$id" star.example.test validated_at)" != null
    publish_everywhere "$(challenge "$id" two.example.test host)" "$(challenge "$id" two.example.test value)"
    check "with both it is issued" is_issued_after_a_check "$id"
}

in_advance() {
    domain=$(tenure domain add early.example.test --quiet)
    host=$(tenure domain show "$domain" --json | field host) value=$(tenure domain show "$domain" --json | field value)
    publish_everywhere "$host" "$value"
    check "a domain is checked" tenure domain check "$domain"
    check "and proven" wait_for 20 sh -c "'$TENURE' domain show '$domain' --json | grep -q '\"end_reason\": *\"validated\"'"
    id=$(tenure buy a.early.example.test '*.early.example.test' --brand Tenure-DV --quiet)
    tenure form set "$id" --contact "$CONTACT" >/dev/null
    check "names below it need nothing more" tenure submit "$id" --wait
    check "it is listed" sh -c "'$TENURE' domain list | grep -q early.example.test"
    check "it is removed" tenure domain remove "$domain"
    id=$(ordered b.early.example.test)
    check "then they do again" waits "$id"
}

start_zones
CONTACT=$(tenure contact add "Wang Fang" --email fang@example.com --mobile +8613800138000 --quiet)
by_record
by_file
one_is_missing
in_advance
check "the audit chain is intact" tenure audit verify
