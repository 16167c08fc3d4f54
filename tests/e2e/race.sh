#!/bin/sh
# Two clients do the same thing at the same moment, again and again: exactly one succeeds, the other is told the state, and
# nothing is counted twice. 250 rounds of each kind with the release binary, 60 with the sanitized one; or so many: $2, as 1000.
. "$(dirname "$0")/lib.sh"

PAY_PORT=$(free_port)
echo a-shared-secret-of-both-sides >"$WORK/payment-secret"
daemon <<YAML
web_processes: 4
payment:
  webhook_url: http://127.0.0.1:$PAY_PORT/tenure
  webhook_secret_file: $WORK/payment-secret
YAML
grep -qa __asan_init "$TENURE" && ROUNDS=60 || ROUNDS=250
export PAY_PORT ROUNDS="${2:-$ROUNDS}"
run_python race
check "the audit chain is intact" tenure audit verify
