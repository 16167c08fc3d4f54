/*
 * The HTTP client: one libcurl handle, used again and again, so that connections stay open. TLS is verified
 * against the system's store; plain HTTP goes to this machine only, unless a request says otherwise;
 * redirects are answers like any other; proxies are not used.
 */
#pragma once
#include "base/error.h"
#include "http/outbound.h"

struct client;

enum { HTTP_REPLY_MAX = 16 << 20, HTTP_HEADERS_MAX = 64, HTTP_HEADER_VALUE_MAX = 8000 };

struct http_request {
    const char *method, *url;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL for none */
    struct slice body;          /* p NULL: no body */
    int timeout_ms;             /* for the whole call; resolution included */
    bool plain_allowed;         /* http:// to other machines too: what is asked for is no secret */
    bool any_certificate;       /* TLS proves nothing here: what is fetched says enough by itself */
    const char *address;        /* connect to this IP address instead of resolving the name; NULL: resolve */
    struct slice roots;         /* PEM: the only certificates to trust; empty: those of the system */
    size_t reply_max;           /* bytes of the answer's body; 0: HTTP_REPLY_MAX */
    bool cut_allowed;           /* a longer body is no failure: what is behind its beginning is not read */
    bool once; /* over a connection of its own: what a reused one has swallowed would be sent again */
};

struct http_header {
    const char *name, *value;
};

struct http_reply {
    int status;
    const char *content_type; /* empty if there is none */
    const char *redirect;     /* where it leads instead, as a whole URL; empty if it leads nowhere */
    struct slice body;        /* NUL-terminated behind its end */
    bool cut;                 /* that was its beginning */
    /* the first ones; what is longer than HTTP_HEADER_VALUE_MAX is left out */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
};

/* The value of the first header of that name, NULL: none; all of them, at most `max`. */
const char *http_reply_header(const struct http_reply *reply, const char *name);
size_t http_reply_headers(const struct http_reply *reply, const char *name, const char **values, size_t max);

/* `policy` is asked about every address that is connected to, and must outlive the client. Ends with the
 * arena. */
struct client *client_new(struct arena *a, const struct outbound_policy *policy);

struct url_parts {
    bool secure;      /* https */
    const char *host; /* lower case; an IPv6 address without brackets */
    uint16_t port;    /* said, or that of the scheme */
};
/* False for everything but http:// and https:// without user and password. */
bool http_url_parts(struct arena *a, const char *url, struct url_parts *parts);
/* "http://example.com/path", "http://[2001:db8::1]:8080/path": of a name or an address; port 80 is not said.
 */
const char *http_url(struct arena *a, const char *name, uint16_t port, const char *path);
/* May the client be sent there? An https address, or http on this machine; ERR_BAD_FIELD names the field. */
bool http_url_check(const char *field, const char *url, struct error *e);

/* At the end of a call that failed, not by time: was somebody there, who said what is no answer? */
bool http_connected(const struct client *client);

/*
 * True for any answer, whatever its status. ERR_BAD_FIELD for an address of another kind,
 * ERR_ADDRESS_NOT_ALLOWED, ERR_TIMED_OUT, and ERR_UNREACHABLE for whatever else kept an answer away.
 */
bool http_call(struct client *client, struct arena *a, const struct http_request *request,
               struct http_reply *reply, struct error *e);
