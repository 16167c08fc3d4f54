#!/bin/sh
# builds: check-gcc
# inspect, match, convert and requests with a key that stays here: without a daemon, openssl and keytool as judges.
. "$(dirname "$0")/lib.sh"

OUT=$WORK/out
DATA=$(realpath "$(dirname "$0")/../data")
mkdir -p "$OUT"
echo "correct horse" >"$OUT/pass"
echo "wrong" >"$OUT/wrong-pass"
echo "short" >"$OUT/short-pass"
export TENURE_URL=http://127.0.0.1:1 # nobody answers there

shows() { # FILE TEXT…: each text stands in what inspect says of the file
    file=$1
    shift
    said=$(tenure inspect "$file") || return 1
    for text in "$@"; do
        printf '%s\n' "$said" | grep -q -- "$text" || return 1
    done
}

# ---- inspect ----

inspects() {
    check "a certificate" shows "$DATA/leaf-p256.pem" certificate p256 "www.example.com example.com" 2036-01-01T00:00:00Z
    check "a weak key is a warning" shows "$DATA/leaf-weak.pem" "2048 bits or more; this one has 1024"
    check "a request, its algorithm and its signature" shows "$DATA/csr-rsa2048.pem" request rsa2048 valid
    check "the same as csr inspect" sh -c "'$TENURE' csr inspect '$DATA/csr-rsa2048.pem' | grep -q rsa2048"
    openssl req -in "$DATA/csr-p256.pem" -outform DER -out "$OUT/csr.der"
    check "a request in DER" shows "$OUT/csr.der" request p256
    check "a request with a broken signature" fails_with 2 csr_signature tenure csr inspect "$DATA/csr-signature.pem"
    check "a request with a weak key" fails_with 2 csr_weak_key tenure inspect "$DATA/csr-rsa1024.pem"
    check "a key" shows "$DATA/key-p384.pem" key p384
    check "an encrypted key" sh -c "'$TENURE' inspect '$DATA/key-p256-encrypted.pem' --json | grep -q '\"encrypted\": true'"
    check "a file of neither" fails_with 2 malformed_certificate tenure inspect "$0"
    mkfifo "$OUT/fifo"
    check "a FIFO that nobody writes to" fails_with 2 "not a regular file" timeout 10 "$TENURE" inspect "$OUT/fifo"
    check "what is piped in" sh -c "cat '$DATA/leaf-p256.pem' | '$TENURE' inspect /dev/stdin | grep -q p256"
    check "a file that is not there" fails_with 2 not_found tenure inspect "$OUT/none"
    check "as JSON" test "$(tenure inspect "$DATA/leaf-p256.pem" --json |
        /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0]["not_after"])')" = 2036-01-01T00:00:00Z
}

# ---- match ----

matches() {
    check "certificate and key" tenure match "$DATA/leaf-p256.pem" "$DATA/key-p256.pem"
    check "request and key" tenure match "$DATA/csr-p256.pem" "$DATA/key-p256.pem"
    check "certificate and request" tenure match "$DATA/leaf-p256.pem" "$DATA/csr-p256.pem"
    check "another key" fails_with 2 key_mismatch tenure match "$DATA/leaf-p256.pem" "$DATA/key-other.pem"
    check "an encrypted key without its pass phrase" \
        fails_with 2 key_pass_phrase tenure match "$DATA/leaf-p256.pem" "$DATA/key-p256-encrypted.pem"
}

# ---- convert ----

convert() { # FILE FORMAT [OPTION…]: to OUT/new.FORMAT, which is new and for the owner alone
    from=$1 format=$2
    shift 2
    rm -f "$OUT/new.$format"
    tenure convert "$from" "$OUT/new.$format" --to "$format" "$@" && [ "$(stat -c %a "$OUT/new.$format")" = 600 ]
}

same_certificate() { [ "$(fingerprint <"$1")" = "$(fingerprint <"$2")" ]; }
same_public_key() { [ "$(openssl pkey -pubout -in "$1")" = "$(openssl pkey -pubout -in "$2")" ]; }

converts() {
    cat "$DATA/intermediate.pem" "$DATA/leaf-p256.pem" >"$OUT/bundle.pem"
    check "PEM and key to PKCS#12" \
        convert "$OUT/bundle.pem" pkcs12 --key "$DATA/key-p256.pem" --new-pass-phrase-file "$OUT/pass"
    check "openssl opens it" \
        openssl pkcs12 -in "$OUT/new.pkcs12" -passin "file:$OUT/pass" -nodes -out "$OUT/opened"
    check "it holds the certificate" same_certificate "$OUT/opened" "$DATA/leaf-p256.pem"
    check "it holds the chain" test "$(grep -c BEGIN.CERT "$OUT/opened")" = 2
    check "PKCS#12 to PEM" convert "$OUT/new.pkcs12" pem --pass-phrase-file "$OUT/pass"
    check "the server's certificate comes first" same_certificate "$OUT/new.pem" "$DATA/leaf-p256.pem"
    check "the key is there" same_public_key "$OUT/new.pem" "$DATA/key-p256.pem"
    check "PKCS#12 to DER" convert "$OUT/new.pkcs12" der --pass-phrase-file "$OUT/pass"
    check "it is the certificate" \
        test "$(openssl x509 -inform DER -in "$OUT/new.der" | fingerprint)" = "$(fingerprint <"$DATA/leaf-p256.pem")"
    check "a certificate without a key to PEM" convert "$DATA/leaf-p256.pem" pem
    check "it is just that" cmp "$OUT/new.pem" "$DATA/leaf-p256.pem"
    check "a request to DER and back" convert "$DATA/csr-p256.pem" der
    check "to PEM" convert "$OUT/new.der" pem
    check "it is the request" \
        test "$(openssl req -in "$OUT/new.pem" -outform DER | sha256sum)" = "$(openssl req -in "$DATA/csr-p256.pem" -outform DER | sha256sum)"
}

refuses() {
    check "a wrong pass phrase" \
        fails_with 2 key_pass_phrase convert "$OUT/store.p12" pem --pass-phrase-file "$OUT/wrong-pass"
    check "none" fails_with 2 key_pass_phrase convert "$OUT/store.p12" pem
    check "a store without a key" \
        fails_with 2 bad_field convert "$DATA/leaf-p256.pem" pkcs12 --new-pass-phrase-file "$OUT/pass"
    check "a key of another certificate" fails_with 2 key_mismatch \
        convert "$DATA/leaf-p256.pem" pkcs12 --key "$DATA/key-other.pem" --new-pass-phrase-file "$OUT/pass"
    check "a format that there is not" fails_with 2 bad_field convert "$DATA/leaf-p256.pem" docx
    cp "$DATA/leaf-p256.pem" "$OUT/there.pem"
    check "a file that is there already" \
        fails_with 1 already_exists tenure convert "$DATA/leaf-expired.pem" "$OUT/there.pem" --to pem
    check "it is not touched" cmp "$OUT/there.pem" "$DATA/leaf-p256.pem"
}

# ---- JKS ----

converts_jks() {
    check "PKCS#12 to JKS" \
        convert "$OUT/store.p12" jks --pass-phrase-file "$OUT/pass" --new-pass-phrase-file "$OUT/pass"
    check "keytool finds a key with its chain" sh -c \
        "keytool -list -v -keystore '$OUT/new.jks' -storepass:file '$OUT/pass' 2>/dev/null | grep -q 'chain length: 2'"
    check "JKS is inspected" tenure inspect "$OUT/new.jks" --pass-phrase-file "$OUT/pass"
    check "JKS to PEM" convert "$OUT/new.jks" pem --pass-phrase-file "$OUT/pass"
    check "the key is the same" same_public_key "$OUT/new.pem" "$DATA/key-p256.pem"
    check "a wrong pass phrase of a JKS" \
        fails_with 2 key_pass_phrase convert "$OUT/new.jks" pem --pass-phrase-file "$OUT/wrong-pass"
    check "a pass phrase that is too short for Java" fails_with 2 key_pass_phrase \
        convert "$OUT/store.p12" jks --pass-phrase-file "$OUT/pass" --new-pass-phrase-file "$OUT/short-pass"
    check "nothing is left of it" test -z "$(find "$OUT/tmp" -mindepth 1)"
}

# ---- a request whose key stays here ----

makes_requests() {
    for algorithm in p256 rsa2048 ed25519; do
        check "a request with $algorithm" tenure csr create www.example.com '*.example.org' --local "$OUT/$algorithm.key" \
            --output "$OUT/$algorithm.csr" --key-algorithm $algorithm --organization "示例, 公司" --country CN
        check "its key is for the owner alone" test "$(stat -c %a "$OUT/$algorithm.key")" = 600
        check "openssl finds it in order" openssl req -in "$OUT/$algorithm.csr" -noout -verify
        check "it has that key" tenure match "$OUT/$algorithm.csr" "$OUT/$algorithm.key"
    done
    check "names and subject" shows "$OUT/p256.csr" "www.example.com \*.example.org" 'CN=www.example.com,O=示例\\, 公司,C=CN'
    check "a key that is there is not replaced" \
        fails_with 1 already_exists tenure csr create www.example.com --local "$OUT/p256.key" --output "$OUT/lost.csr"
    check "and there is no request without its key" test ! -e "$OUT/lost.csr"
    check "a bad name" fails_with 2 bad_name tenure csr create a_b.example.com --local "$OUT/bad.key"
    check "leaves no key" test ! -e "$OUT/bad.key"
}

inspects
matches
converts
cp "$OUT/new.pkcs12" "$OUT/store.p12"
refuses
mkdir "$OUT/tmp"
export TMPDIR="$OUT/tmp"
check "without Java it says which command makes a JKS" fails_with 1 importkeystore env JAVA_HOME=/nonexistent \
    "$TENURE" convert "$OUT/store.p12" "$OUT/no.jks" --to jks --pass-phrase-file "$OUT/pass" --new-pass-phrase-file "$OUT/pass"
if [ -x /usr/bin/keytool ]; then
    converts_jks
else
    echo "ok - skipped: there is no keytool"
fi
makes_requests
