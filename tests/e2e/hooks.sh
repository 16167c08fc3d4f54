#!/bin/sh
# builds: check-gcc
# Hooks of other ACME clients, run unchanged: dehydrated's example, Debian's dehydrated-hook-ddns-tsig, and one each written to
# the documentation of certbot, lego and acme.sh, against BIND; and hooks that hang, print secrets, print 10 MB, fail or leave
# children. $1 is the tenure binary. dehydrated-hook-ddns-tsig knows port 53 only, so all this has a network of its own: as root.
set -u
. "$(dirname "$0")/own_network.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dns_hooks.sh"

NAMED=

stop_servers() { end_children $NAMED; }

start_named() {
    mkdir "$WORK/dns"
    tsig-keygen -a hmac-sha256 hook. >"$WORK/dns/hook.key"
    {
        printf 'include "%s/dns/hook.key";\n' "$WORK"
        named_options "$WORK/dns" 53
        printf 'zone "example.test" { type primary; file "zone"; update-policy { grant hook. zonesub TXT; }; };\n'
    } >"$WORK/dns/named.conf"
    printf '$TTL 60\n@ SOA ns host 1 3600 600 86400 60\n@ NS ns\nns A %s\n' "$SERVER" >"$WORK/dns/zone"
    /usr/sbin/named -f -n 1 -c "$WORK/dns/named.conf" -L "$WORK/dns/log" >/dev/null 2>&1 &
    NAMED=$!
    check "BIND starts" wait_for 20 dig +time=1 +tries=1 "@$SERVER" example.test SOA
}

# The TXT record at NAME.example.test.
record() { dig +short +time=2 "@$SERVER" "$1.example.test" TXT; }
no_record() { [ -z "$(record "$1")" ]; }
has_record() { record "$1" | grep -qF -- "$2"; }

start_tenure() {
    daemon <<YAML
dns:
  outside_zones: refuse
  zones:
  - {name: example.test, servers: ["$SERVER:53"]}
deploy:
  commands:
  - {name: example, hook: dehydrated, argv: [/usr/share/doc/dehydrated/examples/hook.sh]}
$(hook_commands)
  - {name: bad, hook: lego, argv: [$HOOKS/bad], environment_file: $WORK/dns.env, timeout_seconds: 2}
  - {name: plain, argv: ["true"]}
YAML
    KEY=$(access_key)
}

# solver NAME KIND SETTING…: how NAME.example.test is proven.
solver() {
    zone=$1.example.test kind=$2
    shift 2
    for setting in "$@"; do
        set -- "$@" --set "$setting"
        shift
    done
    tenure solver add "$zone" --kind "$kind" --doubt-seconds 0 "$@" --quiet
}

# works NAME: a value is published, seen at the name server, and taken away again.
works() {
    if timeout 15 "$TENURE" solver test "$1.example.test"; then
        no_record "_acme-challenge.$1"
    else
        tenure solution list --json
        return 1
    fi
}

# begin_test NAME: the id of a solution that is not waited for.
begin_test() {
    curl -s -X POST -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d "{\"name\": \"$1.example.test\"}" \
        "$TENURE_URL/v1/solvers/test" | field id
}

# says ID TEXT: what is shown of the solution has the text in it.
says() { tenure solution show "$1" --json | grep -qF -- "$2"; }
is_removed() { [ -n "$(tenure solution show "$1" --json | field removed_at)" ]; }

# What hooks print comes back without what is secret.
tells_no_secret() {
    says "$1" '***' && ! says "$1" "$PASSWORD"
}

the_right_ones() {
    solver example hook-dehydrated command=example >/dev/null
    id=$(begin_test example)
    check "dehydrated's example runs, and publishes nothing yet" wait_for 10 is_removed "$id"
    check "it is told that nothing is there" says "$id" nxdomain
    solver ddns hook-dehydrated command=ddns-tsig >/dev/null
    check "dehydrated-hook-ddns-tsig publishes and clears" works ddns
    solver certbot hook-certbot command=certbot-auth cleanup=certbot-cleanup >/dev/null
    check "certbot's manual hooks publish and clear" works certbot
    check "they were told of the others" grep -qx "certbot.example.test 0 of certbot.example.test" "$WORK/hook.log"
    solver lego hook-lego command=lego >/dev/null
    check "lego's exec publishes and clears" works lego
    solver raw hook-lego command=lego raw=true >/dev/null
    check "lego's exec does so with EXEC_MODE=RAW" works raw
    ACME=$(solver acme hook-acmesh command=acme)
    check "acme.sh's dnsapi publishes and clears" works acme
    for name in lego acme; do
        id=$(begin_test $name)
        wait_for 10 is_removed "$id"
        check "$name: no credential and no value is shown" tells_no_secret "$id"
    done
    check "a command of another convention is refused" fails_with 2 command_not_allowed \
        tenure solver add x.example.test --kind hook-lego --set command=ddns-tsig
    check "and one that is no hook" fails_with 2 command_not_allowed \
        tenure solver add x.example.test --kind hook-lego --set command=plain
}

# Gone, or dead and not reaped yet by whoever has adopted it.
child_is_gone() { ! grep -Eq '^State:[[:space:]]+[^Z]' "/proc/$(cat "$WORK/hook.log.child")/status" 2>/dev/null; }

the_wrong_ones() {
    for name in hangs loud children fails; do
        solver $name hook-lego command=bad >/dev/null
        eval "$name=\$(begin_test $name)"
    done
    check "a hook that hangs is ended" wait_for 15 says "$hangs" "took too long"
    check "a hook that fails is heard" wait_for 10 says "$fails" "ended with status 7: no zone for ***, tried with ***"
    check "ten megabytes are cut" wait_for 10 is_removed "$loud"
    check "and hold no secret" tells_no_secret "$loud"
    check "what leaves children is not waited for" wait_for 10 is_removed "$children"
    check "and the children are ended" wait_for 5 child_is_gone
    chmod 644 "$WORK/dns.env"
    id=$(begin_test lego)
    check "credentials that others can read are not used" wait_for 10 says "$id" bad_config
    chmod 600 "$WORK/dns.env"
}

is_seen() { [ -n "$(tenure persist show "$1" --json | field seen_at)" ]; }

persistent() {
    id=$(tenure solver persist persist.example.test --issuer ca.example --account-uri https://ca.example/1 --wildcard \
        --solver "$ACME" --json | field id)
    check "a record that stays is placed by acme.sh's script and seen" wait_for 10 is_seen "$id"
    check "it says whom it lets in" has_record _validation-persist.persist \
        '"ca.example; accounturi=https://ca.example/1; policy=wildcard"'
    check "the same one is made once" fails_with 1 already_exists tenure solver persist persist.example.test \
        --issuer ca.example --account-uri https://ca.example/1 --wildcard
    tenure persist remove "$id"
    check "and is taken away with it" wait_for 10 no_record _validation-persist.persist
}

start_named
write_credentials
start_tenure
the_right_ones
the_wrong_ones
persistent
