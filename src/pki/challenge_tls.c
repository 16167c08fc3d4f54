/* The server's side of tls-alpn-01, by OpenSSL. */
#include "pki/challenge_tls.h"
#include "base/clock.h"
#include "pki/names.h"
#include "pki/openssl.h"
#include <ctype.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 253, LIFE_SECONDS = 7 * DAY, SERIAL = 1, NIBBLES = 32 };

static const unsigned char protocol[] = "\x0a"
                                        "acme-tls/1";

OPENSSL_AUTO(ASN1_OBJECT, ASN1_OBJECT_free)
OPENSSL_AUTO(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
OPENSSL_AUTO(X509_EXTENSION, X509_EXTENSION_free)

struct challenge_tls {
    SSL_CTX *context;
    EVP_PKEY *key;
    challenge_tls_answer *answer;
    void *answer_context;
};

struct challenge_session {
    SSL *ssl;
    struct challenge_tls *server;
    int64_t now;
};

/* ---- names ---- */

/* Labels of one part each, the last one first, as many as there are parts. */
static bool reverse_parts(const char *name, const char *suffix, size_t parts, int base, uint8_t *out) {
    const char *p = name;
    for (size_t i = 0; i < parts; i++) {
        char *end;
        if (!isxdigit((unsigned char)*p))
            return false;
        unsigned long value = strtoul(p, &end, base);
        if (*end != '.' || value > (base == 10 ? 255UL : 15UL))
            return false;
        out[parts - 1 - i] = (uint8_t)value;
        p = end + 1;
    }
    return strcmp(p, suffix) == 0;
}

const char *challenge_name_of(struct arena *a, const char *server_name) {
    uint8_t parts[NIBBLES], octets[NIBBLES / 2];
    if (reverse_parts(server_name, "in-addr.arpa", 4, 10, parts))
        return name_of_ip(a, slice_of(parts, 4));
    if (!reverse_parts(server_name, "ip6.arpa", NIBBLES, 16, parts))
        return server_name;
    for (size_t i = 0; i < NIBBLES / 2; i++)
        octets[i] = (uint8_t)(parts[2 * i] << 4 | parts[2 * i + 1]);
    return name_of_ip(a, slice_of(octets, sizeof octets));
}

/* Letters, digits, dots, hyphens and underscores, in lower case; NULL for anything else. */
static const char *plain_name(struct arena *a, const char *server_name) {
    size_t len = server_name ? strlen(server_name) : 0;
    char *name = arena_strndup(a, server_name ? server_name : "", len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (!isalnum(c) && !strchr(".-_", c))
            return NULL;
        name[i] = (char)tolower(c);
    }
    return len > 0 && len <= NAME_MAX_BYTES ? name : NULL;
}

/* ---- the certificate ---- */

static bool add_extension(X509 *cert, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    return extension && X509_add_ext(cert, extension, -1);
}

/* An OCTET STRING of the digest, critical. */
static bool add_identifier(X509 *cert, const char *key_authorization) {
    unsigned char der[2 + SHA256_DIGEST_LENGTH] = {V_ASN1_OCTET_STRING, SHA256_DIGEST_LENGTH};
    SHA256((const unsigned char *)key_authorization, strlen(key_authorization), der + 2);
    AUTO(ASN1_OBJECT) identifier = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
    AUTO(ASN1_OCTET_STRING) value = ASN1_OCTET_STRING_new();
    if (!identifier || !value || !ASN1_OCTET_STRING_set(value, der, sizeof der))
        return false;
    AUTO(X509_EXTENSION) extension = X509_EXTENSION_create_by_OBJ(NULL, identifier, 1, value);
    return extension && X509_add_ext(cert, extension, -1);
}

static bool fill(X509 *cert, const struct challenge_session *s, const char *name,
                 const char *key_authorization) {
    char alternative[NAME_MAX_BYTES + sizeof "DNS:"];
    snprintf(alternative, sizeof alternative, "%s:%s", name_is_ip(name) ? "IP" : "DNS", name);
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(cert), SERIAL) &&
           ASN1_TIME_set(X509_getm_notBefore(cert), s->now - DAY) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), s->now + LIFE_SECONDS) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"acme-tls", -1, -1,
                                      0) &&
           X509_set_issuer_name(cert, subject) && X509_set_pubkey(cert, s->server->key) &&
           add_extension(cert, NID_subject_alt_name, alternative) &&
           add_identifier(cert, key_authorization) && X509_sign(cert, s->server->key, EVP_sha256()) > 0;
}

/* ---- the handshake ---- */

/* RFC 8737, section 3: the client offers acme-tls/1 and nothing else. */
static int on_hello(SSL *ssl, int *alert, void *context) {
    static const unsigned char offered[] = {0, sizeof protocol - 1};
    const unsigned char *list;
    size_t len;
    (void)context;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    bool good =
        SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &list, &len) &&
        len == sizeof offered + sizeof protocol - 1 && memcmp(list, offered, sizeof offered) == 0 &&
        memcmp(list + sizeof offered, protocol, sizeof protocol - 1) == 0;
    return good ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

static int on_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *len, const unsigned char *in,
                       unsigned in_len, void *context) {
    (void)ssl, (void)in, (void)in_len, (void)context;
    *chosen = protocol + 1;
    *len = sizeof protocol - 2;
    return SSL_TLSEXT_ERR_OK;
}

static int on_certificate(SSL *ssl, void *context) {
    const struct challenge_session *s = SSL_get_app_data(ssl);
    const char *key_authorization;
    (void)context;
    AUTO_ARENA a = arena_new();
    const char *name = plain_name(a, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    if (!name)
        return 0;
    name = challenge_name_of(a, name);
    if (!s->server->answer(s->server->answer_context, a, name, &key_authorization))
        return 0;
    AUTO(X509) cert = X509_new();
    return cert && fill(cert, s, name, key_authorization) && SSL_use_certificate(ssl, cert) == 1 &&
           SSL_use_PrivateKey(ssl, s->server->key) == 1;
}

struct challenge_session *challenge_session_new(struct challenge_tls *server, int fd, int64_t now) {
    struct challenge_session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct challenge_session){.ssl = SSL_new(server->context), .server = server, .now = now};
    if (s->ssl && SSL_set_fd(s->ssl, fd) && SSL_set_app_data(s->ssl, s)) {
        SSL_set_accept_state(s->ssl);
        return s;
    }
    challenge_session_free(s);
    return NULL;
}

enum challenge_state challenge_session_go(struct challenge_session *s) {
    ERR_clear_error();
    int result = SSL_do_handshake(s->ssl);
    int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(s->ssl, result);
    if (error == SSL_ERROR_WANT_READ)
        return CHALLENGE_READS;
    if (error == SSL_ERROR_WANT_WRITE)
        return CHALLENGE_WRITES;
    if (error == SSL_ERROR_NONE)
        SSL_shutdown(s->ssl); /* there is nothing to say */
    ERR_clear_error();
    return CHALLENGE_OVER;
}

void challenge_session_free(struct challenge_session *s) {
    if (s)
        SSL_free(s->ssl);
    free(s);
}

/* ---- the server ---- */

static void server_free(void *object) {
    struct challenge_tls *server = object;
    SSL_CTX_free(server->context);
    EVP_PKEY_free(server->key);
}

bool challenge_tls_new(struct arena *a, challenge_tls_answer *answer, void *context,
                       struct challenge_tls **made, struct error *e) {
    struct challenge_tls *server = *made = ARENA_NEW(a, struct challenge_tls);
    *server = (struct challenge_tls){.context = SSL_CTX_new(TLS_server_method()),
                                     .key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
                                     .answer = answer,
                                     .answer_context = context};
    arena_defer(a, server_free, server);
    if (!server->context || !server->key || !SSL_CTX_set_min_proto_version(server->context, TLS1_2_VERSION))
        return fail(e, ERR_INTERNAL, "OpenSSL cannot make a TLS server", "OpenSSL 无法创建 TLS 服务");
    SSL_CTX_set_options(server->context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(server->context, 0);
    SSL_CTX_set_session_cache_mode(server->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_client_hello_cb(server->context, on_hello, NULL);
    SSL_CTX_set_alpn_select_cb(server->context, on_protocol, NULL);
    SSL_CTX_set_cert_cb(server->context, on_certificate, NULL);
    return true;
}
