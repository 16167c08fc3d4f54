#!/bin/sh
# builds: check-gcc
# Orders and the account behind them, at Pebble: an external account that is missing, wrong and right, as a person sees it at
# the certificate; the account's key changed between two orders and while one waits; a wildcard and its bare name together;
# authorizations that are used again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pebble.sh"
. "$(dirname "$0")/acme_orders.sh"

EAB_KEY=zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W
PEBBLE_HTTP_PORT=$(free_port) PEBBLE_EAB="kid-1:$EAB_KEY" PEBBLE_DNS_SERVER=127.0.0.1:$DNS
export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=100

stop_servers() {
    stop_pebble
    stop_zone
}

start_zone 'w CAA 0 issuewild "nobody.example"'
start_pebble -strict
daemon <<YAML
responder: {http: "127.0.0.1:$PEBBLE_HTTP_PORT"}
validation: {http_port: $PEBBLE_HTTP_PORT}
$(zone_yaml)
YAML
BEARER=$(access_key)
account() { tenure issuer account list --json | jq -r ".items[0].$1 // empty"; }

# ---- external accounts ----
tenure issuer add pebble --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" --agree-terms >/dev/null
tenure catalog set Tenure --issuer pebble >/dev/null
tenure solver add . --type http-01 --kind responder --doubt-seconds 1 >/dev/null
FIRST=$(buy first.example.test)
check "without an external account: explain says what to do" wait_for 20 explains "$FIRST" 'acme_external_account.*--eab-key-file'
check "the certificate goes on waiting" is "$FIRST" validating
printf 'wrongwrongwrongwrongwrongwrong00\n' >"$WORK/eab"
check "a wrong one is set" tenure issuer change pebble --eab-kid kid-1 --eab-key-file "$WORK/eab" --eab-reusable yes
check "which is tried at once, and refused" wait_for 20 explains "$FIRST" '^2 attempts failed .*acme_external_account'
check "in the words of the CA" words "$(account detail)" 'external account binding JWS verification error'
printf '%s\n' "$EAB_KEY" >"$WORK/eab"
check "the right one is set" tenure issuer change pebble --eab-kid kid-1 --eab-key-file "$WORK/eab"
check "and the certificate comes by itself" wait_for 25 is "$FIRST" issued

# ---- a wildcard and its bare name, while the key of the account is changed ----
tenure issuer change pebble --caa-domains pebble.example >/dev/null
tenure solver add w.example.test --kind manual >/dev/null
WILD=$(buy w.example.test '*.w.example.test')
records() { read_api "solutions?certificate=$WILD&open=1" | jq -r ".items[] | select(.type == \"dns-01\").$1"; }
shown() { [ "$(records value | sort -u | wc -l)" = 2 ]; }
check "two records are wanted at one name" wait_for 20 shown
check "explain says what would make a CA refuse that heeds CAA" wait_for 20 explains "$WILD" \
    'look at \*\.w\.example\.test .*caa_other_issuer'
check "in Chinese, too" sh -c 'LANG=zh_CN.UTF-8 "$1" explain "$2" | grep -q "发现 CA 会因此拒绝.*caa_other_issuer"' - "$TENURE" "$WILD"
THUMBPRINT=$(account thumbprint)
check "a new key is asked for meanwhile" tenure issuer account roll "$(account id)"
same_key() { [ "$(account thumbprint)" = "$THUMBPRINT" ]; }
changed() { ! same_key; }
check "which waits for what is out" same_key
check "and says so" [ "$(account state)" = changing ]
for value in $(records value); do
    add_record "_acme-challenge.w TXT \"$value\""
done
for id in $(records id); do
    check "a record is looked for at once when asked" wait_for 15 tenure solution check "$id"
done
check "the certificate comes all the same" wait_for 25 is "$WILD" issued
check "and then the key is changed" wait_for 25 changed

# ---- the next order is signed with the new key; what was proven is not proven again ----
SECOND=$(buy second.example.test)
check "another certificate comes with the new key" wait_for 20 is "$SECOND" issued
BEFORE=$(solutions "$WILD")
check "a new version of the wildcard" tenure reissue "$WILD"
check "comes" wait_for 20 versions "$WILD" 2
check "without a new proof" [ "$(solutions "$WILD")" = "$BEFORE" ]
