#!/bin/sh
# Control over names, proven to the daemon: by records of real name servers and a file of a real web server.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/zones.sh"

# api METHOD PATH [BODY]
api() {
    curl -sS -m 20 -X "$1" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
        ${3:+-d "$3"} "$TENURE_URL$2"
}

domain_of() { api GET "/v1/domains/$1" | field "$2"; }

# domain NAME METHOD: its id.
domain() { api POST /v1/domains "{\"name\": \"$1\", \"method\": \"$2\"}" | field id; }

checks_of() { api GET "/v1/domains/$1/checks" | jq '.items | length'; }
was_checked() { test "$(checks_of "$1")" -gt "$2"; }

# Not refused for having been asked for just now.
asked() { api POST "$1" | jq -e '.code == null'; }

# look ID: checks now and waits for what was found.
look() {
    before=$(checks_of "$1")
    wait_for 15 asked "/v1/domains/$1/check"
    wait_for 20 was_checked "$1" "$before"
}

finds() { # ID REASON
    look "$1" && test "$(domain_of "$1" last_reason)" = "$2" || {
        api GET "/v1/domains/$1/checks"
        return 1
    }
}

answered() { api GET "/v1/domains/$1/checks" | jq -e --arg s "$2" --arg a "$3" \
    '.items[0].answers | any((.server | startswith($s)) and (.answer | contains($a)))'; }

proves() { # ID: within some checks, since the servers take their time
    look "$1"
    test "$(domain_of "$1" end_reason)" = validated
}

start_zones
KEY=$(access_key)

# ---- a record ----

missing=$(domain missing.example.test dns)
check "a record that is not there is missing" finds "$missing" record_missing
check "the answer of one server is kept" answered "$missing" "127.0.0.1:$GOOD" NXDOMAIN
check "and that of the other" answered "$missing" "127.0.0.1:$LAGGING" NXDOMAIN
check "another value is wrong" finds "$(domain wrong.example.test dns)" wrong_value
check "CNAMEs in a circle are found" finds "$(domain loop.example.test dns)" cname_loop
check "a wildcard that answers instead is found" finds "$(domain wild.example.test dns)" wildcard_cname
check "a name that does not exist" finds "$(domain nothing.example.test dns)" nxdomain
forged=$(domain forged.test dns)
printf '_tenure-challenge TXT "%s"\n' "$(domain_of "$forged" value)" >>"$WORK/dns/forged.test.zone"
reload_named
check "an unsigned record in a signed zone proves nothing" wait_for 20 finds "$forged" dnssec_broken # once it is read

publish "$(domain_of "$missing" host)" "$(domain_of "$missing" value)" example.test.zone
reload_named
sleep 1
check "a record at one of two servers is not enough" finds "$missing" record_missing
publish "$(domain_of "$missing" host)" "$(domain_of "$missing" value)" lagging.test.zone
reload_named
check "at both it proves control" wait_for 10 proves "$missing"
check "and nothing is looked for any more" test "$(api POST "/v1/domains/$missing/check" | field code)" = not_validating

# ---- a file ----

file=$(domain www.example.test file)
check "a file that is not there" finds "$file" http_status
domain_of "$file" content >"$WORK/web/.well-known/pki-validation/tenure.txt"
check "the file proves control" proves "$file"
check "no method is the usual one" test "$(api POST /v1/domains '{"name": "null.example.test", "method": null}' | field method)" = dns
check "a wildcard is no matter for a file" test \
    "$(api POST /v1/domains '{"name": "*.example.test", "method": "file"}' | field code)" = file_validation_not_for_wildcard

# ---- outside ----

outside=$(domain www.example.com dns)
api POST "/v1/domains/$outside/check" >/dev/null
refused() { sqlite3 "$WORK/data/tenure.db" "SELECT last_error FROM work WHERE subject = '$outside'" | grep -qx no_resolver; }
check "nobody is asked about names outside of the zones" wait_for 10 refused
