/* Targets, runner and probe of the simulation. */
#include "sim/world.h"
#include "base/rand.h"
#include "deploy/deploy_db.h"
#include <stdlib.h>

#define FOLDER "/simulated"

static const char *const folders[] = {FOLDER, NULL};

/* Serves the chain that was last put at the path that the address names: the certificate's number is the
 * port. */
static bool look(const struct prober *self, struct arena *a, const char *address, const char *server_name,
                 struct tls_seen **seen, size_t *count, struct error *e) {
    const struct world *world = self->context;
    (void)server_name;
    struct slice content = {0};
    *seen = ARENA_NEW(a, struct tls_seen);
    *count = 1;
    (*seen)->address = address;
    (*seen)->protocol = "TLSv1.3";
    (*seen)->cipher = "simulated";
    (*seen)->reason = (struct text)TEXT("", "");
    const char *path = arena_printf(a, FOLDER "/%s/fullchain.pem", strchr(address, ':') + 1);
    if (!runner_fake_file(world->runner, path, &content)) {
        (*seen)->result = HANDSHAKE_UNREACHABLE;
        return true;
    }
    return cert_list_from_pem(a, content, TLS_CHAIN_MAX, &(*seen)->chain, &(*seen)->count, e);
}

void world_start(struct world *world, struct arena *a, struct services *services) {
    *world = (struct world){.arena = a, .runner = runner_fake(a, NULL, NULL)};
    world->prober = (struct prober){.look = look, .context = world};
    world->deploy.policy.folders = folders;
    services->runner = world->runner;
    services->prober = &world->prober;
    services->deploy = &world->deploy;
}

bool world_add_target(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                      struct error *e) {
    long long number = (long long)c->number;
    struct target target = {
        .id = id_new(a, "tgt", now),
        .account_id = c->account_id,
        .name = arena_printf(a, "server-%lld", number),
        .kind = "file",
        .files = arena_printf(a,
                              "[{\"path\":\"" FOLDER "/%lld/fullchain.pem\",\"content\":\"fullchain\"},"
                              "{\"path\":\"" FOLDER "/%lld/key.pem\",\"content\":\"key\",\"mode\":\"0600\"}]",
                              number, number),
        .probe_address = arena_printf(a, "127.0.0.1:%lld", number),
        .server_name = names_at(a, c->names, 0),
        .created_at = now,
    };
    return target_bind(services, a, &target, c->id, e) && target_insert(services->db, &target, e);
}
