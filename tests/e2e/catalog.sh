#!/bin/sh
# builds: check-gcc
# The catalogue and the ledgers with a real daemon of several processes: what one changes, the others know; what was
# changed outlives a restart, with another catalog.yaml beside it.
. "$(dirname "$0")/lib.sh"

# line NAMES_MAX: a catalog.yaml that replaces CFCA and adds Extra.
line() {
    mkdir -p "$WORK/profiles"
    for id in CFCA Extra; do
        printf -- '- id: %s\n  name: %s\n  title: {en: A, zh: B}\n  profile: alibaba-2025-cn\n  issuer: local\n' $id $id
        printf '  grades: [dv]\n  domain_types: [single]\n  key_algorithms: [p256]\n  names_max: %s\n' "$1"
        printf '  bonus_days: 0\n  currency: CNY\n  prices:\n  - {from: 1970-01-01, per_year: 0, managed_use: 0}\n'
    done | sed '1i brands:' >"$WORK/profiles/catalog.yaml"
}

names_max() { tenure catalog show "$1" --json | field names_max; }
left() { tenure quota list --json | /usr/bin/python3 -c '
import json, sys
print(*[item["left"] for item in json.load(sys.stdin)["items"] if item["item"] == sys.argv[1]])' "$1"; }

# Ten requests in a row meet more than one web process.
everybody_knows() { # NAMES_MAX
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(names_max CFCA)" = "$1" ] || return 1
    done
}

line 3
daemon </dev/null

check "a line of the folder takes the place of a built-in one" test "$(names_max CFCA)" = 3
check "a line that demands validation is shown" test "$(tenure catalog show Tenure-DV --json | field demands)" = dv
check "and can be ordered" tenure buy www.example.com --brand Tenure-DV
check "a line is changed" tenure catalog set CFCA --names-max 7
check "every process knows it at once" everybody_knows 7
check "what makes no sense is refused" fails_with 2 bad_field tenure catalog set CFCA --profile nothing
check "a new line is made" tenure catalog set Own --vendor Own --title Own --title-zh 自定义 --profile modern \
    --grade dv --domain-type single,wildcard --key-algorithm p256,rsa2048 --names-max 2 --currency CNY
check "without a price it is not on sale" fails_with 2 brand_not_on_sale tenure buy www.example.com --brand Own
check "it gets a price" tenure catalog price Own 0 0
check "and is bought" tenure buy www.example.com --brand Own --wait
check "a line is withdrawn" tenure catalog withdraw TrustAsia
check "and bought no more" fails_with 2 brand_not_on_sale tenure buy www.example.com --brand TrustAsia
check "a package is made" tenure package set ten --title Ten --title-zh 十张 --brand CFCA-DV --grade dv --domain-type single \
    --key-family ecc --certificates 10 --price 90000 --currency CNY
check "a package of another currency is refused" fails_with 2 bad_field tenure package set ten --currency USD

check "quota is granted" tenure quota grant 5 --brand CFCA --grade dv --domain-type single --key-family ecc
check "and uses" tenure quota grant 2 --reference gift
check "the same gift counts once" tenure quota grant 2 --reference gift
check "what is left is shown" test "$(left CFCA/dv/single/ecc) $(left managed_use)" = "5 2"
check "more than there is cannot be taken back" fails_with 1 quote_stale tenure quota grant -- -3
check "money is deposited" tenure money deposit 5000 CNY
check "and shown" test "$(tenure money list --json | grep -c 5000)" = 1
check "an entry has the balance after it" test "$(tenure money entries CNY --json | grep -c '"balance": *5000')" = 1
check "the ledgers add up" tenure quota verify

stop_daemon
line 9
start_daemon
check "what the API has changed outlives the files" test "$(names_max CFCA)" = 7
check "what it has not changed follows them" test "$(names_max Extra)" = 9

stop_daemon
line zero
check "a catalogue that makes no sense: not started" fails_with 2 catalog.yaml "$TENURE" serve --config "$WORK/tenure.yaml"
check "nor in one process" fails_with 2 catalog.yaml "$TENURE" serve --one-process --config "$WORK/tenure.yaml"
