#!/bin/sh
# A real HAProxy: one file with certificate, chain and key; the master process is told to reload.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

TLS=$WORK/tls
SERVER_PORT=$(free_port)

haproxy_configuration() {
    cat >"$WORK/haproxy.cfg" <<EOT
global
    maxconn 64
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend web
    bind 127.0.0.1:$SERVER_PORT ssl crt $TLS/combined.pem
    http-request return status 200
EOT
}

stop_servers() { end_process "$WORK/haproxy.pid"; }

old_certificate "$TLS" 9 $NAME
(umask 077 && cat "$TLS/fullchain.pem" "$TLS/key.pem" >"$TLS/combined.pem")
haproxy_configuration
haproxy -W -D -q -p "$WORK/haproxy.pid" -f "$WORK/haproxy.cfg" || not_ok "HAProxy starts"

daemon <<EOT
deploy:
  folders: [$TLS]
  commands:
    - {name: test, argv: [haproxy, -c, -q, -f, $WORK/haproxy.cfg]}
    - {name: reload, argv: [sh, -c, 'kill -USR2 "\$(cat $WORK/haproxy.pid)"']}
EOT

renews "$TLS/combined.pem" --file "$TLS/combined.pem=combined"
