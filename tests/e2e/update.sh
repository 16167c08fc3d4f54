#!/bin/sh
# builds: check-gcc
# An uploaded certificate gets a newer version under the same id: its targets follow, the old version is kept.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

# update FOLDER: the certificate and key of that folder become the next version of CERT.
update() { tenure update "$CERT" "$1/fullchain.pem" --key "$1/key.pem"; }

version_count() { tenure show "$CERT" --json | field version_count; }
serves() { [ "$(served "$SERVER_PORT" $NAME)" = "$(fingerprint <"$1/fullchain.pem")" ]; }

old_certificate "$WORK/next" 60 $NAME
old_certificate "$WORK/last" 70 $NAME
old_certificate "$WORK/older" 5 $NAME
start_nginx
nginx_daemon
TENURE_KEY=$(access_key)

CERT=$(tenure import "$TLS/fullchain.pem" --key "$TLS/key.pem" --quiet)
add_target web "$CERT" "$SERVER_PORT" test reload --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key" >/dev/null
check "an older version is refused" fails_with 1 not_newer update "$WORK/older"
check "a newer version is taken" update "$WORK/next"
check "the certificate has its id, and two versions" test "$(version_count)" = 2
check "its target follows" wait_for 10 serves "$WORK/next"
check "another one is taken" update "$WORK/last"
check "and the target follows again" wait_for 10 serves "$WORK/last"
check "no queue row is in trouble" test "$(curl -s -H "Authorization: Bearer $TENURE_KEY" "$TENURE_URL/metrics" |
    sed -n 's/^tenure_work_rows{condition="failing"} //p')" = 0
