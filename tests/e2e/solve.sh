#!/bin/sh
# What CAs look for, published and taken away: the responder by DNS, HTTP and TLS, delegated names through CNAMEs of BIND,
# files in a web root, a crash in between.
. "$(dirname "$0")/lib.sh"

NS=$(free_port) HTTP=$(free_port) TLS=$(free_port) DNS=$(free_port) NAMED=
WEBROOT=$WORK/www/.well-known/acme-challenge

stop_servers() { end_children $NAMED; }

# start_zone RECORD…: BIND with example.test.
start_zone() {
    mkdir -p "$WORK/dns"
    {
        printf '$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\nwww A 127.0.0.1\n'
        printf '%s\n' "$@"
    } >"$WORK/dns/example.test.zone"
    {
        named_options "$WORK/dns" "$NS"
        printf 'zone "example.test" { type primary; file "example.test.zone"; };\n'
    } >"$WORK/dns/named.conf"
    /usr/sbin/named -f -n 1 -c "$WORK/dns/named.conf" -L "$WORK/dns/log" &
    NAMED=$!
    wait_for 20 port_answers "$NS"
}

query() { dig +time=2 +tries=1 -p "$DNS" @127.0.0.1 "$@"; }
status_is() { # STATUS ARGUMENT…
    wanted=$1
    shift
    query "$@" | grep "status: $wanted"
}
# Of the newest solution of a name, as it is in the database.
secret_of() { sqlite3 -readonly "$WORK/data/tenure.db" "SELECT $2 FROM solution WHERE name = '$1' ORDER BY id DESC LIMIT 1"; }
shown_of() { tenure solution list --json | jq -r "[.items[] | select(.name == \"$1\")][0].$2 // empty"; }
is_there() { [ -n "$(shown_of "$1" "$2")" ]; }
# begin NAME TYPE: a test that nobody waits for.
begin() { curl -sf -X POST -H "Authorization: Bearer $KEY" -d "{\"name\":\"$1\",\"type\":\"$2\"}" "$TENURE_URL/v1/solvers/test" >/dev/null; }
fetches() { [ "$(curl -s --max-time 5 "$1")" = "$2" ]; }
status_of() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
handshake() { openssl s_client -connect "127.0.0.1:$TLS" "$@" </dev/null 2>/dev/null | openssl x509 -noout -text; }

mkdir -p "$WEBROOT"
daemon <<END
deploy:
  folders: ["$WORK/www"]
dns:
  outside_zones: refuse
  zones:
    - {name: example.test, servers: ["127.0.0.1:$NS"]}
    - {name: acme.test, servers: ["127.0.0.1:$DNS"]}
validation:
  http_port: $HTTP
  tls_port: $TLS
responder:
  http: 127.0.0.1:$HTTP
  tls: 127.0.0.1:$TLS
  dns: 127.0.0.1:$DNS
  zone: acme.test
  addresses: [127.0.0.1, "::1"]
END
KEY=$(access_key)

# ---- delegated names ----

TARGET=$(tenure solver delegate www.example.test --json | field target)
check "a delegated name has a target of its own" test "${TARGET#*.}" = acme.test
check "and another name another one" test "$TARGET" != "$(tenure solver delegate far.example.test --json | field target)"
check "an address cannot be delegated" fails_with 2 bad_field tenure solver delegate 192.0.2.1
start_zone "_acme-challenge.www CNAME one" "one CNAME two" "two CNAME $TARGET." \
    "_acme-challenge.loop CNAME round" "round CNAME _acme-challenge.loop" "*.wild CNAME elsewhere" "solved A 127.0.0.1"
for id in $(tenure solver delegations --json | jq -r '.items[].id'); do
    curl -sf -X POST -H "Authorization: Bearer $KEY" "$TENURE_URL/v1/delegations/$id/check" >/dev/null
done
delegated() { [ "$(tenure solver delegations --json | jq -r ".items[] | select(.name == \"$1\").reason")" = "$2" ]; }
check "a chain of three CNAMEs leads to us" wait_for 20 delegated www.example.test found
check "a name without a record does not" wait_for 20 delegated far.example.test record_missing

tenure solver add example.test --kind delegated --doubt-seconds 120 --quiet >/dev/null
check "a value at a delegated name is seen, and taken away" tenure solver test www.example.test
answers_of() { tenure solution show "$1" --json | jq '.looks_made[0].answers | length'; }
check "what the servers answered is kept" test "$(answers_of "$(shown_of www.example.test id)")" -gt 0

# ---- DNS ----

begin far.example.test dns-01
check "a value is published at once" wait_for 10 is_there far.example.test placed_at
PLACE=$(shown_of far.example.test place) VALUE=$(shown_of far.example.test value)
check "DNS answers by UDP" test "$(query +short TXT "$PLACE")" = "\"$VALUE\""
check "and by TCP" test "$(query +short +tcp TXT "$PLACE")" = "\"$VALUE\""
check "without EDNS" test "$(query +short +noedns TXT "$PLACE")" = "\"$VALUE\""
UPPER=$(printf %s "$PLACE" | tr a-z A-Z)
check "in any case, which comes back" sh -c 'printf %s "$1" | grep "^$2\." | grep -F -e "$3"' - "$(query +noall +answer TXT "$UPPER")" "$UPPER" "$VALUE"
check "the zone has its SOA" sh -c 'printf %s "$1" | grep "hostmaster.acme.test"' - "$(query +short SOA acme.test)"
check "its name server" test "$(query +short NS acme.test)" = ns.acme.test.
check "with addresses" test "$(query +short A ns.acme.test) $(query +short AAAA ns.acme.test)" = "127.0.0.1 ::1"
check "other names do not exist" status_is NXDOMAIN TXT nothing.acme.test
check "other types are not there" status_is NOERROR MX "$PLACE"
check "other zones are refused" status_is REFUSED TXT example.com
check "the zone is not copied" sh -c 'printf %s "$1" | grep -q "Transfer failed"' - "$(query AXFR acme.test)"

# ---- HTTP ----

tenure solver add solved.example.test --type http-01 --kind responder --quiet >/dev/null
check "http-01 is seen" tenure solver test solved.example.test --type http-01
tenure solver add absent.example.test --type http-01 --kind responder --doubt-seconds 120 --quiet >/dev/null
begin absent.example.test http-01
TOKEN=$(secret_of absent.example.test token) ANSWER=$(secret_of absent.example.test key_authorization)
URL=http://127.0.0.1:$HTTP/.well-known/acme-challenge
check "a key authorization is served on the port for it" fetches "$URL/$TOKEN" "$ANSWER"
check "and on the daemon's own" fetches "$TENURE_URL/.well-known/acme-challenge/$TOKEN" "$ANSWER"
check "no other token" test "$(status_of "$URL/x$TOKEN")" = 404
check "no path" test "$(status_of --path-as-is "$URL/../../etc/passwd")$(status_of "$URL/..%2f..%2fetc")" = 404404
check "nothing else is on that port" test "$(status_of "http://127.0.0.1:$HTTP/v1/health")" = 404
check "and nothing may be sent" test "$(status_of -d x "$URL/$TOKEN")" = 413

# ---- TLS ----

tenure solver add www.example.test --type tls-alpn-01 --kind responder --quiet >/dev/null
check "tls-alpn-01 is seen" tenure solver test www.example.test --type tls-alpn-01
tenure solver add secret.example.test --type tls-alpn-01 --kind responder --doubt-seconds 120 --quiet >/dev/null
begin secret.example.test tls-alpn-01
shows_identifier() { handshake -servername "$1" -alpn acme-tls/1 | grep -A 1 '1.3.6.1.5.5.7.1.31: critical'; }
check "a handshake shows the challenge" shows_identifier secret.example.test
check "not for other names" sh -c '! "$@"' - openssl s_client -connect "127.0.0.1:$TLS" -servername other.example.test -alpn acme-tls/1
check "nor for browsers" sh -c '! "$@"' - openssl s_client -connect "127.0.0.1:$TLS" -servername secret.example.test -alpn h2

# ---- reasons ----

tenure solver add loop.example.test --kind manual --quiet >/dev/null
tenure solver add wild.example.test --kind manual --quiet >/dev/null
begin loop.example.test dns-01
begin a.wild.example.test dns-01
has() { [ "$(shown_of "$1" "$2")" = "$3" ]; }
check "a circle of CNAMEs is the reason" wait_for 10 has loop.example.test reason cname_loop
check "the record stands in the way of a wildcard's CNAME" wait_for 10 has a.wild.example.test place _acme-challenge.a.wild.example.test
check "a name that nothing can prove is told so" fails_with 6 no_solver tenure solver test example.com
check "a setting that there is not is refused" fails_with 2 unknown_field tenure solver add example.org --type http-01 --kind webroot --set root=/srv --set port=1

# ---- a web root, and a crash ----

tenure solver add files.example.test --type http-01 --kind webroot --set root="$WORK/www" --doubt-seconds 5 --quiet >/dev/null
begin files.example.test http-01
files() { [ "$(ls "$WEBROOT" | wc -l)" = "$1" ]; }
check "a file is written" wait_for 10 files 1
check "that everybody may read" test "$(stat -c %a "$WEBROOT"/*)" = 644
check "with the key authorization" test "$(cat "$WEBROOT"/*)" = "$(secret_of files.example.test key_authorization)"
kill -9 "$DAEMON"
wait "$DAEMON" 2>/dev/null
start_daemon
check "after a crash it is taken away" wait_for 20 is_there files.example.test removed_at
check "with all that stood beside it" test -z "$(ls -A "$WEBROOT")"
mkdir -p "$WORK/outside/.well-known/acme-challenge"
tenure solver add outside.example.test --type http-01 --kind webroot --set root="$WORK/outside" --quiet >/dev/null
begin outside.example.test http-01
check "a folder outside of the policy is not written to" wait_for 10 has outside.example.test reason path_not_allowed

# ---- how many ----

sqlite3 "$WORK/data/tenure.db" "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
    INSERT INTO solver (id, account_id, zone, type, kind, settings, doubt_seconds, created_at) \
    SELECT 'slv_full' || i, (SELECT account_id FROM solver LIMIT 1), 'full.test', 'dns-01', 'manual', '{}', 0, 0 FROM n"
check "an account has so many solvers and no more" fails_with 1 too_many tenure solver add more.test --kind manual
sqlite3 "$WORK/data/tenure.db" "DELETE FROM solver WHERE id LIKE 'slv_full%'"
check "and one more when they are gone" tenure solver add more.test --kind manual

# ---- garbage ----

cat >"$WORK/garbage.py" <<'END'
import os, random, socket, sys
port, tls = int(sys.argv[1]), int(sys.argv[2])
random.seed(1)
question = bytes.fromhex("123401000001000000000001") + b"\x04acme\x04test\x00\x00\x10\x00\x01" + bytes.fromhex("0000290200000000000000")
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3000):
    packet = bytearray(question)
    for _ in range(random.randrange(1, 5)):
        packet[random.randrange(len(packet))] = random.randrange(256)
    udp.sendto(bytes(packet[:random.randrange(len(packet) + 1)]), ("127.0.0.1", port))
kept = []
for i in range(300):
    s = socket.create_connection(("127.0.0.1", port if i % 2 else tls), 5)
    s.sendall(os.urandom(random.randrange(1, 200)) if i % 3 else b"\x00")
    kept.append(s)
END
cat >"$WORK/idle.py" <<'END'
import socket, sys, time
kept = []
for i in range(160):
    s = socket.socket()
    s.bind((f"127.0.0.{2 + i % 4}", 0))
    s.connect(("127.0.0.1", int(sys.argv[1])))
    kept.append(s)
print("there", flush=True)
time.sleep(60)
END
/usr/bin/python3 "$WORK/idle.py" "$HTTP" >"$WORK/idle" &
IDLE=$!
check "many come and say nothing" wait_for 10 test -s "$WORK/idle"
check "a challenge is fetched all the same" fetches "$URL/$TOKEN" "$ANSWER"
kill "$IDLE"
check "garbage can be sent" /usr/bin/python3 "$WORK/garbage.py" "$DNS" "$TLS"
sleep 1.1 # whoever asked too often is heard again in the next second
check "DNS still answers" test "$(query +short TXT "$PLACE")" = "\"$VALUE\""
check "TLS too" shows_identifier secret.example.test
check "and HTTP" fetches "$URL/$TOKEN" "$ANSWER"
answers=$(for i in $(seq 150); do echo "acme.test SOA"; done | dig +time=1 +tries=1 +ignore +noall +comments -p "$DNS" @127.0.0.1 -f /dev/stdin)
check "who asks too often is sent to TCP" sh -c 'printf %s "$1" | grep -q "flags: .*tc"' - "$answers"
check "the audit chain is intact" tenure audit verify
