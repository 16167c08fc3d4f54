/* Following a certificate from the order to the verified deployment, with progress for people. */
#pragma once
#include "tenure/verb.h"

/* Prints what changes; an exit status: 0 done, 1 failed, 4 some targets failed, 6 waiting on a person.
 * Patience: five minutes. */
int wait_for_certificate(struct cli *cli, const char *id);
