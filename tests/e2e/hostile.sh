#!/bin/sh
# builds: check-gcc
# Name servers and web servers that mean no good (hostile_net.py): whatever they answer, a look ends soon, with the right reason.
. "$(dirname "$0")/lib.sh"

DNS=$(free_port) WEB=$(free_port)
/usr/bin/python3 "$(dirname "$0")/hostile_net.py" "$DNS" "$WEB" &
HOSTILE=$!
stop_servers() { end_children "$HOSTILE"; }
wait_for 10 port_answers "$WEB"
{
    printf 'dns:\n  outside_zones: refuse\n  timeout_seconds: 1\n  zones:\n'
    for zone in loop long huge cut drip lame wrongid other flood bomb web; do
        printf "    - {name: $zone.test, servers: ['127.0.0.1:$DNS']}\n"
    done
    printf 'validation:\n  http_port: %s\n  tls_port: %s\n  timeout_seconds: 1\n' "$WEB" "$(free_port)"
} >"$WORK/more.yaml"
daemon <"$WORK/more.yaml"
run_python hostile
check "no process has grown by what was sent" sh -c '[ "$(ps -o rss= --ppid "$1" | sort -n | tail -1)" -lt 300000 ]' - "$DAEMON"
check "nothing undefined happened" sh -c '! grep -q "runtime error\|AddressSanitizer" "$1"' - "$WORK/tenure.log"
