#!/bin/sh
# A real nginx: import, target, renewal, deployment, verification; then what goes wrong, and that the old set stays live.
. "$(dirname "$0")/lib.sh"

NAME=shop.example.com
TLS=$WORK/tls
NGINX_PORT=$(free_port)

nginx_configuration() {
    cat >"$WORK/nginx.conf" <<EOF
pid $WORK/nginx.pid;
error_log $WORK/nginx.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $WORK/tmp; proxy_temp_path $WORK/tmp; fastcgi_temp_path $WORK/tmp;
    uwsgi_temp_path $WORK/tmp; scgi_temp_path $WORK/tmp;
    server {
        listen 127.0.0.1:$NGINX_PORT ssl;
        ssl_certificate $TLS/fullchain.pem;
        ssl_certificate_key $TLS/key.pem;
        $1
    }
}
EOF
}

stop_servers() { [ ! -f "$WORK/nginx.pid" ] || kill "$(cat "$WORK/nginx.pid")"; }

old_certificate "$TLS" 9 $NAME
nginx_configuration ''
nginx -q -c "$WORK/nginx.conf" || not_ok "nginx starts"
OLD=$(served "$NGINX_PORT" $NAME)

daemon <<EOF
deploy:
  folders: [$TLS]
  commands:
    - name: test
      argv: [nginx, -q, -t, -c, $WORK/nginx.conf]
    - name: reload
      argv: [nginx, -q, -s, reload, -c, $WORK/nginx.conf]
    - name: wrong-reload
      argv: ["false"]
    - name: no-reload
      argv: ["true"]
EOF

add_target() {
    tenure target add "$1" --certificate "$2" --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key" \
        --test test --reload "$3" --probe "127.0.0.1:$NGINX_PORT" --server-name $NAME
}

CERT=$(tenure import "$TLS/fullchain.pem" --key "$TLS/key.pem" --quiet)
check "a certificate with nine days left is about to expire" \
    sh -c "'$TENURE' show $CERT | grep -q pending_expiration"
check "a target is added" add_target web "$CERT" reload
check "renew --wait ends when the server serves the new certificate" tenure renew "$CERT" --wait
NEW=$(tenure list --state issued --quiet | tail -n 1)
FINGERPRINT=$(tenure show "$NEW" --json | field fingerprint)
check "nginx serves it" test "$(served "$NGINX_PORT" $NAME)" = "$FINGERPRINT"
check "it is another one" test "$FINGERPRINT" != "$OLD"
check "key files are 0600" test "$(stat -c %a "$TLS/key.pem")" = 600
check "no temporary or backup file is left" sh -c "! ls -A '$TLS' | grep -E '\.(new|old|absent|tmp)'"
check "a second renewal names the successor" fails_with 1 has_successor tenure renew "$CERT"
check "the audit chain is intact" tenure audit verify
check "explain tells what happens next" sh -c "'$TENURE' explain $NEW | grep -qi next"
