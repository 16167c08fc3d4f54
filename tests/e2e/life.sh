#!/bin/sh
# builds: check-gcc
# A year in a certificate's life, under a clock that the test moves: an early renewal activates itself in the window, and
# the versions inside a coverage are issued and deployed by themselves. A build that has no such clock must not have it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

BEGIN=2026-11-22T00:00:00Z
TLS=$WORK/tls
SERVER_PORT=$(free_port)

stop_servers() { end_process "$WORK/nginx.pid"; }

# ---- the clock ----

move_clock() { # TIME; prints the HTTP status
    curl -s -o "$WORK/answer" -w '%{http_code}' -H "Authorization: Bearer $TENURE_KEY" \
        --data "{\"advance_to\": \"$1\"}" "$TENURE_URL/v1/test/clock"
}
goes_to() { [ "$(move_clock "$1")" = 200 ] || { cat "$WORK/answer" && return 1; }; }
later() { date -u -d "$1 $2" +%Y-%m-%dT%H:%M:%SZ; }
seconds_of() { date -d "$1" +%s; }

has_no_clock() {
    daemon </dev/null
    TENURE_KEY=$(access_key)
    check "this build cannot be started with a clock" fails_with 2 clock "$TENURE" serve --clock $BEGIN
    check "and has no route that moves it" test "$(move_clock 2027-01-01T00:00:00Z)" = 404
}

# ---- certificates ----

member_of() { tenure show "$1" --json | field "$2"; }
is_in_state() { [ "$(member_of "$1" state)" = "$2" ]; }
buy() {
    bought=$(tenure buy "$@" --quiet)
    wait_for 20 is_in_state "$bought" issued && echo "$bought"
}

renews_early() {
    old=$(tenure buy early.example.com --brand DigiCert --quiet)
    tenure submit "$old" --wait --quiet >/dev/null
    window=$(member_of "$old" window_at)
    goes_to "$(later "$window" '-40 days')"
    check "early renewal: it is ordered forty days before the window" tenure renew "$old" --wait
    new=$(member_of "$old" successor_id)
    goes_to "$(later "$window" '-1 second')"
    check "early renewal: a second before the window it waits" is_in_state "$new" not_activated
    check "early renewal: the window begins" goes_to "$window"
    check "early renewal: it has activated itself and is issued" is_in_state "$new" issued
    check "early renewal: thirty days are carried over" test "$(member_of "$new" carried_seconds)" = $((30 * 86400))
    check "early renewal: the coverage goes on where the old one ends" \
        test "$(member_of "$new" coverage_end)" = "$(later "$(member_of "$old" coverage_end)" '365 days')"
}

nginx_serves() { [ "$(served "$SERVER_PORT" $NAME)" = "$(member_of "$1" fingerprint)" ]; }

# Real processes do not see the test's clock: the reload command waits until the new workers are there.
has_versions() {
    certificate=$(buy $NAME)
    first=$(member_of "$certificate" fingerprint)
    next=$(member_of "$certificate" next_issue_at)
    check "versions: the first one ends before the coverage" \
        test "$(seconds_of "$(member_of "$certificate" version_end)")" -lt "$(seconds_of "$(member_of "$certificate" coverage_end)")"
    goes_to "$(later "$next" '-1 hour')"
    tenure target add web --certificate "$certificate" --reload reload --probe "127.0.0.1:$SERVER_PORT" --deploy \
        --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key" --quiet >"$WORK/target"
    check "versions: the first one is deployed" wait_for 10 nginx_serves "$certificate"
    check "versions: the moment of the next one comes" goes_to "$next"
    check "versions: it was issued by itself" test "$(member_of "$certificate" version_count)" = 2
    check "versions: it is another certificate" test "$(member_of "$certificate" fingerprint)" != "$first"
    check "versions: it was deployed by itself" nginx_serves "$certificate"
    check "versions: the deployment is done" sh -c "'$TENURE' deployments --target $(cat "$WORK/target") --json |
        jq -e '[.items[] | select(.state == \"done\" and .cause == \"issued\")] | length == 1'"
}

lives() {
    old_certificate "$TLS" 9 $NAME
    nginx_configuration "$WORK" "$SERVER_PORT"
    nginx -q -c "$WORK/nginx.conf" || not_ok "nginx starts"
    SERVE="--one-process --clock $BEGIN"
    daemon <<EOT
deploy:
  folders: [$TLS]
  commands:
    - {name: reload, argv: [sh, -c, 'nginx -q -s reload -c $WORK/nginx.conf && sleep 1']}
EOT
    TENURE_KEY=$(access_key)
    renews_early
    has_versions
    check "time does not go back" test "$(move_clock $BEGIN)" = 400
    check "the audit chain is intact" tenure audit verify
}

if has_clock; then lives; else has_no_clock; fi
