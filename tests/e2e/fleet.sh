#!/bin/sh
# builds: check-gcc
# The plan of all certificates, that of one, and what is known to be proven: over HTTP and from the command line, in both
# languages. With a clock that the test moves, where the build has one: what was planned is what comes.
. "$(dirname "$0")/lib.sh"

BEGIN=2026-11-22T00:00:00Z
COUNT=4

move_clock() { # TIME
    curl -sS -f -m 60 -o /dev/null -H "Authorization: Bearer $TENURE_KEY" --data "{\"advance_to\": \"$1\"}" \
        "$TENURE_URL/v1/test/clock"
}
is_issued() { [ "$(tenure show "$1" --json | field state)" = issued ]; }
versions_of() { tenure show "$1" --json | field version_count; }

buys() {
    for i in $(seq $COUNT); do
        tenure buy "w$i.example.com" --quiet
    done >"$WORK/bought"
    while read -r id; do
        wait_for 30 is_issued "$id" || return 1
    done <"$WORK/bought"
}

plan() { tenure plan --fleet --json >"$WORK/plan" && jq -e "$1" "$WORK/plan"; }
says() { LANG=$1 tenure plan --fleet | grep -q "$2"; }

has_plan() {
    check "all certificates are in the plan" plan ".certificates == $COUNT and .estimated == false"
    check "the plan has a calendar by issuer" plan '.months | length > 0 and all(.issuer == "local")'
    check "the plan names the busiest day" plan '.busiest_day.versions >= 1'
    check "the plan has the steps of the coming years" \
        plan '[.steps[].from] | contains(["2027-03-15", "2029-03-15"])'
    check "the plan says how long replacing everything takes" \
        plan ".issuers[0].replace_all | .versions == $COUNT and .seconds == 0"
    check "the plan names those that end first" plan ".ending_first | length == $COUNT"
    check "it is told in English" says C.UTF-8 'Busiest day'
    check "it is told in Chinese" says zh_CN.UTF-8 '最繁忙的一天'
}

keeps_plan() {
    first=$(head -n 1 "$WORK/bought")
    check "the plan has each version of the coming months" \
        plan "[.months[] | select(.month == \"2027-05\" or .month == \"2027-07\").planned] | add == 2 * $COUNT"
    check "until June as many versions were issued as were planned" move_clock 2027-06-01T00:00:00Z
    check "each certificate has the one that was planned" test "$(versions_of "$first")" = 2
    check "the plan goes on from there" plan "[.months[] | select(.month < \"2027-07\").planned] | add // 0 == 0"
}

has_plan_of_one() {
    first=$(head -n 1 "$WORK/bought")
    tenure plan "$first" --json >"$WORK/one"
    check "a certificate has a plan of its own" jq -e '.versions | length > 2 and all(.missing == [])' "$WORK/one"
    check "it is shown with what follows if it is renewed" sh -c "'$TENURE' plan $first | grep -q 'if renewed'"
    check "that of an unknown certificate is refused" \
        fails_with 2 not_found "$TENURE" plan cert_00000000000000000000000000
}

lists_validations() {
    check "nothing was proven yet" sh -c "'$TENURE' validation list --json | jq -e '.items == []'"
    check "an unknown cursor is refused" fails_with 2 bad_field "$TENURE" validation list --cursor nonsense
}

all_have() { # VERSIONS
    while read -r id; do
        [ "$(versions_of "$id")" = "$1" ] || return 1
    done <"$WORK/bought"
}

replaces_all() {
    versions=$(versions_of "$first")
    if has_clock; then move_clock "$1"; else sleep 1.1; fi
    check "what would be reissued is said first" sh -c "'$TENURE' reissue --issuer local | grep -q '^$COUNT certificates would be'"
    check "and nothing is done" all_have "$versions"
    check "an issuer that nobody knows is refused" fails_with 2 bad_field "$TENURE" reissue --issuer nobody
    check "one certificate or many" fails_with 2 usage "$TENURE" reissue "$first" --all
    tenure reissue --issuer local --yes --json >"$WORK/reissued"
    check "all of an issuer are reissued" jq -e ".reissued == $COUNT and .refused == 0" "$WORK/reissued"
    check "each has its version" wait_for 30 all_have "$((versions + 1))"
    before=$(field issued_before <"$WORK/reissued")
    check "said again, nothing is left" \
        sh -c "'$TENURE' reissue --all --yes --issued-before $before --json | jq -e '.reissued == 0'"
    check "each is in the audit log" \
        sh -c "[ \$('$TENURE' audit list --json --limit 100 | grep -c certificate.reissue) = $COUNT ]"
}

has_clock && SERVE="--one-process --clock $BEGIN"
daemon </dev/null
TENURE_KEY=$(access_key)
export TENURE_KEY
check "certificates are bought" buys
has_plan
has_plan_of_one
lists_validations
has_clock && keeps_plan
replaces_all 2027-06-02T00:00:00Z
exit "$FAILED"
