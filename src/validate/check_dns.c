/*
 * A TXT record, added by hand. Every authoritative server is asked, along the CNAMEs; then the look-up that
 * nobody on the way can forge must say the same, and CAA must permit us. Where the record is missing, the
 * usual mistakes are looked for.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/rand.h"
#include "validate/caa.h"
#include "validate/evidence.h"
#include <strings.h>

enum { CHAIN_MAX = 8, SHOWN_MAX = 5, CHECK_MS = 60000 };
#define LABEL "_tenure-challenge"

/* One check on its way. */
struct inquiry {
    const struct validator *validator;
    struct arena *arena;
    const struct control *control;
    struct check *check;
    struct dns *dns;
    int64_t deadline_ms;
    struct evidence evidence;
    const char *record;               /* where the value belongs */
    const char *chain[CHAIN_MAX + 1]; /* the record and the names that its CNAMEs lead to */
    size_t chain_length;
    const char *zone;            /* of the record */
    struct dns_server responder; /* the first of that zone that answered */
    bool responded;
    const char *at, *culprit; /* the name, and the server or record there, that spoils it */
};

static const char *record_of(struct arena *a, const char *name) {
    return arena_printf(a, LABEL ".%s", name);
}

static void challenge(struct arena *a, const struct control *control, struct challenge *challenge) {
    *challenge =
        (struct challenge){.host = record_of(a, control->name), .type = "TXT", .value = control->value};
}

/* ---- for people ---- */

static const char *server_text(struct arena *a, const struct dns_server *server) {
    char address[INET6_ADDRSTRLEN];
    if (server->configured) /* the name is what the configuration says: the address */
        return server->name;
    address_text(&server->address, address);
    const char *format = server->address.family == AF_INET ? "%s (%s:%u)" : "%s ([%s]:%u)";
    return arena_printf(a, format, server->name, address, server->port);
}

static const char *values_text(struct arena *a, const struct slice *data, size_t count) {
    struct buf text = buf_new(a, 4096);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
        struct slice value = {0};
        dns_txt(a, data[i], &value);
        buf_printf(&text, " %s", quoted(a, value));
    }
    if (count > SHOWN_MAX)
        buf_printf(&text, " … (%zu)", count);
    return text.len ? text.p : " -";
}

static const char *answer_text(struct arena *a, const struct dns_answer *answer) {
    static const char *const states[] = {[DNS_TIMED_OUT] = "time-out",
                                         [DNS_UNREACHABLE] = "connection refused",
                                         [DNS_NOT_ALLOWED] = "address not allowed",
                                         [DNS_GARBLED] = "not an answer of DNS"};
    if (answer->status != DNS_ANSWERED)
        return states[answer->status];
    if (answer->cname)
        return arena_printf(a, "CNAME %s", answer->cname);
    return arena_printf(a, "%s%s%s", dns_rcode_name(a, answer->rcode),
                        answer->authoritative || answer->rcode != DNS_NOERROR ? "" : " (not authoritative)",
                        answer->rcode == DNS_NOERROR ? values_text(a, answer->data, answer->count) : "");
}

static const char *question_text(struct arena *a, enum dns_type type, const char *name) {
    return arena_printf(a, "%s %s", dns_type_name(type), name);
}

static const char *result_text(struct arena *a, const struct dns_result *result, enum dns_type type) {
    bool shown = type == DNS_TXT && result->rcode == DNS_NOERROR && !result->timed_out;
    return arena_printf(a, "%s%s", look_up_text(a, result),
                        shown ? values_text(a, result->data, result->count) : "");
}

/* ---- asking ---- */

/* The validated look-up, noted down. */
static bool look_up(struct inquiry *q, const char *name, enum dns_type type, struct dns_result *result,
                    struct error *e) {
    int64_t start = clock_monotonic_ms();
    if (!dns_validated(q->dns, name, type, result, e))
        return false;
    check_add(q->check, &(struct check_answer){.server = "resolver",
                                               .question = question_text(q->arena, type, name),
                                               .answer = result_text(q->arena, result, type),
                                               .ms = clock_monotonic_ms() - start});
    return true;
}

static enum look_up ended(const struct dns_result *result, bool good) {
    if (result->timed_out)
        return LOOK_UP_TIMED_OUT;
    if (result->rcode != DNS_NOERROR && result->rcode != DNS_NXDOMAIN)
        return LOOK_UP_FAILED;
    return good ? LOOK_UP_GOOD : LOOK_UP_OTHER;
}

/* One server, noted down. When the time of the check is over, nobody is asked any more. */
static bool ask(struct inquiry *q, const struct dns_server *server, const char *name,
                struct dns_answer *answer, struct error *e) {
    *answer = (struct dns_answer){.server = *server, .status = DNS_TIMED_OUT};
    if (clock_monotonic_ms() < q->deadline_ms && !dns_ask(q->dns, server, name, DNS_TXT, answer, e))
        return false;
    check_add(q->check, &(struct check_answer){.server = server_text(q->arena, server),
                                               .question = question_text(q->arena, DNS_TXT, name),
                                               .answer = answer_text(q->arena, answer),
                                               .ms = answer->ms});
    return true;
}

static bool has_value(const struct inquiry *q, const struct slice *data, size_t count) {
    struct slice text;
    for (size_t i = 0; i < count; i++)
        if (dns_txt(q->arena, data[i], &text) && slice_equal(text, slice_str(q->control->value)))
            return true;
    return false;
}

/* ---- along the CNAMEs ---- */

/* Behind a CNAME that leads in a circle a server may find an error; what stands at the name itself counts. */
static bool is_answer(const struct dns_answer *answer) {
    bool good = answer->rcode == DNS_NOERROR || answer->rcode == DNS_NXDOMAIN;
    return answer->status == DNS_ANSWERED && (answer->cname || (answer->authoritative && good));
}

static void spoils(struct inquiry *q, const char *at, const struct dns_server *server) {
    if (q->culprit)
        return;
    q->at = at;
    q->culprit = server_text(q->arena, server);
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
static void tally(struct inquiry *q, const char *name, const struct dns_answer *answer, const char **next) {
    struct evidence *evidence = &q->evidence;
    if (!is_answer(answer)) {
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

static void remember_responder(struct inquiry *q, const struct dns_zone_found *found,
                               const struct dns_answer *answer) {
    if (q->chain_length > 1 || q->responded || !is_answer(answer))
        return;
    q->responded = true;
    q->responder = answer->server;
    q->zone = found->zone;
}

/* The servers of a name are not to be found: the look-up that says so stands for one. */
static void tally_lost(struct inquiry *q, const char *name, const struct dns_result *failure) {
    q->at = name;
    q->culprit = "resolver";
    check_add(q->check, &(struct check_answer){.server = "resolver",
                                               .question = question_text(q->arena, DNS_NS, name),
                                               .answer = result_text(q->arena, failure, DNS_NS)});
    enum look_up how = ended(failure, true);
    q->evidence.timed_out += how == LOOK_UP_TIMED_OUT;
    q->evidence.failed += how == LOOK_UP_FAILED;
    q->evidence.absent |= how == LOOK_UP_GOOD && failure->rcode == DNS_NXDOMAIN;
}

/* All servers of one name; `next` is the name that they lead on to, or NULL. */
static bool ask_all(struct inquiry *q, const char *name, const char **next, struct error *e) {
    struct dns_zone_found found;
    *next = NULL;
    if (!dns_authorities(q->dns, name, &found, e))
        return false;
    if (found.servers.count == 0)
        tally_lost(q, name, &found.failure);
    for (size_t i = 0; i < found.servers.count; i++) {
        struct dns_answer answer;
        if (!ask(q, &found.servers.list[i], name, &answer, e))
            return false;
        remember_responder(q, &found, &answer);
        tally(q, name, &answer, next);
    }
    return true;
}

static bool seen_before(const struct inquiry *q, const char *name) {
    for (size_t i = 0; i < q->chain_length; i++)
        if (strcasecmp(q->chain[i], name) == 0)
            return true;
    return false;
}

static bool follow_chain(struct inquiry *q, struct error *e) {
    const char *next = q->record;
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
static bool look_for_doubled(struct inquiry *q, struct error *e) {
    struct dns_answer answer;
    const char *doubled = arena_printf(q->arena, "%s.%s", q->record, q->zone);
    if (!*q->zone || strlen(doubled) > DNS_NAME_MAX)
        return true;
    if (!ask(q, &q->responder, doubled, &answer, e))
        return false;
    q->evidence.doubled = is_answer(&answer) && has_value(q, answer.data, answer.count);
    if (q->evidence.doubled)
        q->at = doubled;
    return true;
}

/* A name that nobody has made leads to the same place. */
static bool look_for_wildcard(struct inquiry *q, struct error *e) {
    struct dns_answer answer;
    const char *sibling =
        arena_printf(q->arena, "tenure-%08x.%s", (unsigned)rand_below(UINT32_MAX), q->control->name);
    if (q->chain_length < 2 || strlen(sibling) > DNS_NAME_MAX)
        return true;
    if (!ask(q, &q->responder, sibling, &answer, e))
        return false;
    q->evidence.wildcard = is_answer(&answer) && answer.cname && strcasecmp(answer.cname, q->chain[1]) == 0;
    return true;
}

static bool look_for_name(struct inquiry *q, struct error *e) {
    struct dns_result result;
    if (!look_up(q, q->control->name, DNS_A, &result, e))
        return false;
    q->evidence.absent = !result.timed_out && result.rcode == DNS_NXDOMAIN;
    return true;
}

static bool look_for_mistakes(struct inquiry *q, struct error *e) {
    return look_for_doubled(q, e) && look_for_wildcard(q, e) && look_for_name(q, e);
}

/* ---- what must hold besides ---- */

static bool check_validated(struct inquiry *q, struct error *e) {
    struct dns_result result;
    if (!look_up(q, q->record, DNS_TXT, &result, e))
        return false;
    q->evidence.validated = ended(&result, has_value(q, result.data, result.count));
    if (q->evidence.validated != LOOK_UP_GOOD) {
        q->at = q->record;
        q->culprit = result.bogus ? result.why : "resolver";
    }
    return true;
}

static bool check_caa(struct inquiry *q, struct error *e) {
    struct caa_found found;
    if (!q->validator->caa_domain || q->evidence.validated != LOOK_UP_GOOD)
        return true;
    if (!caa_look(q->dns, q->arena, q->control, q->validator->caa_domain, &found, e))
        return false;
    if (!found.name)
        return true;
    check_add(q->check, &(struct check_answer){.server = "resolver",
                                               .question = question_text(q->arena, DNS_CAA, found.name),
                                               .answer = result_text(q->arena, &found.result, DNS_CAA)});
    q->evidence.caa = ended(&found.result, found.permitted);
    if (q->evidence.caa != LOOK_UP_GOOD) {
        q->at = found.name;
        q->culprit = found.result.bogus ? found.result.why : "resolver";
    }
    return true;
}

static bool investigate(struct inquiry *q, struct error *e) {
    const struct evidence *evidence = &q->evidence;
    if (!follow_chain(q, e))
        return false;
    if (evidence->looped || !q->responded)
        return true;
    if (evidence->wrong + evidence->missing > 0)
        return look_for_mistakes(q, e);
    return evidence->have == 0 || (check_validated(q, e) && check_caa(q, e));
}

static bool describe(struct inquiry *q, enum reason reason) {
    const char *at = q->at ? q->at : q->record, *culprit = q->culprit ? q->culprit : "-";
    if (reason == REASON_FOUND)
        return check_ends(q->arena, q->check, reason, "%s has the value at every server that answers",
                          "%s 在所有应答的服务器上均有正确的值", q->record);
    if (reason == REASON_CAA_FORBIDS)
        return check_ends(q->arena, q->check, reason, "the CAA records of %s do not name %s",
                          "%s 的 CAA 记录未包含 %s", at, q->validator->caa_domain);
    return check_ends(q->arena, q->check, reason, "TXT %s, asked at %s", "TXT %s,查询对象 %s", at, culprit);
}

static bool look(const struct validator *v, struct arena *a, const struct control *control,
                 struct check *check, struct error *e) {
    struct inquiry q = {.validator = v,
                        .arena = a,
                        .control = control,
                        .check = check,
                        .deadline_ms = clock_monotonic_ms() + CHECK_MS,
                        .record = record_of(a, control->name),
                        .zone = ""};
    return dns_open(a, v->dns, &q.dns, e) && investigate(&q, e) && describe(&q, evidence_judge(&q.evidence));
}

const struct check_ops check_dns = {
    .method = "dns",
    .title = TEXT("A TXT record in DNS, added by hand", "手动添加 DNS TXT 记录"),
    .for_wildcard = true,
    .for_subtree = true,
    .challenge = challenge,
    .look = look,
};
