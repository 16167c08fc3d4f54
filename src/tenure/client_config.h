/* Where the CLI finds the daemon and its access key: TENURE_URL and TENURE_KEY, else client.yaml (0600),
 * written by login. */
#pragma once
#include "base/error.h"
#include "base/secret.h"

struct client_config {
    const char *url;
    struct secret *key; /* "ID.SECRET", or NULL */
};

/* A missing file gives the default URL and no key; one that others can read is refused. */
bool client_config_read(struct arena *a, struct client_config *config, struct error *e);
/* `path` says where it was written: $XDG_CONFIG_HOME/tenure/client.yaml, ~/.config by default. */
bool client_config_write(struct arena *a, const struct client_config *config, const char **path,
                         struct error *e);
