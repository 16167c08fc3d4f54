/* The handler's side of a request: headers, query, answer. */
#include "base/log.h"
#include "http/server.h"
#include "http/url.h"
#include <microhttpd.h>

const char *exchange_header(const struct exchange *x, const char *name) {
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *exchange_query(const struct exchange *x, const char *name) {
    return url_query(x->arena, x->query, name);
}

void exchange_answer_header(struct exchange *x, const char *name, const char *value) {
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return;
    if (x->header_count == EXCHANGE_HEADERS_MAX) {
        log_event(LOG_ERROR, "too many headers in an answer", LOG_S("header", name));
        return;
    }
    x->headers[x->header_count++] = (struct exchange_header){name, value};
}

void exchange_fail(struct exchange *x, const struct error *e) {
    static const struct {
        int status;
        const char *name, *value;
    } headers[] = {{401, "WWW-Authenticate", "Bearer"}, {503, "Retry-After", "5"}};
    x->status = error_row(e->id)->status;
    x->content_type = PROBLEM_TYPE;
    x->answer = problem_body(x->arena, e, x->lang, x->request_id);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (headers[i].status == x->status)
            exchange_answer_header(x, headers[i].name, headers[i].value);
}
