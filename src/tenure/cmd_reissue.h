/* New versions of many certificates: cmd_reissue.c. */
#pragma once
#include "tenure/verb.h"

struct reissue_choice {
    const char *issuer; /* whose; NULL: everybody's */
    const char *before; /* issued before then; NULL: now */
    bool yes;
};

int reissue_many(struct cli *cli, const struct reissue_choice *choice);
