#!/bin/sh
# Notifications as their receivers get them: a mail server with STARTTLS and authentication, a listener that is webhook and
# robots. In a build with a test clock also a certificate's last month, threshold by threshold.
. "$(dirname "$0")/lib.sh"

SINK=$WORK/sink
MAIL_PORT=$(free_port)
HTTP_PORT=$(free_port)
mkdir -p "$SINK"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$SINK/key.pem" -out "$SINK/cert.pem" 2>/dev/null
echo s3cret-of-the-mailbox >"$WORK/password"

stop_servers() {
    [ -z "$SINK_PID" ] || kill "$SINK_PID" 2>/dev/null
    SINK_PID=
}
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$(dirname "$0")/sink.py" "$SINK" "$MAIL_PORT" "$HTTP_PORT" >"$WORK/sink.log" 2>&1 &
SINK_PID=$!
wait_for 20 port_answers "$MAIL_PORT" && wait_for 20 port_answers "$HTTP_PORT" || {
    not_ok "the receivers start"
    sed 's/^/#   /' "$WORK/sink.log"
    exit 1
}

SERVE=
"$TENURE" serve --help | grep -q -- --clock && SERVE="--one-process --clock 2026-11-22T00:00:00Z"
daemon <<YAML
smtp:
  host: localhost
  port: $MAIL_PORT
  username: tenure
  password_file: $WORK/password
  from: tenure@example.com
  ca_file: $SINK/cert.pem
  timeout_seconds: 5
YAML
export SINK HTTP_PORT SERVE
run_python notify
