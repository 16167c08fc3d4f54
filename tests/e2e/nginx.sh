#!/bin/sh
# A real nginx: import, target, renewal, deployment, verification, and what the certificate's papers say afterwards.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

TLS=$WORK/tls
SERVER_PORT=$(free_port)

stop_servers() { end_process "$WORK/nginx.pid"; }

old_certificate "$TLS" 9 $NAME
nginx_configuration "$WORK" "$SERVER_PORT"
nginx -q -c "$WORK/nginx.conf" || not_ok "nginx starts"

daemon <<EOT
deploy:
  folders: [$TLS]
  commands:
    - {name: test, argv: [nginx, -q, -t, -c, $WORK/nginx.conf]}
    - {name: reload, argv: [nginx, -q, -s, reload, -c, $WORK/nginx.conf]}
EOT

renews "$TLS/key.pem" --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key"
check "a second renewal names the successor" fails_with 1 has_successor tenure renew "$CERT"
check "the audit chain is intact" tenure audit verify
check "explain tells what happens next" sh -c "'$TENURE' explain $NEW | grep -qi next"
