#!/bin/sh
# builds: check-gcc
# Suggested renewal windows (RFC 9773) against `tenure test-ca`, with a clock that the test moves: the moment in the window, and
# what the order says that it replaces; windows that move into the past, revocation overnight, answers that make no sense. What
# else an order may ask for: a profile, the lifetime.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme_ca.sh"
. "$(dirname "$0")/acme_orders.sh"

has_clock || {
    ok "this build has no clock that a test moves: nothing is tried here"
    exit 0
}
DAY=86400 HOUR=3600
NOW=$(date -u -d 2026-11-22T08:00:00Z +%s)
CA_HTTP_PORT=$(free_port) CA_TLS_PORT=$(free_port)

stop_servers() { stop_test_ca; }

written() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
ours() { sqlite3 -readonly "$WORK/data/tenure.db" "$1"; }
theirs() { sqlite3 -readonly "$WORK/test-ca/test-ca.db" "$1"; }

# go TIME: both clocks; what is due by then is done, in its order.
go() {
    NOW=$1
    ca_test clock "{\"advance_to\": \"$(written "$NOW")\"}" >/dev/null &&
        curl -sf --max-time 60 -H "Authorization: Bearer $BEARER" "$TENURE_URL/v1/test/clock" -o /dev/null \
            -d "{\"advance_to\": \"$(written "$NOW")\"}" || not_ok "the clocks go to $(written "$NOW")"
}
pass() { go $((NOW + $1)); }

# The CA of this test, and its switches.
begin_ca() { start_test_ca --always-valid --lifetime $((30 * DAY)) --clock "$(written "$NOW")" "$@"; }
fault() { ca_test faults "{\"$1\": $2}" >/dev/null; }
window() { ca_test windows "{\"certificate\": \"$1\", \"start\": \"$(written "$2")\", \"end\": \"$(written "$3")\"}" >/dev/null; }
polls() { ca_test counts | jq .requests.renewal_info; }

serve() {
    SERVE="--one-process --clock $(written "$NOW")"
    start_daemon
}

# suggestion CERTIFICATE COLUMN: of its current version. next CERTIFICATE: when the next one is issued.
suggestion() { ours "SELECT $2 FROM suggestion s JOIN certificate c ON c.version_id = s.version_id WHERE c.id = '$1'"; }
next() { ours "SELECT next_issue_at FROM certificate WHERE id = '$1'"; }
attempts() { ours "SELECT coalesce(sum(attempts), 0) FROM work WHERE subject = '$1'"; }
# last NAME COLUMN: of the newest order at the CA for it. replaced ID: by how many of its orders that were not invalid.
last() { theirs "SELECT coalesce($2, '-') FROM served_order WHERE names = '$1' ORDER BY id DESC LIMIT 1"; }
orders() { theirs "SELECT count(*) FROM served_order WHERE names = '$1'"; }
# get NAME: sets GOT.
get() {
    GOT=$(buy "$1")
    pass 10
}
same() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
between() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ] || { echo "$1 is not between $2 and $3"; return 1; }; }
says() { LANG=$2 tenure explain "$1" | grep -q "$3"; }

begin_ca --suggest-after 21600
configure <<YAML
responder: {http: "127.0.0.1:$CA_HTTP_PORT"}
validation: {http_port: $CA_HTTP_PORT}
dns:
  outside_zones: refuse
  zones:
  - {name: example.test, servers: ["127.0.0.1:$CA_DNS_PORT"]}
YAML
serve
tenure login --secret-file "$WORK/data/first-login" >/dev/null
BEARER=$(access_key)
tenure issuer add rehearsal --directory "$CA_URL" --agree-terms >/dev/null
tenure catalog set Tenure --issuer rehearsal >/dev/null
tenure solver add . --type http-01 --kind responder --doubt-seconds 1 >/dev/null

# ---- the window, and a moment in it ----
get one.example.test
ONE=$GOT
FIRST=$(suggestion "$ONE" ari_id) END=$(ours "SELECT version_end FROM certificate WHERE id = '$ONE'")
MOMENT=$(next "$ONE")
check "a certificate is there" versions "$ONE" 1
check "its window was asked for at once" between "$(suggestion "$ONE" asked_at)" $((NOW - 10)) "$NOW"
check "it lies where the CA has it: a third of the lifetime before the end" \
    between "$(suggestion "$ONE" window_start)" $((END - 11 * DAY)) $((END - 9 * DAY))
check "a moment in it is chosen" between "$MOMENT" "$(suggestion "$ONE" window_start)" "$(suggestion "$ONE" window_end)"
BEFORE=$(polls)
pass $DAY
check "the CA is asked every six hours, as it wants" between $(($(polls) - BEFORE)) 4 5
check "the moment stays, however often it is asked" same "$(next "$ONE")" "$MOMENT"
stop_daemon
serve
pass $DAY
check "and over a restart" same "$(next "$ONE")" "$MOMENT"
check "show says when" same "$(show "$ONE" next_issue_at)" "$(written "$MOMENT")"
check "so does its plan" same "$(tenure plan "$ONE" --json | jq -r '.versions[0].issued_at')" "$(written "$MOMENT")"
check "explain says what the CA suggests" says "$ONE" C.UTF-8 "CA of rehearsal suggests its renewal between"
check "in Chinese, too" says "$ONE" zh_CN.UTF-8 "签发机构 rehearsal 建议在"

# ---- answers that make no sense keep nothing from being done ----
for fault in malformed truncated internal dropped; do
    fault $fault 100
    ASKED=$(suggestion "$ONE" asked_at)
    pass $DAY
    check "$fault: it is asked again" [ "$(suggestion "$ONE" asked_at)" -gt "$ASKED" ]
    check "$fault: what was planned stays" same "$(next "$ONE") $(attempts "$ONE")" "$MOMENT 0"
    fault $fault 0
done
check "nobody was bothered with it" sh -c '! "$1" notices | grep -q "could not be issued"' - "$TENURE"

# ---- renewal at the moment ----
go $((MOMENT - 60))
check "it is not renewed before its moment" versions "$ONE" 1
pass 120
check "at its moment it is renewed" versions "$ONE" 2
check "the order says what it replaces" same "$(last one.example.test replaces)" "$FIRST"

# ---- a window that moves into the past ----
SECOND=$(suggestion "$ONE" ari_id)
window "$SECOND" $((NOW - HOUR)) $((NOW - HOUR / 2))
pass $((6 * HOUR + 60))
check "a window that has moved into the past brings the renewal about" versions "$ONE" 3
check "which replaces that one" same "$(last one.example.test replaces)" "$SECOND"

# ---- alreadyReplaced, and any other error of the hint ----
COUNT=$(orders one.example.test)
fault already_replaced 100
window "$(suggestion "$ONE" ari_id)" $((NOW - HOUR)) $((NOW - HOUR / 2))
pass $((6 * HOUR + 300))
check "alreadyReplaced: it is renewed all the same" versions "$ONE" 4
check "by one order, which does not say what it replaces" same "$(orders one.example.test) $(last one.example.test replaces)" "$((COUNT + 1)) -"
check "in the same run" same "$(attempts "$ONE")" 0
fault already_replaced 0
get two.example.test
TWO=$GOT
stop_daemon
sqlite3 "$WORK/data/tenure.db" "UPDATE suggestion SET ari_id = 'AAAA.BBBB', window_start = 1, window_end = 2, moment = $NOW
    WHERE certificate_id = '$TWO'; UPDATE certificate SET next_issue_at = $NOW WHERE id = '$TWO';
    UPDATE work SET due_at = $NOW WHERE subject = '$TWO'"
serve
pass 60
check "a hint that the CA does not understand: it is renewed all the same" versions "$TWO" 2
check "by an order without it" same "$(orders two.example.test) $(last two.example.test replaces)" "2 -"
check "and nothing has failed" same "$(attempts "$TWO")" 0

# ---- revocation overnight ----
get three.example.test
THREE=$GOT
get four.example.test
FOUR=$GOT
check "two more are there" sh -c "[ '$(show "$THREE" version_count) $(show "$FOUR" version_count)' = '1 1' ]"
REVOKED="$(suggestion "$THREE" ari_id)" KEPT="$(suggestion "$FOUR" ari_id)"
pass $DAY
ca_test revoke "{\"certificate\": \"$REVOKED\", \"reason\": 4}" >/dev/null
pass $((6 * HOUR + 60))
check "what the CA has revoked overnight is replaced" versions "$THREE" 2
check "by an order that says so" same "$(last three.example.test replaces)" "$REVOKED"
check "the others stay" versions "$FOUR" 1

# ---- a CA in haste, and its limits ----
pass 300
window "$(suggestion "$THREE" ari_id)" $((NOW - HOUR)) $((NOW - HOUR / 2))
pass $((6 * HOUR))
check "what it wants replaced a second time is, six hours old" versions "$THREE" 3
pass 300
window "$(suggestion "$THREE" ari_id)" $((NOW - HOUR)) $((NOW - HOUR / 2))
pass $((6 * HOUR))
check "the third time it has to be older" versions "$THREE" 3
check "explain says why" says "$THREE" C.UTF-8 "later than the CA suggests"
check "in Chinese, too" says "$THREE" zh_CN.UTF-8 "晚于签发机构的建议"
check "with the CA's own explanation" says "$THREE" C.UTF-8 "The CA explains why: http"
check "a person is told" sh -c '"$1" notices | grep -q "wants new certificates replaced at once"' - "$TENURE"
go $(($(suggestion "$THREE" earliest) + 60))
check "then it is replaced" versions "$THREE" 4

# ---- a certificate profile ----
tenure issuer change rehearsal --certificate-profile shortlived >/dev/null
get five.example.test
FIVE=$GOT
check "a profile that the CA has is asked for" same "$(last five.example.test profile)" shortlived
check "and given: six days, renewed at half of them" \
    between "$(next "$FIVE")" $((NOW + 2 * DAY + 20 * HOUR)) $((NOW + 3 * DAY + 4 * HOUR))
pass $((4 * DAY))
check "which they are" versions "$FIVE" 2
tenure issuer change rehearsal --certificate-profile nonsense >/dev/null
get six.example.test
SIX=$GOT
check "one that it has not is not asked for" same "$(last six.example.test profile) $(show "$SIX" version_count)" "classic 1"

# ---- the lifetime that is asked for ----
tenure issuer change rehearsal --takes-not-after yes --takes-not-before yes >/dev/null
get long.example.test
check "a lifetime that the CA does not give keeps nobody waiting" versions "$GOT" 1
check "it is the CA's then" same "$(ours "SELECT version_end - not_before FROM certificate WHERE id = '$GOT'")" $((30 * DAY))
check "by one order, without dates" same "$(orders long.example.test) $(last long.example.test not_after)" "1 -"
tenure issuer change rehearsal --days-max 12 >/dev/null
get short.example.test
check "one that it gives is asked for" same \
    "$(theirs "SELECT not_after + 1 - not_before FROM served_order WHERE names = 'short.example.test'")" $((12 * DAY))
check "from now on, not from before" between "$(last short.example.test not_before)" $((NOW - 10)) "$NOW"
check "and given, to the second" same "$(show "$GOT" not_before) $(show "$GOT" version_end)" \
    "$(written "$(last short.example.test not_before)") $(written "$(last short.example.test 'not_after + 1')")"
tenure issuer change rehearsal --takes-not-after no --takes-not-before no >/dev/null

# ---- no windows ----
stop_ca
begin_ca --suggest-after 0
pass $((DAY + 60))
get seven.example.test
SEVEN=$GOT
END=$(ours "SELECT version_end FROM certificate WHERE id = '$SEVEN'") BEFORE=$(polls)
check "a CA without windows: the policy says when, a third of the lifetime before the end, or a tenth of that earlier" \
    between "$(next "$SEVEN")" $((END - 11 * DAY - 60)) $((END - 10 * DAY))
pass $((3 * DAY))
check "it is not asked for any" same "$(polls)" "$BEFORE"
go "$(($(next "$SEVEN") + 60))"
check "it is renewed then" versions "$SEVEN" 2
check "and the order says nothing of what it replaces" same "$(last seven.example.test replaces)" -
