/*
 * DNS providers reached by HTTPS: what is the same with each of them. A new one: one file solve_KIND.c with
 * these operations.
 *
 * The zone is the longest suffix of the place that the provider has in the account. A record is looked for by
 * name and value before it is made, so that a repetition after a crash finds the first one; it is taken away
 * by the id that the provider gave it, or else by name and value.
 */
#pragma once
#include "http/client.h"
#include "solve/solve.h"

struct vendor_settings {
    const char *key_id; /* NULL where a token alone is the key */
    const char *endpoint;
    int64_t ttl; /* 0: the provider's own */
};
extern const struct field vendor_key_fields[], vendor_token_fields[];
bool vendor_check(const struct services *services, const void *settings, struct error *e);

struct vendor_record {
    const char *zone; /* as the provider names it in its calls */
    const char *id;   /* NULL: there is none */
};

struct vendor {
    struct solving *solving;
    const struct vendor_settings *settings;
    struct client *client;
    const char *endpoint; /* no slash at its end */
    const char *host;     /* of the endpoint, with its port if it has one */
    const char *place, *value;
    /* of the last answer */
    int status;
    int64_t retry_after; /* in seconds; 0: not said */
};

struct vendor_ops {
    const char *endpoint; /* unless the settings name another one */
    /* Fills the record; ERR_DNS_ZONE_NOT_FOUND unless `domain` is a zone of the account. */
    bool (*find)(struct vendor *v, const char *domain, struct vendor_record *record, struct error *e);
    /* Fills the id; ERR_ALREADY_EXISTS. */
    bool (*create)(struct vendor *v, struct vendor_record *record, struct error *e);
    /* ERR_NOT_FOUND. */
    bool (*remove)(struct vendor *v, const struct vendor_record *record, struct error *e);
};

bool vendor_place(struct solving *s, const struct vendor_ops *ops, struct error *e);
bool vendor_remove(struct solving *s, const struct vendor_ops *ops, struct error *e);

/* The place within a zone of that name: "_acme-challenge.www", "@". */
const char *vendor_host_record(struct vendor *v, const char *zone);
/* For headers: one word of printable characters. `field`: whose value it is. */
bool vendor_word_check(const char *field, const char *text, struct error *e);

/* What the codes of a provider mean, by their beginnings; what is in no row is ERR_DNS_CHANGE_REFUSED. */
struct vendor_meaning {
    const char *code;
    enum error_id id;
};
/* Fails with what the code means, telling it and the provider's own words; NULL stands for the status, or for
 * no words. `meanings` ends with a row without a code. */
bool vendor_refused(struct vendor *v, const struct vendor_meaning *meanings, const char *code,
                    const char *words, struct error *e);

/* Whatever the status is, as long as the answer is a JSON object; else ERR_UNREACHABLE. */
bool vendor_call(struct vendor *v, const struct http_request *request, json_t **answer, struct error *e);
