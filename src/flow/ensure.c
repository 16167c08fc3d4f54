/* The queue row that every installation has. */
#include "flow/flow.h"

bool flow_ensure(const struct services *services, int64_t now, struct error *e) {
    return work_enqueue(services->db, "system", "retention", "retention", now, e);
}
