#!/bin/sh
# builds: check-gcc
# Name servers and web servers that mean no good (hostile_net.py): whatever they answer, a look ends soon, with the right reason.
# With anything as second argument also what takes half a minute each: a hundred name servers that nobody answers for.
. "$(dirname "$0")/lib.sh"

DNS=$(free_port) WEB=$(free_port)
/usr/bin/python3 "$(dirname "$0")/hostile_net.py" "$DNS" "$WEB" &
HOSTILE=$!
stop_servers() { end_children "$HOSTILE"; }
wait_for 10 port_answers "$WEB"
# nothing that is asked here is below it
printf 'elsewhere. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n' >"$WORK/anchor"
{
    printf 'dns:\n  timeout_seconds: 1\n  resolvers: ["127.0.0.1:%s"]\n  trust_anchor: %s\n  zones:\n' "$DNS" "$WORK/anchor"
    for zone in loop long huge cut drip lame wrongid other flood bomb web; do
        printf "    - {name: $zone.test, servers: ['127.0.0.1:$DNS']}\n"
    done
    printf 'validation:\n  http_port: %s\n  tls_port: %s\n  timeout_seconds: 1\n' "$WEB" "$(free_port)"
} >"$WORK/more.yaml"
daemon <"$WORK/more.yaml"
export ALL=${2:-}
run_python hostile
check "no process has grown by what was sent" sh -c '[ "$(ps -o rss= --ppid "$1" | sort -n | tail -1)" -lt 300000 ]' - "$DAEMON"
check "nothing undefined happened" sh -c '! grep -q "runtime error\|AddressSanitizer" "$1"' - "$WORK/tenure.log"
