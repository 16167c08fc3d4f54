/* Messages of DNS, by ldns: one question out, one answer in. */
#pragma once
#include "dns/dns.h"

struct wire_question {
    uint16_t id;
    const char *name;
    enum dns_type type;
};

/* False if the name is none. */
bool wire_write(struct arena *a, const struct wire_question *question, struct slice *packet);
/* Bytes from outside. False if they are no answer to the question; then `answer` is unchanged. */
bool wire_read(struct arena *a, const struct wire_question *question, struct slice packet,
               struct dns_answer *answer);
