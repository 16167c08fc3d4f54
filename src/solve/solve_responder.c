/* Kind `responder`: Tenure itself answers by HTTP or TLS; what it answers is the row. */
#include "solve/solve.h"

/* The route of http-01 is on the daemon's own port, too: somebody else may pass requests on to it. */
static bool possible(const struct services *services, enum challenge_type type) {
    return type == CHALLENGE_HTTP_01 || (services->solve && services->solve->tls);
}

const struct solver_ops solve_responder = {
    .kind = "responder",
    .title = TEXT("Tenure's own responder, by HTTP or TLS", "Tenure 自带的 HTTP 或 TLS 应答服务"),
    .types = 1u << CHALLENGE_HTTP_01 | 1u << CHALLENGE_TLS_ALPN_01,
    .shared = true,
    .at_once = true,
    .possible = possible,
};
