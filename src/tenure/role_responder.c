/* The role `responder`: binds, enters its sandbox, answers until SIGTERM. */
#include "base/clock.h"
#include "base/file.h"
#include "solve/solve.h"
#include "tenure/node.h"
#include "tenure/role.h"
#include <poll.h>

static void loop(struct responder *r) {
    AUTO_FD term = role_term_fd();
    struct pollfd fds[] = {{.fd = responder_fd(r), .events = POLLIN}, {.fd = term, .events = POLLIN}};
    while (!fds[1].revents) {
        poll(fds, 2, responder_timeout_ms(r));
        responder_run(r, clock_now());
    }
}

/* Its files are open then: the sandbox lets nobody make them. */
static bool read_once(const struct node *node, struct error *e) {
    const char *answer;
    return solution_answer_http(node->services.db, node->arena, "-", &answer, e) || error_absent(e);
}

int role_responder(const struct role_context *context) {
    struct node node;
    struct responder *responder;
    struct error e = {0};
    if (!node_open(&node, context->config, DB_WEB, context->port, &e) || !read_once(&node, &e) ||
        !responder_open(node.arena, &context->config->responder, &node.services, &responder, &e) ||
        !sandbox_enter(KIND_RESPONDER, context->config->data, &e))
        return role_fatal("the responder cannot start", &e);
    loop(responder);
    node_close(&node);
    return 0;
}
