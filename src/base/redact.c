/* Taking secrets out of texts: what they cover is marked first, so that those that overlap leave no rest. */
#include "base/redact.h"
#include "base/buf.h"
#include <string.h>

static void mark_all(const char *text, size_t len, const char *secret, size_t secret_len, bool *covered) {
    const char *at = text;
    while ((at = memmem(at, len - (size_t)(at - text), secret, secret_len))) {
        memset(covered + (at - text), true, secret_len);
        at++;
    }
}

/* The longest beginning of the secret that the text ends with. */
static void mark_end(const char *text, size_t len, const char *secret, size_t secret_len, bool *covered) {
    size_t part = secret_len - 1 < len ? secret_len - 1 : len;
    while (part && memcmp(text + len - part, secret, part) != 0)
        part--;
    memset(covered + len - part, true, part);
}

static char *without(struct arena *a, const char *text, size_t len, const bool *covered) {
    struct buf b = buf_new(a, 3 * len + 1);
    for (size_t i = 0; i < len; i++)
        if (!covered[i])
            buf_char(&b, text[i]);
        else if (i == 0 || !covered[i - 1])
            buf_str(&b, "***");
    return b.p;
}

char *redact(struct arena *a, const char *text, bool cut, const char *const secrets[]) {
    size_t len = strlen(text);
    bool *covered = ARENA_ARRAY(a, len + 1, bool);
    for (size_t i = 0; secrets && secrets[i]; i++) {
        size_t secret_len = strlen(secrets[i]);
        if (secret_len < REDACT_MIN)
            continue;
        mark_all(text, len, secrets[i], secret_len, covered);
        if (cut)
            mark_end(text, len, secrets[i], secret_len, covered);
    }
    return without(a, text, len, covered);
}
