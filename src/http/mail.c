/* Sending e-mail: libcurl speaks SMTP and makes the MIME parts, the headers are ours. */
#include "http/mail.h"
#include "http/address.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMTP_REFUSED = 400, URL_SIZE = 400 };

struct mailer {
    const struct mail_settings *settings;
    CURL *curl; /* NULL before the first mail */
    char problem[CURL_ERROR_SIZE];
    char answer[256]; /* the last line that the server said */
    bool refused;     /* the address is not this machine, and there is no TLS */
};

static void mailer_free(void *object) {
    struct mailer *mailer = object;
    curl_easy_cleanup(mailer->curl);
}

struct mailer *mailer_new(struct arena *a, const struct mail_settings *settings) {
    struct mailer *mailer = ARENA_NEW(a, struct mailer);
    mailer->settings = settings;
    arena_defer(a, mailer_free, mailer);
    return mailer;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to) {
    struct mailer *mailer = context;
    struct address address;
    (void)purpose;
    bool local = address_from(&to->addr, &address) && address_is_loopback(&address);
    mailer->refused = mailer->settings->security == MAIL_PLAIN && !local;
    return mailer->refused ? CURL_SOCKET_BAD : socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* What the server says: each of its lines comes here. */
static size_t take_line(char *data, size_t size, size_t count, void *context) {
    struct mailer *mailer = context;
    snprintf(mailer->answer, sizeof mailer->answer, "%.*s", (int)(size * count), data);
    mailer->answer[strcspn(mailer->answer, "\r\n")] = 0;
    return size * count;
}

/* ---- the message ---- */

static struct curl_slist *header(struct arena *a, struct curl_slist *list, const char *name,
                                 const char *value) {
    return curl_slist_append(list, arena_printf(a, "%s: %s", name, value));
}

static struct curl_slist *headers_of(struct arena *a, const struct mail_settings *s,
                                     const struct mail *mail) {
    const char *id = arena_printf(a, "<%s%s>", mail->id, strrchr(s->from, '@'));
    struct curl_slist *list = header(a, NULL, "Date", mail_date(a, mail->at));
    list = header(a, list, "From", arena_printf(a, "Tenure <%s>", s->from));
    list = header(a, list, "To", arena_printf(a, "<%s>", mail->to));
    list = header(a, list, "Subject", mail_header_text(a, mail->subject));
    list = header(a, list, "Message-ID", id);
    list = header(a, list, "Content-Language", mail->lang);
    return header(a, list, "Auto-Submitted", "auto-generated");
}

static curl_mime *body_of(CURL *curl, const struct mail *mail) {
    curl_mime *mime = curl_mime_init(curl);
    curl_mimepart *part = curl_mime_addpart(mime);
    curl_mime_data(part, mail->text, CURL_ZERO_TERMINATED);
    curl_mime_type(part, "text/plain; charset=utf-8");
    curl_mime_encoder(part, "base64");
    return mime;
}

/* ---- the call ---- */

static void set_server(struct mailer *mailer) {
    const struct mail_settings *s = mailer->settings;
    CURL *c = mailer->curl;
    char url[URL_SIZE];
    /* behind the slash: the name that we greet with, which must not tell our host's */
    snprintf(url, sizeof url, "%s://%s:%lld/tenure", s->security == MAIL_TLS ? "smtps" : "smtp", s->host,
             (long long)s->port);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(c, CURLOPT_USE_SSL,
                     (long)(s->security == MAIL_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (s->username) {
        curl_easy_setopt(c, CURLOPT_USERNAME, s->username);
        curl_easy_setopt(c, CURLOPT_PASSWORD, (const char *)secret_bytes(s->password));
    }
    if (s->ca.p) {
        struct curl_blob ca = {.data = (void *)s->ca.p, .len = s->ca.len, .flags = CURL_BLOB_COPY};
        curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
    }
}

static void set_options(struct mailer *mailer) {
    CURL *c = mailer->curl;
    curl_easy_reset(c); /* connections stay */
    set_server(mailer);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)mailer->settings->timeout_ms);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, mailer->problem);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, mailer);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_line);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, mailer);
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, mailer->settings->from);
}

static bool send_failed(struct mailer *mailer, const struct mail *mail, CURLcode code, struct error *e) {
    const struct mail_settings *s = mailer->settings;
    long status = 0;
    curl_easy_getinfo(mailer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (mailer->refused)
        return fail(e, ERR_ADDRESS_NOT_ALLOWED, "%s is not this machine: mail goes there with TLS only",
                    "%s 不是本机:必须使用 TLS 发送邮件", s->host);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail(e, ERR_TIMED_OUT, "the mail server %s:%lld does not answer in time",
                    "邮件服务器 %s:%lld 未在规定时间内应答", s->host, (long long)s->port);
    if (status >= SMTP_REFUSED)
        return fail(e, ERR_CHANNEL_REFUSED, "the mail server %s:%lld refuses the mail to %s: %s",
                    "邮件服务器 %s:%lld 拒绝发往 %s 的邮件:%s", s->host, (long long)s->port, mail->to,
                    mailer->answer);
    const char *reason = *mailer->problem ? mailer->problem : curl_easy_strerror(code);
    return fail(e, ERR_UNREACHABLE, "the mail server %s:%lld cannot be used: %s",
                "邮件服务器 %s:%lld 不可用:%s", s->host, (long long)s->port, reason);
}

static CURLcode perform(struct mailer *mailer, const struct mail *mail) {
    AUTO_ARENA a = arena_new();
    struct curl_slist *headers = headers_of(a, mailer->settings, mail);
    struct curl_slist *to = curl_slist_append(NULL, mail->to);
    curl_mime *body = body_of(mailer->curl, mail);
    curl_easy_setopt(mailer->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(mailer->curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(mailer->curl, CURLOPT_MIMEPOST, body);
    CURLcode code = curl_easy_perform(mailer->curl);
    curl_easy_setopt(mailer->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(mailer->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_easy_setopt(mailer->curl, CURLOPT_MIMEPOST, NULL);
    curl_mime_free(body);
    curl_slist_free_all(to);
    curl_slist_free_all(headers);
    return code;
}

bool mail_send(struct mailer *mailer, const struct mail *mail, struct error *e) {
    if (!mailer->settings || !mailer->settings->host)
        return fail(e, ERR_MAIL_NOT_CONFIGURED, "tenure.yaml names no mail server",
                    "tenure.yaml 未配置邮件服务器");
    if (!mail_address_valid(mail->to))
        return fail_field(e, "receiver", ERR_BAD_FIELD, "'%s' is no e-mail address", "“%s”不是有效的邮箱地址",
                          mail->to);
    if (!mailer->curl)
        mailer->curl = curl_easy_init();
    if (!mailer->curl)
        abort(); /* out of memory ends the process */
    mailer->refused = false;
    mailer->problem[0] = mailer->answer[0] = 0;
    set_options(mailer);
    CURLcode code = perform(mailer, mail);
    return code == CURLE_OK || send_failed(mailer, mail, code, e);
}
