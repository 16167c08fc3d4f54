/* One TXT record, looked for at every server. */
#include "validate/record.h"
#include "validate/caa.h"
#include "validate/inquiry.h"
#include <strings.h>

enum { CHAIN_MAX = 8 };

/* One record on its way through the check. */
struct search {
    struct inquiry inquiry;
    const struct record *record;
    struct evidence evidence;
    const char *chain[CHAIN_MAX + 1]; /* the record and the names that its CNAMEs lead to */
    size_t chain_length;
    const char *zone;            /* of the record */
    struct dns_server responder; /* the first of that zone that answered */
    bool responded;
    const char *at, *culprit; /* the name, and the server or record there, that spoils it */
};

/* ---- what is looked for ---- */

bool record_is(struct arena *a, struct slice text, const void *wanted) {
    (void)a;
    return slice_equal(text, slice_str(wanted));
}

static bool has_value(const struct search *q, const struct slice *data, size_t count) {
    struct slice text;
    for (size_t i = 0; i < count; i++)
        if (dns_txt(q->inquiry.arena, data[i], &text) &&
            q->record->holds(q->inquiry.arena, text, q->record->wanted))
            return true;
    return false;
}

/* ---- along the CNAMEs ---- */

static void spoils(struct search *q, const char *at, const struct dns_server *server) {
    if (q->culprit)
        return;
    q->at = at;
    q->culprit = inquiry_server(q->inquiry.arena, server);
}

static void tally_failure(struct evidence *evidence, const struct dns_answer *answer) {
    if (answer->status == DNS_TIMED_OUT)
        evidence->timed_out++;
    else if (answer->status == DNS_UNREACHABLE || answer->status == DNS_NOT_ALLOWED)
        evidence->unreachable++;
    else
        evidence->failed++;
}

/* What one server says about a name of the chain. `next` is where the servers before it lead to, or NULL. */
static void tally(struct search *q, const char *name, const struct dns_answer *answer, const char **next) {
    struct evidence *evidence = &q->evidence;
    if (!dns_tells(answer)) {
        tally_failure(evidence, answer);
        return;
    }
    if (answer->cname && (!*next || strcasecmp(*next, answer->cname) == 0)) {
        *next = answer->cname;
        return;
    }
    if (!answer->cname && has_value(q, answer->data, answer->count)) {
        evidence->have++;
        return;
    }
    spoils(q, name, &answer->server);
    if (answer->cname || answer->count > 0)
        evidence->wrong++;
    else
        evidence->missing++;
}

static void remember_responder(struct search *q, const struct dns_zone_found *found,
                               const struct dns_answer *answer) {
    if (q->chain_length > 1 || q->responded || !dns_tells(answer))
        return;
    q->responded = true;
    q->responder = answer->server;
    q->zone = found->zone;
}

/* The servers of a name are not to be found: the look-up that says so stands for one. */
static void tally_lost(struct search *q, const char *name, const struct dns_result *failure) {
    q->at = name;
    q->culprit = failure->bogus ? failure->why : "resolver";
    inquiry_note(&q->inquiry, name, DNS_NS, failure);
    enum look_up how = inquiry_ended(failure, true);
    q->evidence.timed_out += how == LOOK_UP_TIMED_OUT;
    q->evidence.failed += how == LOOK_UP_FAILED || failure->count > 0;
    q->evidence.bogus |= how == LOOK_UP_BOGUS;
    q->evidence.absent |= how == LOOK_UP_GOOD && failure->rcode == DNS_NXDOMAIN;
}

/* All servers of one name; `next` is the name that they lead on to, or NULL. */
static bool ask_all(struct search *q, const char *name, const char **next, struct error *e) {
    struct dns_zone_found found;
    *next = NULL;
    if (!dns_authorities(q->inquiry.dns, name, &found, e))
        return false;
    if (found.servers.count == 0)
        tally_lost(q, name, &found.failure);
    for (size_t i = 0; i < found.servers.count; i++) {
        struct dns_answer answer;
        if (!inquiry_ask(&q->inquiry, &found.servers.list[i], name, DNS_TXT, &answer, e))
            return false;
        remember_responder(q, &found, &answer);
        tally(q, name, &answer, next);
    }
    return true;
}

static bool seen_before(const struct search *q, const char *name) {
    for (size_t i = 0; i < q->chain_length; i++)
        if (strcasecmp(q->chain[i], name) == 0)
            return true;
    return false;
}

static bool follow_chain(struct search *q, struct error *e) {
    const char *next = q->record->host;
    while (next && !q->evidence.looped) {
        const char *name = next;
        q->evidence.looped = q->chain_length > CHAIN_MAX || seen_before(q, name);
        if (q->evidence.looped) {
            q->at = name;
            return true;
        }
        q->chain[q->chain_length++] = name;
        if (!ask_all(q, name, &next, e))
            return false;
    }
    return true;
}

/* ---- the usual mistakes ---- */

/* Consoles add the domain to a name that has it already. */
static bool look_for_doubled(struct search *q, struct error *e) {
    struct dns_answer answer;
    const char *doubled = arena_printf(q->inquiry.arena, "%s.%s", q->record->host, q->zone);
    if (!*q->zone || strlen(doubled) > DNS_NAME_MAX)
        return true;
    if (!inquiry_ask(&q->inquiry, &q->responder, doubled, DNS_TXT, &answer, e))
        return false;
    q->evidence.doubled = dns_tells(&answer) && has_value(q, answer.data, answer.count);
    if (q->evidence.doubled)
        q->at = doubled;
    return true;
}

/* A name that nobody has made leads to the same place. */
static bool look_for_wildcard(struct search *q, struct error *e) {
    struct dns_answer answer;
    const char *sibling = dns_nobody(q->inquiry.arena, q->record->control->name);
    if (q->chain_length < 2 || !sibling)
        return true;
    if (!inquiry_ask(&q->inquiry, &q->responder, sibling, DNS_TXT, &answer, e))
        return false;
    q->evidence.wildcard = dns_tells(&answer) && answer.cname && strcasecmp(answer.cname, q->chain[1]) == 0;
    return true;
}

static bool look_for_name(struct search *q, struct error *e) {
    struct dns_result result;
    if (!inquiry_look_up(&q->inquiry, q->record->control->name, DNS_A, &result, e))
        return false;
    q->evidence.absent = !result.timed_out && result.rcode == DNS_NXDOMAIN;
    return true;
}

static bool look_for_mistakes(struct search *q, struct error *e) {
    return look_for_doubled(q, e) && look_for_wildcard(q, e) && look_for_name(q, e);
}

/* ---- what must hold besides ---- */

static bool check_validated(struct search *q, struct error *e) {
    struct dns_result result;
    if (!inquiry_look_up(&q->inquiry, q->record->host, DNS_TXT, &result, e))
        return false;
    q->evidence.validated = inquiry_ended(&result, has_value(q, result.data, result.count));
    if (q->evidence.validated != LOOK_UP_GOOD) {
        q->at = q->record->host;
        q->culprit = result.bogus ? result.why : "resolver";
    }
    return true;
}

static bool check_caa(struct search *q, struct error *e) {
    struct caa_found found;
    if (!q->record->caa_domain || q->evidence.validated != LOOK_UP_GOOD)
        return true;
    if (!caa_look(q->inquiry.dns, q->inquiry.arena, q->record->control, q->record->caa_domain, &found, e))
        return false;
    if (!found.name)
        return true;
    inquiry_note(&q->inquiry, found.name, DNS_CAA, &found.result);
    q->evidence.caa = inquiry_ended(&found.result, found.permitted);
    if (q->evidence.caa != LOOK_UP_GOOD) {
        q->at = found.name;
        q->culprit = found.result.bogus ? found.result.why : "resolver";
    }
    return true;
}

static bool investigate(struct search *q, struct error *e) {
    const struct evidence *evidence = &q->evidence;
    if (!follow_chain(q, e))
        return false;
    if (evidence->looped || !q->responded)
        return true;
    if (evidence->wrong + evidence->missing > 0)
        return look_for_mistakes(q, e);
    return evidence->have == 0 || (check_validated(q, e) && check_caa(q, e));
}

static bool describe(struct search *q, enum reason reason) {
    const char *at = q->at ? q->at : q->record->host, *culprit = q->culprit ? q->culprit : "-";
    if (reason == REASON_FOUND)
        return check_ends(q->inquiry.arena, q->inquiry.check, reason,
                          "%s has the value at every server that answers",
                          "%s 在所有应答的服务器上均有正确的值", q->record->host);
    if (reason == REASON_CAA_FORBIDS)
        return check_ends(q->inquiry.arena, q->inquiry.check, reason, "the CAA records of %s do not name %s",
                          "%s 的 CAA 记录未包含 %s", at, q->record->caa_domain);
    if (reason == REASON_DNSSEC_BROKEN)
        return check_ends(q->inquiry.arena, q->inquiry.check, reason,
                          "the signatures (DNSSEC) of %s do not hold: %s", "%s 的签名(DNSSEC)无效:%s", at,
                          culprit);
    return check_ends(q->inquiry.arena, q->inquiry.check, reason, "TXT %s, asked at %s", "TXT %s,查询对象 %s",
                      at, culprit);
}

bool record_look(const struct validator *v, struct arena *a, const struct record *record, struct check *check,
                 struct error *e) {
    struct search q = {.record = record, .zone = ""};
    bool good = inquiry_begin(v, a, check, &q.inquiry, e) && investigate(&q, e) &&
                describe(&q, evidence_judge(&q.evidence));
    inquiry_end(&q.inquiry);
    return good;
}
