#!/bin/sh
# kill.sh BINARY [KILLS [SEED]]: certificates are renewed while processes of random roles, the supervisor among them, are
# killed with SIGKILL at random moments; then orders are paid, refunded and revoked while web processes and workers are.
# Without KILLS two short runs; 200 is the full one.
status=0
for kind in kill kill_orders; do
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -u "$(dirname "$0")/$kind.py" "$@" || status=1
done
exit $status
