/*
 * The confirmation letter of an application (SPEC section 9) as a PDF: all its data, and room for signature
 * and seal. Same data, same language, same fonts: same bytes.
 *
 * Needs one of the fonts of letter_pdf.c and reads its file; nothing else is read and nothing is written (no
 * fontconfig configuration, no cache). Pango starts a thread. The sandbox row of workers permits this; that
 * of web processes does not, and 20 ms of work are too much for them anyway.
 */
#pragma once
#include "base/error.h"

enum { LETTER_PDF_MAX = 4 * 1024 * 1024 };

/* All members are optional: a row without a value is left out. Texts are UTF-8; control characters do not
 * break lines.
 */
struct letter_organization {
    const char *name, *registration_number, *country, *province, *city, *address, *postal_code, *phone;
};

struct letter_contact {
    const char *name, *title, *email, *mobile;
};

struct letter {
    const char *application; /* id */
    int64_t application_number;
    const char *order, *certificate;                         /* ids */
    const char *brand, *grade, *domain_type, *key_algorithm; /* as people read them */
    int64_t years;                                           /* 0: left out */
    const char *const *names;
    size_t name_count;
    struct letter_organization organization;
    const struct letter_contact *contacts;
    size_t contact_count;
    int64_t date;
};

/* One language, or both beside each other. */
enum letter_language { LETTER_EN, LETTER_ZH, LETTER_BOTH };

bool letter_pdf(struct arena *a, const struct letter *letter, enum letter_language language,
                struct slice *pdf, struct error *e);
