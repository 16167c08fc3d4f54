#!/bin/sh
# builds: check-gcc
# What stands in the way in the DNS, as a person sees it at the certificate, at BIND and at Knot: a wrong key, a read-only zone, a server
# that lags, a circle of CNAMEs, a wildcard CNAME, DNSSEC signed and broken; and what of it does not keep the CA from being asked.
#
# What of the DNS is tested where:
#                               by itself                               up to the certificate, with Pebble
#                               BIND                     Knot           BIND                                 Knot
#   a good key                  dns_update.sh            dns_update.sh  acme_solvers.sh, here                here
#   a wrong key                 update_test.c            dns_update.sh  here, until it is replaced           here, until it is replaced
#   a read-only zone            dns_update.sh            -              here                                 here
#   a lag of ten minutes        dns_update.sh, held      doctor.sh      here                                 here
#   a chain of three CNAMEs     solve.sh, doctor.sh      -              here, acme_solvers.sh (responder)    here
#   a loop, a wildcard CNAME    solve.sh, doctor.sh      -              here                                 here
#   DNSSEC signed and broken    dv.sh, doctor.sh         -              here                                 here
#   what stands there already   dns_update.sh            dns_update.sh  acme_solvers.sh (with a wildcard)    -
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pebble.sh"
. "$(dirname "$0")/acme_orders.sh"

GOOD=c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM=
OTHER=c2VjcmV0IG9mIG5vYm9keSBhdCBhbGwsIDMyIGJ5dGU=
RECURSION=yes # from one zone into another, and to Knot
KNOT=$(free_port) KNOT_PID= COPY=$(free_port) COPY_PID= PEBBLE_DNS_SERVER=127.0.0.1:$DNS
export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=0

stop_servers() {
    stop_pebble
    stop_zone
    end_children $COPY_PID $KNOT_PID
}

# ---- zones: ZONE.test is BIND's, kZONE.test is Knot's ----

plain_zone() { printf '$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\n* A 127.0.0.1\n'; }
# The records of a chain into the zone that takes changes, of a circle, and of a wildcard.
odd_records() { # PREFIX
    printf '_acme-challenge.far CNAME one\none CNAME two\ntwo CNAME far.%sdyn.test.\n' "$1"
    printf '_acme-challenge.loop CNAME round\nround CNAME _acme-challenge.loop\n*.wild CNAME elsewhere.%sdyn.test.\n' "$1"
}

bind_zones() {
    "$(dirname "$0")/../data/dns/sign" "$WORK/dns"
    printf 'key good { algorithm hmac-sha256; secret "%s"; };\n' "$GOOD"
    for zone in dyn lag; do
        plain_zone >"$WORK/dns/$zone.test"
        printf 'zone "%s.test" { type primary; file "%s.test"; allow-update { key good; }; };\n' $zone $zone
    done
    plain_zone >"$WORK/dns/fixed.test"
    printf 'zone "fixed.test" { type primary; file "fixed.test"; };\n'
    for zone in secure.test forged.test; do
        printf 'zone "%s" { type primary; file "%s.zone"; };\n' $zone $zone
    done
    for zone in kexample kdyn klag kfixed ksecure kforged; do
        printf 'zone "%s.test" { type forward; forward only; forwarders { 127.0.0.1 port %s; }; };\n' $zone "$KNOT"
    done
}

knot_zone() { # ZONE [OPTION]
    plain_zone >"$WORK/knot/$1.test"
    printf -- '- domain: %s.test\n  storage: %s\n  file: %s.test\n  zonefile-sync: -1\n' "$1" "$WORK/knot" "$1"
    [ $# = 1 ] || printf '  %s\n' "$2"
}

# It signs with keys of its own.
start_knot() {
    mkdir "$WORK/knot"
    {
        printf 'server:\n  rundir: %s\n  listen: 127.0.0.1@%s\n  udp-workers: 1\n  tcp-workers: 1\n' "$WORK/knot" "$KNOT"
        printf '  background-workers: 1\ndatabase:\n  storage: %s\n  journal-db-max-size: 8M\n' "$WORK/knot"
        printf '  kasp-db-max-size: 8M\n  timer-db-max-size: 8M\n'
        printf 'key:\n- id: good\n  algorithm: hmac-sha256\n  secret: %s\n' "$GOOD"
        printf 'acl:\n- id: change\n  key: good\n  action: update\n'
        printf 'policy:\n- id: one-key\n  single-type-signing: on\n  algorithm: ecdsap256sha256\nzone:\n'
        for zone in kexample kdyn klag; do
            knot_zone $zone 'acl: change'
        done
        knot_zone kfixed
        knot_zone ksecure 'acl: change'
        printf '  dnssec-signing: on\n  dnssec-policy: one-key\n'
        knot_zone kforged 'acl: change'
        printf '  dnssec-signing: on\n  dnssec-policy: one-key\n'
    } >"$WORK/knot/conf"
    odd_records k >>"$WORK/knot/kexample.test"
    printf '_acme-challenge.www CNAME secure.kdyn.test.\n' >>"$WORK/knot/ksecure.test"
    /usr/sbin/knotd -c "$WORK/knot/conf" >"$WORK/knot/log" 2>&1 &
    KNOT_PID=$!
    wait_for 20 knot_signs
}
knot_key() { dig +noall +answer +time=1 +tries=1 -p "$KNOT" @127.0.0.1 "$1" DNSKEY | awk '{ $2 = ""; print }' | tr -s ' '; }
knot_signs() { [ -n "$(knot_key ksecure.test)" ] && [ -n "$(knot_key kforged.test)" ]; }

# It has both zones as they were, and hears of nothing.
start_copy() {
    mkdir "$WORK/copy"
    named_options "$WORK/copy" "$COPY" >"$WORK/copy/named.conf"
    for zone in lag.test klag.test; do
        plain_zone >"$WORK/copy/$zone"
        printf 'zone "%s" { type primary; file "%s"; };\n' $zone $zone >>"$WORK/copy/named.conf"
    done
    /usr/sbin/named -f -n 1 -c "$WORK/copy/named.conf" -L "$WORK/copy/log" &
    COPY_PID=$!
    wait_for 20 port_answers "$COPY"
}

anchor() { head -n 1 "$WORK/dns/$1.anchor"; }
one_zone() { # ZONE [MORE_SERVERS] [MORE]
    case $1 in k*) port=$KNOT ;; *) port=$DNS ;; esac
    printf '  - {name: %s, servers: ["127.0.0.1:%s"%s]%s}\n' "$1" "$port" "${2:-}" "${3:-}"
}
settings() {
    printf 'dns:\n  outside_zones: refuse\n  zones:\n'
    for zone in example.test dyn.test fixed.test kexample.test kdyn.test kfixed.test; do
        one_zone $zone
    done
    one_zone lag.test ", \"127.0.0.1:$COPY\""
    one_zone klag.test ", \"127.0.0.1:$COPY\""
    one_zone secure.test "" ", trust_anchor: \"$(anchor secure.test)\""
    one_zone ksecure.test "" ", trust_anchor: \"$(knot_key ksecure.test)\""
    # the keys of other zones: every signature is wrong
    one_zone forged.test "" ", trust_anchor: \"$(anchor secure.test | sed 's/^secure/forged/')\""
    one_zone kforged.test "" ", trust_anchor: \"$(knot_key ksecure.test | sed 's/^ksecure/kforged/')\""
}

# ---- the daemon ----

# by_key ZONE SECRET OPTION…: the id of the solver
by_key() {
    zone=$1
    case $1 in *k*.test) port=$KNOT ;; *) port=$DNS ;; esac
    printf '%s\n' "$2" >"$WORK/secret"
    shift 2
    tenure solver add "$zone" --kind rfc2136 --secret-file "$WORK/secret" --set "server=127.0.0.1:$port" --set key_name=good -q "$@"
}

# change SERVER ZONE RECORD
change() { printf 'server 127.0.0.1 %s\nzone %s\nupdate add %s\nsend\n' "$1" "$2" "$3" | nsupdate -y "hmac-sha256:good:$GOOD"; }

mkdir -p "$WORK/dns"
bind_zones >"$WORK/dns/more.conf"
start_copy
start_knot
start_zone "$(odd_records "")"
start_pebble -strict
settings >"$WORK/settings"
begin_now
daemon <"$WORK/settings"
BEARER=$(access_key)
tenure issuer add pebble --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" --agree-terms >/dev/null
tenure catalog set Tenure --issuer pebble >/dev/null
for k in "" k; do
    by_key ${k}dyn.test "$GOOD" --doubt-seconds 3600 >/dev/null
    by_key www.${k}dyn.test "$OTHER" >"$WORK/wrong$k"
    by_key ${k}fixed.test "$GOOD" >/dev/null
    by_key ${k}lag.test "$GOOD" --doubt-seconds 660 >/dev/null
    tenure solver add ${k}forged.test --kind manual >/dev/null
    tenure solver add wild.${k}example.test --kind manual >/dev/null
done

# ---- what is in the way ----
value() { read_api "solutions?certificate=$1&open=1" | jq -r '.items[0].value // empty'; }
printed() { [ -n "$(value "$1")" ]; }

order() { # PREFIX: one of each
    buy www.${1}dyn.test >"$WORK/${1}key"
    buy www.${1}fixed.test >"$WORK/${1}fixed"
    buy www.${1}lag.test >"$WORK/${1}lag"
    buy loop.${1}example.test >"$WORK/${1}loop"
    buy a.wild.${1}example.test >"$WORK/${1}wild"
    buy bad.${1}forged.test >"$WORK/${1}forged"
    buy far.${1}example.test >"$WORK/${1}far"
    buy good.${1}dyn.test >"$WORK/${1}good"
    buy www.${1}secure.test >"$WORK/${1}secure"
}
# By $k, the first letter of its zones.
of() { cat "$WORK/$k$1"; }
server() { if [ -n "$k" ]; then echo Knot; else echo BIND; fi; }
port() { if [ -n "$k" ]; then echo "$KNOT"; else echo "$DNS"; fi; }

tells() { # READ_ONLY: how it says so
    check "$(server): a wrong key" wait_for 20 explains "$(of key)" '(dns_key_refused).*has another secret for the key good'
    check "$(server): a zone that is read-only" wait_for 20 explains "$(of fixed)" "$1"
    check "$(server): a server that lags, and which it is" wait_for 20 explains "$(of lag)" "(record_missing).*asked at 127.0.0.1:$COPY"
    check "$(server): a circle of CNAMEs" wait_for 20 explains "$(of loop)" '(cname_loop).*lead in a circle'
    check "$(server): a wildcard CNAME, and what to put in its way" wait_for 20 explains "$(of wild)" '(wildcard_cname)'
    wait_for 20 printed "$(of forged)"
    for what in key fixed lag loop wild; do
        check "$(server): $what: not asked of the CA, nor given up" is "$(of $what)" validating
    done
}

order ""
order k
k=
tells '(dns_change_refused).*refuses to change _acme-challenge.www.fixed.test'
printf '_acme-challenge.bad 1 TXT "%s"\n' "$(value "$(of forged)")" >>"$WORK/dns/forged.test.zone"
add_record "_acme-challenge.a.wild TXT \"$(value "$(of wild)")\""
k=k
tells '(dns_key_refused).*or it has no rights there'
change "$KNOT" kforged.test "_acme-challenge.bad.kforged.test 1 TXT $(value "$(of forged)")"
change "$KNOT" kexample.test "_acme-challenge.a.wild.kexample.test 1 TXT $(value "$(of wild)")"

# ---- the solver of the zone that a record leads into ----
check "the doctor tells who writes where the record leads" wait_for 20 sh -c '"$@" | grep -q "at far.kdyn.test (solver of kdyn.test)"' - \
    "$TENURE" doctor far.kexample.test
by_solver() { # CERTIFICATE ZONE PLACE
    read_api "solutions?certificate=$1" | jq -e --arg place "$3" '.items | length == 1 and .[0].place == $place'
    id=$(read_api "solutions?certificate=$1" | jq -r '.items[0].solver_id')
    [ "$(read_api "solvers/$id" | field zone)" = "$2" ]
}
for k in "" k; do
    check "three CNAMEs: the solver of the zone there ($(server))" wait_for 20 by_solver "$(of far)" ${k}dyn.test far.${k}dyn.test
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
clean() { [ "$(dig +short +time=1 +tries=1 -p "$1" @127.0.0.1 TXT "$2" | wc -l)" = 0 ]; }

tick 60
for k in "" k; do
    check "$(server): a record made with a key, to the certificate" comes "$(of good)"
    check "$(server): behind three CNAMEs, too" comes "$(of far)"
    check "$(server): a record in front of the wildcard is found" comes "$(of wild)"
    check "$(server): what is signed is found through a CNAME out of the zone" comes "$(of secure)"
    check "$(server): signatures that are wrong" wait_for 10 explains "$(of forged)" \
        "^bad.${k}forged.test (dnssec_broken): the signatures (DNSSEC) of .*for trust anchor ${k}forged.test"
done
for k in "" k; do
    tenure solver remove "$(cat "$WORK/wrong$k")"
    by_key www.${k}dyn.test "$GOOD" --doubt-seconds 3600 >/dev/null
    check "$(server): once the key is replaced, the certificate comes" comes "$(of key)"
    check "$(server): and its record goes" wait_for 10 clean "$(port)" _acme-challenge.www.${k}dyn.test
done
tick 300
for k in "" k; do
    check "$(server): the server that lags is still waited for" is "$(of lag)" validating
done
tick 300
for k in "" k; do
    check "$(server): but not for ever: the CA is asked all the same" comes "$(of lag)"
done
