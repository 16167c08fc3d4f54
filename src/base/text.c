/* Choosing a language, and what others wrote. */
#include "base/text.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The weight of one element of Accept-Language (RFC 9110, 12.5.4): "zh-CN;q=0.8". */
static double weight_of(const char *element, const char *end) {
    const char *q = memmem(element, (size_t)(end - element), "q=", 2);
    return q ? strtod(q + 2, NULL) : 1;
}

enum lang lang_from(const char *preference) {
    double weight[LANG_COUNT] = {0};
    const char *p = preference ? preference : "";
    while (*p) {
        const char *end = p + strcspn(p, ",");
        p += strspn(p, " \t");
        double w = weight_of(p, end);
        enum lang lang = strncasecmp(p, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
        if (w > weight[lang])
            weight[lang] = w;
        p = *end ? end + 1 : end;
    }
    return weight[LANG_ZH] > weight[LANG_EN] ? LANG_ZH : LANG_EN;
}

size_t text_obeyed(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    if (*s && (s[0] < 0x20 || s[0] == 0x7f))
        return 1;
    if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
        return 2;
    bool marks = s[0] == 0xe2 && s[1] == 0x80 && ((s[2] | 1) == 0x8f || (s[2] >= 0xaa && s[2] <= 0xae));
    bool isolates = s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
    return marks || isolates ? 3 : 0;
}

const char *text_for_people(struct arena *a, const char *text, size_t max) {
    size_t len = text ? strlen(text) : 0, kept = len < max ? len : max;
    while (kept < len && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
        kept--;
    char *line = arena_strndup(a, text ? text : "", kept), *to = line;
    for (const char *from = line; *from;) {
        size_t obeyed = text_obeyed(from);
        *to++ = obeyed ? ' ' : *from;
        from += obeyed ? obeyed : 1;
    }
    *to = 0;
    return line;
}
