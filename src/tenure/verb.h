/*
 * Verbs: subcommands that speak HTTP to the daemon. A verb is a row with its options and a function; options
 * are collected by their key, so a verb has no parser of its own.
 */
#pragma once
#include "base/buf.h"
#include "base/secret.h"
#include "http/client.h"
#include "http/problem.h"
#include "http/url.h"
#include "tenure/command.h"

enum { CLI_ARGS_MAX = 128, CLI_KEYS_MAX = 1024 };

struct cli {
    struct arena *arena;
    enum lang lang;
    bool json;
    struct client *client;
    const char *url, *authorization;   /* "Authorization: Bearer …" or NULL */
    const char *options[CLI_KEYS_MAX]; /* by key; "" for a switch; the last one given */
    struct {
        int key;
        const char *value;
    } all[2 * CLI_ARGS_MAX]; /* in the order given, for options that repeat; a verb may add its arguments */
    size_t all_count;
    const char *args[CLI_ARGS_MAX];
    size_t arg_count;
    struct error error;
};

struct verb {
    const char *name; /* up to three words: "target add" */
    struct text summary, arguments;
    int args_min, args_max;
    const struct option_row *options;
    int (*run)(struct cli *cli); /* returns the exit status */
    bool alone;                  /* asks no daemon: only --json is common to it */
};

/* Tables end with a row without a name. */
extern const struct verb certificate_verbs[], csr_verbs[], target_verbs[], catalog_verbs[], quota_verbs[],
    quote_verbs[], order_verbs[], payment_verbs[], account_verbs[], tool_verbs[], notify_verbs[],
    contact_verbs[], doctor_verbs[], emergency_verbs[], validation_verbs[], review_verbs[], issuer_verbs[],
    persist_verbs[], solve_verbs[], name_grant_verbs[];

int verb_run(const struct verb *verb, int argc, char **argv, enum lang lang);

/* ---- for verbs ---- */

/* One call; `body` (stolen, may be NULL) is sent as JSON. The answer lives in the arena. False with
 * cli->error. */
bool cli_call(struct cli *cli, const char *method, const char *path, json_t *body, json_t **answer);
/* The same for answers that are not JSON. */
bool cli_fetch(struct cli *cli, const char *method, const char *path, json_t *body, struct http_reply *reply);
/* POSTs the bytes of a file. */
bool cli_upload(struct cli *cli, const char *path, struct slice content);
/* Reports cli->error and returns its exit status. */
int cli_failed(struct cli *cli);
/* The answer as JSON (--json), or by the function for people. */
int cli_show(struct cli *cli, const json_t *answer, void (*print)(struct cli *cli, const json_t *answer));
/* For cli_show: people need no answer. */
void cli_silent(struct cli *cli, const json_t *answer);
/* All that most verbs do: one call, its answer shown or its error reported; returns the exit status. */
int cli_request(struct cli *cli, const char *method, const char *path, json_t *body,
                void (*print)(struct cli *cli, const json_t *answer));
/* "?a=b&c=d" of the options that were given; rows of {key, parameter}, ending with key 0. */
struct cli_parameter {
    int key;
    const char *name;
};
const char *cli_query(struct cli *cli, const struct cli_parameter *parameters);
/* An object of the options that were given, as text members. */
json_t *cli_body(struct cli *cli, const struct cli_parameter *members);
/* A text as a member: as it is, "a,b" as an array, a whole number, "yes" or "no"; ERR_USAGE. */
bool cli_string(struct cli *cli, json_t *body, const char *member, const char *text);
bool cli_words(struct cli *cli, json_t *body, const char *member, const char *text);
bool cli_number(struct cli *cli, json_t *body, const char *member, const char *text);
bool cli_yes_no(struct cli *cli, json_t *body, const char *member, const char *text);
/* The options that were given, each by one of these; rows end with key 0. */
struct cli_member {
    int key;
    const char *name;
    bool (*set)(struct cli *cli, json_t *body, const char *member, const char *text);
};
bool cli_members(struct cli *cli, json_t *body, const struct cli_member *members);
const char *cli_text(const json_t *object, const char *member); /* "" if absent or not a text */
/* A table of the members that `fields` marks as columns. */
void cli_table(struct cli *cli, const json_t *items, const struct field *fields);
/* A page of a list as a table, and how to go on behind it. */
void cli_page(struct cli *cli, const json_t *answer, const struct field *fields);
void cli_more(struct cli *cli, const json_t *answer); /* the latter alone */
/* Name and value, one a line, of the members that are there. */
void cli_record(struct cli *cli, const json_t *object, const struct field *fields);
/* A pass phrase or secret from the file of an option, else from the terminal without echo. */
bool cli_secret(struct cli *cli, int file_key, struct text prompt, struct secret **secret);
