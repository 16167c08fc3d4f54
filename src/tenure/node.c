/* Opening what a process works with. */
#include "tenure/node.h"
#include "issue/acme_account.h"
#include "signer/signer.h"
#include "solve/automatic.h"

bool node_open(struct node *node, const struct config *config, enum db_role role, int port, struct error *e) {
    struct arena *a = arena_new();
    *node = (struct node){.arena = a, .issue = config->issue, .prober = prober_tls};
    if (!policy_load(a, config->profiles, &node->policies, e) ||
        !catalog_load(a, config->profiles, &node->policies, &node->catalog, e) ||
        !db_open(&node->services.db, CONFIG_DATABASE, role, e)) {
        arena_free(a);
        return false;
    }
    node->issue.public_url =
        config->public_url ? config->public_url : arena_printf(a, "http://%s:%d", config->address, port);
    node->prober.policy = &config->outbound;
    node->prober.timeout_ms = config->probe_timeout_ms;
    node->services.signer = signer_connect(a, CONFIG_SIGNER_SOCKET);
    node->services.runner = runner_connect(a, CONFIG_RUNNER_SOCKET);
    node->services.prober = &node->prober;
    node->dns = *config->validator.dns;
    node->dns.keeper = dns_keeper_new(a);
    node->validator = config->validator;
    node->validator.dns = &node->dns;
    node->services.validator = &node->validator;
    node->services.outbound = &config->outbound;
    node->services.policies = &node->policies;
    node->services.catalog = &node->catalog;
    node->services.deploy = &config->deploy;
    node->services.issue = &node->issue;
    node->services.solve = &config->solve;
    node->services.acme = acme_net_new(a, &config->outbound);
    node->services.root_above = ca_root_above;
    node->services.preflight_wanted = doctor_wanted;
    node->services.automatic = &solve_automatic;
    node->services.contact_changed = acme_account_tell_all;
    node->services.notifier = notifier_new(a, &config->mail, &config->outbound);
    node->services.payment_system = payment_system_new(a, &config->payment, &config->outbound);
    node->services.public_url = node->issue.public_url;
    return true;
}

void node_close(struct node *node) {
    db_close(node->services.db);
    arena_free(node->arena);
}
