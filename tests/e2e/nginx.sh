#!/bin/sh
# A real nginx: import, target, renewal, deployment, verification, and what the certificate's papers say afterwards.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

start_nginx
nginx_daemon

renews "$TLS/key.pem" --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key"
check "a second renewal names the successor" fails_with 1 has_successor tenure renew "$CERT"
check "the audit chain is intact" tenure audit verify
check "explain tells what happens next" sh -c "'$TENURE' explain $NEW | grep -qi next"
