/*
 * Fuzz target: the files that an administrator writes, each input tried as a profile, as a catalogue and as
 * tenure.yaml. What is accepted must keep what the rest of the program relies on: a profile can be planned
 * with, a brand has its profile, the daemon listens on loopback only.
 */
#include "base/file.h"
#include "catalog/catalog.h"
#include "fuzz.h"
#include "policy/policy_files.h"
#include "tenure/config.h"
#include <sys/mman.h>
#include <unistd.h>

static void try_profile(struct arena *a, struct slice text) {
    struct policies policies = {.count = 0};
    struct error e = {0};
    struct plan plan;
    if (!policy_add(a, "input", text, &policies, &e))
        return;
    CHECK(policies.count == 1);
    const struct profile *p = policies.profiles[0];
    const struct plan_input in = {
        .profile = p, .years = p->years.min, .order = {.kind = ORDER_PURCHASE, .at = 1800000000}};
    CHECK(policy_plan(a, &in, &plan, &e) && plan.coverage_end > in.order.at);
}

static const struct policies *built_in_policies(void) {
    static struct policies policies;
    static struct arena *lasting;
    struct error e = {0};
    if (!lasting) {
        lasting = arena_new();
        CHECK(policy_load(lasting, NULL, &policies, &e));
    }
    return &policies;
}

static void try_catalog(struct arena *a, struct slice text) {
    struct catalog catalog = {.count = 0};
    struct error e = {0};
    if (!catalog_add(a, "input", text, built_in_policies(), &catalog, &e))
        return;
    CHECK(catalog.count > 0);
    for (size_t i = 0; i < catalog.count; i++)
        CHECK(policy_find(built_in_policies(), catalog.brands[i]->profile, 0));
}

/* config_load reads a file: this one is in memory. */
static void try_config(struct arena *a, struct slice text) {
    AUTO_FD fd = memfd_create("tenure.yaml", MFD_CLOEXEC);
    struct config config;
    struct error e = {0};
    CHECK(fd >= 0 && write(fd, text.p, text.len) == (ssize_t)text.len);
    if (!config_load(a, arena_printf(a, "/proc/self/fd/%d", fd), "/data", &config, &e))
        return;
    CHECK(strncmp(config.address, "127.", 4) == 0 && config.port >= 0 && config.port <= 65535);
    CHECK(config.web_processes >= 1 && config.workers >= 1 && config.probe_timeout_ms >= 1000);
    for (size_t i = 0; config.deploy.policy.folders[i]; i++)
        CHECK(config.deploy.policy.folders[i][0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    const struct slice text = slice_of(data, size);
    try_profile(a, text);
    try_catalog(a, text);
    try_config(a, text);
    return 0;
}
