/*
 * The sections of tenure.yaml. Each is one file config_NAME.c: the keys as they stand in the file, the reader
 * that makes a member of struct config of them, and one struct config_section. A new one is that file, its
 * line below, its line in config.c: sections[], its line in meson.build, and its keys in
 * docs/man/tenure.yaml.5.scd.
 */
#pragma once
#include "base/yaml.h"
#include "tenure/config.h"

struct config_section {
    const char *name;
    cyaml_schema_value_t schema; /* CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file, fields) */
    /* `file` is a struct of the schema, all zero if the section is absent; defaults are filled in here. */
    bool (*read)(struct arena *a, const void *file, struct config *config, struct error *e);
};

extern const struct config_section config_ca;
extern const struct config_section config_deploy;
extern const struct config_section config_dns;
extern const struct config_section config_outbound;
extern const struct config_section config_payment;
extern const struct config_section config_probe;
extern const struct config_section config_responder;
extern const struct config_section config_smtp;
extern const struct config_section config_validation;

/* ---- for schemas: what may be absent is a pointer, NULL then ---- */

#define CONFIG_OPTIONAL CYAML_FLAG_POINTER_NULL | CYAML_FLAG_OPTIONAL

/* The entry of a list of texts. */
extern const cyaml_schema_value_t config_text;

/* ---- for readers ---- */

int64_t config_number(const unsigned *value, int64_t missing);
/* tools/check-docs compares both numbers with the man page: write them as literals, or DAY. */
bool config_in_range(const char *field, int64_t value, int64_t least, int64_t most, struct error *e);
/* Returns `good`; the complaint of a reader elsewhere, which knows no keys, becomes one about this key. */
bool config_at_key(const char *key, bool good, struct error *e);
