/* The TLS client of the probe. It accepts anything: judging is done afterwards, with the reasons in hand. */
#include "pki/probe_tls.h"
#include "base/clock.h"
#include "pki/names.h"
#include "pki/openssl.h"
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>

enum { SECURITY_BITS_112 = 2 };

/* ALPN of tls-alpn-01, behind its length. */
static const char acme_tls[] = "\x0a"
                               "acme-tls/1";

OPENSSL_AUTO(SSL_CTX, SSL_CTX_free)
OPENSSL_AUTO(SSL, SSL_free)

static const char *peer_address(struct arena *a, int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer = {0};
    socklen_t len = sizeof peer;
    char text[INET6_ADDRSTRLEN];
    if (getpeername(fd, &peer.any, &len) < 0)
        return "";
    if (peer.any.sa_family == AF_INET && inet_ntop(AF_INET, &peer.v4.sin_addr, text, sizeof text))
        return arena_printf(a, "%s:%u", text, (unsigned)ntohs(peer.v4.sin_port));
    if (peer.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &peer.v6.sin6_addr, text, sizeof text))
        return arena_printf(a, "[%s]:%u", text, (unsigned)ntohs(peer.v6.sin6_port));
    return "";
}

/* Old protocols and weak ciphers too: a server that has nothing better should be reported, not taken for
 * dead. */
static SSL_CTX *make_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_quiet_shutdown(context, 1);
    if (SSL_CTX_set_min_proto_version(context, TLS1_VERSION) &&
        SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0"))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static bool prepare(SSL *ssl, int fd, const char *server_name) {
    if (!ssl || !SSL_set_fd(ssl, fd))
        return false;
    return name_is_ip(server_name) || SSL_set_tlsext_host_name(ssl, server_name);
}

/* False when the deadline has come. */
static bool wait_for(int fd, short events, int64_t deadline_ms) {
    for (;;) {
        int64_t left = deadline_ms - clock_monotonic_ms();
        if (left <= 0)
            return false;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, (int)(left < 60000 ? left : 60000));
        if (n > 0)
            return true;
    }
}

static enum handshake failed(struct tls_seen *seen, enum handshake result, struct text reason) {
    seen->reason = reason;
    return result;
}

/* What the system or the library says. */
static struct text quoted(struct arena *a, const char *words) {
    const char *copy = arena_strdup(a, words);
    return (struct text)TEXT(copy, copy);
}

static enum handshake refused(struct arena *a, struct tls_seen *seen, int error, int system_error) {
    static const struct text closed =
        TEXT("the connection was closed during the handshake", "握手过程中连接被关闭");
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    bool network = error == SSL_ERROR_SYSCALL && system_error != 0 && system_error != ECONNRESET &&
                   system_error != EPIPE;
    if (network)
        return failed(seen, HANDSHAKE_UNREACHABLE, quoted(a, strerrordesc_np(system_error)));
    if (error == SSL_ERROR_SSL && reason && !strstr(reason, "unexpected eof"))
        return failed(seen, HANDSHAKE_REFUSED, quoted(a, reason));
    return failed(seen, HANDSHAKE_REFUSED, closed);
}

static enum handshake shake_hands(struct arena *a, SSL *ssl, int fd, int64_t deadline_ms,
                                  struct tls_seen *seen) {
    static const struct text late = TEXT("no answer in time", "未在规定时间内应答");
    for (;;) {
        ERR_clear_error();
        errno = 0;
        int rc = SSL_connect(ssl), system_error = errno;
        if (rc == 1)
            return HANDSHAKE_DONE;
        int error = SSL_get_error(ssl, rc);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return refused(a, seen, error, system_error);
        if (!wait_for(fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ms))
            return failed(seen, HANDSHAKE_TIMED_OUT, late);
    }
}

static bool parse(struct arena *a, const X509 *x, struct cert *cert) {
    unsigned char *der = NULL;
    struct error ignored;
    int len = i2d_X509(x, &der);
    bool good = len > 0 && cert_parse(a, slice_of(der, (size_t)len), cert, &ignored);
    OPENSSL_free(der);
    return good;
}

/* A certificate that cannot be read ends the chain, as it would for any client. */
static void read_chain(struct arena *a, SSL *ssl, struct tls_seen *seen) {
    STACK_OF(X509) *served = SSL_get_peer_cert_chain(ssl);
    seen->chain = ARENA_ARRAY(a, TLS_CHAIN_MAX, struct cert);
    for (int i = 0; i < sk_X509_num(served) && seen->count < TLS_CHAIN_MAX; i++) {
        if (!parse(a, sk_X509_value(served, i), &seen->chain[seen->count]))
            return;
        seen->count++;
    }
}

static void meet(struct arena *a, SSL *ssl, int fd, int64_t deadline_ms, struct tls_seen *seen) {
    const unsigned char *protocol;
    unsigned length;
    *seen = (struct tls_seen){.protocol = "", .cipher = "", .address = peer_address(a, fd)};
    seen->result = shake_hands(a, ssl, fd, deadline_ms, seen);
    if (seen->result != HANDSHAKE_DONE)
        return;
    SSL_get0_alpn_selected(ssl, &protocol, &length);
    seen->challenge = length == sizeof acme_tls - 2 && memcmp(protocol, acme_tls + 1, length) == 0;
    seen->protocol = arena_strdup(a, SSL_get_version(ssl));
    seen->cipher = arena_strdup(a, SSL_get_cipher_name(ssl));
    read_chain(a, ssl, seen);
}

static bool no_client(const char *server_name, struct error *e) {
    ERR_clear_error();
    return fail(e, ERR_INTERNAL, "no TLS client could be made for %s", "无法为 %s 建立 TLS 客户端",
                server_name);
}

/* False if no client could be made. */
static bool look(struct arena *a, SSL_CTX *context, int fd, const char *server_name, int64_t deadline_ms,
                 struct tls_seen *seen) {
    AUTO(SSL) ssl = SSL_new(context);
    if (!prepare(ssl, fd, server_name))
        return false;
    meet(a, ssl, fd, deadline_ms, seen);
    ERR_clear_error();
    return true;
}

bool tls_probe(struct arena *a, int fd, const char *server_name, int64_t deadline_ms, struct tls_seen *seen,
               struct error *e) {
    AUTO(SSL_CTX) context = make_context();
    return (context && look(a, context, fd, server_name, deadline_ms, seen)) || no_client(server_name, e);
}

bool tls_probe_challenge(struct arena *a, int fd, const char *server_name, int64_t deadline_ms,
                         struct tls_seen *seen, struct error *e) {
    AUTO(SSL_CTX) context = make_context();
    bool offers = context &&
                  SSL_CTX_set_alpn_protos(context, (const unsigned char *)acme_tls, sizeof acme_tls - 1) == 0;
    return (offers && look(a, context, fd, server_name, deadline_ms, seen)) || no_client(server_name, e);
}

/* ---- trust ---- */

static X509 *decode(const struct cert *cert) {
    const uint8_t *p = cert->der.p;
    return d2i_X509(NULL, &p, (long)cert->der.len);
}

static X509_STORE *make_store(const struct cert *roots, size_t count) {
    X509_STORE *store = X509_STORE_new();
    if (!store)
        return NULL;
    X509_STORE_set_default_paths(store); /* a machine without a store trusts the given roots alone */
    for (size_t i = 0; i < count; i++) {
        AUTO(X509) root = decode(&roots[i]);
        if (root)
            X509_STORE_add_cert(store, root);
    }
    return store;
}

static void free_certs(void *certs) {
    sk_X509_pop_free(certs, X509_free);
}

static STACK_OF(X509) * decode_rest(struct arena *a, const struct tls_seen *seen) {
    STACK_OF(X509) *certs = sk_X509_new_null();
    arena_defer(a, free_certs, certs);
    for (size_t i = 1; certs && i < seen->count; i++) {
        X509 *x = decode(&seen->chain[i]);
        if (x && !sk_X509_push(certs, x))
            X509_free(x);
    }
    return certs;
}

bool tls_chain_trusted(struct arena *a, const struct tls_seen *seen, const struct cert *roots,
                       size_t root_count, int64_t now) {
    if (seen->count == 0)
        return false;
    AUTO(X509_STORE) store = make_store(roots, root_count);
    AUTO(X509) leaf = decode(&seen->chain[0]);
    AUTO(X509_STORE_CTX) context = X509_STORE_CTX_new();
    bool ready = store && leaf && context && X509_STORE_CTX_init(context, store, leaf, decode_rest(a, seen));
    if (ready) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(param, (time_t)now);
        X509_VERIFY_PARAM_set_auth_level(param, SECURITY_BITS_112);
    }
    bool trusted = ready && X509_verify_cert(context) == 1;
    ERR_clear_error();
    return trusted;
}
