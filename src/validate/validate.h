/*
 * Control over a name (SPEC section 9): what a person has to put into DNS or onto the web server, and whether
 * it is there, with what every server answered. What we find is one of a closed list of reasons; nothing is
 * placed anywhere by us.
 */
#pragma once
#include "dns/dns.h"

/* ---- what is found ---- */

enum reason {
    REASON_FOUND,
    REASON_RECORD_MISSING,
    REASON_WRONG_VALUE,
    REASON_WRONG_NAME,
    REASON_CNAME_LOOP,
    REASON_WILDCARD_CNAME,
    REASON_NXDOMAIN,
    REASON_SERVFAIL,
    REASON_DNSSEC_BROKEN,
    REASON_TIME_OUT,
    REASON_CAA_FORBIDS,
    REASON_HTTP_STATUS,
    REASON_REDIRECT_REFUSED,
    REASON_WRONG_CONTENT,
    REASON_CONNECTION_REFUSED,
    REASON_COUNT
};

struct reason_row {
    const char *name;
    struct text title, remedy;
};
const struct reason_row *reason_row(enum reason reason);
/* By its name; NULL for none. */
const struct reason_row *reason_find(const char *name);

enum { CHECK_ANSWERS_MAX = 64 };

/* Somebody was asked something. Printable whatever came back. */
struct check_answer {
    const char *server;   /* "ns1.example.com (192.0.2.1:53)", or as configured */
    const char *question; /* "TXT _tenure-challenge.example.com", "GET http://example.com/…" */
    const char *answer;   /* "NOERROR \"value\"", "CNAME …", "HTTP 404" */
    int64_t ms;
};

struct check {
    enum reason reason;
    struct text detail; /* names the server or the record */
    size_t count;
    struct check_answer answers[CHECK_ANSWERS_MAX];
};

/* ---- what is asked for ---- */

enum { VALUE_SIZE = 44 }; /* 32 bytes in base64url, with a NUL */

struct control {
    const char *name;  /* without "*."; or an IP address */
    const char *value; /* what must be found */
    bool wildcard;     /* a wildcard below the name is wanted: CAA has a word of its own for it */
    const char *token,
        *key_authorization; /* of what we published ourselves: automatic.h; NULL: a person did */
};

/* base64url(SHA-256(token "." account)): a token that leaks is of no use to another account. */
void control_value(const char *token, const char *account_id, char value[VALUE_SIZE]);

/* What a person must do. */
struct challenge {
    const char *host, *type;   /* a record: its name and type … */
    const char *url, *content; /* … or a file: where it is fetched, and what it holds */
    const char *value;         /* of the record */
};

/* What a check needs of the process it runs in. */
struct validator {
    /* `method` is one of check_methods, or a type of challenge for what has a token. */
    bool (*look)(const struct validator *self, struct arena *a, const char *method,
                 const struct control *control, struct check *check, struct error *e);
    const struct dns_settings *dns;
    const struct outbound_policy *policy;
    const char *caa_domain; /* the name that a CAA record must give to permit us; NULL: CAA is not asked */
    uint16_t http_port, tls_port;
    int http_timeout_ms; /* for one address */
    void *context;       /* of a validator of the tests and the simulation */
};
extern const struct validator validator_network; /* asks the real world; no settings: copy it and set them */

/*
 * A way to prove control: one file check_METHOD.c that ends in this struct, one line in validate.c, one in
 * meson.build.
 */
struct check_ops {
    const char *method;
    struct text title;
    bool for_wildcard; /* proves wildcards below the name, too */
    bool for_subtree;  /* proves every name below */
    bool for_address;  /* proves IP addresses, too */
    void (*challenge)(struct arena *a, const struct control *control, struct challenge *challenge);
    bool (*look)(const struct validator *v, struct arena *a, const struct control *control,
                 struct check *check, struct error *e);
};
extern const struct check_ops check_dns, check_file;
extern const struct check_ops *const check_methods[]; /* NULL-terminated, the recommended one first */

/* ERR_BAD_FIELD for a method that there is not. */
bool check_find(const char *method, const struct check_ops **ops, struct error *e);
/* May the method prove this name ("*.example.com" for a wildcard)? ERR_FILE_VALIDATION_NOT_FOR_WILDCARD,
 * ERR_BAD_FIELD. */
bool check_possible(const struct check_ops *ops, const char *name, struct error *e);

/* ---- for the methods ---- */

/* One more answer; those over the maximum are left out. */
void check_add(struct check *check, const struct check_answer *answer);
/* Always true: what was found is a result. Both formats take the same arguments. */
bool check_ends(struct arena *a, struct check *check, enum reason reason, const char *en, const char *zh, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
/* JSON: [{server, question, answer, ms}] */
const char *check_answers(struct arena *a, const struct check *check);
/* How a look-up ended, without its data. */
const char *look_up_text(struct arena *a, const struct dns_result *result);
/* Bytes from outside in quotes, cut, escaped like in DNS: "a\000b". */
const char *quoted(struct arena *a, struct slice bytes);
