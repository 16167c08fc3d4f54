#!/bin/sh
# The rules of the source documents, as scenarios under each policy profile: tests/rules. RULES="R004 R005" runs those alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sink.sh"

RULES_DIR=$(realpath "$(dirname "$0")/../rules")
SERVER_PORT=$(free_port) NAMES_PORTS="$(free_port) $(free_port)" FILES_PORT=$(free_port)
NAMED= SERVERS=
export SERVER_PORT NAMES_PORTS FILES_PORT WORK PYTHONDONTWRITEBYTECODE=1

stop_servers() {
    stop_sink
    end_children $NAMED
}

# Two servers of example.com, which take updates: their addresses are told as the daemon is configured with them.
start_names() {
    for port in $NAMES_PORTS; do
        /usr/bin/python3 "$RULES_DIR/publish.py" --zone "$WORK/names-$port" "$port"
        /usr/sbin/named -f -n 1 -c "$WORK/names-$port/named.conf" -L "$WORK/names-$port/named.log" &
        NAMED="$NAMED $!"
        wait_for 20 port_answers "$port"
        SERVERS="${SERVERS:+$SERVERS, }\"127.0.0.1:$port\""
    done
}

# A mount namespace, as root or as one's own root; nothing where the system allows neither.
for names in "--mount" "--user --map-root-user --mount"; do
    unshare $names true 2>/dev/null && NAMESPACE=$names && break
done

# A name with two addresses, for the daemon alone: its own /etc/hosts. Where that cannot be, the rule that needs it is skipped.
give_two_addresses() {
    printf '127.0.0.1 localhost\n127.0.0.1 twice.example.com\n127.0.0.2 twice.example.com\n' >"$WORK/hosts"
    cat >"$WORK/tenure-with-hosts" <<WRAPPER
#!/bin/sh
exec unshare $NAMESPACE sh -c 'mount --bind "$WORK/hosts" /etc/hosts && exec "\$@"' sh "$TENURE" "\$@"
WRAPPER
    chmod +x "$WORK/tenure-with-hosts"
    TENURE=$WORK/tenure-with-hosts
    export TWO_ADDRESSES=yes
}

scenarios() {
    /usr/bin/python3 "$RULES_DIR/catalogue.py" "$WORK"
    mkdir "$WORK/servers"
    start_names
    start_sink
    configure <<CONFIGURATION
dns:
  outside_zones: refuse
  zones:
  - {name: example.com, servers: [$SERVERS]}
validation:
  http_port: $FILES_PORT
  caa_domain: ca.example.com
deploy:
  folders: [$WORK/servers]
  commands:
    - {name: reload, argv: ["true"]}
    - {name: fails, argv: ["false"]}
$(mail_configuration)
CONFIGURATION
    begin=$(TENURE_KEY= /usr/bin/python3 "$RULES_DIR/run.py" --begin)
    SERVE="--one-process --clock $begin"
    program=$TENURE
    if [ "${NAMESPACE:-}" ]; then give_two_addresses; else ok "R162 skipped: this system allows no mount namespace"; fi
    start_daemon
    TENURE=$program
    "$TENURE" login --secret-file "$WORK/data/first-login" >/dev/null || not_ok "login"
    TENURE_KEY=$(access_key) TENURE=$program \
        /usr/bin/python3 "$RULES_DIR/run.py" ${RULES:-} || FAILED=1
    check "the audit chain is intact" "$TENURE" audit verify
}

if has_clock; then scenarios; else ok "skipped: this build has no clock that a test moves"; fi
