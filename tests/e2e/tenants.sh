#!/bin/sh
# builds: check-gcc
# Two accounts on one installation: the first one has names that lead here, in every way that there is; the second one orders
# them, and nothing is published for it that a CA would take. What is its own it gets.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme_ca.sh"

NS=$(free_port) DNS=$(free_port) PROXY=
CA_HTTP_PORT=$(free_port) CA_TLS_PORT=$(free_port)
KEY=c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM=
mkdir -p "$WORK/dns" "$WORK/www/.well-known/acme-challenge" "$WORK/other"

stop_servers() {
    end_children $PROXY
    stop_test_ca
}

# ---- the DNS that everybody asks: it knows example.test, and passes on what is delegated ----
printf '$TTL 1\n@ SOA ns host 1 60 60 60 1\n@ NS ns\n* A 127.0.0.1\nns A 127.0.0.1\n' >"$WORK/dns/zone"
named_options "$WORK/dns" "$NS" "recursion yes; dnssec-validation no; max-cache-ttl 0; max-ncache-ttl 0;" >"$WORK/dns/named.conf"
cat >>"$WORK/dns/named.conf" <<END_CONF
key good { algorithm hmac-sha256; secret "$KEY"; };
zone "example.test" { type primary; file "zone"; allow-update { 127.0.0.1; key good; }; };
zone "acme.test" { type forward; forward only; forwarders { 127.0.0.1 port $DNS; }; };
END_CONF
/usr/sbin/named -f -n 1 -c "$WORK/dns/named.conf" -L "$WORK/dns/log" &
CA_DNS_PID=$! CA_DNS_PORT=$NS
update() { printf 'server 127.0.0.1 %s\n%s\nsend\n' "$NS" "$*" | nsupdate; }
add_txt() { update "update add $1. 1 TXT \"$2\""; }

# ---- the web server of everybody: a folder, and Tenure behind it ----
cat >"$WORK/proxy.py" <<'END_PROXY'
import http.server, os, pathlib, sys, urllib.error, urllib.request
root, tenure = pathlib.Path(sys.argv[2]), sys.argv[3]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = "/.well-known/acme-challenge/" + os.path.basename(self.path)
        try:
            file = pathlib.Path(str(root) + path)
            body = file.read_bytes() if file.exists() else urllib.request.urlopen(tenure + path, timeout=5).read()
            self.send_response(200)
        except (OSError, urllib.error.HTTPError):
            body = b""
            self.send_response(404)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
END_PROXY

# ---- the operator's hooks: they may write to all of example.test ----
cat >"$WORK/lego" <<END_HOOK
#!/bin/sh
[ "\$1" = present ] && verb=add || verb=delete
printf 'server 127.0.0.1 $NS\nupdate %s %s 1 TXT "%s"\nsend\n' "\$verb" "\$2" "\$3" | nsupdate
END_HOOK
cat >"$WORK/certbot" <<END_HOOK
#!/bin/sh
[ -z "\${CERTBOT_AUTH_OUTPUT+x}" ] && verb=add || verb=delete
printf 'server 127.0.0.1 $NS\nupdate %s _acme-challenge.%s. 1 TXT "%s"\nsend\n' "\$verb" "\$CERTBOT_DOMAIN" "\$CERTBOT_VALIDATION" | nsupdate
END_HOOK
cat >"$WORK/dehydrated" <<END_HOOK
#!/bin/sh
[ "\$1" = deploy_challenge ] && verb=add || verb=delete
printf 'server 127.0.0.1 $NS\nupdate %s _acme-challenge.%s. 1 TXT "%s"\nsend\n' "\$verb" "\$2" "\$4" | nsupdate
END_HOOK
chmod +x "$WORK/lego" "$WORK/certbot" "$WORK/dehydrated"

daemon <<YAML
deploy:
  folders: ["$WORK/www"]
  commands:
  - {name: lego, hook: lego, argv: [$WORK/lego]}
  - {name: certbot, hook: certbot, argv: [$WORK/certbot]}
  - {name: dehydrated, hook: dehydrated, argv: [$WORK/dehydrated]}
dns:
  zones:
  - {name: example.test, servers: ["127.0.0.1:$NS"]}
  - {name: acme.test, servers: ["127.0.0.1:$DNS"]}
validation:
  http_port: $CA_HTTP_PORT
  tls_port: $CA_TLS_PORT
responder:
  tls: 127.0.0.1:$CA_TLS_PORT
  dns: 127.0.0.1:$DNS
  zone: acme.test
  addresses: [127.0.0.1]
YAML
/usr/bin/python3 "$WORK/proxy.py" "$CA_HTTP_PORT" "$WORK/www" "$TENURE_URL" &
PROXY=$!
start_test_ca
printf %s "$KEY" >"$WORK/tsig" && printf %s AAAA >"$WORK/bad-tsig"
tenure issuer add test-ca --directory "$CA_URL" --chain-roots "$CA_ROOTS" --agree-terms >/dev/null || not_ok "the test CA is an issuer"
tenure catalog set Tenure --issuer test-ca >/dev/null || not_ok "it issues"

# as WHO COMMAND…: the second account has a configuration of its own
as() {
    case $1 in two) shift && XDG_CONFIG_HOME=$WORK/other "$@" ;; *) shift && "$@" ;; esac
}
solver() { # WHO NAME TYPE KIND OPTION…
    who=$1 zone=$2.example.test type=$3 kind=$4
    shift 4
    as "$who" "$TENURE" solver add "$zone" --type "$type" --kind "$kind" --doubt-seconds 1 --quiet "$@" >/dev/null || not_ok "solver for $zone"
}
solvers() { # WHO SECRET
    solver "$1" http http-01 responder
    solver "$1" tls tls-alpn-01 responder
    solver "$1" root http-01 webroot --set root="$WORK/www"
    solver "$1" lego dns-01 hook-lego --set command=lego
    solver "$1" certbot dns-01 hook-certbot --set command=certbot --set cleanup=certbot
    solver "$1" hydra dns-01 hook-dehydrated --set command=dehydrated
    solver "$1" update dns-01 rfc2136 --set server=127.0.0.1:$NS --set key_name=good --secret-file "$2"
    solver "$1" persist dns-persist-01 persist
}
buy() { as "$1" "$TENURE" buy --brand Tenure -q "$2.example.test"; }
state() { as "$1" "$TENURE" list --json | jq -r "[.items[] | select(.names | index(\"$2.example.test\"))][0].state"; }
is() { [ "$(state "$1" "$2")" = "$3" ]; }
id_of() { as "$1" "$TENURE" list --json | jq -r "[.items[] | select(.names | index(\"$2.example.test\"))][0].id"; }
explains() { as "$1" "$TENURE" explain "$(id_of "$1" "$2")" | grep -q "$3"; }
published() { as "$1" "$TENURE" solution list --json | jq -r "[.items[] | select(.name == \"$2.example.test\" and .placed_at != null)] | length"; }

SHARED="http tls root lego certbot hydra" OWN="named update"

# ---- alone: every way works, and nobody is asked for anything ----
update "update add _acme-challenge.named.example.test. 1 CNAME $(tenure solver delegate named.example.test --json | field target)."
solvers one "$WORK/tsig"
for one in $SHARED $OWN; do
    buy one "$one" >/dev/null || not_ok "buy $one"
done
for one in $SHARED $OWN; do
    check "alone, $one is issued" wait_for 20 is one "$one" issued
done

# ---- somebody else comes ----
tenure account create branch --owner wang --json | field login_secret >"$WORK/secret"
as two "$TENURE" login --secret-file "$WORK/secret" >/dev/null || not_ok "the second account logs in"
TWO=$(tenure account list --json | jq -r '.items[] | select(.name == "branch").id')
solvers two "$WORK/bad-tsig"
for one in $SHARED $OWN persist; do
    buy two "$one" >/dev/null || not_ok "the second account buys $one"
done
explained() { for one in $SHARED; do explains two "$one" name_not_yours || return 1; done; }
check "they are not proven for another account, which is told so" wait_for 4 explained
for one in $SHARED; do
    check "nothing of $one was published" test "$(published two "$one")" = 0
    check "a test publishes nothing either" fails_with 6 name_not_yours as two "$TENURE" solver test "$one.example.test"
done
first() { as two "$TENURE" solution list --json | jq -r "[.items[] | select(.name == \"$1.example.test\")][0].$2 // empty"; }
first_is() { [ "$(first "$1" "$2")" = "$3" ]; }
no_record() { [ -z "$(dig +short +time=2 +tries=1 -p "$NS" @127.0.0.1 "$1" TXT | grep '^"')" ]; }
check "what is delegated to another account waits for a person" wait_for 10 first_is named kind manual
check "and has no answer at that label" no_record _acme-challenge.named.example.test
check "a DNS server takes no wrong key" wait_for 10 first_is update reason dns_key_refused
check "and has no record" no_record _acme-challenge.update.example.test
check "a record that lets a CA in for good is looked for, not made" no_record _validation-persist.persist.example.test

# ---- a hook of the operator is led nowhere by the CNAME of a tenant ----
prove() { # NAME: the second account proves it by a record
    id=$(as two "$TENURE" domain add "$1.example.test" --quiet)
    as two "$TENURE" domain show "$id" --json >"$WORK/domain"
    add_txt "$(jq -r .host "$WORK/domain")" "$(jq -r .value "$WORK/domain")"
    as two "$TENURE" domain check "$id" >/dev/null
    wait_for 15 proven "$id" || not_ok "$1 is proven"
}
proven() { [ -n "$(as two "$TENURE" domain show "$1" --json | field validated_at)" ]; }
hook_of_two() { as two "$TENURE" solver list --json | jq -r '.items[] | select(.zone == "lego.example.test").id'; }
update "update add own.example.test. 1 A 127.0.0.1" # with a name below it, the wildcard is not for it any more
prove own
update "update add _acme-challenge.x.own.example.test. 1 CNAME _acme-challenge.lego.example.test."
solver two x.own dns-01 hook-lego --set command=lego
buy two x.own >/dev/null
check "a CNAME into the zone of another account is not followed" wait_for 15 first_is x.own reason name_not_yours
check "there is no record" no_record _acme-challenge.lego.example.test
check "nor is one made that lets a CA in for good" fails_with 6 name_not_yours as two "$TENURE" solver persist lego.example.test \
    --issuer ca.example --account-uri https://ca.example/mallory --solver "$(hook_of_two)"

# ---- what is its own it gets ----
solver two own http-01 responder
solver two given http-01 responder
check "who administers nothing gives no names" fails_with 2 forbidden as two "$TENURE" name-grant add . --account "$TWO"
check "an administrator gives a name" tenure name-grant add given.example.test --account "$TWO"
check "there is a list" sh -c "'$TENURE' name-grant list | grep -q given.example.test"
issued_to_two() { [ "$(as two "$TENURE" list --json | jq -r "[.items[] | select((.names | index(\"$1.example.test\")) and .state == \"issued\")] | length")" -gt 0 ]; }
buy two own >/dev/null && buy two given >/dev/null
check "a name that it has proven is issued to the second account" wait_for 20 issued_to_two own
check "one that it was given, too" wait_for 20 issued_to_two given

# ---- the first one goes on as before ----
for one in http lego; do
    id=$(id_of one "$one")
    check "$one is issued to the first account again" tenure reissue "$id"
    versions() { [ "$(tenure show "$id" --json | field version_count)" = 2 ]; }
    check "it is there" wait_for 20 versions
done
check "the second account has nothing else" test "$(as two "$TENURE" list --json | jq '[.items[] | select(.state == "issued")] | length')" = 2
check "the audit chain is intact" tenure audit verify
