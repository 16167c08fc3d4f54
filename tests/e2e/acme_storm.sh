#!/bin/sh
# acme_storm.sh BINARY [NAMES [SEED]]: certificates of a CA that fails in every way it can, got and renewed while Tenure is
# killed again and again. With a clock that the test moves through weeks of back-offs, where the build has one; then in real
# time, several processes dying at random, with faults that heal quickly. Without NAMES two short runs; 1000 is the full one.
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -u "$(dirname "$0")/acme_storm.py" "$@"
