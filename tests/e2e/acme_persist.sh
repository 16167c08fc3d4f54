#!/bin/sh
# builds: check-gcc
# dns-persist-01 as the proof of orders at `tenure test-ca`, which reuses no proof: a record that somebody adds once lets one
# account of one CA in, again and again; one for another account, or without wildcards, does not.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme_ca.sh"
. "$(dirname "$0")/acme_orders.sh"

stop_servers() {
    stop_test_ca
    stop_zone
}

theirs() { sqlite3 -readonly "$WORK/test-ca/test-ca.db" "$1"; }
proven_by() { theirs "SELECT group_concat(type, ' ') FROM (SELECT DISTINCT type FROM served_challenge WHERE status = 'valid')"; }
orders_at_ca() { theirs "SELECT count(*) FROM served_order"; }
# of NAME MEMBER: of the newest solution for it.
of() { tenure solution list --json | jq -r "[.items[] | select(.name == \"$1\")][0].$2 // empty"; }
has() { [ -n "$(of "$1" "$2")" ]; }
finds() { [ "$(of "$1" reason)" = "$2" ]; }
look() { tenure solution check "$(of "$1" id)" >/dev/null; }
# finds_now NAME REASON: looked for again until that is found.
finds_now() {
    look "$1"
    finds "$1" "$2"
}
needed() { read_api notices | jq '[.items[] | select(.event == "action_needed")] | length'; }

start_zone
start_test_ca --reuse 0 --dns "127.0.0.1:$DNS"
zone_yaml >"$WORK/zone.yaml"
daemon <"$WORK/zone.yaml"
BEARER=$(access_key)
tenure issuer add rehearsal --directory "$CA_URL" --agree-terms >/dev/null
tenure catalog set Tenure --issuer rehearsal >/dev/null
tenure solver add example.test --type dns-persist-01 --kind persist --quiet >/dev/null

one=$(buy www.example.test)
check "a person is asked for a record that stays" wait_for 20 has www.example.test placed_at
VALUE=$(of www.example.test value)
check "it stands at the name of its own" test "$(of www.example.test place)" = _validation-persist.www.example.test
check "it names the account that we have at the CA" words "$VALUE" "*; accounturi=$CA_BASE/acme/account/*"
check "and no wildcards, where none are wanted" test "${VALUE#*policy}" = "$VALUE"
check "there is no token in it" test "$(theirs "SELECT count(*) FROM served_challenge WHERE type = 'dns-persist-01' AND token IS NOT NULL")" = 0

add_record "_validation-persist.www TXT \"${VALUE}9\""
check "a record for another account is not the one" wait_for 20 finds_now www.example.test wrong_value
check "and the CA was not asked to look" test -z "$(proven_by)"
sed -i '/_validation-persist/d' "$WORK/dns/zone"
add_record "_validation-persist.www TXT \"$VALUE\"" "; changed"
check "the right one is found" wait_for 20 finds_now www.example.test found
check "the CA looks, and issues" wait_for 20 versions "$one" 1
check "by that proof and no other" test "$(proven_by)" = dns-persist-01
check "the record is not ours to take away" test -n "$(dig +short -p "$DNS" @127.0.0.1 TXT _validation-persist.www.example.test)"

told=$(needed)
two=$(buy www.example.test)
check "the next order is proven by it at once" wait_for 20 versions "$two" 1
check "at an order of its own" test "$(orders_at_ca)" = 2
check "and nobody was asked again" test "$(needed)" = "$told"

wild=$(buy '*.www.example.test')
check "a wildcard wants a word more" wait_for 20 sh -c \
    "'$TENURE' solution list --json | jq -r '.items[0].value' | grep -q 'policy=wildcard'"
check "and what stands there is not enough" wait_for 20 finds_now www.example.test wrong_value
add_record "_validation-persist.www TXT \"$(of www.example.test value)\""
check "with it the wildcard is issued" wait_for 20 sh -c "'$TENURE' solution check '$(of www.example.test id)' >/dev/null; \
    [ \"\$('$TENURE' show '$wild' --json | jq .version_count)\" = 1 ]"
check "the audit chain is intact" tenure audit verify
