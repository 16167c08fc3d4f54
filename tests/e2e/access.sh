#!/bin/sh
# The authorization gate: every route × who asks × own and foreign ids.
. "$(dirname "$0")/lib.sh"

daemon <<END
deploy:
  folders: ["$WORK"]
END
run_python access
check "the audit chain is intact" tenure audit verify
