#!/bin/sh
# builds: check-gcc
# Orders from a real daemon: a price is agreed on first, then paid, later or never; several years; quota; what cancelling gives back.
. "$(dirname "$0")/lib.sh"

# part PYTHON: an expression over the JSON `q` on standard input.
part() { /usr/bin/python3 -c 'import json, sys; q = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
states() { part '" ".join(c["state"] for c in q["certificates"])'; }
balance() { tenure money list --json | part 'sum(i["amount"] for i in q["items"])'; }
uses() { tenure quota list --json | part 'sum(i["left"] for i in q["items"] if i["item"] == "managed_use")'; }
state() { tenure show "$1" --json | field state; }
set_line() { # NAME
    tenure catalog set "$1" --vendor Sold --title Sold --title-zh 在售 --profile alibaba-2025-cn --grade dv,ov \
        --domain-type single,wildcard --key-algorithm p256,rsa2048 --names-max 1 --currency CNY &&
        tenure catalog price "$1" 10000 2000
}

daemon </dev/null
check "a line gets a price" set_line Sold
check "and another one" set_line Rising

# ---- a price is agreed on ----

check "what costs nothing is ordered without asking" tenure buy free.example.com --wait
check "what costs something is not" fails_with 1 quote_needed tenure buy a.example.com --brand Sold
check "and nothing was ordered" test "$(tenure list --json | part 'len(q["items"])')" = 1
check "the refusal says what to do" sh -c '"$1" buy a.example.com --brand Sold 2>&1 | grep -q "quo_.*" && "$1" buy a.example.com --brand Sold 2>&1 | grep -q -e "--yes"' - "$TENURE"
check "without the money there is no order" fails_with 1 insufficient_balance tenure buy a.example.com --brand Sold --yes
check "and none was left behind" test "$(tenure order list --json | part 'len(q["items"])')" = 1
tenure money deposit 50000 CNY >/dev/null || not_ok "a deposit"
check "with it there is" tenure buy a.example.com --brand Sold --yes --wait
check "the price is gone from the balance" test "$(balance)" = 40000
check "a terminal is asked, and no is no" sh -c 'printf "n\n" | script -qec "$1 buy b.example.com --brand Sold" /dev/null | grep -q "100.00 CNY? \[y/N\]"' - "$TENURE"
check "nothing was ordered" test "$(balance)" = 40000
check "and yes is yes" sh -c 'printf "y\n" | script -qec "$1 buy b.example.com --brand Sold" /dev/null | grep -q "certificate cert_"' - "$TENURE"
check "which is paid" test "$(balance)" = 30000

# ---- from a quote, of several years ----

quote=$(tenure quote buy c.example.com --brand Rising --years 2 --json | field id)
sleep 1 # a price is from a second on
tenure catalog price Rising 90000 2000 >/dev/null || not_ok "a new price"
order=$(tenure buy --quote "$quote" --yes --json)
check "a quote is honoured whatever the price is now" test "$(printf %s "$order" | part 'q["due"]["amount"]')" = 22000
check "two years are two certificates" test "$(printf %s "$order" | states)" = "validating not_activated"
check "of one quote there is one order" fails_with 1 quote_stale tenure buy --quote "$quote" --yes
below() { curl -sf -H "Authorization: Bearer $(access_key)" "$TENURE_URL/v1/certificates?name=c.example.com&below=true"; }
first=$(printf %s "$order" | field certificate_id)
check "what follows a certificate is told with it" \
    test "$(below | part '[[f["term"] for f in i["followers"]] for i in q["items"] if i["id"] == "'"$first"'"]')" = "[[2]]"
check "and stands below it, once" sh -c '"$1" list --name c.example.com | grep -c c.example.com | grep -qx 2 && "$1" list --name c.example.com | grep -q "^  └ cert_"' - "$TENURE"
second=$(printf %s "$order" | part 'q["certificates"][1]["id"]')
check "the second says what it waits for" sh -c '"$1" explain "$2" | grep -q -i predecessor' - "$TENURE" "$second"
check "it is cancelled" tenure cancel "$second"
check "its use is there again, the money not" test "$(uses) $(balance)" = "1 8000"
check "people read an order" sh -c '"$1" order show "$2" | grep -q "220.00 CNY"' - "$TENURE" "$(printf %s "$order" | field id)"

# ---- paid later, or never ----

tenure buy d.example.com --brand Sold --yes --pay-later --json >"$WORK/later" && status=0 || status=$?
check "an order that waits for its payment says so" test "$status" = 6
later=$(field id <"$WORK/later") waiting=$(part 'q["certificate"]["id"]' <"$WORK/later")
check "and so does its certificate" test "$(state "$waiting")" = pending_payment
check "explain says how it goes on" sh -c '"$1" explain "$2" | grep -q "tenure order pay $3"' - "$TENURE" "$waiting" "$later"
check "it is not submitted" fails_with 1 not_paid tenure submit "$waiting"
check "nor paid without the money" fails_with 1 insufficient_balance tenure order pay "$later"
check "an invoice waits for somebody else" fails_with 6 pending_payment tenure order pay "$later" --provider invoice
payment=$(tenure order show "$later" --json | part 'q["payment"]["id"]')
check "who says that the money is there" sh -c 'curl -sf -X POST -H "Authorization: Bearer $1" -H "Content-Type: application/json" \
    -d "{\"reference\": \"bank 7\"}" "$2/v1/payments/$3/confirm" | grep -q "\"state\":\"paid\""' - "$(access_key)" "$TENURE_URL" "$payment"
check "then it goes on" test "$(tenure order show "$later" --json | field state)" = paid
check "it is paid once" fails_with 1 already_paid tenure order pay "$later"
check "and cancelled no more" fails_with 1 already_paid tenure order cancel "$later"

never=$(tenure buy e.example.com --brand Sold --yes --pay-later --json | field id)
check "an unpaid order is cancelled" test "$(tenure order cancel "$never" --json | states)" = cancelled
check "and paid no more" fails_with 1 order_closed tenure order pay "$never"

# ---- quota ----

tenure money deposit 50000 CNY >/dev/null || not_ok "a deposit"
quota=$(tenure quote quota --brand Sold --grade dv --domain-type single --key-family ecc --certificates 2 --json | field id)
check "quota is bought" tenure buy --quote "$quota" --yes
check "and used first" tenure buy f.example.com --brand Sold --key-algorithm p256
one=$(tenure quote buy g.example.com --brand Sold --key-algorithm p256 --json | field id)
tenure buy h.example.com --brand Sold --key-algorithm p256 >/dev/null || not_ok "the last certificate of the quota"
check "a quote that counts on what is used is stale" fails_with 1 quote_stale tenure buy --quote "$one" --yes
fresh=$(tenure buy --quote "$one" --yes --json 2>&1 | part 'q["object"]')
check "and comes with a new one" test "$(tenure quote show "$fresh" --json | part 'q["due"]["amount"]')" = 10000
check "which is ordered" tenure buy --quote "$fresh" --yes
check "the orders are listed" test "$(tenure order list --limit 3 --json | part 'len(q["items"])')" = 3
check "the ledgers add up" tenure quota verify
check "the audit chain is intact" tenure audit verify
