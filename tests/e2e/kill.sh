#!/bin/sh
# kill.sh BINARY [KILLS [SEED]]: certificates are renewed while processes of random roles, the supervisor among them, are
# killed with SIGKILL at random moments. Without KILLS a short run; 200 is the full one.
exec /usr/bin/python3 -u "$(dirname "$0")/kill.py" "$@"
