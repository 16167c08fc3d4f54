#!/bin/sh
# OV applications from the order to the issue: letter, links by e-mail, reviewer; in a build with a test clock also an
# identity check that ages out.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sink.sh"

export PYTHONDONTWRITEBYTECODE=1
start_sink
/usr/bin/python3 "$(realpath "$(dirname "$0")/../rules")/catalogue.py" "$WORK"
SERVE=
has_clock && SERVE="--one-process --clock 2026-11-22T00:00:00Z"
mail_configuration >"$WORK/mail.yaml"
daemon <"$WORK/mail.yaml"
export SERVE TENURE
REVIEWER_KEY=$(access_key reviewer) OPERATOR_KEY=$(access_key operator)
export REVIEWER_KEY OPERATOR_KEY
run_python review
check "the audit chain is intact" tenure audit verify
