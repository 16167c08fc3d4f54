#!/bin/sh
# builds: check-gcc
# Quotes from a real daemon: prices and quota, early renewals and what they cost more, warnings, packages, languages.
. "$(dirname "$0")/lib.sh"

# part PYTHON: an expression over the quote `q` on standard input.
part() { /usr/bin/python3 -c 'import json, sys; q = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
due() { part 'str(q["due"]["amount"]) + q["due"]["currency"]'; }
lines() { part '" ".join("%s:%d" % (l["source"], l["count"]) for l in q["lines"])'; }
codes() { part '" ".join(n["code"] for n in q["'"$1"'"])'; }
buy() { tenure quote buy www.example.com --brand Sold --json "$@"; }
set_line() {
    tenure catalog set Sold --vendor Sold --title Sold --title-zh 在售 --profile alibaba-2025-cn --grade dv,ov \
        --domain-type single,wildcard --key-algorithm p256,rsa2048 --names-max 1 --currency CNY &&
        tenure catalog price Sold 10000 2000
}

daemon </dev/null

check "a line gets a price" set_line
check "a year is quoted" test "$(buy | due)" = 10000CNY
check "three years are three certificates and two uses" test "$(buy --years 3 | due)" = 34000CNY
check "of which one is active at once" test "$(buy --years 3 | part '" ".join(c["state"] for c in q["certificates"])')" = \
    "validating not_activated not_activated"
check "a quote reserves nothing and makes nothing" test "$(tenure list --json | part 'len(q["items"])')" = 0
check "quota is granted" tenure quota grant 1 --brand Sold --grade dv --domain-type single --key-family ecc
check "and used first" test "$(buy --years 2 | lines)" = "quota:1 paid:1 paid:1"
check "in each quote, for none takes it" test "$(buy --years 2 | due)" = 12000CNY
check "four years are not offered" fails_with 2 years_not_offered tenure quote buy www.example.com --brand Sold --years 4
check "years must be a number" fails_with 2 usage tenure quote buy www.example.com --years two

quote=$(buy | field id)
check "a quote is found again" test "$(tenure quote show "$quote" --json | field id)" = "$quote"
check "an unknown one is not" fails_with 2 not_found tenure quote show quo_00000000000000000000000000
check "people read the amount" sh -c '"$1" quote buy www.example.com --brand Sold --years 2 | grep -q "^due: 120.00 CNY"' - "$TENURE"
check "and sentences in their language" sh -c 'LANG=zh_CN.UTF-8 "$1" quote show "$2" | grep -q "^应付:"' - "$TENURE" "$quote"

tenure buy old.example.com --brand CFCA --wait --json >/dev/null || not_ok "a certificate to renew"
old=$(tenure list --json | part '[c["id"] for c in q["items"]][0]')
early=$(tenure quote renew "$old" --json)
check "a certificate with much time left is renewed early" test "$(printf %s "$early" | field kind)" = early_renewal
check "which takes a use and says why" test "$(printf %s "$early" | part 'str(q["lines"][1]["item"]) + " " + q["explanations"][0]["code"]')" = \
    "managed_use early_surcharge"
check "it carries 30 days" test "$(printf %s "$early" | part 'q["certificates"][0]["carried_days"]')" = 30
check "the form is filled in from the old one" test "$(printf %s "$early" | part '" ".join(q["chosen"]["names"])')" = old.example.com
check "buying it again would waste what is left" \
    test "$(tenure quote buy old.example.com --brand CFCA --json | codes warnings)" = wasted_validity
check "a kept key is worth a warning" test "$(tenure quote renew "$old" --csr-choice keep --json | codes warnings)" = kept_key
check "renewed it is quoted no more" sh -c '"$1" renew "$2"' - "$TENURE" "$old"
check "because it has a successor" fails_with 1 has_successor tenure quote renew "$old"

check "quota has a price by the piece" test "$(tenure quote quota --brand Sold --grade dv --domain-type single \
    --key-family ecc --certificates 3 --managed-uses 2 --json | due)" = 34000CNY
check "a package is made" tenure package set ten --title Ten --title-zh 十张 --brand Sold --grade dv --domain-type single \
    --key-family ecc --certificates 10 --managed-uses 5 --price 90000 --currency CNY
check "and has one price" test "$(tenure quote quota --package ten --json | due)" = 90000CNY
check "its units are shown" test "$(tenure quote quota --package ten --json | lines)" = "paid:10 paid:5"
check "a package is withdrawn" tenure package withdraw ten
check "and quoted no more" fails_with 2 brand_not_on_sale tenure quote quota --package ten
check "the ledgers add up" tenure quota verify
