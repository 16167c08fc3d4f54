#!/bin/sh
# An uploaded certificate gets a newer version under the same id: its targets follow, the old version is kept.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

TLS=$WORK/tls
SERVER_PORT=$(free_port)

stop_servers() { end_process "$WORK/nginx.pid"; }

# update FOLDER: the certificate and key of that folder become the next version of CERT; prints the HTTP status.
update() {
    jq -n --rawfile certificate "$1/fullchain.pem" --rawfile key "$1/key.pem" '{$certificate, $key}' |
        curl -s -o "$WORK/answer" -w '%{http_code}' -H "Authorization: Bearer $TENURE_KEY" --data-binary @- \
            "$TENURE_URL/v1/certificates/$CERT/update"
}

version_count() { tenure show "$CERT" --json | field version_count; }
serves() { [ "$(served "$SERVER_PORT" $NAME)" = "$(fingerprint <"$1/fullchain.pem")" ]; }

old_certificate "$TLS" 9 $NAME
old_certificate "$WORK/next" 60 $NAME
old_certificate "$WORK/older" 5 $NAME
nginx_configuration "$WORK" "$SERVER_PORT"
nginx -q -c "$WORK/nginx.conf" || not_ok "nginx starts"

daemon <<EOT
deploy:
  folders: [$TLS]
  commands:
    - {name: test, argv: [nginx, -q, -t, -c, $WORK/nginx.conf]}
    - {name: reload, argv: [nginx, -q, -s, reload, -c, $WORK/nginx.conf]}
EOT
TENURE_KEY=$(access_key)

CERT=$(tenure import "$TLS/fullchain.pem" --key "$TLS/key.pem" --quiet)
add_target web "$CERT" "$SERVER_PORT" test reload --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key" >/dev/null
check "an older version is refused" test "$(update "$WORK/older")" = 409
check "because it is not newer" grep -q not_newer "$WORK/answer"
check "a newer version is taken" test "$(update "$WORK/next")" = 200
check "the certificate has its id, and two versions" test "$(version_count)" = 2
check "its target follows" wait_for 10 serves "$WORK/next"
check "no queue row is in trouble" test "$(curl -s -H "Authorization: Bearer $TENURE_KEY" "$TENURE_URL/metrics" |
    sed -n 's/^tenure_work_rows{condition="failing"} //p')" = 0
