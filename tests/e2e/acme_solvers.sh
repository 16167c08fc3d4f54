#!/bin/sh
# builds: check-gcc
# Every way to prove a name, up to a certificate from Pebble: the responder by HTTP, TLS and DNS behind three CNAMEs, a web root
# behind nginx, RFC 2136, and hooks of four conventions, all at BIND; nonces that are refused half of the time, no authorization
# used twice. BIND has port 53, for dehydrated-hook-ddns-tsig knows no other: a network of its own, as root.
set -u
. "$(dirname "$0")/own_network.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pebble.sh"
. "$(dirname "$0")/acme_orders.sh"
. "$(dirname "$0")/dns_hooks.sh"

PEBBLE_HTTP_PORT=$(free_port) PEBBLE_TLS_PORT=$(free_port) PEBBLE_DNS_SERVER=127.0.0.1:53
NGINX=
export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=0

stop_servers() {
    stop_pebble
    end_children $NAMED $NGINX
}

# ---- servers ----

# What Pebble asks, too: it knows the way to the zone that our responder answers for.
start_named() {
    mkdir "$WORK/dns"
    tsig-keygen -a hmac-sha256 hook. >"$WORK/dns/hook.key"
    {
        printf 'include "%s/dns/hook.key";\n' "$WORK"
        named_options "$WORK/dns" 53 "recursion yes; dnssec-validation no;"
        printf 'zone "example.test" { type primary; file "zone"; update-policy { grant hook. zonesub ANY; }; };\n'
        printf 'zone "acme.test" { type forward; forward only; forwarders { 127.0.0.1 port %s; }; };\n' "$DNS"
    } >"$WORK/dns/named.conf"
    printf '$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\n* A 127.0.0.1\nroot A 127.0.0.2\n' >"$WORK/dns/zone"
    printf '_acme-challenge.far CNAME one\none CNAME two\n' >>"$WORK/dns/zone"
    /usr/sbin/named -f -n 1 -c "$WORK/dns/named.conf" -L "$WORK/dns/log" >/dev/null 2>&1 &
    NAMED=$!
    check "BIND starts" wait_for 20 dig +time=1 +tries=1 @127.0.0.1 example.test SOA
}

start_nginx() {
    mkdir -p "$WORK/www/.well-known/acme-challenge"
    chmod 755 "$WORK" "$WORK/www"
    {
        printf 'daemon off; worker_processes 1; pid %s/nginx.pid; error_log %s/nginx.log;\n' "$WORK" "$WORK"
        printf 'events { worker_connections 64; }\nhttp { access_log off; client_body_temp_path %s; ' "$WORK"
        printf 'server { listen 127.0.0.2:%s; root %s/www; } }\n' "$PEBBLE_HTTP_PORT" "$WORK"
    } >"$WORK/nginx.conf"
    /usr/sbin/nginx -c "$WORK/nginx.conf" &
    NGINX=$!
}

start_tenure() {
    daemon <<YAML
responder: {http: "127.0.0.1:$PEBBLE_HTTP_PORT", tls: "127.0.0.1:$PEBBLE_TLS_PORT", dns: "127.0.0.1:$DNS", zone: acme.test, addresses: [127.0.0.1]}
validation: {http_port: $PEBBLE_HTTP_PORT, tls_port: $PEBBLE_TLS_PORT}
dns:
  outside_zones: refuse
  zones:
  - {name: example.test, servers: ["127.0.0.1:53"]}
  - {name: acme.test, servers: ["127.0.0.1:$DNS"]}
deploy:
  folders: ["$WORK/www"]
  commands:
$(hook_commands)
YAML
    BEARER=$(access_key)
}

# ---- certificates ----

# solver NAME KIND OPTION…: how NAME.example.test is proven
solver() {
    zone=$1.example.test kind=$2
    shift 2
    check "$zone is proven by $kind" tenure solver add "$zone" --kind "$kind" --doubt-seconds 5 "$@"
}
# solved CERTIFICATE KIND TYPE COUNT: so many solutions of it there were, nothing else, and none is left
solved() {
    read_api "solutions?certificate=$1" | jq -e --arg kind "$2" --arg type "$3" --argjson count "$4" \
        '(.items | length == $count) and all(.items[]; .kind == $kind and .type == $type and (.removed_at // "") != "")'
}
# comes NAME CERTIFICATE KIND TYPE [COUNT]
comes() {
    check "$1: a certificate comes by $3" wait_for 25 is "$2" issued
    check "$1: that was how, and nothing is left" wait_for 15 solved "$2" "$3" "$4" "${5:-1}"
}
no_value_left() { [ -z "$(dig +short +time=2 "@127.0.0.1" "_acme-challenge.$1.example.test" TXT)" ]; }

start_named
start_nginx
write_credentials
start_pebble -strict
start_tenure
check "Pebble is an issuer" tenure issuer add pebble --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" --agree-terms
check "a line of the catalogue is issued by it" tenure catalog set Tenure --issuer pebble

solver http responder --type http-01
solver tls responder --type tls-alpn-01
solver root webroot --type http-01 --set "root=$WORK/www"
solver far delegated
key_secret >"$WORK/secret"
solver both rfc2136 --set server=127.0.0.1:53 --set key_name=hook --secret-file "$WORK/secret"
solver lego hook-lego --set command=lego
solver certbot hook-certbot --set command=certbot-auth --set cleanup=certbot-cleanup
solver ddns hook-dehydrated --set command=ddns-tsig
solver acme hook-acmesh --set command=acme
TARGET=$(tenure solver delegate far.example.test --json | field target)
check "a third CNAME leads to our responder" sh -c \
    'printf "server 127.0.0.1\nzone example.test\nupdate add two.example.test 1 CNAME %s.\nsend\n" "$1" | nsupdate -k "$2"' - \
    "$TARGET" "$WORK/dns/hook.key"

HTTP=$(buy http.example.test) TLS=$(buy tls.example.test) ROOT=$(buy root.example.test) FAR=$(buy far.example.test)
BOTH=$(buy both.example.test '*.both.example.test') LEGO=$(buy lego.example.test) CERTBOT=$(buy '*.certbot.example.test')
DDNS=$(buy ddns.example.test) ACME=$(buy acme.example.test)
comes http "$HTTP" responder http-01
comes tls "$TLS" responder tls-alpn-01
comes root "$ROOT" webroot http-01
check "root: no file is left" [ -z "$(find "$WORK/www" -type f)" ]
comes far "$FAR" delegated dns-01
comes "a wildcard and its bare name" "$BOTH" rfc2136 dns-01 2
comes lego "$LEGO" hook-lego dns-01
comes certbot "$CERTBOT" hook-certbot dns-01 2
comes ddns "$DDNS" hook-dehydrated dns-01
comes acme "$ACME" hook-acmesh dns-01
for name in both lego certbot ddns acme; do
    check "$name: no record is left" no_value_left $name
done
