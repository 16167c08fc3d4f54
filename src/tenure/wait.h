/* Waiting for what goes on in the daemon; for a certificate, from the order to the verified deployment. */
#pragma once
#include "tenure/verb.h"

enum { WAIT_GOES_ON = -1 };

struct wait {
    /* One look: an exit status, or WAIT_GOES_ON. It has an arena of its own: many looks must not add up. */
    int (*look)(struct cli *cli, const char *id, void *progress);
    int64_t patience_ms, pause_ms;
};

/* Looks until it is over; WAIT_GOES_ON if that takes longer than the patience. */
int wait_for(struct cli *cli, const struct wait *wait, const char *id, void *progress);

/* Prints what changes; an exit status: 0 done, 1 failed, 4 some targets failed, 6 waiting on a person.
 * Patience: five minutes. */
int wait_for_certificate(struct cli *cli, const char *id);
