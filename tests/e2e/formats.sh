#!/bin/sh
# builds: check-gcc
# What comes in and goes out: every download format as openssl sees it, imports from what other tools leave behind, and
# the three choices of key in a renewal.
. "$(dirname "$0")/lib.sh"

OUT=$WORK/out
mkdir -p "$OUT"
echo "correct horse" >"$OUT/pass"
echo "wrong" >"$OUT/wrong-pass"

# ---- what is asked ----

member_of() { tenure show "$1" --json | field "$2"; }
fingerprint_of() { member_of "$1" fingerprint; }
public_key_of_certificate() { openssl x509 -noout -pubkey -in "$1"; }
same_key() { [ "$(public_key_of_certificate "$1")" = "$(openssl pkey -pubout -in "$2")" ]; }
imported() { tenure list --name "$1" --quiet; }
list_size() { tenure list --json | /usr/bin/python3 -c 'import json, sys; print(len(json.load(sys.stdin)["items"]))'; }

# take CERTIFICATE FORMAT [OPTION…]: to OUT/FORMAT.
take() {
    certificate=$1 format=$2
    shift 2
    tenure download "$certificate" --format "$format" --output "$OUT/$format" "$@"
}

takes_private() { take "$@" && [ "$(stat -c %a "$OUT/$2")" = 600 ]; }

# ---- downloads ----

takes_pem_formats() {
    for format in pem haproxy nginx apache cert chain key der; do
        check "download $format, for the owner alone" takes_private "$1" $format
    done
    curl -s "$TENURE_URL/ca/roots.pem" >"$OUT/roots"
    check "cert and chain lead to the published root" \
        openssl verify -x509_strict -CAfile "$OUT/roots" -untrusted "$OUT/chain" "$OUT/cert"
    take "$1" root || not_ok "root $1"
    check "the root, which the chain lacks, is the published one" \
        openssl verify -x509_strict -CAfile "$OUT/root" -untrusted "$OUT/chain" "$OUT/cert"
    check "key belongs to cert" same_key "$OUT/cert" "$OUT/key"
    check "der is the same certificate" \
        test "$(openssl x509 -inform DER -in "$OUT/der" -outform PEM | fingerprint)" = "$(fingerprint_of "$1")"
    check "nginx is cert and chain" sh -c "cat '$OUT/cert' '$OUT/chain' | cmp - '$OUT/nginx'"
    check "apache is the certificate alone" cmp "$OUT/apache" "$OUT/cert"
    check "haproxy and pem are cert, chain and key" sh -c \
        "cat '$OUT/cert' '$OUT/chain' '$OUT/key' | tee '$OUT/all' | cmp - '$OUT/haproxy' && cmp '$OUT/all' '$OUT/pem'"
}

opens_pkcs12() { openssl pkcs12 -in "$OUT/$1" -passin "file:$OUT/$2" -nodes $3 -out "$OUT/opened"; }

takes_pkcs12() {
    check "download pkcs12" take "$1" pkcs12 --pass-phrase-file "$OUT/pass"
    check "openssl opens it" opens_pkcs12 pkcs12 pass ""
    check "it holds the key" same_key "$OUT/cert" "$OUT/opened"
    check "it holds the chain" test "$(grep -c BEGIN.CERT "$OUT/opened")" -ge 2
    check "a wrong pass phrase does not open it" sh -c "! openssl pkcs12 -in '$OUT/pkcs12' -passin pass:wrong -noout"
    check "download pkcs12_legacy" take "$1" pkcs12_legacy --pass-phrase-file "$OUT/pass"
    check "openssl opens it with old algorithms" opens_pkcs12 pkcs12_legacy pass -legacy
    check "a PKCS#12 needs a pass phrase" fails_with 2 bad_field take "$1" pkcs12
}

refuses_formats() {
    check "a JKS is left to Java, and it says how" fails_with 2 keytool take "$1" jks
    check "an unknown format is refused" fails_with 2 bad_field take "$1" docx
}

# ---- imports ----

imports_pkcs12() {
    old_certificate "$WORK/p12" 20 p12.example.com
    openssl pkcs12 -export -in "$WORK/p12/fullchain.pem" -inkey "$WORK/p12/key.pem" -passout "file:$OUT/pass" -out "$OUT/in.p12"
    check "a PKCS#12 without its pass phrase is refused" fails_with 2 key_pass_phrase tenure import "$OUT/in.p12"
    check "so it is with a wrong one" \
        fails_with 2 key_pass_phrase tenure import "$OUT/in.p12" --pass-phrase-file "$OUT/wrong-pass"
    check "nothing was stored" test -z "$(imported p12.example.com)"
    check "a PKCS#12 is imported" tenure import "$OUT/in.p12" --pass-phrase-file "$OUT/pass"
    take "$(imported p12.example.com)" key
    check "with its key" same_key "$WORK/p12/fullchain.pem" "$OUT/key"
    take "$(imported p12.example.com)" root
    check "a root that came with it can be downloaded" cmp "$OUT/root" "$WORK/p12/ca.pem"
}

# What Tenure gives out it also takes in.
goes_round() {
    id=$(imported p12.example.com)
    before=$(fingerprint_of "$id")
    take "$id" pkcs12 --pass-phrase-file "$OUT/pass"
    check "an uploaded certificate can be deleted" tenure delete "$id"
    check "its PKCS#12 can be imported again" tenure import "$OUT/pkcs12" --pass-phrase-file "$OUT/pass"
    check "it is the same certificate" test "$(fingerprint_of "$(imported p12.example.com)")" = "$before"
}

imports_der() {
    old_certificate "$WORK/der" 20 der.example.com
    openssl x509 -in "$WORK/der/fullchain.pem" -outform DER -out "$OUT/in.der"
    id=$(tenure import "$OUT/in.der" --quiet)
    check "DER is imported" test "$(fingerprint_of "$id")" = "$(fingerprint <"$WORK/der/fullchain.pem")"
    check "without a key nothing is deployed" fails_with 1 no_key_held tenure deploy "$id"
    check "nor downloaded with one" fails_with 1 no_key_held take "$id" pem
    check "the same certificate again is named" fails_with 1 "$id" tenure import "$OUT/in.der"
    check "with the code already_exists" fails_with 1 already_exists tenure import "$OUT/in.der"
}

# certbot: live/NAME/FILE.pem are links to the newest generation in archive/NAME/FILEn.pem.
certbot_lineage() {
    folder=$1 lineage=$2
    mkdir -p "$folder/live/$lineage" "$folder/archive/$lineage" "$folder/renewal"
    for generation in 1 2; do
        old_certificate "$WORK/$lineage-$generation" $((generation * 10)) "$lineage"
        cp "$WORK/$lineage-$generation/fullchain.pem" "$folder/archive/$lineage/fullchain$generation.pem"
        cp "$WORK/$lineage-$generation/key.pem" "$folder/archive/$lineage/privkey$generation.pem"
        openssl x509 -in "$WORK/$lineage-$generation/fullchain.pem" -out "$folder/archive/$lineage/cert$generation.pem"
        cp "$WORK/$lineage-$generation/ca.pem" "$folder/archive/$lineage/chain$generation.pem"
    done
    for file in fullchain privkey cert chain; do
        ln -s "../../archive/$lineage/${file}2.pem" "$folder/live/$lineage/$file.pem"
    done
    echo "not a certificate" >"$folder/live/README"
    echo "version = 2.1.0" >"$folder/renewal/$lineage.conf"
}

imports_letsencrypt() {
    certbot_lineage "$WORK/letsencrypt" one.example.com
    certbot_lineage "$WORK/letsencrypt" two.example.com
    check "a folder of certbot is imported" tenure import "$WORK/letsencrypt" --tag certbot
    check "each lineage once, the newest generation" test "$(tenure list --tag certbot --quiet | wc -l)" = 2
    id=$(imported two.example.com)
    check "it is what live/ points to" \
        test "$(fingerprint_of "$id")" = "$(fingerprint <"$WORK/letsencrypt/live/two.example.com/cert.pem")"
    take "$id" key
    check "with its key" same_key "$WORK/letsencrypt/live/two.example.com/cert.pem" "$OUT/key"
    certbot_lineage "$WORK/letsencrypt" three.example.com
    check "a second import brings in what is new, and exits with 4" \
        fails_with 4 already_exists tenure import "$WORK/letsencrypt"
    check "the new lineage is there" test -n "$(imported three.example.com)"
}

imports_acme_sh() {
    lineage=acme.example.com
    folder=$WORK/acme.sh/${lineage}_ecc
    old_certificate "$WORK/acme" 20 $lineage
    mkdir -p "$folder"
    cp "$WORK/acme/fullchain.pem" "$folder/fullchain.cer"
    openssl x509 -in "$WORK/acme/fullchain.pem" -out "$folder/$lineage.cer"
    cp "$WORK/acme/ca.pem" "$folder/ca.cer"
    cp "$WORK/acme/key.pem" "$folder/$lineage.key"
    check "a folder of acme.sh is imported" tenure import "$WORK/acme.sh"
    take "$(imported $lineage)" key
    check "with its key" same_key "$WORK/acme/fullchain.pem" "$OUT/key"
}

# ---- keys ----

keeps_the_key() {
    old_certificate "$WORK/keep" 9 keep.example.com
    id=$(tenure import "$WORK/keep/fullchain.pem" --key "$WORK/keep/key.pem" --quiet)
    check "renew with the old key" tenure renew "$id" --csr-choice keep --wait
    take "$(member_of "$id" successor_id)" cert
    check "the new certificate has it" same_key "$OUT/cert" "$WORK/keep/key.pem"
}

takes_own_csr() {
    old_certificate "$WORK/own" 9 own.example.com
    id=$(tenure import "$WORK/own/fullchain.pem" --key "$WORK/own/key.pem" --quiet)
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$OUT/own.key" -out "$OUT/own.csr" \
        -subj "/CN=own.example.com" -addext "subjectAltName=DNS:own.example.com" 2>/dev/null
    check "renew with an own CSR" tenure renew "$id" --csr "$OUT/own.csr" --wait
    successor=$(member_of "$id" successor_id)
    take "$successor" cert
    check "the new certificate has its key" same_key "$OUT/cert" "$OUT/own.key"
    check "Tenure does not hold it" fails_with 1 no_key_held take "$successor" key
    check "so it does not deploy it" fails_with 1 no_key_held tenure deploy "$successor"
}

makes_keys() {
    for algorithm in rsa2048:2048 p384:384 ed25519:ED25519; do
        id=$(tenure buy "${algorithm%:*}.example.com" --key-algorithm "${algorithm%:*}" --quiet)
        check "buy with ${algorithm%:*}" wait_for 20 take "$id" cert
        check "the key is ${algorithm%:*}" \
            sh -c "openssl x509 -in '$OUT/cert' -noout -text | grep -A1 'Public Key Algorithm' | grep -q '${algorithm#*:}'"
    done
}

daemon </dev/null
ISSUED=$(tenure buy shop.example.com www.shop.example.com --quiet)
check "a certificate is bought and issued" wait_for 20 take "$ISSUED" cert
takes_pem_formats "$ISSUED"
takes_pkcs12 "$ISSUED"
refuses_formats "$ISSUED"
imports_pkcs12
goes_round
imports_der
imports_letsencrypt
imports_acme_sh
keeps_the_key
takes_own_csr
makes_keys
check "the audit chain is intact" tenure audit verify
