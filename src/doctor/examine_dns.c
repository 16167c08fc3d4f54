/* Delegation, the aliases of _acme-challenge, and signatures. */
#include "base/buf.h"
#include "doctor/examine.h"
#include "validate/propagation.h"
#include <strings.h>

enum { CHAIN_MAX = 8 };

/* A look-up that a CA makes, too. */
static void judge_look_up(struct examination *x, enum dns_type type, const struct dns_result *result) {
    if (result->bogus)
        symptom_add(x, SYMPTOM_DNSSEC_BROKEN, NULL, "%s %s: %s", "%s %s:%s", dns_type_name(type), x->name,
                    quoted(x->arena, slice_str(result->why)));
    else if (dns_failed(result))
        symptom_add(x, SYMPTOM_LOOK_UP_FAILS, NULL, "%s %s: %s", "%s %s:%s", dns_type_name(type), x->name,
                    look_up_text(x->arena, result));
}

/* ---- delegation ---- */

static bool speaks_for_zone(const struct dns_answer *answer) {
    return answer->status == DNS_ANSWERED && answer->authoritative && answer->rcode == DNS_NOERROR;
}

/* What the servers of the zone say about its version. */
struct versions {
    size_t good, bad;
    uint32_t newest, oldest;
    const char *behind; /* a server with the oldest one */
};

static void take_version(struct examination *x, struct versions *v, const struct dns_answer *answer) {
    uint32_t serial;
    if (!speaks_for_zone(answer) || answer->count == 0 || !dns_serial(answer->data[0], &serial)) {
        v->bad++;
        symptom_add(x, SYMPTOM_SERVER_FAILS, NULL, "%s: %s", "%s:%s",
                    inquiry_server(x->arena, &answer->server), x->check.answers[x->check.count - 1].answer);
        return;
    }
    if (v->good == 0 || (int32_t)(serial - v->newest) > 0) /* RFC 1982 */
        v->newest = serial;
    if (v->good == 0 || (int32_t)(serial - v->oldest) < 0) {
        v->oldest = serial;
        v->behind = inquiry_server(x->arena, &answer->server);
    }
    v->good++;
}

static void judge_versions(struct examination *x, const struct versions *v, const char *zone) {
    if (v->good == 0)
        symptom_add(x, SYMPTOM_SERVERS_FAIL, NULL, "none of %zu servers answers for %s",
                    "%zu 台服务器均未正常应答 %s", v->bad, zone);
    else if (v->oldest != v->newest)
        symptom_add(x, SYMPTOM_SERVER_LAGS, NULL, "%s has version %u of %s, another one %u",
                    "%1$s 上 %3$s 的版本为 %2$u,另有服务器为 %4$u", v->behind, v->oldest, zone, v->newest);
}

static void judge_lost(struct examination *x, const struct dns_result *failure) {
    size_t before = x->count;
    inquiry_note(&x->inquiry, x->name, DNS_NS, failure);
    judge_look_up(x, DNS_NS, failure);
    if (x->count > before)
        return;
    if (failure->count > 0) {
        symptom_add(x, SYMPTOM_SERVERS_FAIL, NULL, "none of the name servers of %s has an address",
                    "%s 的域名服务器均无地址", x->name);
        return;
    }
    symptom_add(x, SYMPTOM_NOT_DELEGATED, NULL, "%s", "%s", x->name);
    x->over = true;
}

bool examine_delegation(struct examination *x, struct error *e) {
    struct dns_zone_found found;
    struct versions versions = {0};
    if (x->address)
        return true;
    if (!dns_authorities(x->inquiry.dns, x->name, &found, e))
        return false;
    if (found.servers.count == 0) {
        judge_lost(x, &found.failure);
        return true;
    }
    for (size_t i = 0; i < found.servers.count; i++) {
        struct dns_answer answer;
        if (!inquiry_ask(&x->inquiry, &found.servers.list[i], found.zone, DNS_SOA, &answer, e))
            return false;
        take_version(x, &versions, &answer);
    }
    judge_versions(x, &versions, found.zone);
    x->methods[METHOD_DNS] = versions.good > 0;
    return true;
}

/* ---- where _acme-challenge leads ---- */

struct walk {
    const char *links[CHAIN_MAX];
    size_t count;
    bool looped, lost; /* in a circle; nobody answers at the last link */
    size_t values;     /* TXT records at its end */
};

static bool seen(const struct walk *w, const char *name) {
    for (size_t i = 0; i < w->count; i++)
        if (strcasecmp(w->links[i], name) == 0)
            return true;
    return false;
}

/* The first server that answers; `lost` if none does. */
static bool ask_any(struct examination *x, const char *name, struct dns_answer *answer, bool *lost,
                    struct error *e) {
    struct dns_zone_found found;
    *lost = true;
    if (!dns_authorities(x->inquiry.dns, name, &found, e))
        return false;
    for (size_t i = 0; i < found.servers.count && *lost; i++) {
        if (!inquiry_ask(&x->inquiry, &found.servers.list[i], name, DNS_TXT, answer, e))
            return false;
        *lost = !dns_tells(answer);
    }
    return true;
}

/* Out of the zones that we may ask about the chain is lost to us, but perhaps not to others. */
static bool follow(struct examination *x, struct walk *w, const char *name, struct error *e) {
    while (name && !w->lost) {
        struct dns_answer answer;
        w->looped = seen(w, name) || w->count == CHAIN_MAX;
        if (w->looped)
            return true;
        w->links[w->count++] = name;
        if (!ask_any(x, name, &answer, &w->lost, e))
            return false;
        name = w->lost ? NULL : answer.cname;
        w->values = w->lost ? 0 : answer.count;
    }
    return true;
}

static const char *chain_text(struct arena *a, const struct walk *w) {
    struct buf text = buf_new(a, DETAIL_MAX);
    for (size_t i = 0; i < w->count; i++)
        buf_printf(&text, "%s%s", i ? " → " : "", w->links[i]);
    return text.p;
}

/* A name that nobody has made: does it answer as ours does? */
static bool look_for_wildcard(struct examination *x, const struct walk *w, struct error *e) {
    struct dns_answer answer;
    bool lost;
    const char *sibling = dns_nobody(x->arena, x->name);
    if (!sibling)
        return true;
    if (!ask_any(x, sibling, &answer, &lost, e))
        return false;
    if (!lost && answer.cname && w->count > 1 && strcasecmp(answer.cname, w->links[1]) == 0)
        symptom_add(x, SYMPTOM_WILDCARD_ALIAS, NULL, "*.%s is an alias of %s", "*.%s 是 %s 的别名", x->name,
                    answer.cname);
    else if (w->count > 1)
        symptom_add(x, SYMPTOM_ALIAS, NULL, "%s", "%s", chain_text(x->arena, w));
    if (!lost && !answer.cname && answer.count > 0)
        symptom_add(x, SYMPTOM_WILDCARD_TEXT, NULL, "*.%s has %zu TXT records", "*.%s 有 %zu 条 TXT 记录",
                    x->name, answer.count);
    else if (w->values > 0)
        symptom_add(x, SYMPTOM_LEFT_OVER, NULL, "%zu values at %s", "%2$s 处有 %1$zu 个值", w->values,
                    w->links[w->count - 1]);
    return true;
}

/* A zone of its own signs where the alias leads: the name itself may be in order. */
static bool judge_signatures(struct examination *x, const struct walk *w, struct error *e) {
    struct dns_result result;
    if (w->count < 2)
        return true;
    if (!inquiry_look_up(&x->inquiry, w->links[0], DNS_TXT, &result, e))
        return false;
    if (!result.bogus)
        return true;
    symptom_add(x, SYMPTOM_ALIAS_FORGED, NULL, "%s: %s", "%s:%s", chain_text(x->arena, w),
                quoted(x->arena, slice_str(result.why)));
    x->methods[METHOD_DNS] = false;
    return true;
}

static bool judge_walk(struct examination *x, const struct walk *w, struct error *e) {
    if (w->looped) {
        symptom_add(x, SYMPTOM_ALIAS_LOOP, NULL, "%s", "%s", chain_text(x->arena, w));
        x->methods[METHOD_DNS] = false;
        return true;
    }
    if (w->lost && w->count > 1) {
        symptom_add(x, SYMPTOM_ALIAS_DANGLES, NULL, "%s", "%s", chain_text(x->arena, w));
        x->methods[METHOD_DNS] = false;
        return true;
    }
    return w->lost || (judge_signatures(x, w, e) && look_for_wildcard(x, w, e));
}

bool examine_challenge(struct examination *x, struct error *e) {
    struct walk walk = {.count = 0};
    const char *host = propagation_record(x->arena, "dns-01", x->name);
    if (x->address || strlen(host) > DNS_NAME_MAX || !x->methods[METHOD_DNS])
        return true;
    if (!follow(x, &walk, host, e)) {
        if (e->id != ERR_NO_RESOLVER || walk.count < 2)
            return false;
        error_clear(e);
        symptom_add(x, SYMPTOM_ALIAS, NULL, "%s", "%s", chain_text(x->arena, &walk));
        return true;
    }
    return judge_walk(x, &walk, e);
}

/* ---- signatures ---- */

/* The questions of every CA; one that is wrong says enough. */
bool examine_signatures(struct examination *x, struct error *e) {
    static const enum dns_type types[] = {DNS_CAA, DNS_A, DNS_AAAA};
    struct dns_result result = {0};
    size_t before = x->count;
    if (x->address)
        return true;
    for (size_t i = 0; i < sizeof types / sizeof *types && x->count == before; i++) {
        if (!inquiry_look_up(&x->inquiry, x->name, types[i], &result, e))
            return false;
        judge_look_up(x, types[i], &result);
    }
    if (x->count == before)
        symptom_add(x, result.secure ? SYMPTOM_DNSSEC_GOOD : SYMPTOM_DNSSEC_ABSENT, NULL, "%s", "%s",
                    x->name);
    return true;
}
