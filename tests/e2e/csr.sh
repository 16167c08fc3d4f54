#!/bin/sh
# builds: check-gcc
# The CSR manager: requests made and uploaded, used in orders, their keys; and what a compromised key leads to.
. "$(dirname "$0")/lib.sh"

OUT=$WORK/out
DATA=$(realpath "$(dirname "$0")/../data")
mkdir -p "$OUT"

member_of() { tenure show "$1" --json | field "$2"; }
csr_member() { tenure csr show "$1" --json | field "$2"; }
public_key_of() { openssl req -in "$1" -noout -pubkey; }
take() { tenure download "$1" --format "$2" --output "$OUT/$2"; }
# own_csr NAME HOST: OUT/NAME.csr with OUT/NAME.key, P-256
own_csr() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$OUT/$1.key" -out "$OUT/$1.csr" \
        -subj "/CN=$2" -addext "subjectAltName=DNS:$2" 2>/dev/null
}

# ---- making and uploading ----

makes_requests() {
    MADE=$(tenure csr create made.example.com --key-algorithm p256 --organization "示例公司" --country CN --quiet)
    check "a request is made" sh -c "'$TENURE' csr show '$MADE' --pem >'$OUT/made.csr'"
    check "openssl finds it in order" openssl req -in "$OUT/made.csr" -noout -verify
    tenure csr key "$MADE" --output "$OUT/made.key"
    check "its key can be taken out" tenure match "$OUT/made.csr" "$OUT/made.key"
    check "and that is in the log" sh -c "'$TENURE' audit list | grep -q csr.key"
    RSA=$(tenure csr create rsa.example.com --key-algorithm rsa2048 --wait --quiet)
    check "an RSA key is made by the engine" test "$(csr_member "$RSA" state)" = ready
    check "and signs" sh -c "'$TENURE' csr show '$RSA' --pem | openssl req -noout -verify"
}

uploads_requests() {
    own_csr own own.example.com
    own_csr with with.example.com
    OWN=$(tenure csr upload "$OUT/own.csr" --title "自有" --quiet)
    check "a request without its key" test "$(csr_member "$OWN" key_held)" = ""
    check "gives none" fails_with 1 no_key_held tenure csr key "$OWN"
    WITH=$(tenure csr upload "$OUT/with.csr" --key "$OUT/with.key" --quiet)
    check "a request with its key" test "$(csr_member "$WITH" key_held)" = True
    check "another key is refused" fails_with 2 key_mismatch tenure csr upload "$OUT/own.csr" --key "$OUT/with.key"
    check "the same again is named" fails_with 1 "$OWN" tenure csr upload "$OUT/own.csr"
    check "a broken signature is refused" fails_with 2 csr_signature tenure csr upload "$DATA/csr-signature.pem"
    check "a weak key is refused" fails_with 2 csr_weak_key tenure csr upload "$DATA/csr-rsa1024.pem"
    check "the list shows them all" test "$(tenure csr list | grep -c '^csr_')" = 4
    check "a name is changed" sh -c "'$TENURE' csr rename '$OWN' web && '$TENURE' csr list | grep -q ' web '"
}

# ---- using them ----

issued() { [ "$(member_of "$1" state)" = issued ] && take "$1" cert; }

uses_requests() {
    CERTIFICATE=$(tenure buy made.example.com --csr "$MADE" --quiet)
    check "a certificate is issued with a request of the manager" wait_for 20 issued "$CERTIFICATE"
    check "it has the key of the request" \
        test "$(openssl x509 -in "$OUT/cert" -noout -pubkey)" = "$(public_key_of "$OUT/made.csr")"
    check "which Tenure holds" take "$CERTIFICATE" key
    check "the used request can be deleted" tenure csr delete "$MADE"
    check "the key stays with the certificate" take "$CERTIFICATE" key
    other=$(tenure buy own.example.com --csr "$OWN" --quiet)
    check "one without its key serves too" wait_for 20 issued "$other"
    check "then nothing is held" fails_with 1 no_key_held take "$other" key
    check "names that do not fit are refused" fails_with 2 csr_names_mismatch tenure buy other.example.com --csr "$WITH"
    check "so is one that is not there" fails_with 2 not_found tenure buy a.example.com --csr csr_00000000000000000000000000
}

keeps_what_is_waited_for() {
    waiting=$(tenure buy with.example.com --csr "$WITH" --brand DigiCert --quiet)
    if [ "$(member_of "$waiting" state)" = pending_application ]; then
        check "a request that a certificate waits for stays" fails_with 1 in_use tenure csr delete "$WITH"
        check "until that is cancelled" tenure cancel "$waiting"
    else
        check "a certificate is issued with it" wait_for 20 issued "$waiting"
    fi
    check "a request is deleted" tenure csr delete "$WITH"
    check "and is gone" fails_with 2 not_found tenure csr show "$WITH"
}

# ---- a compromised key ----

finds_the_compromised() {
    own_csr shared shared.example.com
    shared=$(tenure csr upload "$OUT/shared.csr" --key "$OUT/shared.key" --quiet)
    first=$(tenure buy shared.example.com --csr "$shared" --quiet)
    second=$(tenure buy shared.example.com --csr "$shared" --quiet)
    wait_for 20 issued "$first"
    check "two certificates have one key" wait_for 20 issued "$second"
    check "each is found by the other" sh -c "'$TENURE' same-key '$first' | grep -q '$second'"
    check "one is revoked for it" tenure revoke "$second" --reason keyCompromise
    check "the other is still found" sh -c "'$TENURE' same-key '$second' | grep -q '$first'"
    check "explain says so" sh -c "'$TENURE' explain '$first' | grep -q compromised"
    check "and not of others" sh -c "! '$TENURE' explain '$CERTIFICATE' | grep -q compromised"
    check "an order with that key is refused" fails_with 2 csr_weak_key tenure buy shared.example.com --csr "$shared"
    check "so is a pasted request" fails_with 2 csr_weak_key tenure buy shared.example.com --csr "$OUT/shared.csr"
    openssl req -x509 -key "$OUT/shared.key" -subj /CN=shared.example.com -days 30 \
        -addext "subjectAltName=DNS:shared.example.com" -out "$OUT/shared.pem" 2>/dev/null
    check "so is an import" fails_with 2 weak_key tenure import "$OUT/shared.pem" --key "$OUT/shared.key"
    tenure csr delete "$shared"
    check "so is its upload again" fails_with 2 csr_weak_key tenure csr upload "$OUT/shared.csr"
    check "a reissue with the same key too" fails_with 2 csr_weak_key tenure reissue "$first"
    check "with a new key it goes" tenure reissue "$first" --csr-choice automatic --wait
}

daemon </dev/null
makes_requests
uploads_requests
uses_requests
keeps_what_is_waited_for
finds_the_compromised
check "the audit chain is intact" tenure audit verify
