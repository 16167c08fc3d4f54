# Receivers of mail and of HTTP for the tests that need them; source it behind lib.sh. SINK is their folder, see sink.py.

SINK=$WORK/sink
MAIL_PORT=$(free_port)
HTTP_PORT=$(free_port)
SINK_PID=
export SINK HTTP_PORT

stop_sink() {
    end_children $SINK_PID
    SINK_PID=
}
stop_servers() { stop_sink; } # a script with servers of its own ends both

start_sink() {
    mkdir -p "$SINK"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout "$SINK/key.pem" -out "$SINK/cert.pem" 2>/dev/null
    echo s3cret-of-the-mailbox >"$WORK/password"
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$(dirname "$0")/sink.py" "$SINK" "$MAIL_PORT" "$HTTP_PORT" >"$WORK/sink.log" 2>&1 &
    SINK_PID=$!
    wait_for 20 port_answers "$MAIL_PORT" && wait_for 20 port_answers "$HTTP_PORT" || {
        not_ok "the receivers start"
        sed 's/^/#   /' "$WORK/sink.log"
        exit 1
    }
}

# The part of tenure.yaml that sends mail there.
mail_configuration() {
    cat <<YAML
smtp:
  host: localhost
  port: $MAIL_PORT
  username: tenure
  password_file: $WORK/password
  from: tenure@example.com
  ca_file: $SINK/cert.pem
  timeout_seconds: 5
YAML
}
