# What the tests of validation share: name servers and a web server that answer for names under .test. Source it after lib.sh.

GOOD=$(free_port) LAGGING=$(free_port) WEB=$(free_port)
NAMED= NGINX=

stop_servers() { end_children $NAMED $NGINX; }

# start_named NAME PORT ZONE_OF_EXAMPLE: example.test is that file; secure.test and forged.test are signed.
start_named() {
    {
        named_options "$WORK/dns" "$2"
        printf 'zone "example.test" { type primary; file "%s"; };\n' "$3"
        printf 'zone "secure.test" { type primary; file "secure.test.zone"; };\n'
        printf 'zone "forged.test" { type primary; file "forged.test.zone"; };\n'
    } >"$WORK/dns/$1.conf"
    /usr/sbin/named -f -n 1 -c "$WORK/dns/$1.conf" -L "$WORK/dns/$1.log" &
    NAMED="$NAMED $!"
}

anchor() { head -n 1 "$WORK/dns/$1.anchor"; }

start_nginx() {
    mkdir -p "$WORK/web/.well-known/pki-validation"
    chmod 755 "$WORK" "$WORK/web"
    {
        printf 'daemon off; worker_processes 1; pid %s/nginx.pid; error_log %s/nginx.log;\n' "$WORK" "$WORK"
        printf 'events { worker_connections 64; }\nhttp { access_log off; server { listen 127.0.0.1:%s; root %s/web; } }\n' \
            "$WEB" "$WORK"
    } >"$WORK/nginx.conf"
    /usr/sbin/nginx -c "$WORK/nginx.conf" &
    NGINX=$!
}

# publish HOST VALUE FILE: into a zone of example.test, whose serial number rises.
publish() {
    printf '%s. TXT "%s"\n' "$1" "$2" >>"$WORK/dns/$3"
    sed -i 's/ host [0-9]* / host '"$(date +%s)"' /' "$WORK/dns/$3"
}

reload_named() { for pid in $NAMED; do kill -HUP "$pid"; done; }

# start_zones: two servers of example.test, of which one lags, and a web server; a daemon that asks nobody else.
start_zones() {
    mkdir "$WORK/dns"
    "$(dirname "$0")/../data/dns/sign" "$WORK/dns"
    start_named good "$GOOD" example.test.zone
    start_named lagging "$LAGGING" lagging.test.zone
    start_nginx
    wait_for 20 port_answers "$GOOD"
    wait_for 20 port_answers "$LAGGING"
    daemon <<EOF
dns:
  outside_zones: refuse
  zones:
  - name: example.test
    servers: ["127.0.0.1:$GOOD", "127.0.0.1:$LAGGING"]
  - name: secure.test
    servers: ["127.0.0.1:$GOOD"]
    trust_anchor: $(anchor secure.test)
  - name: forged.test
    servers: ["127.0.0.1:$GOOD"]
    trust_anchor: $(anchor forged.test)
validation:
  http_port: $WEB
EOF
}
