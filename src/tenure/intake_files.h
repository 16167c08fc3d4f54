/* What `tenure import` reads: one file, or a folder in the layouts of certbot, acme.sh, uacme, or plain PEM
 * files. */
#pragma once
#include "http/json.h"

enum { INTAKE_FILES_MAX = 10000 };

struct intake_file {
    const char *certificate; /* path */
    const char *key;         /* path, or NULL: in the certificate's file, or none */
};

/* A file with the key given, or every certificate below a folder with the key that lies beside it. */
bool intake_find(struct arena *a, const char *path, const char *key, struct intake_file **files,
                 size_t *count, struct error *e);
/* The members `certificate` (PEM) or `certificate_base64`, and `key`, of an import. */
bool intake_body(struct arena *a, const struct intake_file *file, json_t *body, struct error *e);
