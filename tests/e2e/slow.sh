#!/bin/sh
# A target that takes its time holds up no other certificate, even if only one worker was awake when it began.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

state_is() { [ "$(tenure show "$1" --json | field state)" = "$2" ]; }
deployment_is() { tenure deployments --certificate "$(successor_of "$CERT")" --json | grep -q "\"state\": \"$1\""; }
workers_sleep() { ! pgrep -P "$DAEMON" -x worker; }

start_nginx
nginx_daemon "[sh, -c, 'sleep 5; exec nginx -q -s reload -c $WORK/nginx.conf']"

CERT=$(tenure import "$TLS/fullchain.pem" --key "$TLS/key.pem" --quiet)
add_target web "$CERT" "$SERVER_PORT" test reload --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key" >/dev/null
check "workers with nothing to do go to sleep" wait_for 20 workers_sleep
tenure renew "$CERT" >/dev/null
check "a slow reload begins" wait_for 10 deployment_is running
OTHER=$(tenure buy other.example.com --quiet)
check "meanwhile another certificate is issued" wait_for 3 state_is "$OTHER" issued
check "the reload is still going on" deployment_is running
check "it ends well" wait_for 15 deployment_is "done"
