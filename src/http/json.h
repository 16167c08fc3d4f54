/*
 * JSON on jansson, both ways by field tables. What comes in is strict: duplicate keys, NUL, depth above 32
 * and numbers beyond 64 bits are refused; its size is bounded by whoever read it.
 */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "base/field.h"
#include <jansson.h>

/* An object or array from text, wiped and released with the arena; ERR_BAD_REQUEST with line and column. */
bool json_read(struct arena *a, struct slice text, json_t **value, struct error *e);
/* Hands a reference to the arena; returns it. */
json_t *json_keep(struct arena *a, json_t *value);
const char *json_text(struct arena *a, const json_t *value, bool pretty);

/* A struct as an object, in the order of its fields; SECRET, HIDDEN and BLOB fields are left out. New
 * reference. */
json_t *json_from_row(struct arena *a, const struct field *fields, const void *row);
/* The compact text of json_from_row to the byte, without making the values: for long lists. */
void json_write_row(struct buf *b, const struct field *fields, const void *row);
/*
 * A body into a struct: unknown members are ERR_UNKNOWN_FIELD, wrong types and missing REQUIRED ones
 * ERR_BAD_FIELD, each naming the field, by its path where fields hold fields: "lines[2].years". Absent
 * members leave the struct as it was; null empties a text, a time, a list of words or money. SECRET fields
 * may come in; HIDDEN and BLOB fields are unknown.
 */
bool json_to_row(struct arena *a, const json_t *object, const struct field *fields, void *row,
                 struct error *e);
/* The JSON schema of a field table, for OpenAPI: what json_to_row takes, or what json_from_row gives. New
 * reference. */
json_t *json_schema(const struct field *fields, bool request);

json_t *json_time(struct arena *a, int64_t t); /* null for 0; new reference */
/* Null for NULL; bytes that are not UTF-8 (names in foreign certificates) become U+FFFD. New reference. */
json_t *json_string_of(struct arena *a, const char *s);
/* The text of json_string_of. */
void json_write_string(struct buf *b, const char *s);
/* The words of a FIELD_WORDS value as an array of strings; empty for NULL. New reference. */
json_t *json_words(struct arena *a, const char *words);
