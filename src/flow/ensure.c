/* Queue rows that every installation has. */
#include "flow/flow.h"

bool flow_ensure(const struct services *services, struct arena *a, int64_t now, struct error *e) {
    (void)a;
    return work_enqueue(services->db, "system", "retention", "retention", now, e);
}
