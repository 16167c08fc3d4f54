#!/bin/sh
# builds: check-gcc
# Caddy as a CA, behind a first issuer that is dead: after three failures it takes over; http-01 at port 80 and tls-alpn-01 at
# port 443, a name that cannot be proven, versions that follow. Caddy knows these ports and /etc/resolv.conf only: all this has a
# network and mounts of its own, as root.
set -u
. "$(dirname "$0")/own_network.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme_orders.sh"

CADDY= CADDY_URL=https://localhost:9443/acme/local/directory
CADDY_ROOTS=$WORK/caddy/data/pki/authorities/local/root.crt

stop_servers() {
    end_children $CADDY
    stop_zone
}

caddy_answers() { curl -sf --max-time 5 --cacert "$CADDY_ROOTS" -o /dev/null "$CADDY_URL"; }

start_caddy() {
    mkdir -p "$WORK/caddy"
    cat >"$WORK/caddy/Caddyfile" <<CADDYFILE
{
	admin off
	storage file_system $WORK/caddy/data
	skip_install_trust
	auto_https disable_redirects
	http_port 18080
	https_port 18443
	default_bind 127.0.0.1
	pki {
		ca local {
			name "Test of Caddy"
		}
	}
}
localhost:9443 {
	tls internal
	acme_server {
		ca local
		lifetime 12h
	}
}
CADDYFILE
    HOME=$WORK/caddy XDG_DATA_HOME=$WORK/caddy/share XDG_CONFIG_HOME=$WORK/caddy/config \
        caddy run --config "$WORK/caddy/Caddyfile" --adapter caddyfile >"$WORK/caddy/log" 2>&1 &
    CADDY=$!
    wait_for 20 caddy_answers || {
        not_ok "Caddy starts"
        sed 's/^/#   /' "$WORK/caddy/log" | tail -n 20
    }
}

DNS=53
start_zone
printf 'nameserver 127.0.0.1\n' >"$WORK/resolv.conf"
check "a resolver of its own" mount --bind "$WORK/resolv.conf" /etc/resolv.conf
start_caddy
begin_now
daemon <<YAML
responder: {http: "127.0.0.1:80", tls: "127.0.0.1:443"}
$(zone_yaml)
YAML
BEARER=$(access_key)
check "an issuer that is dead" tenure issuer add dead --directory https://127.0.0.1:1/directory --agree-terms
check "Caddy is an issuer" tenure issuer add caddy --directory "$CADDY_URL" --tls-roots "$CADDY_ROOTS"
check "which takes over from the other" tenure catalog set Tenure --issuer dead --fallback caddy
check "names are proven at port 80" tenure solver add . --type http-01 --kind responder --doubt-seconds 1
check "or at port 443" tenure solver add tls.example.test --type tls-alpn-01 --kind responder --doubt-seconds 1

# ---- the first issuer is dead ----
FIRST=$(buy a.example.test) SECOND=$(buy b.example.test) THIRD=$(buy c.example.test)
for id in "$FIRST" "$SECOND" "$THIRD"; do
    check "a certificate of the dead issuer does not come" wait_for 20 explains "$id" '^1 attempts failed.*unreachable'
done
issuer_of() { application "$1" | field issuer; }
WWW=$(buy www.example.test)
check "after three failures the next one comes from Caddy, by http-01" wait_for 20 is "$WWW" issued
check "it says so" [ "$(issuer_of "$WWW")" = caddy ]
TLS=$(buy tls.example.test)
check "another one by tls-alpn-01" wait_for 20 is "$TLS" issued
if [ -n "$SERVE" ]; then
    later "+2 minutes"
    for id in "$FIRST" "$SECOND" "$THIRD"; do
        check "what the dead issuer did not issue comes from Caddy, too" wait_for 20 is "$id" issued
    done
fi
verified() {
    tenure download "$1" -f pem -o "$WORK/leaf.pem" >/dev/null && tenure download "$1" -f chain -o "$WORK/chain.pem" >/dev/null &&
        openssl verify -x509_strict -CAfile "$CADDY_ROOTS" -untrusted "$WORK/chain.pem" "$WORK/leaf.pem"
}
check "the chain leads to Caddy's root" verified "$WWW"

# ---- a name that cannot be proven; versions that follow ----
SILENT=$(buy silent.example.test)
said() { application "$1" | jq -e '.problems[] | select(.name == "silent.example.test" and .type == "connection")'; }
looked() { explains "$SILENT" connection_refused; }
check "what we see ourselves is told meanwhile" wait_for 20 looked
[ -z "$SERVE" ] || later "+3 minutes"
check "why a name could not be proven stands in its application" wait_for 20 said "$SILENT"
BEFORE=$(serial "$WWW")
check "a certificate is renewed" tenure reissue "$WWW"
check "by Caddy again: it stays there for a day" wait_for 20 versions "$WWW" 2
check "with another serial number" [ "$(serial "$WWW")" != "$BEFORE" ]
check "nothing that was published is left" wait_for 20 left "$WWW" 0
