#!/bin/sh
# builds: check-gcc
# `tenure doctor`: looks at names against BIND, Knot and nginx, in both languages.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/zones.sh"

KNOT=$(free_port)

# Knot is a second server of its zone, which BIND has in an older version.
knot_zone() { # SERIAL FILE
    {
        printf '$TTL 60\n@ SOA ns1 host %s 60 60 60 60\n@ NS ns1\n@ NS ns2\n@ A 127.0.0.1\n' "$1"
        printf 'ns1 A 127.0.0.1\nns2 A 127.0.0.1\n'
        printf '@ CAA 0 issue "ca.example"\n@ CAA 0 issue "other.example; accounturi=https://other.example/acct/1"\n'
    } >"$2"
}

start_knot() {
    mkdir -p "$WORK/knot/run" "$WORK/knot/db"
    knot_zone 7 "$WORK/knot/knot.test.zone"
    knot_zone 6 "$WORK/dns/knot.test.zone"
    printf 'zone "knot.test" { type primary; file "knot.test.zone"; };\n' >>"$WORK/dns/good.conf"
    reload_named
    cat >"$WORK/knot/knot.conf" <<END
server:
    listen: 127.0.0.1@$KNOT
    rundir: $WORK/knot/run
    pidfile: $WORK/knot/run/knot.pid
    background-workers: 1
    udp-workers: 1
    tcp-workers: 1
database:
    storage: $WORK/knot/db
log:
  - target: $WORK/knot/log
    any: info
zone:
  - domain: knot.test
    storage: $WORK/knot
    file: knot.test.zone
END
    /usr/sbin/knotd -c "$WORK/knot/knot.conf" &
    NAMED="$NAMED $!"
    wait_for 20 port_answers "$KNOT"
}

zone() { printf '  - name: %s\n    servers: [%s]\n' "$1" "$2"; }

start() {
    mkdir "$WORK/dns"
    "$(dirname "$0")/../data/dns/sign" "$WORK/dns"
    start_named good "$GOOD" example.test.zone
    start_nginx
    wait_for 20 port_answers "$GOOD"
    start_knot
    {
        printf 'dns:\n  outside_zones: refuse\n  zones:\n'
        zone example.test "\"127.0.0.1:$GOOD\""
        zone secure.test "\"127.0.0.1:$GOOD\""
        printf '    trust_anchor: %s\n' "$(anchor secure.test)"
        # the key of another zone: every signature is wrong
        zone forged.test "\"127.0.0.1:$GOOD\""
        printf '    trust_anchor: %s\n' "$(anchor secure.test | sed 's/^secure/forged/')"
        zone knot.test "\"127.0.0.1:$GOOD\", \"127.0.0.1:$KNOT\""
        zone absent.test "\"127.0.0.1:$GOOD\""
        printf 'validation:\n  http_port: %s\n  tls_port: %s\n  caa_domain: ca.example\n' "$WEB" "$(free_port)"
    } >"$WORK/more.yaml"
    daemon <"$WORK/more.yaml"
}

# says STATUS NAME WORD…: the report ends with that status and has every word.
says() {
    wanted=$1 name=$2
    shift 2
    report=$(tenure doctor -v ${ISSUER:+--issuer "$ISSUER"} "$name" 2>&1) && got=0 || got=$?
    for word in "$@"; do
        case $report in
        *"$word"*) ;;
        *)
            printf 'no "%s" in:\n%s\n' "$word" "$report"
            return 1
            ;;
        esac
    done
    test "$got" = "$wanted" || {
        printf 'status %s instead of %s:\n%s\n' "$got" "$wanted" "$report"
        return 1
    }
}

in_chinese() { (
    export LANG=zh_CN.UTF-8
    says "$@"
); }

start

# ---- DNS ----

check "an alias of three links is shown" says 0 three.example.test "note alias: _acme-challenge is an alias" \
    "→ three.three.chain.example.test" "127.0.0.1:$GOOD | TXT _acme-challenge.three.example.test"
check "aliases in a circle" says 0 acmeloop.example.test "WARNING alias_loop" "a.loop.example.test" "note methods" "    http-01"
check "a wildcard that answers for the challenge" says 0 acmewild.example.test "WARNING wildcard_alias"
check "a server that lags" says 0 knot.test "WARNING server_lags" "127.0.0.1:$GOOD has version 6 of knot.test, another one 7"
check "good signatures" says 0 secure.test "note dnssec_good"
check "broken ones are fatal" says 1 forged.test "FATAL dnssec_broken" "since 2026-03-15 every public CA must refuse"
check "a zone that its server does not have" says 1 host.absent.test "FATAL servers_fail" "REFUSED"

# ---- CAA ----

check "CAA permits us on Knot" says 0 knot.test "note caa_permits [local]" "127.0.0.1:$KNOT"
check "CAA forbids, and the line to add is shown" says 1 forbidden.example.test "FATAL caa_other_issuer [local]" \
    'forbidden.example.test. CAA 0 issue "ca.example"'
check "a critical record that nobody knows" says 1 critical.example.test "FATAL caa_critical"
check "issuewild is for wildcards alone" says 1 '*.caa.example.test' "FATAL caa_other_issuer" \
    'caa.example.test. CAA 0 issuewild "ca.example"'
check "and not for the name itself" says 0 caa.example.test "note caa_permits"

# ---- a CA that is spoken to by ACME ----

check "an issuer is added" tenure issuer add authority --directory https://127.0.0.1:1/dir --caa-domains authority.example
ISSUER=authority
check "CAA for another account" says 0 account.example.test "WARNING caa_account_unknown [authority]" \
    "WARNING issuer_silent [authority]" "WARNING by_hand" "dns-01: manual"
tenure solver add account.example.test --type dns-persist-01 --kind persist >/dev/null
check "a record that stays is a way, where there is no other" says 0 account.example.test "note solved" "dns-persist-01: persist"
check "a method that CAA does not permit" says 1 method.example.test "FATAL caa_other_method [authority]"
check "a wildcard that CAA forbids" says 1 '*.wildcards.example.test' "FATAL caa_other_issuer [authority]" \
    'CAA 0 issuewild "authority.example"'
check "what our own CA may not is not asked" says 0 acme.example.test "note caa_absent [authority]" \
    'acme.example.test. CAA 0 issue "authority.example"'
ISSUER=

# ---- the web ----

check "ports, IPv4 and IPv6" says 0 twofaced.example.test "WARNING ipv6_refuses" "::1" "note port_443_closed" \
    "HTTP 404" "WARNING private_address"
check "a name without an address" says 0 account.example.test.example.test "WARNING name_absent" "    dns-01"

# ---- both languages, JSON, the list ----

check "the same in Chinese" in_chinese 1 forged.test "严重 dnssec_broken:DNSSEC 签名错误" "所有公共 CA 都必须拒绝" "各服务器的应答"
check "CAA in Chinese" in_chinese 1 forbidden.example.test "严重 caa_other_issuer [local]:CAA 记录只允许其他 CA" \
    "请在现有记录所在的名称处添加所示记录"
tenure doctor --json forged.test >"$WORK/report.json"
check "JSON has the same" jq -e '.worst == "fatal" and (.findings[0] | .code == "dnssec_broken" and .severity == "fatal")
    and (.answers | length > 2)' "$WORK/report.json"
check "an issuer that there is not" fails_with 2 not_found tenure doctor --issuer nobody example.test
check "a name that is none" fails_with 2 bad_name tenure doctor 'under_score.example.test'
check "all that was looked at is listed" test "$(tenure doctor list --name forged.test --json | jq '.items | length')" = 3
id=$(tenure doctor list --name forged.test --limit 1 --json | jq -r '.items[0].id')
check "and shown again" fails_with 1 dnssec_broken tenure doctor show "$id"
