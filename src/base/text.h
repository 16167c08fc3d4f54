/*
 * Texts for people, in the two languages of Tenure. Both stand beside each other wherever they are used
 * (docs/decisions/0002): a text that lacks one does not compile.
 */
#pragma once
#include "base/arena.h"

enum lang { LANG_EN, LANG_ZH, LANG_COUNT };

struct text {
    const char *in[LANG_COUNT];
};

#define TEXT(en, zh)                                                                                         \
    {                                                                                                        \
        { en, zh }                                                                                           \
    }

/* From an Accept-Language header or a LANG variable; English unless Chinese is preferred. NULL is allowed. */
enum lang lang_from(const char *preference);

/* Bytes of the character at `text` if a terminal might obey it, else 0: C0, DEL, C1, U+200E/F, U+202A-E,
 * U+2066-9. */
size_t text_obeyed(const char *text);
/* What somebody else wrote: one line of at most `max` bytes, without half characters and with a blank for
 * each that a terminal might obey; empty for NULL. */
const char *text_for_people(struct arena *a, const char *text, size_t max);
