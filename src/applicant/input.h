/*
 * What people type about themselves: trimmed, checked for its form, and put into the one form that is stored.
 * A mistake here is found by a person at the CA, days later; so the refusal says what is wrong.
 */
#pragma once
#include "base/error.h"
#include <stddef.h>

/* One text of an entity. An empty one is as good as none. */
struct input_rule {
    const char *field;
    size_t offset; /* of a const char * */
    size_t max;    /* characters */
    bool required;
    /* Its form, beyond that; NULL: any text of one line. Replaces the text by what is stored. */
    bool (*take)(struct arena *a, const struct input_rule *rule, const char **text, struct error *e);
};

/* All rules of a table, which ends with a row without a field. ERR_BAD_FIELD names the field. */
bool input_check(struct arena *a, const struct input_rule *rules, void *row, struct error *e);

/* LOCAL@DOMAIN, the domain in lower case and as A-labels. */
bool input_email(struct arena *a, const struct input_rule *rule, const char **text, struct error *e);
/* E.164: a plus sign, the code of the country, digits; spaces, hyphens, dots and brackets between are left
 * out. */
bool input_telephone(struct arena *a, const struct input_rule *rule, const char **text, struct error *e);
/* Two letters, in capitals. */
bool input_country(struct arena *a, const struct input_rule *rule, const char **text, struct error *e);
