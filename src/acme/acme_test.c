/* acme: keys, signed messages, what servers say, and their headers. */
#include "acme/base64url.h"
#include "acme/header.h"
#include "acme/jwk.h"
#include "acme/jws.h"
#include "acme/message.h"
#include "pki/der.h"
#include "pki/digest.h"
#include "pki/fixture.h"
#include "pki/openssl.h"
#include "unit.h"

OPENSSL_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)

static struct arena *a;
static struct error e;

static int begin(void **state) {
    (void)state;
    a = arena_new();
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

/* ---- base64url ---- */

static void base64url_is_read_strictly(void **state) {
    (void)state;
    struct slice bytes;
    assert_string_equal(base64url_text(a, slice_str("\xff\xfe?")), "__4_");
    assert_true(base64url_bytes(a, "__4_", &bytes));
    assert_true(slice_equal(bytes, slice_str("\xff\xfe?")));
    static const char *const refused[] = {"YQ==", "YQ=", "YR", "Y", "Y Q", "YQ\n", "//4_", "++4"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(base64url_bytes(a, refused[i], &bytes));
    assert_true(base64_any_bytes(a, "YQ==", &bytes));
    assert_true(base64_any_bytes(a, "//4/", &bytes));
    assert_false(base64_any_bytes(a, "Y Q", &bytes));
    assert_true(base64url_is("aZ09-_"));
    assert_false(base64url_is(""));
    assert_false(base64url_is("../x"));
    assert_false(base64url_is("a b"));
}

/* ---- keys ---- */

static struct slice spki_of(const char *file, struct secret **pkcs8) {
    struct slice spki;
    assert_ok(key_from_pem(a, fixture(a, file), NULL, pkcs8, &e), e);
    assert_ok(key_public(a, *pkcs8, &spki, &e), e);
    return spki;
}

static const char *thumbprint_of(const char *jwk) {
    json_t *value;
    struct slice spki;
    const char *thumbprint;
    assert_ok(json_read(a, slice_str(jwk), &value, &e), e);
    assert_ok(jwk_read(a, value, &spki, &e), e);
    assert_ok(jwk_thumbprint(a, spki, &thumbprint, &e), e);
    return thumbprint;
}

/* The example of RFC 7638, 3.1. */
static void the_thumbprint_is_that_of_the_rfc(void **state) {
    (void)state;
    static const char jwk[] =
        "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxu"
        "hDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW"
        "2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF"
        "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\","
        "\"kid\":\"2011-04-29\"}";
    assert_string_equal(thumbprint_of(jwk), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/* RFC 8037, A.3. */
static void the_thumbprint_of_ed25519_is_that_of_the_rfc(void **state) {
    (void)state;
    static const char jwk[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    const char *thumbprint = thumbprint_of(jwk);
    assert_string_equal(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    const char *authorization = key_authorization(a, "token", thumbprint);
    assert_string_equal(authorization, "token.kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    char hex[SHA256_HEX_SIZE];
    struct slice digest;
    digest_sha256_hex(slice_str(authorization), hex);
    assert_true(hex_bytes(a, hex, &digest));
    assert_string_equal(key_authorization_dns_value(a, authorization), base64url_text(a, digest));
}

static const char *const key_files[] = {"key-p256.pem", "key-p384.pem", "key-ed25519.pem", "key-rsa2048.pem"};
enum { KEY_FILES = sizeof key_files / sizeof *key_files };

static void every_kind_of_key_reads_back_from_json(void **state) {
    (void)state;
    for (size_t i = 0; i < KEY_FILES; i++) {
        struct secret *pkcs8;
        struct slice spki = spki_of(key_files[i], &pkcs8), again;
        const char *jwk;
        json_t *value;
        assert_ok(jwk_text(a, spki, &jwk, &e), e);
        assert_ok(json_read(a, slice_str(jwk), &value, &e), e);
        assert_ok(jwk_read(a, value, &again, &e), e);
        assert_true(slice_equal(spki, again));
    }
}

static void keys_that_are_none_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *jwk;
        enum error_id id;
    } rows[] = {
        {"{}", ERR_MALFORMED_KEY},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", ERR_MALFORMED_KEY},
        {"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\"}", ERR_KEY_UNSUPPORTED},
        {"{\"kty\":\"oct\",\"k\":\"AAAA\"}", ERR_KEY_UNSUPPORTED},
        {"{\"kty\":\"RSA\",\"n\":\"AAAA\",\"e\":\"AQAB\"}", ERR_MALFORMED_KEY},
        {"{\"kty\":\"RSA\",\"n\":\"w_8\",\"e\":\"AQAB\"}", ERR_WEAK_KEY},
        {"{\"kty\":\"RSA\",\"n\":[],\"e\":\"AQAB\"}", ERR_MALFORMED_KEY},
        /* not a point of the curve */
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
         ERR_MALFORMED_KEY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *value;
        struct slice spki;
        assert_ok(json_read(a, slice_str(rows[i].jwk), &value, &e), e);
        assert_fails(jwk_read(a, value, &spki, &e), e, rows[i].id);
    }
}

/* ---- signed messages ---- */

/* As the signer signs. */
static struct slice sign(const struct secret *pkcs8, enum key_algorithm algorithm, struct slice input) {
    const uint8_t *p = secret_bytes(pkcs8);
    AUTO(PKCS8_PRIV_KEY_INFO) info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)secret_len(pkcs8));
    AUTO(EVP_PKEY) key = EVP_PKCS82PKEY(info);
    AUTO(EVP_MD_CTX) context = EVP_MD_CTX_new();
    const char *digest = algorithm == KEY_ED25519 ? NULL : algorithm == KEY_P384 ? "SHA384" : "SHA256";
    uint8_t bytes[1024];
    size_t len = sizeof bytes;
    assert_int_equal(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, NULL), 1);
    assert_int_equal(EVP_DigestSign(context, bytes, &len, input.p, input.len), 1);
    return arena_slice(a, slice_of(bytes, len));
}

static const char *message(const char *file, struct jws_request request) {
    struct secret *pkcs8;
    struct jws_draft draft;
    const char *text;
    request.spki = spki_of(file, &pkcs8);
    assert_ok(jws_begin(a, &request, &draft, &e), e);
    assert_ok(jws_finish(a, &draft, sign(pkcs8, draft.algorithm, draft.input), &text, &e), e);
    return text;
}

static void what_every_kind_of_key_signs_is_verified(void **state) {
    (void)state;
    static const char *const names[] = {"ES256", "ES384", "EdDSA", "RS256"};
    for (size_t i = 0; i < KEY_FILES; i++) {
        struct jws_request request = {
            .nonce = "bm9uY2U", .url = "https://ca.example/new", .payload = slice_str("{\"a\":1}")};
        struct jws jws;
        const char *text = message(key_files[i], request);
        assert_ok(jws_read(a, JWS_REQUEST, slice_str(text), &jws, &e), e);
        assert_string_equal(jws.algorithm, names[i]);
        assert_string_equal(jws.nonce, "bm9uY2U");
        assert_string_equal(jws.url, "https://ca.example/new");
        assert_null(jws.kid);
        assert_true(slice_equal(jws.payload, slice_str("{\"a\":1}")));
        assert_ok(jws_verify(&jws, jws.spki, &e), e);
        ((uint8_t *)jws.signature.p)[jws.signature.len / 2] ^= 1;
        assert_fails(jws_verify(&jws, jws.spki, &e), e, ERR_BAD_SIGNATURE);
    }
}

static void a_key_id_takes_the_place_of_the_key(void **state) {
    (void)state;
    struct jws_request request = {
        .kid = "https://ca.example/acct/1", .nonce = "bg", .url = "https://ca.example/o"};
    struct secret *pkcs8;
    struct jws jws;
    assert_ok(jws_read(a, JWS_REQUEST, slice_str(message("key-p256.pem", request)), &jws, &e), e);
    assert_string_equal(jws.kid, "https://ca.example/acct/1");
    assert_int_equal(jws.payload.len, 0); /* POST-as-GET */
    assert_int_equal(jws.spki.len, 0);
    assert_ok(jws_verify(&jws, spki_of("key-p256.pem", &pkcs8), &e), e);
    assert_fails(jws_verify(&jws, spki_of("key-p384.pem", &pkcs8), &e), e, ERR_JWS_ALGORITHM);
}

/* The header as it stands, the rest made up: what is refused before any signature is looked at. */
static bool read_header(enum jws_use use, const char *header) {
    struct jws jws;
    const char *text = arena_printf(a, "{\"protected\":\"%s\",\"payload\":\"\",\"signature\":\"AAAA\"}",
                                    base64url_text(a, slice_str(header)));
    return jws_read(a, use, slice_str(text), &jws, &e);
}

#define KEY "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static void headers_that_break_a_rule_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        enum error_id id;
    } rows[] = {
        {"{\"alg\":\"ES256\",\"nonce\":\"a\",\"url\":\"u\"}", ERR_BAD_REQUEST},
        {"{\"alg\":\"EdDSA\",\"nonce\":\"a\",\"url\":\"u\",\"kid\":\"k\",\"jwk\":" KEY "}", ERR_BAD_REQUEST},
        {"{\"alg\":\"none\",\"nonce\":\"a\",\"url\":\"u\",\"kid\":\"k\"}", ERR_JWS_ALGORITHM},
        {"{\"alg\":\"HS256\",\"nonce\":\"a\",\"url\":\"u\",\"kid\":\"k\"}", ERR_JWS_ALGORITHM},
        {"{\"alg\":\"ES256\",\"nonce\":\"a\",\"kid\":\"k\"}", ERR_BAD_REQUEST},
        {"{\"alg\":\"ES256\",\"nonce\":1,\"url\":\"u\",\"kid\":\"k\"}", ERR_BAD_REQUEST},
        {"{\"alg\":\"ES256\",\"nonce\":\"a\",\"url\":\"u\",\"kid\":\"k\",\"crit\":[\"x\"]}", ERR_BAD_REQUEST},
        {"{\"alg\":\"ES256\",\"nonce\":\"a\",\"url\":\"u\",\"kid\":\"k\",\"kid\":\"l\"}", ERR_BAD_REQUEST},
        {"[]", ERR_BAD_REQUEST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_fails(read_header(JWS_REQUEST, rows[i].header), e, rows[i].id);
    assert_true(read_header(JWS_REQUEST, "{\"alg\":\"ES256\",\"nonce\":\"a\",\"url\":\"u\",\"kid\":\"k\"}"));
    assert_fails(read_header(JWS_KEY_CHANGE, "{\"alg\":\"ES256\",\"url\":\"u\",\"kid\":\"k\"}"), e,
                 ERR_BAD_REQUEST);
    assert_fails(
        read_header(JWS_KEY_CHANGE, "{\"alg\":\"EdDSA\",\"url\":\"u\",\"nonce\":\"a\",\"jwk\":" KEY "}"), e,
        ERR_BAD_REQUEST);
    assert_true(read_header(JWS_KEY_CHANGE, "{\"alg\":\"EdDSA\",\"url\":\"u\",\"jwk\":" KEY "}"));
    assert_fails(read_header(JWS_EXTERNAL_ACCOUNT, "{\"alg\":\"ES256\",\"url\":\"u\",\"kid\":\"k\"}"), e,
                 ERR_JWS_ALGORITHM);
}

/* r and s are numbers without leading zeros in DER, and of one length here. */
static void short_numbers_of_a_signature_are_filled_up(void **state) {
    (void)state;
    static const uint8_t pair[] = {0x30, 0x07, 0x02, 0x01, 0x05, 0x02, 0x02, 0x00, 0x80};
    struct jws_draft draft = {.algorithm = KEY_P256, .protected_header = "e30", .payload = ""};
    const char *text;
    json_t *value;
    struct slice signature;
    assert_ok(jws_finish(a, &draft, slice_of(pair, sizeof pair), &text, &e), e);
    assert_ok(json_read(a, slice_str(text), &value, &e), e);
    assert_true(base64url_bytes(a, json_string_value(json_object_get(value, "signature")), &signature));
    assert_int_equal(signature.len, 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(signature.p[i], i == 31 ? 0x05 : i == 63 ? 0x80 : 0);
    assert_fails(jws_finish(a, &draft, slice_of(pair, sizeof pair - 1), &text, &e), e, ERR_BAD_SIGNATURE);
}

static void what_is_beside_the_signed_parts_is_refused(void **state) {
    (void)state;
    struct jws_request request = {.nonce = "bg", .url = "https://ca.example/o"};
    const char *text = message("key-p256.pem", request);
    struct jws jws;
    assert_ok(jws_read(a, JWS_REQUEST, slice_str(text), &jws, &e), e);
    text = arena_printf(a, "{\"header\":{\"kid\":\"k\"},%s", text + 1);
    assert_fails(jws_read(a, JWS_REQUEST, slice_str(text), &jws, &e), e, ERR_BAD_REQUEST);
}

static void other_forms_of_messages_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"protected\":\"e30\",\"payload\":\"\"}",
        "{\"protected\":\"e30\",\"payload\":\"\",\"signature\":1}",
        "{\"protected\":\"e30\",\"payload\":\"\",\"signature\":\"AA\",\"header\":{}}",
        "{\"payload\":\"\",\"signatures\":[{\"protected\":\"e30\",\"signature\":\"AA\"}]}",
        "{\"protected\":\"e30=\",\"payload\":\"\",\"signature\":\"AA\"}",
        "{\"protected\":\"e30\",\"payload\":\"a b\",\"signature\":\"AA\"}",
    };
    struct jws jws;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_fails(jws_read(a, JWS_REQUEST, slice_str(texts[i]), &jws, &e), e, ERR_BAD_REQUEST);
}

static void an_external_account_is_bound_by_its_mac(void **state) {
    (void)state;
    struct secret *pkcs8, *mac_key = secret_new(a, "0123456789abcdef0123456789abcdef", 32);
    struct jws_request request = {.kid = "kid-1", .url = "https://ca.example/new-account"};
    const char *text, *jwk;
    struct jws jws;
    request.spki = spki_of("key-p256.pem", &pkcs8);
    assert_ok(jws_external_account(a, &request, mac_key, &text, &e), e);
    assert_ok(jws_read(a, JWS_EXTERNAL_ACCOUNT, slice_str(text), &jws, &e), e);
    assert_ok(jws_verify_mac(&jws, secret_slice(mac_key), &e), e);
    assert_fails(jws_verify_mac(&jws, slice_str("another key of some length"), &e), e, ERR_BAD_SIGNATURE);
    assert_ok(jwk_text(a, request.spki, &jwk, &e), e);
    assert_true(slice_equal(jws.payload, slice_str(jwk)));
    assert_string_equal(jws.kid, "kid-1");
    assert_string_equal(jws.url, "https://ca.example/new-account");
    assert_null(jws.nonce);
}

/* ---- what servers say ---- */

static void a_directory_tells_what_the_server_has(void **state) {
    (void)state;
    static const char text[] =
        "{\"newNonce\":\"https://ca/n\",\"newAccount\":\"https://ca/a\",\"newOrder\":\"https://ca/o\","
        "\"revokeCert\":\"https://ca/r\",\"keyChange\":\"https://ca/k\",\"renewalInfo\":\"https://ca/ari\","
        "\"Pq2rNQ\":\"https://community.example/random-entries\",\"meta\":{\"termsOfService\":\"https://ca/terms\","
        "\"website\":null,\"caaIdentities\":[\"ca.example\",\"other.example\"],\"externalAccountRequired\":true,"
        "\"profiles\":{\"classic\":\"https://ca/classic\",\"shortlived\":\"six\\ndays\"}}}";
    struct acme_directory d;
    assert_ok(acme_read_directory(a, slice_str(text), &d, &e), e);
    assert_string_equal(d.new_order, "https://ca/o");
    assert_string_equal(d.renewal_info, "https://ca/ari");
    assert_null(d.new_authz);
    assert_string_equal(d.caa_identities, "ca.example other.example");
    assert_true(d.external_account_required);
    assert_int_equal(d.profile_count, 2);
    assert_string_equal(d.profiles[1].description, "six days");
}

static bool directory_with(const char *from, const char *to) {
    const char *text =
        "{\"newNonce\":\"https://ca/n\",\"newAccount\":\"https://ca/a\",\"newOrder\":\"https://ca/o\","
        "\"revokeCert\":\"https://ca/r\",\"keyChange\":\"https://ca/k\"}";
    const char *at = strstr(text, from);
    struct acme_directory d;
    text = arena_printf(a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return acme_read_directory(a, slice_str(text), &d, &e);
}

static void a_directory_that_is_none_is_refused(void **state) {
    (void)state;
    struct acme_directory d;
    assert_true(directory_with("https://ca/o", "https://ca/other"));
    assert_fails(directory_with("\"newOrder\"", "\"newOrders\""), e, ERR_ACME_ANSWER);
    assert_non_null(strstr(e.detail[LANG_EN], "newOrder"));
    assert_fails(directory_with("https://ca/o", "file:///etc/passwd"), e, ERR_ACME_ANSWER);
    assert_fails(directory_with("https://ca/o", "https://ca/o\\r\\nX: y"), e, ERR_ACME_ANSWER);
    assert_fails(directory_with("\"https://ca/o\"", "[]"), e, ERR_ACME_ANSWER);
    assert_fails(acme_read_directory(a, slice_str("<html>"), &d, &e), e, ERR_ACME_ANSWER);
    assert_fails(acme_read_directory(a, slice_str("[]"), &d, &e), e, ERR_ACME_ANSWER);
}

#define ORDER                                                                                                   \
    "\"identifiers\":[{\"type\":\"dns\",\"value\":\"*.a.example\"},{\"type\":\"ip\",\"value\":\"192.0.2.1\"}]," \
    "\"authorizations\":[\"https://ca/1\",\"https://ca/2\"],\"finalize\":\"https://ca/f\""

static void an_order_is_read_in_every_state(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum acme_status status;
    } rows[] = {{"pending", ACME_PENDING}, {"ready", ACME_READY},     {"processing", ACME_PROCESSING},
                {"valid", ACME_VALID},     {"invalid", ACME_INVALID}, {"paused-by-moon", ACME_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct acme_order o;
        const char *text = arena_printf(a, "{\"status\":\"%s\"," ORDER "}", rows[i].name);
        assert_ok(acme_read_order(a, slice_str(text), &o, &e), e);
        assert_int_equal(o.status, rows[i].status);
        assert_true(o.identifier_count == 2 && o.authorization_count == 2);
        assert_string_equal(o.identifiers[0].value, "*.a.example");
        assert_string_equal(o.authorizations[1], "https://ca/2");
        assert_null(o.certificate);
        assert_null(o.problem);
    }
}

static void times_come_with_and_without_fractions(void **state) {
    (void)state;
    struct acme_order o;
    static const char text[] =
        "{\"status\":\"valid\",\"expires\":\"2026-11-22T00:00:00.123456789Z\","
        "\"notBefore\":\"0001-01-01T00:00:00Z\",\"notAfter\":null,\"certificate\":\"https://ca/c\","
        "\"error\":{\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":\"no\"}," ORDER "}";
    assert_ok(acme_read_order(a, slice_str(text), &o, &e), e);
    assert_int_equal(o.expires, 1795305600);
    assert_int_equal(o.not_before, 0);
    assert_int_equal(o.not_after, 0);
    assert_string_equal(o.certificate, "https://ca/c");
    assert_true(acme_problem_is(o.problem, "caa"));
    static const char *const bad[] = {"2026-11-22T00:00:00.Z", "soon", "", "2026-13-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(
            acme_read_order(
                a, slice_str(arena_printf(a, "{\"status\":\"valid\",\"expires\":\"%s\"," ORDER "}", bad[i])),
                &o, &e),
            e, ERR_ACME_ANSWER);
}

static void an_authorization_keeps_challenges_that_nobody_knows(void **state) {
    (void)state;
    static const char text[] =
        "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},\"wildcard\":true,"
        "\"challenges\":[{\"type\":\"dns-01\",\"url\":\"https://ca/c1\",\"status\":\"pending\",\"token\":\"dG9r\"},"
        "{\"type\":\"dns-persist-01\",\"url\":\"https://ca/c2\",\"status\":\"pending\","
        "\"issuer-domain-names\":[\"ca.example\"]},"
        "{\"type\":\"by-pigeon-77\",\"url\":\"https://ca/c3\",\"status\":\"hatching\",\"feathers\":[1,2]}]}";
    struct acme_authorization z;
    assert_ok(acme_read_authorization(a, slice_str(text), &z, &e), e);
    assert_true(z.wildcard && z.challenge_count == 3);
    assert_string_equal(z.challenges[0].token, "dG9r");
    assert_string_equal(z.challenges[1].issuer_domain_names, "ca.example");
    assert_null(z.challenges[1].token);
    assert_string_equal(z.challenges[2].type, "by-pigeon-77");
    assert_int_equal(z.challenges[2].status, ACME_UNKNOWN);
}

/* A token becomes the name of a file and an argument of a command. */
static void tokens_that_could_be_a_path_are_refused(void **state) {
    (void)state;
    static const char *const tokens[] = {"../../etc/passwd", "a/b", "$(id)", "a b", "", "a;b", "tok=", "a.b"};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        struct acme_challenge c;
        const char *text = arena_printf(
            a, "{\"type\":\"http-01\",\"url\":\"https://ca/c\",\"status\":\"pending\",\"token\":\"%s\"}",
            tokens[i]);
        assert_fails(acme_read_challenge(a, slice_str(text), &c, &e), e, ERR_ACME_ANSWER);
    }
}

static void problems_are_told_in_the_words_of_the_ca(void **state) {
    (void)state;
    static const char text[] =
        "{\"type\":\"urn:ietf:params:acme:error:compound\",\"detail\":\"Two names\\nfail\",\"status\":403,"
        "\"instance\":\"https://ca/help\",\"subproblems\":[{\"type\":\"urn:ietf:params:acme:error:caa\","
        "\"detail\":\"CAA forbids\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}},"
        "{\"type\":\"urn:ietf:params:acme:error:dns\"}]}";
    struct acme_problem p;
    acme_read_problem(a, slice_str(text), &p);
    assert_string_equal(p.type, "compound");
    assert_int_equal(p.status, 403);
    assert_string_equal(p.instance, "https://ca/help");
    assert_int_equal(p.subproblem_count, 2);
    assert_string_equal(p.subproblems[0].identifier.value, "a.example");
    assert_string_equal(acme_problem_text(a, &p), "Two names fail; a.example: CAA forbids; dns: dns");
    static const char *const none[] = {"", "<html>Bad gateway</html>", "[]",
                                       "{\"type\":7,\"subproblems\":{}}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        acme_read_problem(a, slice_str(none[i]), &p);
        assert_string_equal(p.type, "");
        assert_string_equal(acme_problem_text(a, &p), "");
    }
}

static void a_window_begins_before_it_ends(void **state) {
    (void)state;
    struct acme_renewal_info info;
    static const char good[] =
        "{\"suggestedWindow\":{\"start\":\"2026-11-22T00:00:00Z\",\"end\":\"2026-11-24T00:00:00.5Z\"},"
        "\"explanationURL\":\"https://ca/why\"}";
    assert_ok(acme_read_renewal_info(a, slice_str(good), &info, &e), e);
    assert_int_equal(info.end - info.start, 2 * 86400);
    assert_string_equal(info.explanation_url, "https://ca/why");
    static const char *const bad[] = {
        "{}", "{\"suggestedWindow\":null}",
        "{\"suggestedWindow\":{\"start\":\"2026-11-22T00:00:00Z\",\"end\":\"2026-11-22T00:00:00Z\"}}",
        "{\"suggestedWindow\":{\"end\":\"2026-11-22T00:00:00Z\"}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(acme_read_renewal_info(a, slice_str(bad[i]), &info, &e), e, ERR_ACME_ANSWER);
}

/* The example of RFC 9773, 4.1. */
static void a_certificate_is_named_as_in_the_rfc(void **state) {
    (void)state;
    static const uint8_t key_id[] = {0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3,
                                     0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4};
    struct cert cert = {.serial = "87654321", .authority_key_id = slice_of(key_id, sizeof key_id)};
    const char *id;
    assert_true(acme_certificate_id(a, &cert, &id));
    assert_string_equal(id, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    cert.serial = "07654321";
    assert_true(acme_certificate_id(a, &cert, &id));
    assert_string_equal(id, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.B2VDIQ");
    cert.authority_key_id = slice_of(NULL, 0);
    assert_false(acme_certificate_id(a, &cert, &id));
}

static void a_chain_is_certificates_and_nothing_else(void **state) {
    (void)state;
    struct slice der = fixture_der(a, "leaf-p256.pem");
    const char *pem = cert_to_pem(a, der);
    struct cert *certs;
    size_t count;
    assert_ok(acme_read_chain(a, slice_str(arena_printf(a, "%s%s", pem, pem)), &certs, &count, &e), e);
    assert_int_equal(count, 2);
    assert_ok(acme_read_chain(a, slice_str(arena_printf(a, "%s\r\n%s\n", pem, pem)), &certs, &count, &e), e);
    const char *const bad[] = {"",
                               "hello",
                               arena_printf(a, "subject=x\n%s", pem),
                               arena_printf(a, "%s# x\n%s", pem, pem),
                               arena_printf(a, "%strailing", pem),
                               "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                               "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(acme_read_chain(a, slice_str(bad[i]), &certs, &count, &e), e, ERR_ACME_ANSWER);
    struct buf many = buf_new(a, 1 << 20);
    for (int i = 0; i <= ACME_CHAIN_MAX; i++)
        buf_str(&many, pem);
    assert_fails(acme_read_chain(a, buf_slice(&many), &certs, &count, &e), e, ERR_ACME_ANSWER);
}

/* ---- headers ---- */

static void retry_after_is_seconds_or_a_date_and_bounded(void **state) {
    (void)state;
    enum { NOW = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *value;
        int64_t seconds;
    } rows[] = {{NULL, 0},
                {"", 0},
                {"soon", 0},
                {"-5", 0},
                {"1.5", 0},
                {"120", 120},
                {"0", 1},
                {"99999999999999999999", 86400},
                {"86401", 86400},
                {"Sun, 06 Nov 1994 08:49:37 GMT", 1},
                {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
                {"Sun, 06 Nov 1994 08:40:00 GMT", 1},
                {"Tue, 06 Dec 1994 08:49:37 GMT", 86400},
                {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
                {"Sun, 06 Nov 1994 08:49:37 CET", 0},
                {"Sun, 06 Nov 1994 0x:49:37 GMT", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(header_retry_after(rows[i].value, NOW), rows[i].seconds);
    int64_t t;
    assert_true(header_date("Sun, 06 Nov 1994 08:49:37 GMT", &t));
    assert_int_equal(t, NOW);
}

static void links_are_found_by_their_relation(void **state) {
    (void)state;
    static const char *const values[] = {
        "<https://ca/dir>;rel=\"index\"",
        "<https://ca/alt/1>; title=\"a, b; rel=up\"; rel=\"alternate\"",
        "<https://ca/alt/2>;REL=Alternate;x, <https://ca/up>;rel=\"chain up\" , </relative>;rel=alternate",
        "nonsense",
        "<https://ca/alt/3",
        "<ftp://ca/4>;rel=alternate",
        "<https://ca/a b>;rel=alternate"};
    const char *found[8];
    enum { VALUES = sizeof values / sizeof *values };
    assert_int_equal(header_links(a, values, VALUES, "alternate", found, 8), 2);
    assert_string_equal(found[0], "https://ca/alt/1");
    assert_string_equal(found[1], "https://ca/alt/2");
    assert_int_equal(header_links(a, values, VALUES, "up", found, 8), 1);
    assert_string_equal(found[0], "https://ca/up");
    assert_int_equal(header_links(a, values, VALUES, "alternate", found, 1), 1);
    assert_int_equal(header_links(a, values, VALUES, "help", found, 8), 0);
}

static void a_location_is_an_address_and_nothing_else(void **state) {
    (void)state;
    static const char *const bad[] = {"", "/order/1", "file:///etc/passwd", "https://ca.example/a b"};
    assert_string_equal(header_location("https://ca.example/order/1"), "https://ca.example/order/1");
    assert_null(header_location(NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(header_location(bad[i]));
}

#define with_arena(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        with_arena(base64url_is_read_strictly),
        with_arena(the_thumbprint_is_that_of_the_rfc),
        with_arena(the_thumbprint_of_ed25519_is_that_of_the_rfc),
        with_arena(every_kind_of_key_reads_back_from_json),
        with_arena(keys_that_are_none_are_refused),
        with_arena(what_every_kind_of_key_signs_is_verified),
        with_arena(a_key_id_takes_the_place_of_the_key),
        with_arena(headers_that_break_a_rule_are_refused),
        with_arena(short_numbers_of_a_signature_are_filled_up),
        with_arena(what_is_beside_the_signed_parts_is_refused),
        with_arena(other_forms_of_messages_are_refused),
        with_arena(an_external_account_is_bound_by_its_mac),
        with_arena(a_directory_tells_what_the_server_has),
        with_arena(a_directory_that_is_none_is_refused),
        with_arena(an_order_is_read_in_every_state),
        with_arena(times_come_with_and_without_fractions),
        with_arena(an_authorization_keeps_challenges_that_nobody_knows),
        with_arena(tokens_that_could_be_a_path_are_refused),
        with_arena(problems_are_told_in_the_words_of_the_ca),
        with_arena(a_window_begins_before_it_ends),
        with_arena(a_certificate_is_named_as_in_the_rfc),
        with_arena(a_chain_is_certificates_and_nothing_else),
        with_arena(retry_after_is_seconds_or_a_date_and_bounded),
        with_arena(links_are_found_by_their_relation),
        with_arena(a_location_is_an_address_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
