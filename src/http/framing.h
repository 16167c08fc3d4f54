/*
 * The gate before any handler: whether two parsers could disagree about where the request ends or which host
 * it is for (RFC 9112, 3.2, 6.1, 6.3 and 11.2). libmicrohttpd takes several such requests; we refuse them and
 * close.
 */
#pragma once
#include "base/error.h"

/* What the headers say; zeroed at first. */
struct framing {
    int content_lengths, transfer_encodings, hosts;
    bool unknown_coding, malformed;
    uint64_t content_length;
};

/* Each header in turn, repeated ones too. `name_len` counts the bytes up to the colon. */
void framing_header(struct framing *f, const char *name, size_t name_len, const char *value,
                    size_t value_len);
/* The verdict once all are seen; `version` is "HTTP/1.0" or "HTTP/1.1". */
bool framing_allowed(const struct framing *f, const char *version, struct error *e);
static inline bool framing_has_body(const struct framing *f) {
    return f->content_length > 0 || f->transfer_encodings > 0;
}
