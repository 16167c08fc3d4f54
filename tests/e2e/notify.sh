#!/bin/sh
# Notifications as their receivers get them: a mail server with STARTTLS and authentication, a listener that is webhook and
# robots. In a build with a test clock also a certificate's last month, threshold by threshold.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sink.sh"

start_sink
SERVE=
has_clock && SERVE="--one-process --clock 2026-11-22T00:00:00Z"
mail_configuration >"$WORK/mail.yaml"
daemon <"$WORK/mail.yaml"
export SERVE
run_python notify
