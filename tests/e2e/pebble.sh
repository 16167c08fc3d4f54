# An ACME CA for the end-to-end tests: Pebble. Source it after lib.sh.
#
#   start_pebble [FLAG…]     -strict …; environment variables of Pebble's (PEBBLE_VA_NOSLEEP …) come from the caller
#   restart_pebble           the same again: what it knew is gone
#   stop_pebble
#   pebble_ca KIND           PEM of its CA on standard output: roots/0, intermediates/0 …
#
# Pebble is known to deadlock under load: a script in which it hangs and something fails is run once more, from its beginning.
#
# Sets PEBBLE_URL (directory), PEBBLE_ROOTS (what to trust for talking to it), PEBBLE_HTTP_PORT and PEBBLE_TLS_PORT (where it
# validates). Before the start: PEBBLE_EAB="KID:KEY …" makes it want external accounts, PEBBLE_BLOCKED="NAME …" is its block
# list, PEBBLE_DNS_SERVER the DNS server that it asks; without one it is that of the system.

if [ -z "${PEBBLE_HUNG:-}" ]; then
    export PEBBLE_HUNG="$WORK/hung"
    "$0" "$@" >"$WORK/output" && status=0 || status=$?
    if [ -e "$PEBBLE_HUNG" ]; then
        echo "# Pebble hangs; once again with a new one"
        "$0" "$@" && exit 0 || exit $?
    fi
    cat "$WORK/output"
    exit $status
fi

PEBBLE_DIR=$WORK/pebble
PEBBLE_PID=

pebble_files() {
    [ -d "$PEBBLE_DIR" ] && return 0
    mkdir "$PEBBLE_DIR"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PEBBLE_DIR/ca.key" -out "$PEBBLE_DIR/ca.pem" \
        -days 30 -subj "/CN=Test of Pebble's own TLS" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PEBBLE_DIR/server.key" -out "$PEBBLE_DIR/server.csr" \
        -subj /CN=localhost 2>/dev/null
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$PEBBLE_DIR/server.ext"
    openssl x509 -req -in "$PEBBLE_DIR/server.csr" -CA "$PEBBLE_DIR/ca.pem" -CAkey "$PEBBLE_DIR/ca.key" -CAcreateserial -days 30 \
        -extfile "$PEBBLE_DIR/server.ext" -out "$PEBBLE_DIR/server.pem" 2>/dev/null
}

pebble_ports() {
    [ -n "${PEBBLE_PORT:-}" ] && return 0
    PEBBLE_PORT=$(free_port) PEBBLE_CONTROL=$(free_port)
    PEBBLE_HTTP_PORT=${PEBBLE_HTTP_PORT:-$(free_port)} PEBBLE_TLS_PORT=${PEBBLE_TLS_PORT:-$(free_port)}
    PEBBLE_URL=https://localhost:$PEBBLE_PORT/dir
    PEBBLE_ROOTS=$PEBBLE_DIR/ca.pem
}

pebble_config() {
    FOLDER=$PEBBLE_DIR PORT=$PEBBLE_PORT CONTROL=$PEBBLE_CONTROL HTTP=$PEBBLE_HTTP_PORT TLS=$PEBBLE_TLS_PORT \
        EAB=${PEBBLE_EAB:-} BLOCKED=${PEBBLE_BLOCKED:-} /usr/bin/python3 - >"$PEBBLE_DIR/pebble.json" <<'PYTHON'
import json
import os

env = os.environ
keys = dict(one.split(":", 1) for one in env["EAB"].split())
json.dump({"pebble": {
    "listenAddress": "127.0.0.1:" + env["PORT"], "managementListenAddress": "127.0.0.1:" + env["CONTROL"],
    "certificate": env["FOLDER"] + "/server.pem", "privateKey": env["FOLDER"] + "/server.key",
    "httpPort": int(env["HTTP"]), "tlsPort": int(env["TLS"]), "ocspResponderURL": "",
    "externalAccountBindingRequired": bool(keys), "externalAccountMACKeys": keys, "domainBlocklist": env["BLOCKED"].split(),
    "certificateValidityPeriod": 90 * 86400,
}}, os.fdopen(1, "w"))
PYTHON
}

pebble_curl() { curl -sf --max-time 5 --cacert "$PEBBLE_ROOTS" "$@"; }

start_pebble() {
    pebble_files
    pebble_ports
    pebble_config
    PEBBLE_FLAGS="$*"
    # the flags are words
    pebble -config "$PEBBLE_DIR/pebble.json" ${PEBBLE_DNS_SERVER:+-dnsserver "$PEBBLE_DNS_SERVER"} $PEBBLE_FLAGS \
        >>"$PEBBLE_DIR/pebble.log" 2>&1 &
    PEBBLE_PID=$!
    wait_for 15 pebble_curl -o /dev/null "$PEBBLE_URL" || {
        not_ok "Pebble starts"
        sed 's/^/#   /' "$PEBBLE_DIR/pebble.log" | tail -n 20
    }
}

# Reading waits for whoever waits for ever. Nothing but no answer in time is meant.
pebble_hangs() {
    [ -n "$PEBBLE_PID" ] && kill -0 "$PEBBLE_PID" 2>/dev/null || return 1
    pebble_curl -o /dev/null "https://localhost:$PEBBLE_CONTROL/cert-status-by-serial/1"
    [ $? = 28 ]
}

stop_pebble() {
    [ "$FAILED" = 0 ] || ! pebble_hangs || touch "$PEBBLE_HUNG"
    [ -z "$PEBBLE_PID" ] || kill -9 "$PEBBLE_PID" 2>/dev/null
    [ -z "$PEBBLE_PID" ] || wait "$PEBBLE_PID" 2>/dev/null
    PEBBLE_PID=
}

restart_pebble() {
    stop_pebble
    start_pebble $PEBBLE_FLAGS
}

pebble_ca() { pebble_curl "https://localhost:$PEBBLE_CONTROL/$1"; }

# lib.sh calls it at the end; a script with servers of its own defines it anew and calls both.
stop_servers() { stop_pebble; }
