#!/bin/sh
# Two clients do the same thing at the same moment, again and again: exactly one succeeds, the other is told the state, and
# nothing is counted twice. 1 000 rounds of each kind with the release binary, 60 with the sanitized one.
. "$(dirname "$0")/lib.sh"

daemon </dev/null
grep -qa __asan_init "$TENURE" && ROUNDS=60 || ROUNDS=1000
export ROUNDS=${2:-$ROUNDS}
run_python race
check "the audit chain is intact" tenure audit verify
