/* What hooks print, and what stands in their environment files: the first line are the secrets, the rest is the output. */
#include "base/child.h"
#include "base/redact.h"
#include "fuzz.h"
#include "runner/hook.h"

enum { SECRETS_MAX = 8, QUOTED = 300 };

/* A secret that has a star may come about by itself. */
static void check_gone(const char *text, const char *secret) {
    if (strlen(secret) >= REDACT_MIN && !strchr(secret, '*'))
        CHECK(!strstr(text, secret));
}

static void check_output(struct arena *a, const char *output, const char *const secrets[]) {
    const char *whole = redact(a, output, false, secrets), *cut = redact(a, output, true, secrets);
    CHECK(strlen(whole) <= 3 * strlen(output) && strlen(cut) <= 3 * strlen(output));
    for (size_t i = 0; secrets[i]; i++) {
        check_gone(whole, secrets[i]);
        check_gone(cut, secrets[i]);
    }
    CHECK(strlen(child_last_words(a, whole, QUOTED)) <= QUOTED);
}

static void check_environment(struct arena *a, const char *text) {
    struct hook_environment environment;
    struct error e = {0};
    if (!hook_read_environment(a, text, &environment, &e))
        return;
    for (size_t i = 0; environment.variables[i]; i++) {
        const char *equals = strchr(environment.variables[i], '=');
        CHECK(equals && equals > environment.variables[i]);
        CHECK(strcmp(equals + 1, environment.values[i]) == 0);
        CHECK(!strchr(environment.variables[i], '\n'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    char *output = arena_strndup(a, size ? (const char *)data : "", size), *line = strsep(&output, "\n");
    const char *secrets[SECRETS_MAX + 1] = {NULL};
    check_environment(a, output ? output : line);
    for (size_t i = 0; i < SECRETS_MAX && line; i++)
        secrets[i] = strsep(&line, " ");
    if (output && strlen(output) <= CHILD_OUTPUT_MAX)
        check_output(a, output, secrets);
    return 0;
}
