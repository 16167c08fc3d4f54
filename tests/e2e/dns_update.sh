#!/bin/sh
# builds: check-gcc
# Records made by the daemon itself: at BIND and Knot with keys, at providers' APIs. Each comes, is looked for and goes; those
# of others stay; a crash between making one and noting it leaves none behind.
. "$(dirname "$0")/lib.sh"

BIND=$(free_port) KNOT=$(free_port) COPY=$(free_port) RELAY=$(free_port)
DNS=$WORK/dns
GOOD=c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM=
OTHER=c2VjcmV0IG9mIG5vYm9keSBhdCBhbGwsIDMyIGJ5dGU=
BEGIN=2026-11-22T00:00:00Z
SERVERS= SECONDARY=

stop_servers() {
    for pid in $SERVERS $SECONDARY; do
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
}

# ---- servers ----

zone_file() {
    printf '$ORIGIN %s.\n$TTL 60\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\nwww A 127.0.0.1\n' "$1"
    printf '_acme-challenge.www TXT "foreign"\n_acme-challenge.alias CNAME _acme-challenge.www.crash.test.\n'
}

start_bind() {
    {
        named_options "$DNS" "$BIND"
        printf 'key good { algorithm hmac-sha256; secret "%s"; };\n' "$GOOD"
        for zone in bind.test crash.test; do
            printf 'zone "%s" { type primary; file "%s.zone"; allow-update { key good; }; };\n' $zone $zone
        done
        printf 'zone "fixed.test" { type primary; file "fixed.test.zone"; };\n'
    } >"$DNS/bind.conf"
    /usr/sbin/named -f -n 1 -c "$DNS/bind.conf" -L "$DNS/bind.log" &
    SERVERS="$SERVERS $!"
}

# It fetches bind.test when it starts, and then hears nothing of changes for an hour.
start_secondary() {
    mkdir -p "$DNS/copy"
    {
        named_options "$DNS/copy" "$COPY"
        printf 'zone "bind.test" { type secondary; primaries { 127.0.0.1 port %s; }; };\n' "$BIND"
    } >"$DNS/copy.conf"
    /usr/sbin/named -f -n 1 -c "$DNS/copy.conf" -L "$DNS/copy.log" &
    SECONDARY=$!
    wait_for 20 serves "$COPY" bind.test
}

secondary_catches_up() {
    kill -9 "$SECONDARY"
    wait "$SECONDARY" 2>/dev/null
    start_secondary
}

start_knot() {
    mkdir "$DNS/knot"
    cat >"$DNS/knot.conf" <<END
server:
  rundir: $DNS/knot
  listen: 127.0.0.1@$KNOT
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: $DNS/knot
  journal-db-max-size: 8M
  kasp-db-max-size: 8M
  timer-db-max-size: 8M
key:
- id: good
  algorithm: hmac-sha256
  secret: $GOOD
acl:
- id: change
  key: good
  action: update
zone:
- domain: knot.test
  storage: $DNS
  file: knot.test.zone
  acl: change
  zonefile-sync: -1
END
    /usr/sbin/knotd -c "$DNS/knot.conf" >"$DNS/knot.log" 2>&1 &
    SERVERS="$SERVERS $!"
}

start_relay() {
    /usr/bin/python3 "$(dirname "$0")/hold_dns.py" "$RELAY" "$BIND" "$WORK/hold" &
    SERVERS="$SERVERS $!"
}

start_vendors() {
    /usr/bin/python3 "$(dirname "$0")/vendor_dns.py" --port-file "$WORK/vendors" &
    SERVERS="$SERVERS $!"
    wait_for 20 test -s "$WORK/vendors"
    VENDORS=http://127.0.0.1:$(cat "$WORK/vendors")
}

serves() { test -n "$(dig +short +time=1 +tries=1 -p "$1" @127.0.0.1 SOA "$2")"; }

start_servers() {
    mkdir "$DNS"
    for zone in bind.test crash.test fixed.test knot.test; do
        zone_file $zone >"$DNS/$zone.zone"
    done
    start_bind
    start_knot
    start_relay
    start_vendors
    wait_for 20 serves "$BIND" crash.test
    wait_for 20 serves "$KNOT" knot.test
    start_secondary
}

# ---- what stands there ----

values_at() { dig +short -p "$1" @127.0.0.1 TXT "_acme-challenge.www.$2"; }
stand_at() { test "$(values_at "$1" "$2" | wc -l)" = "$3"; } # PORT ZONE COUNT
only_foreign_at() { test "$(values_at "$1" "$2")" = '"foreign"'; }
records_of_vendors() { curl -sS "$VENDORS/fake/records" | jq length; }
vendors_have() { test "$(records_of_vendors)" = "$1"; }

# ---- the daemon ----

settings() {
    echo "dns:"
    echo "  outside_zones: refuse"
    echo "  zones:"
    echo "  - {name: bind.test, servers: [\"127.0.0.1:$BIND\", \"127.0.0.1:$COPY\"]}"
    for zone in crash.test fixed.test; do
        echo "  - {name: $zone, servers: [\"127.0.0.1:$BIND\"]}"
    done
    echo "  - {name: knot.test, servers: [\"127.0.0.1:$KNOT\"]}"
}

die() {
    kill -9 "$DAEMON"
    wait "$DAEMON" 2>/dev/null
    DAEMON=
    wait_for 10 sh -c "! curl -s -m 1 '$TENURE_URL' >/dev/null"
}

# ---- solvers ----

solver() { # ZONE KIND SECRET OPTION...
    zone=$1 kind=$2
    printf '%s\n' "$3" >"$WORK/secret"
    shift 3
    tenure solver add "$zone" --kind "$kind" --secret-file "$WORK/secret" --quiet "$@"
}

by_key() { # ZONE PORT SECRET OPTION...
    zone=$1 port=$2 secret=$3
    shift 3
    solver "$zone" rfc2136 "$secret" --set "server=127.0.0.1:$port" --set key_name=good "$@"
}

api() { curl -sS -m 20 -X "$1" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' ${3:+-d "$3"} "$TENURE_URL$2"; }
begin() { api POST /v1/solvers/test "{\"name\": \"$1\", \"type\": \"dns-01\"}" | field id; }
of_solution() { api GET "/v1/solutions/$1" | field "$2"; }
is_over() { test -n "$(of_solution "$1" removed_at)"; }
tells() { test "$(of_solution "$1" reason)" = "$2"; }
move_clock() { api POST /v1/test/clock "{\"advance_to\": \"$(date -u -d "$BEGIN $1" +%Y-%m-%dT%H:%M:%SZ)\"}" | jq -e '.code == null'; }

not_noted() { test -z "$(sqlite3 "$WORK/data/tenure.db" "SELECT id FROM solution WHERE id = '$1' AND placed_at > 0")"; }
newest_look() { api GET "/v1/solutions/$1/looks" | jq -e ".items[0] | $2"; }

# ---- scenarios ----

comes_and_goes() {
    by_key knot.test "$KNOT" "$GOOD" >"$WORK/id"
    by_key crash.test "$BIND" "$GOOD" --set tcp=true >"$WORK/id-bind"
    check "Knot: a value is made, found and taken away" tenure solver test www.knot.test --type dns-01
    check "Knot: that of somebody else stays" only_foreign_at "$KNOT" knot.test
    check "BIND by TCP: a value is made, found and taken away" tenure solver test www.crash.test --type dns-01
    check "BIND: that of somebody else stays" only_foreign_at "$BIND" crash.test
    by_key fixed.test "$BIND" "$GOOD" >"$WORK/id-fixed"
    check "BIND: a CNAME leads out of a zone that is read-only" tenure solver test alias.fixed.test --type dns-01
    check "BIND: nothing is left where it leads" only_foreign_at "$BIND" crash.test
    for id in "$WORK"/id*; do
        tenure solver remove "$(cat "$id")"
    done
}

refusals() {
    wrong=$(by_key knot.test "$KNOT" "$OTHER")
    fixed=$(by_key fixed.test "$BIND" "$GOOD")
    at_knot=$(begin www.knot.test)
    at_fixed=$(begin www.fixed.test)
    check "Knot: a wrong key is told" wait_for 15 tells "$at_knot" dns_key_refused
    check "BIND: a zone that is read-only is told" wait_for 15 tells "$at_fixed" dns_change_refused
    tenure solver remove "$wrong"
    tenure solver remove "$fixed"
}

providers() {
    solver ali.example.com alidns testSecret --set key_id=testAK --set "endpoint=$VENDORS" --doubt-seconds 0 >/dev/null
    solver pod.example.com dnspod testSecretKey --set key_id=testSecretId --set "endpoint=$VENDORS" --doubt-seconds 0 >/dev/null
    solver cf.example.com cloudflare testToken --set "endpoint=$VENDORS/client/v4" --doubt-seconds 0 >/dev/null
    for zone in ali pod cf; do
        solution=$(begin www.$zone.example.com)
        check "$zone: a record is made and taken away" wait_for 15 is_over "$solution"
        check "$zone: nothing was in the way" tells "$solution" no_resolver
    done
    check "providers: nothing is left but what was there before" vendors_have 1
}

# The record is made, nobody has noted it, and all processes die.
crashes() {
    by_key crash.test "$RELAY" "$GOOD" >/dev/null
    touch "$WORK/hold"
    at_bind=$(begin www.crash.test)
    check "crash: the record is made" wait_for 15 stand_at "$BIND" crash.test 2
    die
    check "crash: nobody has noted it" not_noted "$at_bind"
    rm "$WORK/hold"
    SERVE=$SERVE_LATER
    start_daemon
    check "crash: afterwards it is taken away all the same" wait_for 30 is_over "$at_bind"
    [ -z "$SERVE" ] || check "refused: what was never made ends, too" wait_for 10 is_over "$at_knot"
    [ -z "$SERVE" ] || check "refused: also where nothing may be changed" wait_for 10 is_over "$at_fixed"
    check "crash: and that of somebody else stays" only_foreign_at "$BIND" crash.test
    curl -sS -X POST "$VENDORS/fake/hang" >/dev/null
    at_vendor=$(begin www.cf.example.com)
    check "crash: a provider makes the record" wait_for 15 vendors_have 2
    die
    curl -sS -X POST "$VENDORS/fake/live" >/dev/null
    SERVE=$SERVE_LAST
    start_daemon
    check "crash: it is found and taken away all the same" wait_for 30 is_over "$at_vendor"
    check "crash: nothing is left there" vendors_have 1
}

# Ten minutes in which one server has not heard of it; nobody waits for them.
lags() {
    by_key bind.test "$BIND" "$GOOD" --doubt-seconds 3600 >/dev/null
    bare=$(begin www.bind.test)
    wildcard=$(begin '*.www.bind.test')
    check "lag: two values stand at one name" wait_for 15 stand_at "$BIND" bind.test 3
    check "lag: the secondary has not heard of them" only_foreign_at "$COPY" bind.test
    check "lag: ten minutes pass" move_clock "+10 minutes"
    check "lag: what the secondary has is told, another value" newest_look "$bare" '.reason == "wrong_value"'
    check "lag: and that the primary has it" newest_look "$bare" \
        ".answers | any(.server == \"127.0.0.1:$BIND\" and (.answer | contains(\"$(of_solution "$bare" value)\")))"
    check "lag: nobody asks the CA yet" test -z "$(of_solution "$bare" ready_at)"
    secondary_catches_up
    check "lag: another minute" move_clock "+11 minutes"
    check "lag: the value of the name is found" tells "$bare" found
    check "lag: and that of the wildcard" tells "$wildcard" found
    check "lag: both are taken away" wait_for 15 only_foreign_at "$BIND" bind.test
    late=$(begin www.bind.test)
    check "lag: an hour in which it never hears of a third one" move_clock "+80 minutes"
    check "lag: the CA would be asked all the same" test -n "$(of_solution "$late" ready_at)"
    check "lag: and it is taken away" wait_for 15 only_foreign_at "$BIND" bind.test
}

start_servers
settings >"$WORK/settings"
configure <"$WORK/settings"
SERVE= SERVE_LATER= SERVE_LAST=
if has_clock; then
    # days later nobody wants what a test has made
    SERVE="--one-process --clock $BEGIN"
    SERVE_LATER="--one-process --clock 2026-11-24T12:00:00Z"
    SERVE_LAST="--one-process --clock 2026-11-27T12:00:00Z"
fi
start_daemon
tenure login --secret-file "$WORK/data/first-login" >/dev/null
KEY=$(access_key)
comes_and_goes
refusals
providers
[ -z "$SERVE" ] || lags
crashes
