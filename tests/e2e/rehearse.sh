#!/bin/sh
# builds: check-gcc
# What the guide says about rehearsing, word by word, with a configuration that has nothing else: docs/guides/public-ca.md. Only
# the two ports are others, so that it runs beside other tests.
. "$(dirname "$0")/lib.sh"

GUIDES=$(dirname "$0")/../../docs/guides
CA_PORT=$(free_port) CA_PID=

stop_servers() { end_children $CA_PID; }

# block GUIDE N: the Nth block of code of its last section
block() {
    awk -v wanted="$2" '/^## / { n = 0; inside = 0; delete lines }
        /^    / { if (!inside) n++; inside = 1; lines[n] = lines[n] substr($0, 5) "\n"; next }
        { inside = 0 }
        END { printf "%s", lines[wanted] }' "$GUIDES/$1" | sed "s/14000/$CA_PORT/; s|/tmp/ca|$WORK/ca|"
}

PORT=$(free_port)
export TENURE_URL=http://127.0.0.1:$PORT
{
    printf 'listen: 127.0.0.1:%s\ndata: %s/data\n' "$PORT" "$WORK"
    block public-ca.md 1
} >"$WORK/tenure.yaml"
start_daemon
tenure login --secret-file "$WORK/data/first-login" >/dev/null

block public-ca.md 2 >"$WORK/ca.sh"
block public-ca.md 3 >"$WORK/commands"
same_in_chinese() {
    for n in 1 2 3; do
        block public-ca.zh.md "$n" | cmp - "$WORK/english.$n" || return 1
    done
}
for n in 1 2 3; do block public-ca.md "$n" >"$WORK/english.$n"; done
check "the guide says the same in both languages" same_in_chinese

(eval "exec $(sed 's/^tenure/"$TENURE"/; s/ test-ca / test-ca --listen 127.0.0.1:$CA_PORT /' "$WORK/ca.sh")") >"$WORK/ca.log" 2>&1 &
CA_PID=$!
wait_for 20 port_answers "$CA_PORT" || sed 's/^/#   /' "$WORK/ca.log"
while read -r command; do
    check "$command" sh -c "$(printf '%s' "$command" | sed 's|^tenure|"$0"|')" "$TENURE"
done <"$WORK/commands"
issued() { tenure list --json | jq -e '[.items[] | select(.state == "issued")] | length == 1'; }
check "and the certificate is there" issued
