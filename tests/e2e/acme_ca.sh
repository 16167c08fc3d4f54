# The fault-injecting CA for the end-to-end tests: `tenure test-ca`, with pebble-challtestsrv as the DNS that it asks. Source it
# after lib.sh.
#
#   start_test_ca [OPTION…]  of `tenure test-ca`; again after stop_ca: what it knew is still there
#   stop_ca                  its DNS goes on
#   stop_test_ca             both
#   ca_test PATH [JSON]      GET or POST http://…/test/PATH
#
# Sets CA_URL (directory), CA_ROOTS (file with what to trust), CA_HTTP_PORT and CA_TLS_PORT (where it validates), CA_DNS_PORT and
# CA_DNS_CONTROL (where its DNS is told what to say: set-txt, clear-txt, add-a …, see the README of pebble-challtestsrv).

CA_PID= CA_DNS_PID=

start_ca_dns() {
    [ -z "$CA_DNS_PID" ] || return 0
    CA_DNS_PORT=$(free_port) CA_DNS_CONTROL=$(free_port)
    pebble-challtestsrv -http01 "" -tlsalpn01 "" -https01 "" -dns01 "127.0.0.1:$CA_DNS_PORT" \
        -management "127.0.0.1:$CA_DNS_CONTROL" -defaultIPv6 "" >"$WORK/ca-dns.log" 2>&1 &
    CA_DNS_PID=$!
    wait_for 10 port_answers "$CA_DNS_CONTROL"
}

start_test_ca() {
    start_ca_dns
    CA_PORT=${CA_PORT:-$(free_port)} CA_HTTP_PORT=${CA_HTTP_PORT:-$(free_port)} CA_TLS_PORT=${CA_TLS_PORT:-$(free_port)}
    CA_BASE=http://127.0.0.1:$CA_PORT CA_URL=http://127.0.0.1:$CA_PORT/directory CA_ROOTS=$WORK/ca-roots.pem
    "$TENURE" test-ca --data "$WORK/test-ca" --listen "127.0.0.1:$CA_PORT" --http-port "$CA_HTTP_PORT" \
        --tls-port "$CA_TLS_PORT" --dns "127.0.0.1:$CA_DNS_PORT" "$@" >>"$WORK/test-ca.log" 2>&1 &
    CA_PID=$!
    wait_for 20 port_answers "$CA_PORT" || {
        not_ok "the test CA starts"
        sed 's/^/#   /' "$WORK/test-ca.log" | tail -n 20
        exit 1
    }
    curl -sf --max-time 5 "$CA_BASE/test/roots" >"$CA_ROOTS"
}

stop_ca() {
    end_children $CA_PID
    CA_PID=
}

stop_test_ca() {
    stop_ca
    end_children $CA_DNS_PID
    CA_DNS_PID=
}

ca_test() { curl -sf --max-time 10 ${2:+--data "$2"} "$CA_BASE/test/$1"; }
