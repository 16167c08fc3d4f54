/* The gate before any handler. */
#include "http/framing.h"
#include <ctype.h>
#include <strings.h>

/* RFC 9110, 5.6.2: no spaces, so "Content-Length :" is refused. */
static bool is_token(const char *s, size_t len) {
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] >= 0x80 ||
            (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i])) || !s[i])
            return false;
    return len > 0;
}

static bool is_value(const char *s, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
            return false;
    return true;
}

static bool same(const char *s, size_t len, const char *word) {
    return len == strlen(word) && strncasecmp(s, word, len) == 0;
}

/* Digits only, no sign, within 64 bits. */
static bool parse_length(const char *s, size_t len, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)s[i]) || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(s[i] - '0'), value))
            return false;
    return len > 0;
}

void framing_header(struct framing *f, const char *name, size_t name_len, const char *value,
                    size_t value_len) {
    f->malformed |= !is_token(name, name_len) || !is_value(value, value_len);
    if (same(name, name_len, "Host"))
        f->hosts++;
    if (same(name, name_len, "Transfer-Encoding")) {
        f->transfer_encodings++;
        f->unknown_coding |= !same(value, value_len, "chunked");
    }
    if (same(name, name_len, "Content-Length")) {
        f->content_lengths++;
        f->malformed |= !parse_length(value, value_len, &f->content_length);
    }
}

bool framing_allowed(const struct framing *f, const char *version, struct error *e) {
    bool old = strcmp(version, "HTTP/1.0") == 0;
    if (f->malformed)
        return fail(e, ERR_BAD_REQUEST, "a header is malformed", "请求头格式错误");
    if (f->content_lengths > 1 || f->transfer_encodings > 1)
        return fail(e, ERR_BAD_REQUEST, "the length of the body is given more than once",
                    "请求体长度被重复指定");
    if (f->content_lengths && f->transfer_encodings)
        return fail(e, ERR_BAD_REQUEST, "Content-Length and Transfer-Encoding exclude each other",
                    "Content-Length 与 Transfer-Encoding 不能同时出现");
    if (f->unknown_coding || (old && f->transfer_encodings))
        return fail(e, ERR_BAD_REQUEST, "chunked, of HTTP/1.1, is the only transfer coding",
                    "仅支持 HTTP/1.1 的 chunked 传输编码");
    if (f->hosts > 1 || (f->hosts == 0 && !old))
        return fail(e, ERR_BAD_REQUEST, "there must be one Host header", "必须且只能有一个 Host 请求头");
    return true;
}
