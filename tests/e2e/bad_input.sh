#!/bin/sh
# builds: check-gcc
# Bad input: what SPEC section 18 says of it, and that it leaves nothing behind.
. "$(dirname "$0")/lib.sh"

daemon </dev/null
run_python bad_input
check "the audit chain is intact" tenure audit verify
