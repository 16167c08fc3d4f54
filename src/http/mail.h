/*
 * E-mail by SMTP, on libcurl: MIME, STARTTLS or TLS, authentication. The connection is kept for the next
 * message. Without TLS mail goes to this machine only. The server is named by the configuration, not by
 * anybody's input, so the policy for outgoing connections is not asked.
 */
#pragma once
#include "base/error.h"
#include "base/secret.h"

enum mail_security { MAIL_STARTTLS, MAIL_TLS, MAIL_PLAIN };

struct mail_settings {
    const char *host; /* NULL: there is no mail server */
    int64_t port;
    enum mail_security security;
    const char *username; /* NULL: no authentication */
    const struct secret *password;
    const char *from;
    struct slice ca; /* PEM of whom to trust instead of the system's store; p NULL: that one */
    int64_t timeout_ms;
};

struct mail {
    const char *id;             /* of the Message-ID, before its @ */
    const char *to;             /* one address, as mail_address_valid takes it */
    const char *subject, *text; /* UTF-8 */
    const char *lang;           /* Content-Language */
    int64_t at;
};

struct mailer;
struct mailer *mailer_new(struct arena *a, const struct mail_settings *settings);
/* ERR_MAIL_NOT_CONFIGURED, ERR_CHANNEL_REFUSED with what the server said, ERR_TIMED_OUT, ERR_UNREACHABLE. */
bool mail_send(struct mailer *mailer, const struct mail *mail, struct error *e);

/* ---- mail_header.c: pure ---- */

/* "local@domain" in visible ASCII, nothing that could end a header or begin another address. */
bool mail_address_valid(const char *address);
/* RFC 5322: "Sun, 22 Nov 2026 00:00:00 +0000" */
const char *mail_date(struct arena *a, int64_t t);
/* The value of a header: as it stands if it is plain ASCII, else encoded words (RFC 2047), folded. At most
 * some 200 bytes of it; never a control character. */
const char *mail_header_text(struct arena *a, const char *text);
