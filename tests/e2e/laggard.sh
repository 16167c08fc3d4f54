#!/bin/sh
# builds: check-gcc
# Others are slow: a CA and the receivers of messages that drip a byte each half second, a CA that takes its time for each answer.
# What asks nobody outside goes on, and so do those who are quick (decision 0027).
. "$(dirname "$0")/lib.sh"

CA_PORT=$(free_port)
CA=http://127.0.0.1:$CA_PORT
/usr/bin/python3 "$(dirname "$0")/lying_ca.py" "$CA_PORT" "$WORK/ca.log" "$WORK/root.pem" &
SLOW=$!
stop_servers() { end_children "$SLOW"; }
wait_for 10 port_answers "$CA_PORT"
daemon <<YAML
YAML
issuer() { tenure issuer add "$1" --directory "$CA/$2" --agree-terms --chain-roots "$WORK/root.pem"; }
check "a CA that drips is an issuer" issuer drip drip/directory
check "one that is late" issuer late late/directory
check "and one that is quick" issuer quick directory
export CA TENURE
run_python laggard
check "nothing undefined happened" sh -c '! grep -q "runtime error\|AddressSanitizer" "$1"' - "$WORK/tenure.log"
