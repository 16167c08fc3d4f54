#!/bin/sh
# builds: check-gcc
# The authorization gate: every route × who asks × own and foreign ids.
. "$(dirname "$0")/lib.sh"

daemon <<END
deploy:
  folders: ["$WORK"]
dns:
  outside_zones: refuse
responder:
  dns: 127.0.0.1:$(free_port)
  zone: acme.test
END
run_python access
check "the audit chain is intact" tenure audit verify
