#!/bin/sh
# builds: check-gcc
# A CA that lies (lying_ca.py): whatever it answers, nothing of it is followed, executed or stored that should not be, people are
# told what was wrong, and those that it serves well get their certificates.
. "$(dirname "$0")/lib.sh"

CA_PORT=$(free_port)
CA=http://127.0.0.1:$CA_PORT
/usr/bin/python3 "$(dirname "$0")/lying_ca.py" "$CA_PORT" "$WORK/ca.log" "$WORK/root.pem" &
LIAR=$!
stop_servers() { end_children "$LIAR"; }
wait_for 10 port_answers "$CA_PORT"
has_clock && SERVE="--one-process --clock 2026-11-22T00:00:00Z"
daemon <<YAML
YAML
check "the CA is an issuer" tenure issuer add liar --directory "$CA/directory" --agree-terms --chain-roots "$WORK/root.pem" \
    --finalize-seconds 600
check "of a line of the catalogue" tenure catalog set Tenure --issuer liar
check "names are proven by the responder" tenure solver add . --type http-01 --kind responder --doubt-seconds 1
export CA TENURE HAS_CLOCK="${SERVE:-}"
run_python acme_lies

# What a terminal would obey: neither in what people are shown nor in the log.
obeyed() { LC_ALL=C grep -c "$(printf '[\001-\011\013-\037\177]\|\302[\200-\237]\|\342\200[\252-\256]')" "$1"; }
harmless() {
    tenure explain "$(cat "$WORK/escapes")" >"$WORK/said" && grep -q "liar says of" "$WORK/said" && [ "$(obeyed "$WORK/said")" = 0 ]
}
check "a terminal is given no orders" harmless
check "nor by the log" [ "$(obeyed "$WORK/tenure.log")" = 0 ]
check "no key and no certificate is in the log" sh -c '! grep -q "BEGIN CERT\|PRIVATE KEY" "$1"' - "$WORK/tenure.log"
check "the CA had no trouble with us" [ ! -s "$WORK/ca.log" ]
check "nothing undefined happened" sh -c '! grep -q "runtime error\|AddressSanitizer" "$1"' - "$WORK/tenure.log"
