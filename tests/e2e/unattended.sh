#!/bin/sh
# builds: check-gcc
# Names that Tenure itself wants proven (a brand that demands dv), and nobody does anything: by a delegation, by a key for the
# zone, by the responder's port. What was published goes; where it cannot be published, the record of a person does it.
. "$(dirname "$0")/lib.sh"

NS=$(free_port) HTTP=$(free_port) DNS=$(free_port) NAMED=
SECRET=c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM=

stop_servers() { end_children $NAMED; }

# start_named RECORD…: BIND with example.test, which is fixed, and key.test, which takes changes.
start_named() {
    mkdir -p "$WORK/dns"
    for zone in example.test key.test; do
        printf '$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\nwww A 127.0.0.1\nport A 127.0.0.1\n' >"$WORK/dns/$zone.zone"
    done
    printf '%s\n' "$@" >>"$WORK/dns/example.test.zone"
    {
        named_options "$WORK/dns" "$NS"
        printf 'key good { algorithm hmac-sha256; secret "%s"; };\n' "$SECRET"
        printf 'zone "example.test" { type primary; file "example.test.zone"; };\n'
        printf 'zone "key.test" { type primary; file "key.test.zone"; allow-update { key good; }; };\n'
    } >"$WORK/dns/named.conf"
    /usr/sbin/named -f -n 1 -c "$WORK/dns/named.conf" -L "$WORK/dns/log" &
    NAMED=$!
    wait_for 20 port_answers "$NS"
}

# ordered NAME…: bought and filled in; its id.
ordered() {
    id=$(tenure buy "$@" --brand Tenure-DV --quiet)
    tenure form set "$id" --contact "$CONTACT" >/dev/null
    echo "$id"
}
challenge() { # ID MEMBER: of the first name
    tenure application show "$(tenure application list "$1" --json | jq -r '.items[-1].id')" --json | jq -r ".challenges[0].$2"
}
shows() { [ "$(challenge "$1" "$2")" = "$3" ]; }
nothing_at() { [ -z "$(dig +short +time=1 +tries=1 -p "$1" @127.0.0.1 TXT "$2")" ]; }
nothing_published() { [ "$(tenure solution list --json | jq '[.items[] | select(.removed_at == null)] | length')" = 0 ]; }
delegated() { [ "$(tenure solver delegations --json | jq -r '.items[0].reason')" = found ]; }
refused() { [ "$(tenure solution list --json | jq -r '.items[0].reason')" = "$1" ]; }

daemon <<END
dns:
  outside_zones: refuse
  zones:
    - {name: example.test, servers: ["127.0.0.1:$NS"]}
    - {name: key.test, servers: ["127.0.0.1:$NS"]}
    - {name: acme.test, servers: ["127.0.0.1:$DNS"]}
validation:
  http_port: $HTTP
responder:
  http: 127.0.0.1:$HTTP
  dns: 127.0.0.1:$DNS
  zone: acme.test
  addresses: [127.0.0.1]
END
KEY=$(access_key)
CONTACT=$(tenure contact add "Wang Fang" --email fang@example.com --mobile +8613800138000 --quiet)
TARGET=$(tenure solver delegate www.example.test --json | field target)
start_named "_acme-challenge.www CNAME $TARGET."
tenure solver delegations --json | jq -r '.items[].id' | while read -r id; do
    curl -sf -X POST -H "Authorization: Bearer $KEY" "$TENURE_URL/v1/delegations/$id/check" >/dev/null
done
wait_for 20 delegated
printf '%s\n' "$SECRET" >"$WORK/secret"
tenure solver add key.test --kind rfc2136 --secret-file "$WORK/secret" --set "server=127.0.0.1:$NS" --set key_name=good --quiet >/dev/null
tenure solver add port.example.test --type http-01 --kind responder --quiet >/dev/null

id=$(ordered '*.www.example.test' www.example.test)
check "a delegated name and its wildcard need nobody" tenure submit "$id" --wait
check "and it is told how they were proven" shows "$id" challenge dns-01
check "what proved them is gone" wait_for 10 nothing_at "$DNS" "$TARGET"

id=$(ordered www.key.test key.test)
check "names of a zone that we have a key for need nobody" tenure submit "$id" --wait
check "what proved them is gone" wait_for 10 nothing_at "$NS" _acme-challenge.key.test

id=$(ordered port.example.test)
check "a name whose port 80 leads to us needs nobody" tenure submit "$id" --wait
check "it was by file" shows "$id" method file
check "nothing is published any more" wait_for 10 nothing_published

domain=$(tenure domain add early.key.test --quiet)
check "a name is proven in advance by itself" wait_for 20 sh -c \
    "'$TENURE' domain show '$domain' --json | grep -q '\"end_reason\": *\"validated\"'"

tenure solver add ns.example.test --kind rfc2136 --secret-file "$WORK/secret" --set "server=127.0.0.1:$NS" --set key_name=good --quiet >/dev/null
id=$(ordered ns.example.test)
tenure submit "$id" --quiet >/dev/null
check "where nothing can be published it is told why" wait_for 15 refused dns_change_refused
check "and explain says it as well" sh -c "'$TENURE' explain '$id' | grep -q dns_change_refused"
printf '%s. TXT "%s"\n' "$(challenge "$id" host)" "$(challenge "$id" value)" >>"$WORK/dns/example.test.zone"
kill -HUP "$NAMED"
looks_and_is_issued() {
    tenure check "$id" >/dev/null 2>&1
    [ "$(tenure show "$id" --json | field state)" = issued ]
}
check "then the record of a person does it" wait_for 25 looks_and_is_issued
check "and it is his proof" shows "$id" challenge null
check "the audit chain is intact" tenure audit verify
