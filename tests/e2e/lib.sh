# What the end-to-end tests share. Source it; $1 is the tenure binary. Every test prints lines `ok - …` and `not ok - …`.
# A daemon of its own in a temporary folder, free loopback ports, everything ended and removed at the exit.

TENURE=$(realpath "$1")
WORK=$(mktemp -d /tmp/tenure-e2e-XXXXXX)
export XDG_CONFIG_HOME=$WORK/config LANG=C.UTF-8
FAILED=0
DAEMON=

ok() { echo "ok - $*"; }
not_ok() {
    echo "not ok - $*"
    FAILED=1
}

# check NAME COMMAND…: runs it; its output is shown only if it fails.
check() {
    name=$1
    shift
    if output=$("$@" 2>&1); then ok "$name"; else
        not_ok "$name"
        printf '%s\n' "$output" | sed 's/^/#   /' | head -n 40
    fi
}

# fails_with STATUS CODE COMMAND…: the command ends with that status and names that error code.
fails_with() {
    status=$1 code=$2
    shift 2
    output=$("$@" 2>&1) && got=0 || got=$?
    [ "$got" = "$status" ] && case $output in *"$code"*) true ;; *) false ;; esac && return 0
    echo "status $got instead of $status, or no $code in: $output"
    return 1
}

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    tries=$(($1 * 10))
    shift
    while [ "$tries" -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
        tries=$((tries - 1))
    done
    "$@"
}

free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# end_children PID…: of this script; each is told to end, and waited for.
end_children() {
    for pid; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
    done
}

port_answers() { /usr/bin/python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1"; }

# named_options FOLDER PORT [OPTIONS]: how the configuration of a name server begins that answers on 127.0.0.1 alone, and leaves
# nothing in the system.
named_options() {
    printf 'options { directory "%s"; listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; };\n' "$1" "$2"
    printf '%s pid-file none; session-keyfile none; notify no; };\ncontrols { };\n' "${3:-recursion no;}"
}

# configure YAML…: tenure.yaml with a free port; more of it from standard input.
configure() {
    PORT=$(free_port)
    {
        printf 'listen: 127.0.0.1:%s\ndata: %s/data\noutbound:\n  allow: [127.0.0.0/8]\n' "$PORT" "$WORK"
        cat
    } >"$WORK/tenure.yaml"
    export TENURE_URL=http://127.0.0.1:$PORT
}

# With the options in SERVE, if there are any.
start_daemon() {
    "$TENURE" serve ${SERVE:-} --config "$WORK/tenure.yaml" >>"$WORK/tenure.log" 2>&1 &
    DAEMON=$!
    wait_for 20 port_answers "$PORT" || {
        not_ok "the daemon starts"
        sed 's/^/#   /' "$WORK/tenure.log" | tail -n 20
        exit 1
    }
}

stop_daemon() {
    end_children $DAEMON
    DAEMON=
}

# Whether this build has a clock that a test moves: SERVE="--one-process --clock TIME", before it is started.
has_clock() { "$TENURE" serve --help | grep -q -- --clock; }

# Configures (from standard input), starts, logs in.
daemon() {
    configure
    start_daemon
    "$TENURE" login --secret-file "$WORK/data/first-login" >/dev/null || not_ok "login"
}

tenure() { "$TENURE" "$@"; }

# old_certificate FOLDER DAYS_LEFT NAME…: fullchain.pem and key.pem of a CA that Tenure does not know.
old_certificate() { "$(dirname "$0")/../../tools/old-certificate" "$@" || not_ok "old certificate"; }

# The SHA-256 fingerprint of the PEM certificate on standard input, as 64 lower-case hex digits.
fingerprint() { openssl x509 -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'; }

# served PORT NAME: the fingerprint of what a server shows.
served() {
    openssl s_client -connect "127.0.0.1:$1" -servername "$2" </dev/null 2>/dev/null | fingerprint
}

# field JSON_MEMBER: of the JSON object on standard input.
field() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1]) or "")' "$1"; }

# access_key [ROLE]: a new one, as it is sent: ID.SECRET.
access_key() {
    tenure access-key create --name test --role "${1:-owner}" --json |
        /usr/bin/python3 -c 'import json, sys; key = json.load(sys.stdin); print(key["id"] + "." + key["secret"])'
}

# run_python NAME: the tests of NAME.py, see client.py.
run_python() {
    TENURE_KEY=$(access_key) WORK=$WORK PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 "$(dirname "$0")/$1.py" || FAILED=1
}

finish() {
    status=$?
    stop_daemon
    command -v stop_servers >/dev/null && stop_servers
    [ "$FAILED" = 0 ] || sed 's/^/# log: /' "$WORK/tenure.log" 2>/dev/null | tail -n 30
    rm -rf "$WORK"
    [ "$status" = 0 ] && exit "$FAILED"
    exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM
