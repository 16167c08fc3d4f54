/* The events, and their texts. Internal to notify/. */
#pragma once
#include "http/route.h"

struct event_row {
    const char *name;
    const char *urgency;     /* info, warning or urgent */
    bool about_expiry;       /* can be muted, and goes where the certificate's settings say */
    unsigned roles;          /* whom it concerns */
    struct text title, body; /* {name} stands for a parameter */
};
extern const struct event_row events[]; /* ends with a row without a name */

/* NULL if there is none. */
const struct event_row *event_find(const char *name);

/* A parameter may be given in both languages, as name_en and name_zh. What is missing becomes "-", and no
 * control character comes through: a value may come from outside. */
const char *event_text(struct arena *a, const struct text *text, const json_t *params, enum lang lang);

/* What people read of a notice. */
struct rendered {
    const char *title, *body;
};
/* Also of events that a newer or older Tenure has written. */
struct rendered event_render(struct arena *a, const char *event, const char *params, enum lang lang);
