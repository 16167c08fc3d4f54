/* Percent-encoding and query strings. */
#include "http/url.h"
#include <ctype.h>

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte that the escape at `s` stands for; 0 if it is none, or a NUL. */
static int escaped_byte(const char *s, size_t len) {
    if (len < 3 || s[0] != '%' || hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
        return 0;
    return hex_digit(s[1]) << 4 | hex_digit(s[2]);
}

bool url_target_valid(const char *target) {
    if (*target != '/')
        return false;
    for (const char *p = target; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || *p == '#' || (*p == '%' && !escaped_byte(p, strnlen(p, 3))))
            return false;
    return true;
}

const char *url_decode(struct arena *a, const char *s, size_t len) {
    char *decoded = arena_alloc(a, len + 1), *out = decoded;
    for (size_t i = 0; i < len; i++) {
        if (s[i] != '%') {
            *out++ = s[i];
            continue;
        }
        int byte = escaped_byte(s + i, len - i);
        if (!byte)
            return NULL;
        *out++ = (char)byte;
        i += 2;
    }
    return decoded;
}

const char *url_encode(struct arena *a, const char *s) {
    static const char hex[] = "0123456789ABCDEF";
    char *encoded = arena_alloc(a, strlen(s) * 3 + 1), *out = encoded;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c))) {
            *out++ = *s;
            continue;
        }
        *out++ = '%';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    return encoded;
}

/* In a query a plus sign is a space, as HTML forms write it. */
static const char *decode_form(struct arena *a, const char *s, size_t len) {
    char *copy = arena_copy(a, s, len);
    for (size_t i = 0; i < len; i++)
        if (copy[i] == '+')
            copy[i] = ' ';
    return url_decode(a, copy, len);
}

const char *url_query(struct arena *a, const char *query, const char *name) {
    for (const char *p = query; p && *p;) {
        size_t len = strcspn(p, "&"), name_len = strcspn(p, "&=");
        const char *found = decode_form(a, p, name_len);
        if (found && strcmp(found, name) == 0)
            return name_len < len ? decode_form(a, p + name_len + 1, len - name_len - 1) : "";
        p += len + (p[len] == '&');
    }
    return NULL;
}

const char *url_query_name(struct arena *a, const char **query) {
    const char *p = *query ? *query + strspn(*query, "&") : "";
    size_t len = strcspn(p, "&");
    *query = p + len;
    return *p ? decode_form(a, p, strcspn(p, "&=")) : NULL;
}
