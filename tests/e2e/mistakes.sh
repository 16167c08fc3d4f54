#!/bin/sh
# builds: check-gcc
# What operators do by mistake while an order is open at a CA, which waits for a record meanwhile: the issuer is removed, the line of
# the catalogue gets another one, another CA answers under the same address, a backup of an earlier day is put back,
# the master key is exchanged. Each has a clear reason, nothing is lost, and it goes on once it is mended.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme_ca.sh"
. "$(dirname "$0")/acme_orders.sh"

stop_servers() {
    stop_test_ca
    stop_zone
}

# ---- the world: BIND for us and for the CA; a person adds the records ----

start_zone
start_test_ca --dns "127.0.0.1:$DNS"
begin_now
daemon <<YAML
$(zone_yaml)
YAML
BEARER=$(access_key)
tenure issuer add one --directory "$CA_URL" --agree-terms >/dev/null
tenure catalog set Tenure --issuer one >/dev/null

[ -n "$SERVE" ] || exit 0 # days pass

value() { read_api "solutions?certificate=$1&open=1" | jq -r '.items[0].value // empty'; }
printed() { [ -n "$(value "$1")" ]; }
waits() { wait_for 20 printed "$1"; }
there() { dig +short +time=1 +tries=1 -p "$DNS" @127.0.0.1 TXT "_acme-challenge.$1.example.test" | grep -q -- "$2"; }
# publish NAME CERTIFICATE: as the person does who was asked to
publish() {
    add_record "_acme-challenge.$1 TXT \"$(value "$2")\""
    wait_for 10 there "$1" "$(value "$2")"
}
# A check runs in a shell of its own: how far the clock is stands in a file.
echo 0 >"$WORK/seconds"
tick() {
    echo $(($(cat "$WORK/seconds") + $1)) >"$WORK/seconds"
    later "+$(cat "$WORK/seconds") seconds"
}
# comes CERTIFICATE [SECONDS]: within some looks, so far apart
comes() {
    for _ in 1 2 3 4 5 6; do
        tick "${2:-60}"
        is "$1" issued && return 0
        for id in $(read_api "solutions?certificate=$1&open=1" | jq -r '.items[] | select(.ready_at == null) | .id'); do
            tenure solution check "$id" >/dev/null
        done
        sleep 0.3
    done
    tenure explain "$1"
    return 1
}

# ---- the issuer is removed; the line gets another one ----

REMOVED=$(buy removed.example.test) MOVED=$(buy moved.example.test)
check "orders wait for their records" waits "$REMOVED"
waits "$MOVED"
check "the issuer is removed" tenure issuer remove one
LATE=$(buy late.example.test)
check "what is ordered now says why it waits" wait_for 10 explains "$LATE" brand_not_on_sale
publish removed "$REMOVED"
check "what was open goes on to its certificate" comes "$REMOVED"
check "the line is issued by another one now" tenure catalog set Tenure --issuer local
publish moved "$MOVED"
check "what was ordered before stays with its CA" comes "$MOVED"
check "what had no issuer goes on with the new one" comes "$LATE" 1
tenure issuer change one --back >/dev/null
tenure catalog set Tenure --issuer one >/dev/null

# ---- another CA answers where one was, and knows nothing of it ----

OTHER=$(buy other.example.test)
check "an order waits for its record" waits "$OTHER"
FIRST=$(value "$OTHER")
stop_ca
mv "$WORK/test-ca" "$WORK/first-ca"
start_test_ca --dns "127.0.0.1:$DNS"
publish other "$OTHER"
gone() { tick 300 && explains "$OTHER" acme_account_gone; }
check "the account is not known there, which is told" wait_for 20 gone
check "with what to do" explains "$OTHER" 'issuer account register'
tenure issuer account register one >/dev/null
anew() { tick 60 && [ -n "$(value "$OTHER")" ] && [ "$(value "$OTHER")" != "$FIRST" ]; }
check "a new account begins a new order" wait_for 20 anew
publish other "$OTHER"
check "which ends with its certificate" comes "$OTHER"

# ---- a backup of an earlier day ----

BACK=$(buy back.example.test)
check "an order waits for its record" waits "$BACK"
stop_daemon
cp -a "$WORK/data" "$WORK/backup"
start_daemon
publish back "$BACK"
check "it comes" comes "$BACK"
SERIAL=$(serial "$BACK")
stop_daemon
rm -rf "$WORK/data"
mv "$WORK/backup" "$WORK/data"
start_daemon
check "yesterday it was open still" is "$BACK" validating
check "the CA gives the certificate that it has made since" comes "$BACK"
check "the same one" [ "$(serial "$BACK")" = "$SERIAL" ]

# ---- another master key ----

stop_daemon
mv "$WORK/data/master.key" "$WORK/master.key"
head -c 32 /dev/urandom | base64 >"$WORK/data/master.key"
chmod 600 "$WORK/data/master.key"
starts() { timeout 20 "$TENURE" serve --config "$WORK/tenure.yaml"; }
check "with another master key it does not start, and says which it is not" fails_with 1 unsealable starts
mv "$WORK/master.key" "$WORK/data/master.key"
start_daemon
check "with its own it does" is "$BACK" issued
