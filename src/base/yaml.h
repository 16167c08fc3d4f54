/*
 * YAML files into structs, by a libcyaml schema. A file with a doubt in it is refused with file, line and
 * field.
 *
 * Stricter than libcyaml: no empty file, no second document, no alias, no NUL inside a text; an integer is
 * plain decimal digits ("010" is not 8, "30 days" is not 30), a boolean is true or false. Unknown and
 * duplicate keys, missing fields and words outside an enumeration are errors; use CYAML_FLAG_STRICT with
 * every enumeration. libcyaml knows no defaults: what is optional is a pointer, NULL if absent.
 */
#pragma once
#include "base/clock.h"
#include <cyaml/cyaml.h>

enum { YAML_FILE_MAX = 256 * 1024 };

/*
 * `origin` is the file's name in messages. The schema's top is a pointer to a mapping; *out and what it holds
 * lives in the arena. ERR_BAD_CONFIG otherwise, its `field` being the path, such as caps[2].days.
 */
bool yaml_load(struct arena *a, const char *origin, struct slice text, const cyaml_schema_value_t *schema,
               void **out, struct error *e);

/* ---- rows of a schema ---- */

#define YAML_INT(key, type, member)  CYAML_FIELD_INT(key, CYAML_FLAG_DEFAULT, type, member)
#define YAML_BOOL(key, type, member) CYAML_FIELD_BOOL(key, CYAML_FLAG_DEFAULT, type, member)
#define YAML_TEXT(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, 200)
/* Absent, a text is NULL, a number 0. */
#define YAML_OPTIONAL_TEXT(key, type, member)                                                                \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, 200)
#define YAML_OPTIONAL_INT(key, type, member)  CYAML_FIELD_INT(key, CYAML_FLAG_OPTIONAL, type, member)
#define YAML_OPTIONAL_BOOL(key, type, member) CYAML_FIELD_BOOL(key, CYAML_FLAG_OPTIONAL, type, member)
/* One word of a cyaml_strval_t array, and a list of words as bits. */
#define YAML_WORD(key, type, member, words)                                                                  \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))
#define YAML_WORDS(key, type, member, words)                                                                 \
    CYAML_FIELD_FLAGS(key, CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))
#define YAML_MAPPING(key, type, member, fields)                                                              \
    CYAML_FIELD_MAPPING(key, CYAML_FLAG_DEFAULT, type, member, fields)

/* A struct text: {en: …, zh: …} */
extern const cyaml_schema_field_t yaml_text_fields[];

/* ---- checks after loading ---- */

bool yaml_check_range(const char *origin, const char *field, int64_t value, int64_t min, int64_t max,
                      struct error *e);
/* A date or time as text. */
bool yaml_check_time(const char *origin, const char *field, const char *text, int64_t *t, struct error *e);
