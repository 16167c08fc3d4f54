#!/bin/sh
# builds: check-gcc
# Certificates from a CA over ACME, against Pebble: http-01 by the responder, dns-01 by hand, IP identifiers, alternate chains,
# what is refused and what fails, renewal, revocation by both keys; nonces that are refused half of the time.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pebble.sh"
. "$(dirname "$0")/acme_orders.sh"

PEBBLE_HTTP_PORT=$(free_port) PEBBLE_BLOCKED=blocked.example.test
export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=0 PEBBLE_ALTERNATE_ROOTS=2 PEBBLE_CHAIN_LENGTH=2

stop_servers() {
    stop_pebble
    stop_zone
}
start_zone
PEBBLE_DNS_SERVER=127.0.0.1:$DNS
start_pebble -strict
daemon <<YAML
responder:
  http: 127.0.0.1:$PEBBLE_HTTP_PORT
validation:
  http_port: $PEBBLE_HTTP_PORT
$(zone_yaml)
YAML
BEARER=$(access_key)

pem() { tenure download "$1" -f "$2" -o "$WORK/$1.$2" >/dev/null && cat "$WORK/$1.$2"; }
status_at_ca() { pebble_ca "cert-status-by-serial/$(serial "$1")"; }

check "Pebble is an issuer" tenure issuer add pebble --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" --agree-terms
check "a line of the catalogue is issued by it" tenure catalog set Tenure --issuer pebble
check "names and addresses are proven by the responder" tenure solver add . --type http-01 --kind responder --doubt-seconds 1

# All at once: they wait for the CA together.
WWW=$(buy www.example.test) TWO=$(buy a.example.test b.example.test) WILD=$(buy '*.w.example.test') ADDRESS=$(buy 127.0.0.1)
BLOCKED=$(buy blocked.example.test) SILENT=$(buy silent.example.test)

# ---- by hand: what to publish is shown, and looked for (the bare name, which comes with it, needs nobody) ----
records() {
    read_api "solutions?certificate=$WILD&open=1" | /usr/bin/python3 -c 'import json, sys
for one in json.load(sys.stdin)["items"]:
    if one["kind"] == "manual":
        print(one[sys.argv[1]])' "$1"
}
recorded() { [ "$(records value | wc -l)" = 1 ]; }
check "a wildcard waits for a record" wait_for 20 recorded
check "explain says which" explains "$WILD" "$(records value | head -n 1)"
add_record "_acme-challenge.w TXT \"$(records value)\""
for id in $(records id); do
    check "a record is looked for at once when asked" wait_for 15 tenure solution check "$id"
done

# ---- issued ----
check "a certificate comes by http-01" wait_for 20 is "$WWW" issued
check "for several names" wait_for 20 is "$TWO" issued
check "for an address" wait_for 20 is "$ADDRESS" issued
check "for a wildcard by dns-01" wait_for 20 is "$WILD" issued
pebble_ca roots/0 >"$WORK/root.pem"
verified() {
    pem "$1" pem >"$WORK/leaf.pem" && pem "$1" chain >"$WORK/chain.pem" &&
        openssl verify -x509_strict -CAfile "$WORK/root.pem" -untrusted "$WORK/chain.pem" "$WORK/leaf.pem"
}
check "its chain leads to the CA's root" verified "$WWW"
check "that of the wildcard, too" verified "$WILD"
lasts() {
    read_api "certificates/$1" | /usr/bin/python3 -c '
import datetime, json, sys
one = json.load(sys.stdin)
day = lambda name: datetime.datetime.fromisoformat(one[name].replace("Z", "+00:00"))
assert (day("version_end") - day("not_before")).days == 90, one
assert (day("coverage_end") - day("covered_from")).days == 365, one'
}
check "the lifetime is the CA's, the coverage a year" lasts "$WWW"

# ---- refused, failed ----
check "a blocked name is rejected" wait_for 20 is "$BLOCKED" rejected
check "for its own reason" [ "$(show "$BLOCKED" reject_reason)" = domain_security_review ]
check "in the words of the CA" words "$(application "$BLOCKED")" 'rejectedIdentifier*policy'
said() { application "$SILENT" | grep -q '"connection"'; }
check "why a name could not be proven is kept" wait_for 20 said
check "and explained" explains "$SILENT" "silent.example.test.*connection"
check "it is tried again" is "$SILENT" validating

# ---- again: nothing is published for what is still proven ----
check "what was published is taken away" wait_for 20 left "$WWW" 0
PEBBLE_AUTHZREUSE=100 PEBBLE_CHAIN_LENGTH=1
restart_pebble -strict
OTHER=$(pebble_ca roots/1 | openssl x509 -noout -subject -nameopt RFC2253 | sed 's/.*CN=//; s/,.*//')
check "a new CA takes over, with its own account" tenure issuer add second --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" \
    --agree-terms --preferred-chain "$OTHER"
check "for the same line" tenure catalog set Tenure --issuer second
check "a version follows" tenure reissue "$WWW"
check "from it" wait_for 20 versions "$WWW" 2
check "by the chain that is preferred" words "$(pem "$WWW" chain | openssl x509 -noout -issuer)" "${OTHER:-?}"
BEFORE=$(solutions "$WWW")
check "another version" tenure reissue "$WWW"
check "is issued" wait_for 20 versions "$WWW" 3
check "without a new proof" [ "$(solutions "$WWW")" = "$BEFORE" ]
check "a request of one's own" openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / \
    -keyout "$WORK/own.key" -out "$WORK/own.csr" -addext "subjectAltName=DNS:own.example.test"
OWN=$(buy --csr "$WORK/own.csr" own.example.test)
check "is signed" wait_for 20 is "$OWN" issued

# ---- the lifetime that is asked for ----
check "a CA that takes dates" tenure issuer change second --takes-not-after yes --takes-not-before yes --days-max 20
DATED=$(buy dated.example.test)
check "issues" wait_for 20 is "$DATED" issued
lifetime() { sqlite3 -readonly "$WORK/data/tenure.db" "SELECT version_end - not_before FROM certificate WHERE id = '$1'"; }
check "for as long as it was asked for" [ "$(lifetime "$DATED")" = $((20 * 86400)) ]

# ---- revocation ----
KEY=$(buy key.example.test)
check "one whose key will be lost" wait_for 20 is "$KEY" issued
check "a certificate is revoked" tenure revoke "$OWN" --reason superseded
check "by the account" wait_for 20 is "$OWN" revoked
check "the CA has it" words "$(status_at_ca "$OWN")" Revoked
check "a compromised key is reported" tenure revoke "$KEY" --reason keyCompromise
check "by itself" wait_for 20 is "$KEY" revoked
check "the CA has that, too" words "$(status_at_ca "$KEY")" Revoked
check "signed with the key" sh -c 'sqlite3 "$1/data/tenure.db" "SELECT group_concat(by_key) FROM (SELECT by_key FROM acme_revocation ORDER BY asked_at, by_key)" | grep -qx "0,1"' - "$WORK"
