#!/bin/sh
# builds: check-gcc
# Under some policies a paid order waits until a person submits it. It is withdrawn, submitted, rejected and submitted again.
. "$(dirname "$0")/lib.sh"

NAME=submit.example.com

member_of() { tenure show "$1" --json | field "$2"; }
is_in_state() { [ "$(member_of "$1" state)" = "$2" ]; }
stays_pending() { sleep 2 && is_in_state "$1" pending_application && [ "$(member_of "$1" version_count)" = "" ]; }
says() { tenure explain "$1" | grep -q "$2"; }

waits_for_a_person() {
    check "an order waits to be submitted" is_in_state "$pending" pending_application
    check "nothing happens by itself" stays_pending "$pending"
    check "explain names the command" says "$pending" "tenure submit $pending"
    check "--wait ends: a person is needed" fails_with 6 pending_application "$TENURE" buy waits.example.com --brand GlobalSign --wait
    check "there is nothing to withdraw" fails_with 1 not_submitted "$TENURE" withdraw "$pending"
    check "an auditor may not submit" fails_with 2 forbidden env TENURE_KEY="$(access_key auditor)" "$TENURE" submit "$pending"
}

is_submitted() {
    check "it is submitted, and issued" tenure submit "$pending" --wait
    check "it is live" is_in_state "$pending" issued
    check "it is not submitted twice" fails_with 1 already_submitted "$TENURE" submit "$pending"
    check "nor withdrawn once it is issued" fails_with 1 already_issued "$TENURE" withdraw "$pending"
}

# A key that was reported compromised is signed for no more: only the applicant can help.
is_rejected() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/key.pem" -out "$WORK/csr.pem" \
        -subj "/CN=$NAME" -addext "subjectAltName=DNS:$NAME" 2>/dev/null
    leaked=$(tenure buy $NAME --csr "$WORK/csr.pem" --quiet)
    wait_for 20 is_in_state "$leaked" issued
    again=$(tenure buy $NAME --brand GlobalSign --csr "$WORK/csr.pem" --quiet)
    tenure revoke "$leaked" --reason keyCompromise >/dev/null
    check "it waits to be submitted" tenure submit "$again" --quiet
    check "a compromised key is rejected" wait_for 20 is_in_state "$again" rejected
    check "with the reason" test "$(member_of "$again" reject_reason)" = rejected_csr
    check "explain says why" says "$again" rejected_csr
    check "the rejection is audited" sh -c "'$TENURE' audit list --json | grep -q application.reject"
    check "a rejected application is submitted again" tenure submit "$again" --quiet
    check "and rejected again" wait_for 20 is_in_state "$again" rejected
    check "what is rejected can be cancelled" tenure cancel "$again"
}

daemon </dev/null
pending=$(tenure buy $NAME --brand GlobalSign --quiet)
waits_for_a_person
is_submitted
is_rejected
check "a submission is audited" sh -c "'$TENURE' audit list --json | grep -q certificate.submit"
check "the audit chain is intact" tenure audit verify
