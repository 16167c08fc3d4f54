# What the tests of orders at public CAs share. Source it after lib.sh.
#
#   start_zone [RECORD…]     BIND on port $DNS: every name of example.test is at 127.0.0.1 but silent.example.test, where nobody
#                            listens; other zones stand in $WORK/dns/more.conf, if it is there; ends with stop_zone
#   add_record RECORD…       to it
#   zone_yaml                for tenure.yaml: that server alone is asked
#   begin_now                before the daemon: where the build has a clock that a test moves, SERVE begins with it at this time
#   later TIME               moves it to "+2 minutes" after that
#   read_api PATH            the API's answer, with the access key $BEARER, which the script makes
#   show CERTIFICATE MEMBER, is CERTIFICATE STATE, versions CERTIFICATE COUNT, serial CERTIFICATE
#   buy NAME…                the id of the new certificate
#   application CERTIFICATE  its newest application, as JSON; explains CERTIFICATE PATTERN
#   words TEXT PATTERN       the pattern of the shell stands in it
#   solutions CERTIFICATE [OPEN]   how many there were, or are; left CERTIFICATE COUNT

DNS=$(free_port) NAMED= BEARER=

start_zone() {
    mkdir -p "$WORK/dns"
    printf '$TTL 1\n@ SOA ns hostmaster 1 60 60 60 1\n@ NS ns\nns A 127.0.0.1\n* A 127.0.0.1\nsilent A 127.0.0.9\n' >"$WORK/dns/zone"
    [ $# = 0 ] || printf '%s\n' "$@" >>"$WORK/dns/zone"
    {
        named_options "$WORK/dns" "$DNS" "recursion ${RECURSION:-no}; dnssec-validation no;"
        printf 'zone "example.test" { type primary; file "zone"; };\n'
        [ ! -e "$WORK/dns/more.conf" ] || cat "$WORK/dns/more.conf"
    } >"$WORK/dns/named.conf"
    /usr/sbin/named -f -n 1 -c "$WORK/dns/named.conf" -L "$WORK/dns/log" &
    NAMED=$!
    wait_for 20 port_answers "$DNS"
}

stop_zone() {
    end_children $NAMED
    NAMED=
}

add_record() {
    printf '%s\n' "$@" >>"$WORK/dns/zone"
    sed -i "s/hostmaster [0-9]* /hostmaster $(wc -l <"$WORK/dns/zone") /" "$WORK/dns/zone"
    kill -HUP "$NAMED"
}

zone_yaml() { printf 'dns:\n  outside_zones: refuse\n  zones:\n  - {name: example.test, servers: ["127.0.0.1:%s"]}\n' "$DNS"; }

begin_now() {
    BEGIN=$(date -u +%Y-%m-%dT%H:%M:%SZ) SERVE=
    if has_clock; then SERVE="--one-process --clock $BEGIN"; fi
}
later() {
    curl -sf --max-time 20 -H "Authorization: Bearer $BEARER" "$TENURE_URL/v1/test/clock" -o /dev/null \
        -d "{\"advance_to\": \"$(date -u -d "$BEGIN $1" +%Y-%m-%dT%H:%M:%SZ)\"}"
}

read_api() { curl -sf --max-time 10 -H "Authorization: Bearer $BEARER" "$TENURE_URL/v1/$1"; }
show() { read_api "certificates/$1" | field "$2"; }
is() { [ "$(show "$1" state)" = "$2" ]; }
versions() { [ "$(show "$1" version_count)" = "$2" ]; }
serial() { show "$1" serial; }
buy() { tenure buy --brand Tenure -q "$@"; }
application() { read_api "applications/$(read_api "certificates/$1/applications" | jq -r '.items[-1].id')"; }
explains() { tenure explain "$1" | grep -q "$2"; }
words() { case $1 in *$2*) ;; *) echo "$1"; return 1 ;; esac }
solutions() { read_api "solutions?certificate=$1&open=${2:-0}" | jq '.items | length'; }
left() { [ "$(solutions "$1" 1)" = "$2" ]; }
