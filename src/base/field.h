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
    FIELD_MAP,   /* const char *: a JSON object as text in the database, an object in JSON */
    FIELD_BLOB,  /* struct slice; never in JSON */
    /* what is no column: a row of the database does not reach it */
    FIELD_MONEY,  /* struct money; null in answers without a currency; its columns: FIELD_MONEY_COLUMNS */
    FIELD_OBJECT, /* a struct inside the struct: an object of the fields `of` */
    FIELD_ROWS,   /* a pointer to structs and their count: an array of objects of the fields `of` */
};

enum field_flag {
    FIELD_SECRET = 1 << 0,   /* never leaves the process: not in JSON, not in logs, not in audit entries */
    FIELD_COLUMN = 1 << 1,   /* a column of the CLI's table */
    FIELD_REQUIRED = 1 << 2, /* must be present in a request body */
    FIELD_HIDDEN = 1 << 3,   /* stored, but not part of the API */
    FIELD_OPTIONAL = 1 << 4, /* FIELD_INT, for answers: below 0 is null in JSON */
    /* The id of another object, in a body: one of another account is ERR_NOT_FOUND. The kind of object is the
     * name without `_id`. */
    FIELD_REFERENCE = 1 << 5,
    FIELD_NOT_NULL =
        1 << 6, /* in a body it may be absent, but null is refused: what has it cannot be without it */
};

struct field {
    const char *name; /* column, JSON member */
    enum field_type type;
    size_t offset;
    unsigned flags;
    struct text label; /* column head, and what OpenAPI says of it */
    /* FIELD_OBJECT and FIELD_ROWS; the last two of FIELD_ROWS alone */
    const struct field *of;
    size_t size, count_offset; /* of one struct; of the size_t that counts them */
};

static inline bool field_is_column(const struct field *f) {
    return f->type < FIELD_MONEY;
}

/* A table ends with a row without a name. */
#define FIELD_END                                                                                            \
    { .name = NULL }
#define FIELD(type_, struct_, member, flags_, en, zh)                                                        \
    {                                                                                                        \
        .name = #member, .type = FIELD_##type_, .offset = offsetof(struct struct_, member),                  \
        .flags = (flags_), .label = TEXT(en, zh)                                                             \
    }
#define FIELD_OBJECT_OF(of_, struct_, member, flags_, en, zh)                                                \
    {                                                                                                        \
        .name = #member, .type = FIELD_OBJECT, .offset = offsetof(struct struct_, member),                   \
        .flags = (flags_), .label = TEXT(en, zh), .of = (of_)                                                \
    }
/* budget: what a row of the table has, and the member that counts */
#define FIELD_ROWS_OF(of_, struct_, member, count_, flags_, en, zh)                                          \
    {                                                                                                        \
        .name = #member, .type = FIELD_ROWS, .offset = offsetof(struct struct_, member), .flags = (flags_),  \
        .label = TEXT(en, zh), .of = (of_), .size = sizeof *((struct struct_ *)NULL)->member,                \
        .count_offset = offsetof(struct struct_, count_)                                                     \
    }
/* Beside FIELD(MONEY, …): what the columns MEMBER_amount and MEMBER_currency fill. */
#define FIELD_MONEY_COLUMNS(struct_, member)                                                                 \
    {.name = #member "_amount",                                                                              \
     .type = FIELD_INT,                                                                                      \
     .offset = offsetof(struct struct_, member.amount),                                                      \
     .flags = FIELD_HIDDEN,                                                                                  \
     .label = TEXT("", "")},                                                                                 \
    {                                                                                                        \
        .name = #member "_currency", .type = FIELD_TEXT,                                                     \
        .offset = offsetof(struct struct_, member.currency), .flags = FIELD_HIDDEN, .label = TEXT("", "")    \
    }
