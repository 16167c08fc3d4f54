/* Structured log lines, written with one write each so that processes do not mix them. */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static struct {
    const char *role;
    enum log_level level;
} settings = {"tenure", LOG_INFO};

void log_setup(const char *role, enum log_level level) {
    settings.role = role;
    settings.level = level;
}

static const char *level_name(enum log_level level) {
    return level == LOG_ERROR     ? "error"
           : level == LOG_WARNING ? "warning"
           : level == LOG_INFO    ? "info"
                                  : "debug";
}

/* The code point of a character of one to three bytes. */
static unsigned code_of(const char *s, size_t len) {
    const unsigned char *c = (const unsigned char *)s;
    return len == 1   ? c[0]
           : len == 2 ? (c[0] & 0x1fu) << 6 | (c[1] & 0x3fu)
                      : (c[0] & 0xfu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
}

/* RFC 8259 string; what a terminal might obey is escaped, other bytes are as they are (our texts are UTF-8).
 */
static void add_string(struct buf *b, const char *s) {
    buf_char(b, '"');
    while (*s) {
        size_t obeyed = text_obeyed(s);
        if (*s == '"' || *s == '\\')
            buf_printf(b, "\\%c", *s);
        else if (obeyed)
            buf_printf(b, "\\u%04x", code_of(s, obeyed));
        else
            buf_char(b, *s);
        s += obeyed ? obeyed : 1;
    }
    buf_char(b, '"');
}

static void add_pair(struct buf *b, const struct log_pair *pair) {
    buf_char(b, ',');
    add_string(b, pair->key);
    buf_char(b, ':');
    if (pair->text)
        add_string(b, pair->text);
    else
        buf_printf(b, "%lld", (long long)pair->number);
}

void log_pairs(enum log_level level, const char *message, size_t count, const struct log_pair *pairs) {
    if (level > settings.level)
        return;
    AUTO_ARENA a = arena_new();
    struct buf b = buf_new(a, LINE_MAX_BYTES);
    if (getenv("JOURNAL_STREAM"))
        buf_printf(&b, "<%d>", level);
    /* The only clock outside the loops: a log line says when it was written, not what was decided. */
    buf_printf(&b, "{\"time\":\"%s\",\"level\":\"%s\",\"role\":\"%s\",\"msg\":", time_format(a, clock_now()),
               level_name(level), settings.role);
    add_string(&b, message);
    for (size_t i = 0; i < count; i++)
        add_pair(&b, &pairs[i]);
    buf_str(&b, "}\n");
    ssize_t ignored = write(STDERR_FILENO, b.p, b.len);
    (void)ignored; /* nobody is left to be told */
}

void log_failure(const char *message, const struct error *e, const char *subject) {
    log_event(LOG_WARNING, message, LOG_S("subject", subject), LOG_S("code", error_row(e->id)->code),
              LOG_S("detail", e->detail[LANG_EN]));
}
