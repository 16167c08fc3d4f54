/* What the data files of profiles/ have in common: for policy_load.c and catalog/. */
#pragma once
#include "base/yaml.h"
#include "policy/policy.h"

/* The brands of a folder stand in this file beside its profiles. */
#define CATALOG_FILE "catalog.yaml"

/* Bits: 1 << enum domain_type. */
extern const cyaml_strval_t domain_type_words[DOMAIN_MIXED];

/* One profile from a file's text, which takes the place of an equal one; `origin` is its name in messages. */
bool policy_add(struct arena *a, const char *origin, struct slice text, struct policies *policies,
                struct error *e);
