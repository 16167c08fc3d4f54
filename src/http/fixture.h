/* For tests of routes. */
#pragma once
#include "http/route.h"

/* What the dispatcher does with a request of somebody who may make it: arena, database and caller are given.
 */
static inline bool request_run(struct request *rq, const struct route *const *tables, const char *method,
                               const char *path, const char *body, struct error *e) {
    rq->route = route_match(tables, method, path, rq->arena, rq->path_args, e);
    rq->json = json_keep(rq->arena, json_loads(body, 0, NULL));
    if (!rq->route || !db_begin(rq->db, e))
        return false;
    if (rq->route->handle(rq, e) && db_commit(rq->db, e)) {
        json_keep(rq->arena, rq->reply);
        return true;
    }
    db_rollback(rq->db);
    return false;
}
