#!/bin/bash
# builds: check-gcc
# `tenure test-ca`: stock ACME clients get certificates from it, it refuses what RFC 8555 refuses, and misbehaves as it is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme_ca.sh"

stop_servers() {
    end_children $WEB_PID
    stop_test_ca
}
WEB_PID=
WEB=$WORK/web
TOKENS=$WEB/.well-known/acme-challenge
HERE=$(realpath "$(dirname "$0")")

trusted() { # FILE [CHAIN]: verifies, and is for NAME
    openssl verify -x509_strict -CAfile "$CA_ROOTS" -untrusted "${2:-$1}" "$1"
}

lego_get() {
    timeout 60 lego --server "$CA_URL" -a -m a@example.test --path "$WORK/lego" "$@"
}

start_web() {
    mkdir -p "$TOKENS"
    (cd "$WEB" && exec /usr/bin/python3 -m http.server --bind 127.0.0.1 "$CA_HTTP_PORT" >/dev/null 2>&1) &
    WEB_PID=$!
    wait_for 10 port_answers "$CA_HTTP_PORT"
}

write_hooks() {
    printf '#!/bin/sh\nset -e\nkind=set-txt\n[ "$1" = present ] || kind=clear-txt\n' >"$WORK/lego-hook"
    printf 'curl -sf --max-time 5 --data "{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}" http://127.0.0.1:%s/$kind\n' \
        "$CA_DNS_CONTROL" >>"$WORK/lego-hook"
    printf '#!/bin/sh\n[ "$2" = http-01 ] || exit 1\nif [ "$1" = begin ]; then printf %%s "$5" >%s/"$4"; else rm -f %s/"$4"; fi\n' \
        "$TOKENS" "$TOKENS" >"$WORK/uacme-hook"
    chmod +x "$WORK/lego-hook" "$WORK/uacme-hook"
}

lego_tests() {
    local got=$WORK/lego/certificates
    check "lego: http-01" lego_get --http --http.port "127.0.0.1:$CA_HTTP_PORT" -d h1.example.test run
    check "lego: the chain verifies" trusted "$got/h1.example.test.crt"
    check "lego: tls-alpn-01" lego_get --tls --tls.port "127.0.0.1:$CA_TLS_PORT" -d t1.example.test run
    export EXEC_PATH=$WORK/lego-hook EXEC_PROPAGATION_TIMEOUT=2 EXEC_SEQUENCE_INTERVAL=1
    check "lego: dns-01 for a wildcard" lego_get --dns exec --dns.disable-cp --dns.resolvers "127.0.0.1:$CA_DNS_PORT" \
        -d '*.w1.example.test' run
    check "lego: revokes" lego_get -d t1.example.test revoke --keep
    check "lego: takes the alternate chain" lego_get --http --http.port "127.0.0.1:$CA_HTTP_PORT" -d h2.example.test run \
        --preferred-chain "Tenure Alternate Root CA"
}

certbot_get() {
    timeout 60 certbot certonly --server "$CA_URL" --config-dir "$WORK/c" --work-dir "$WORK/w" --logs-dir "$WORK/l" -n --agree-tos \
        -m a@example.test --webroot -w "$WEB" --key-type ecdsa "$@"
}

uacme_get() { timeout 60 uacme -a "$CA_URL" -c "$WORK/ua" -y -t EC "$@"; }

acme_tiny_get() {
    openssl genrsa -out "$WORK/at.key" 2048 2>/dev/null
    openssl req -new -newkey rsa:2048 -nodes -keyout "$WORK/at-leaf.key" -subj / -addext subjectAltName=DNS:at.example.test \
        -out "$WORK/at.csr" 2>/dev/null
    timeout 60 acme-tiny --account-key "$WORK/at.key" --csr "$WORK/at.csr" --acme-dir "$TOKENS" --directory-url "$CA_URL" \
        --disable-check >"$WORK/at.pem"
}

dehydrated_get() {
    mkdir -p "$WORK/dh"
    printf 'CA=%s\nWELLKNOWN=%s\nKEY_ALGO=prime256v1\nACCOUNT_KEY_ALGO=prime256v1\nBASEDIR=%s/dh\n' "$CA_URL" "$TOKENS" "$WORK" >"$WORK/dh/config"
    echo d.example.test >"$WORK/dh/domains.txt"
    timeout 60 dehydrated -f "$WORK/dh/config" --register --accept-terms && timeout 60 dehydrated -f "$WORK/dh/config" -c
}

client_tests() {
    check "certbot: webroot" certbot_get -d x.example.test
    check "certbot: the chain verifies" trusted "$WORK/c/live/x.example.test/cert.pem" "$WORK/c/live/x.example.test/chain.pem"
    check "uacme: account" uacme_get new
    check "uacme: http-01" uacme_get -h "$WORK/uacme-hook" issue u.example.test
    check "uacme: an IP address" uacme_get -h "$WORK/uacme-hook" issue 127.0.0.1
    check "uacme: changes its key" uacme_get newkey
    check "uacme: revokes" uacme_get revoke "$WORK/ua/u.example.test/cert.pem"
    check "acme-tiny: an RSA account" acme_tiny_get
    check "acme-tiny: the chain verifies" trusted "$WORK/at.pem"
    check "dehydrated: http-01" dehydrated_get
}

protocol_tests() { # NAME OF THE PYTHON FUNCTION
    CA_URL=$CA_URL CA_ROOTS=$CA_ROOTS CA_DNS_CONTROL=$CA_DNS_CONTROL TOKENS=$TOKENS PYTHONDONTWRITEBYTECODE=1 \
        timeout 120 /usr/bin/python3 "$HERE/test_ca.py" "$@" || FAILED=1
}

umask 022
start_test_ca --block blocked.example.test --suggest-after 300
start_web
write_hooks
client_tests
end_children $WEB_PID
WEB_PID=
lego_tests
start_web
protocol_tests general
stop_ca
printf 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W\n' >"$WORK/eab"
start_test_ca --eab "kid-1:$WORK/eab" --max-orders 3/3600 --always-valid
protocol_tests bound
check "what was stored survives a restart" test "$(ca_test counts | jq .orders.valid)" -gt 5
if tenure test-ca --help | grep -q -e '--clock'; then
    stop_ca
    start_test_ca --clock 2027-01-01 --always-valid
    protocol_tests clock
fi
fails_with 1 conflict timeout 20 "$TENURE" test-ca --data "$WORK/test-ca" --listen "127.0.0.1:$(free_port)" >/dev/null &&
    ok "one at a time uses a data folder" || not_ok "two use one data folder"
fails_with 2 usage timeout 20 "$TENURE" test-ca --data "$WORK/nowhere" --listen 192.0.2.1:1 >/dev/null &&
    ok "it listens on this machine only" || not_ok "listens anywhere"
check "whose options are wrong gets no folder" test ! -e "$WORK/nowhere"
fails_with 2 bad_field timeout 20 "$TENURE" test-ca --data "$WORK/other" --listen "127.0.0.1:$(free_port)" --fault nonsense=1 >/dev/null &&
    ok "a fault that there is not is refused" || not_ok "a fault that there is not is taken"
