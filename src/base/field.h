/*
 * The fields of an entity, listed once: they drive the row scan (db/), JSON both ways (http/json.h), the
 * OpenAPI schema and the columns of the CLI. They never write SQL.
 */
#pragma once
#include "base/slice.h"
#include "base/text.h"

enum field_type {
    FIELD_TEXT,  /* const char *, NULL for null */
    FIELD_INT,   /* int64_t */
    FIELD_TIME,  /* int64_t seconds; 0 is null; RFC 3339 in JSON */
    FIELD_BOOL,  /* bool; 0/1 in the database */
    FIELD_WORDS, /* const char *: words separated by one space in the database, an array of strings in JSON */
    FIELD_LIST,  /* const char *: a JSON array as text in the database, an array in JSON */
    FIELD_BLOB,  /* struct slice; never in JSON */
};

enum field_flag {
    FIELD_SECRET = 1 << 0,   /* never leaves the process: not in JSON, not in logs, not in audit entries */
    FIELD_COLUMN = 1 << 1,   /* a column of the CLI's table */
    FIELD_REQUIRED = 1 << 2, /* must be present in a request body */
    FIELD_HIDDEN = 1 << 3,   /* stored, but not part of the API */
    FIELD_OPTIONAL = 1 << 4, /* FIELD_INT, for answers: below 0 is null in JSON */
};

struct field {
    const char *name; /* column, JSON member */
    enum field_type type;
    size_t offset;
    unsigned flags;
    struct text label; /* column head, and what OpenAPI says of it */
};

/* A table ends with a row without a name. */
#define FIELD_END                                                                                            \
    { .name = NULL }
#define FIELD(type_, struct_, member, flags_, en, zh)                                                        \
    {                                                                                                        \
        .name = #member, .type = FIELD_##type_, .offset = offsetof(struct struct_, member),                  \
        .flags = (flags_), .label = TEXT(en, zh)                                                             \
    }
