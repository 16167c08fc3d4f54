/*
 * Routes: const tables whose columns are requirements; the dispatcher (tenure/dispatch.c) enforces them
 * before a handler runs, so handlers check nothing of it. OpenAPI is made from the same rows.
 */
#pragma once
#include "db/step.h"
#include "http/json.h"

enum role { ROLE_NONE, ROLE_AUDITOR, ROLE_REVIEWER, ROLE_REQUESTER, ROLE_OPERATOR, ROLE_OWNER, ROLE_COUNT };

/* "owner", …; NULL for ROLE_NONE. */
const char *role_name(enum role role);

/* Who may call a route: one bit for each role; PUBLIC needs no key at all. */
enum access {
    ACCESS_PUBLIC = 0,
    ACCESS_READ =
        1 << ROLE_AUDITOR | 1 << ROLE_REVIEWER | 1 << ROLE_REQUESTER | 1 << ROLE_OPERATOR | 1 << ROLE_OWNER,
    ACCESS_REQUEST = 1 << ROLE_REQUESTER | 1 << ROLE_OPERATOR | 1 << ROLE_OWNER,
    ACCESS_OPERATE = 1 << ROLE_OPERATOR | 1 << ROLE_OWNER,
    ACCESS_REVIEW = 1 << ROLE_REVIEWER | 1 << ROLE_OWNER, /* approve, reject, note what was checked */
    ACCESS_OWN = 1 << ROLE_OWNER,
};

/* A role is the set of what it may do, not a rank: nothing of `role` lies outside of `own`. */
bool role_within(enum role role, enum role own);

enum route_flag {
    ROUTE_WRITES = 1 << 0,     /* runs in one write transaction, committed if it succeeds */
    ROUTE_LIST = 1 << 1,       /* answers {"items": [], "next": cursor}; `answer` describes an item */
    ROUTE_RAW = 1 << 2,        /* answers bytes of its own content type */
    ROUTE_WAKES = 1 << 3,      /* may leave work behind: the supervisor is woken after the commit */
    ROUTE_TEXT_BODY = 1 << 4,  /* the body is not JSON */
    ROUTE_SHOWN_ONCE = 1 << 5, /* answers a secret: not kept for Idempotency-Key */
    ROUTE_LOGS_IN = 1 << 6,    /* a one-time secret was used: the file that holds it goes */
    /* beside ACCESS_OWN: only for owners of the account that runs this Tenure, the first one */
    ROUTE_ADMINISTERS = 1 << 7,
};

struct request;

struct route {
    const char *method, *path; /* "/v1/certificates/{id}/renew" */
    enum access access;
    unsigned flags;
    /* A handler fills reply and status (200 unless set). `prepare` runs before the transaction: parsing, the
     * signer. */
    bool (*prepare)(struct request *rq, struct error *e);
    bool (*handle)(struct request *rq, struct error *e);
    const struct field *body;   /* what may stand in the body; NULL: none is taken */
    const struct field *answer; /* what an answer (an item of a list) looks like; NULL: see summary */
    const struct field *query;  /* query parameters besides limit and cursor */
    size_t body_max;            /* bytes; 0: 64 KiB */
    struct text summary;
};

enum { REQUEST_PATH_ARGS_MAX = 4, LIST_LIMIT_DEFAULT = 50, LIST_LIMIT_MAX = 500 };

/* Who asks; filled by the gate. */
struct caller {
    const char *account_id, *user_id, *key_id;
    enum role role, user_role; /* of the key and of its user: what both have holds */
    bool administrator;        /* may what ROUTE_ADMINISTERS asks for */
    const char *address;       /* the peer's */
};

/* The key and its user both have what `access` asks for; for ACCESS_PUBLIC: always. */
bool caller_permitted(const struct caller *caller, enum access access);

struct request {
    struct arena *arena;
    const struct services *services;
    struct db *db; /* = services->db */
    struct caller caller;
    int64_t now;
    enum lang lang;
    const char *request_id;
    const struct route *route;
    const char *path_args[REQUEST_PATH_ARGS_MAX];               /* the {…} of the path, in order, decoded */
    const char *(*query)(struct request *rq, const char *name); /* decoded, NULL if absent */
    void *connection, *dispatcher;                              /* the dispatcher's own */
    struct slice body;
    json_t *json;   /* the parsed body, {} without one; NULL with ROUTE_TEXT_BODY */
    void *prepared; /* from prepare to handle */
    /* the answer */
    int status;
    json_t *reply;    /* owned by the request */
    struct slice raw; /* with a content type, instead of `reply`: ROUTE_RAW, or JSON as text */
    const char *content_type, *file_name;
    /* With an error: what the handler has written so far stays, and is what belongs to the refusal (a new
     * quote). Whatever else it wrote, it has rolled back itself (db_savepoint). */
    bool keep_on_refusal;
};

/*
 * The route of a request, in a NULL-terminated array of tables; a table ends with a row without a method.
 * `path` is the path as it came, percent-encoded; the arguments come out decoded: never empty, up to 256
 * bytes, no control character and no slash. The first match in the order of the tables counts; HEAD takes the
 * route of GET. NULL with ERR_NOT_FOUND or ERR_METHOD_NOT_ALLOWED.
 */
const struct route *route_match(const struct route *const *tables, const char *method, const char *path,
                                struct arena *a, const char *args[REQUEST_PATH_ARGS_MAX], struct error *e);
/* The methods that a path takes, for the Allow header: "GET, POST"; empty if there is none. */
const char *route_methods(const struct route *const *tables, const char *path, struct arena *a);
