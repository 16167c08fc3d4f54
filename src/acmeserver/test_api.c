/* What a test asks of the CA itself: faults, windows, revocations, counts. */
#include "acmeserver/served.h"

/* ---- faults ---- */

static json_t *fault_json(const struct served_request *rq, enum fault fault) {
    const struct faults *faults = &rq->server->faults;
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(fault_rows[fault].name));
    json_object_set_new(object, "what", json_string(fault_rows[fault].what.in[rq->x->lang]));
    json_object_set_new(object, "percent", json_integer(faults->of[fault].percent));
    json_object_set_new(object, "seconds", json_integer(faults->of[fault].seconds));
    json_object_set_new(object, "happened", json_integer(faults->of[fault].happened));
    return object;
}

bool test_faults_show(struct served_request *rq, struct error *e) {
    (void)e;
    json_t *list = json_array();
    for (int i = 0; i < FAULT_COUNT; i++)
        json_array_append_new(list, fault_json(rq, (enum fault)i));
    rq->reply = json_object();
    json_object_set_new(rq->reply, "faults", list);
    return true;
}

/* A number, or {"percent": …, "seconds": …}. */
static bool change_fault(struct served_request *rq, const char *name, json_t *value, struct error *e) {
    enum fault fault = fault_find(name);
    json_t *percent = json_is_object(value) ? json_object_get(value, "percent") : value;
    json_t *seconds = json_object_get(value, "seconds");
    if (fault == FAULT_COUNT)
        return refuse(rq, REFUSAL_MALFORMED, e, "there is no fault '%.60s'", "没有故障“%.60s”", name);
    if (!json_is_integer(percent) || json_integer_value(percent) < 0 || json_integer_value(percent) > 100 ||
        (seconds && (!json_is_integer(seconds) || json_integer_value(seconds) < 0)))
        return refuse(rq, REFUSAL_MALFORMED, e, "%s takes a percentage, or percent and seconds",
                      "%s 的取值为百分比,或 percent 与 seconds", name);
    rq->server->faults.of[fault].percent = json_integer_value(percent);
    if (seconds)
        rq->server->faults.of[fault].seconds = json_integer_value(seconds);
    return true;
}

/* {"bad_nonce": 30, …}; "all" first: every one. */
bool test_faults_change(struct served_request *rq, struct error *e) {
    const char *name;
    json_t *value, *all = json_object_get(rq->payload, "all");
    for (int i = 0; all && i < FAULT_COUNT; i++)
        if (!change_fault(rq, fault_rows[i].name, all, e))
            return false;
    json_object_foreach(rq->payload, name,
                        value) if (value != all && !change_fault(rq, name, value, e)) return false;
    return test_faults_show(rq, e);
}

/* ---- certificates ---- */

/* `certificate` of the body: what RFC 9773 calls it. NULL: all. */
static bool read_which(struct served_request *rq, struct served_certificate *which, struct error *e) {
    const char *identifier;
    *which = (struct served_certificate){.id = NULL};
    if (!served_text(rq, "certificate", &identifier, e))
        return false;
    if (!identifier)
        return true;
    if (!served_certificate_by_identifier(rq->db, rq->arena, identifier, which, e))
        return false;
    return which->id || refuse(rq, REFUSAL_NOT_FOUND, e, "there is no certificate '%.100s'",
                               "没有证书“%.100s”", identifier);
}

static bool show_changed(struct served_request *rq, int64_t changed) {
    rq->reply = json_object();
    json_object_set_new(rq->reply, "changed", json_integer(changed));
    return true;
}

/* {"start": TIME, "end": TIME, "certificate": …}; without end as the dates have it; without start an hour
 * before it. */
bool test_windows(struct served_request *rq, struct error *e) {
    struct served_certificate which;
    int64_t start = 0, end = 0, changed;
    if (!read_which(rq, &which, e) || !served_time(rq, "start", &start, e) ||
        !served_time(rq, "end", &end, e))
        return false;
    if (end && !start)
        start = end - 3600;
    return served_certificate_set_window(rq->db, which.id, start, end, &changed, e) &&
           show_changed(rq, changed);
}

/* {"certificate": …, "reason": 1}; without certificate all of them. */
bool test_revoke(struct served_request *rq, struct error *e) {
    struct served_certificate which;
    struct ca ca;
    int64_t changed, reason = json_integer_value(json_object_get(rq->payload, "reason"));
    if (!read_which(rq, &which, e) ||
        !ca_newest(rq->db, rq->arena, ACMESERVER_ACCOUNT, CA_INTERMEDIATE, &ca, e))
        return false;
    return served_certificate_revoke(rq->db, which.id, reason, rq->now, &changed, e) &&
           work_enqueue(rq->db, ACMESERVER_ACCOUNT, ca.id, "crl", rq->now, e) && show_changed(rq, changed);
}

/* {"advance_to": TIME}; what is due by then is done before the next request is answered. */
bool test_clock(struct served_request *rq, struct error *e) {
    struct acmeserver *server = rq->server;
    int64_t until = 0;
    if (!server->clock)
        return refuse(rq, REFUSAL_NOT_FOUND, e, "the clock is the real one", "时钟为真实时钟");
    if (!served_time(rq, "advance_to", &until, e))
        return false;
    if (until < server->clock)
        return refuse(rq, REFUSAL_MALFORMED, e, "the clock only moves forward", "时钟只能前进");
    server->clock = until;
    return true;
}

/* ---- counts ---- */

static json_t *requests_json(const struct acmeserver *server) {
    json_t *object = json_object();
    for (int i = 0; i < RESOURCE_FAULTS; i++)
        json_object_set_new(object, resource_name((enum resource)i),
                            json_integer(server->counts.requests[i]));
    return object;
}

static bool set_orders(struct served_request *rq, json_t *reply, struct error *e) {
    static const char *const states[] = {"pending", "ready", "processing", "valid", "invalid"};
    json_t *orders = json_object();
    int64_t count;
    json_object_set_new(reply, "orders", orders);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (!served_order_states(rq->db, states[i], &count, e))
            return false;
        json_object_set_new(orders, states[i], json_integer(count));
    }
    if (!served_order_abandoned(rq->db, rq->now - rq->settings->abandoned_seconds, &count, e))
        return false;
    json_object_set_new(reply, "abandoned", json_integer(count));
    return true;
}

bool test_counts(struct served_request *rq, struct error *e) {
    const struct acmeserver *server = rq->server;
    json_t *reply = rq->reply = json_object(), *answers = json_array();
    for (int i = 0; i < 6; i++)
        json_array_append_new(answers, json_integer(server->counts.answers[i]));
    json_object_set_new(reply, "requests", requests_json(server));
    json_object_set_new(reply, "answers", answers);
    json_object_set_new(reply, "over_limit", json_integer(server->counts.over_limit));
    json_object_set_new(reply, "too_early", json_integer(server->counts.too_early));
    json_object_set_new(reply, "bad_nonces", json_integer(server->counts.bad_nonces));
    json_object_set_new(reply, "certificates", json_integer(server->counts.certificates));
    json_object_set_new(reply, "failed_validations", json_integer(server->counts.failed_looks));
    return set_orders(rq, reply, e);
}
