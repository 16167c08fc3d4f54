#!/bin/sh
# builds: check-gcc
# What stands in the way in the DNS, as a person sees it at the certificate: a wrong key, a read-only zone, a server that lags, a
# circle of CNAMEs, a wildcard CNAME, DNSSEC signed and broken; and what of it does not keep the CA from being asked.
#
# What of the DNS is tested where:
#                               by itself                        up to the certificate, with Pebble
#   a wrong key                 dns_update.sh (Knot)             here (BIND)
#   a read-only zone            dns_update.sh (BIND)             here
#   a lag of ten minutes        dns_update.sh (held transfers), doctor.sh   here
#   a chain of three CNAMEs     solve.sh, doctor.sh              acme_solvers.sh, to our responder
#   a loop, a wildcard CNAME    solve.sh, doctor.sh              here
#   DNSSEC signed and broken    dv.sh, doctor.sh                 here
#   what stands there already   dns_update.sh                    acme_solvers.sh (a wildcard and its bare name)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pebble.sh"
. "$(dirname "$0")/acme_orders.sh"

GOOD=c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM=
OTHER=c2VjcmV0IG9mIG5vYm9keSBhdCBhbGwsIDMyIGJ5dGU=
RECURSION=yes # from one zone into another
COPY=$(free_port) COPY_PID= PEBBLE_DNS_SERVER=127.0.0.1:$DNS
export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=0

stop_servers() {
    stop_pebble
    stop_zone
    end_children $COPY_PID
}

# ---- zones ----

plain_zone() { printf '$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\n* A 127.0.0.1\n'; }

write_zones() {
    mkdir "$WORK/dns"
    "$(dirname "$0")/../data/dns/sign" "$WORK/dns"
    printf 'key good { algorithm hmac-sha256; secret "%s"; };\n' "$GOOD"
    for zone in dyn.test lag.test; do
        plain_zone >"$WORK/dns/$zone"
        printf 'zone "%s" { type primary; file "%s"; allow-update { key good; }; };\n' $zone $zone
    done
    plain_zone >"$WORK/dns/fixed.test"
    printf 'zone "fixed.test" { type primary; file "fixed.test"; };\n'
    for zone in secure.test forged.test; do
        printf 'zone "%s" { type primary; file "%s.zone"; };\n' $zone $zone
    done
} >"$WORK/more.conf"

# It has lag.test as it was, and hears of nothing.
start_copy() {
    mkdir "$WORK/copy"
    plain_zone >"$WORK/copy/lag.test"
    {
        named_options "$WORK/copy" "$COPY"
        printf 'zone "lag.test" { type primary; file "lag.test"; };\n'
    } >"$WORK/copy/named.conf"
    /usr/sbin/named -f -n 1 -c "$WORK/copy/named.conf" -L "$WORK/copy/log" &
    COPY_PID=$!
    wait_for 20 port_answers "$COPY"
}

anchor() { head -n 1 "$WORK/dns/$1.anchor"; }
one_zone() { printf '  - {name: %s, servers: ["127.0.0.1:%s"%s]%s}\n' "$1" "$DNS" "${2:-}" "${3:-}"; }
settings() {
    printf 'dns:\n  outside_zones: refuse\n  zones:\n'
    one_zone example.test
    one_zone dyn.test
    one_zone fixed.test
    one_zone lag.test ", \"127.0.0.1:$COPY\""
    one_zone secure.test "" ", trust_anchor: \"$(anchor secure.test)\""
    # the key of another zone: every signature is wrong
    one_zone forged.test "" ", trust_anchor: \"$(anchor secure.test | sed 's/^secure/forged/')\""
}

# ---- the daemon ----

# by_key ZONE SECRET OPTION…: the id of the solver
by_key() {
    zone=$1
    printf '%s\n' "$2" >"$WORK/secret"
    shift 2
    tenure solver add "$zone" --kind rfc2136 --secret-file "$WORK/secret" --set "server=127.0.0.1:$DNS" --set key_name=good -q "$@"
}

write_zones
mkdir -p "$WORK/dns"
mv "$WORK/more.conf" "$WORK/dns/more.conf"
start_copy
start_zone "_acme-challenge.loop CNAME round" "round CNAME _acme-challenge.loop" "*.wild CNAME elsewhere.dyn.test."
start_pebble -strict
settings >"$WORK/settings"
begin_now
daemon <"$WORK/settings"
BEARER=$(access_key)
tenure issuer add pebble --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" --agree-terms >/dev/null
tenure catalog set Tenure --issuer pebble >/dev/null
by_key dyn.test "$OTHER" >/dev/null
by_key fixed.test "$GOOD" >/dev/null
by_key lag.test "$GOOD" --doubt-seconds 660 >/dev/null
tenure solver add example.test --kind manual >/dev/null
tenure solver add forged.test --kind manual >/dev/null

# ---- what is in the way ----
WRONG_KEY=$(buy www.dyn.test) FIXED=$(buy www.fixed.test) LAG=$(buy www.lag.test) LOOP=$(buy loop.example.test)
WILD=$(buy a.wild.example.test) FORGED=$(buy bad.forged.test)
check "a wrong key" wait_for 20 explains "$WRONG_KEY" '(dns_key_refused).*has another secret for the key good'
check "a zone that is read-only" wait_for 20 explains "$FIXED" '(dns_change_refused).*refuses to change _acme-challenge.www.fixed.test'
check "a server that lags, and which it is" wait_for 20 explains "$LAG" "(record_missing).*asked at 127.0.0.1:$COPY"
check "a circle of CNAMEs" wait_for 20 explains "$LOOP" '(cname_loop).*lead in a circle'
check "a wildcard CNAME, and what to put in its way" wait_for 20 explains "$WILD" '(wildcard_cname)'
value() { read_api "solutions?certificate=$1&open=1" | jq -r '.items[0].value // empty'; }
printed() { [ -n "$(value "$1")" ]; }
wait_for 20 printed "$FORGED"
printf '_acme-challenge.bad 1 TXT "%s"\n' "$(value "$FORGED")" >>"$WORK/dns/forged.test.zone"
add_record "_acme-challenge.a.wild TXT \"$(value "$WILD")\""
for id in "$WRONG_KEY" "$FIXED" "$LAG" "$LOOP"; do
    check "none of them is asked of the CA, nor given up" is "$id" validating
done
[ -n "$SERVE" ] || exit 0

# ---- and goes on ----
SECONDS_ON=0
tick() {
    SECONDS_ON=$((SECONDS_ON + ${1:-5}))
    later "+$SECONDS_ON seconds"
}
# comes CERTIFICATE: within some looks, each five seconds later
comes() {
    for _ in 1 2 3 4 5 6 7 8; do
        tick
        is "$1" issued && return 0
        sleep 0.3
    done
    tenure explain "$1"
    return 1
}
by_key secure.test "$GOOD" --doubt-seconds 3600 >/dev/null
SECURE=$(buy www.secure.test)
tick 60
check "a record in front of the wildcard is found" comes "$WILD"
check "signatures that are wrong" wait_for 10 explains "$FORGED" '^bad.forged.test (dnssec_broken): the signatures (DNSSEC) of .*signature missing.*for trust anchor forged.test'
check "what is signed is found through a CNAME out of the zone" comes "$SECURE"
tick 480
check "after ten minutes the server that lags is still waited for" is "$LAG" validating
tick 180
check "but not for ever: the CA is asked all the same" comes "$LAG"
