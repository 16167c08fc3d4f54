/* Choosing a language. */
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
