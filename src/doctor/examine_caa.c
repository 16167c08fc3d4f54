/* CAA, for each issuer in question, and the record that lets it in (RFC 8659, RFC 8657). */
#include "base/buf.h"
#include "doctor/examine.h"
#include "pki/names.h"

/* What stands in the way of one issuer, or does not. */
struct caa_view {
    enum caa_verdict verdict; /* with the method that comes closest */
    bool open[METHOD_COUNT];
    bool account_named; /* permission is for some account, and we have none yet */
};

/* The record to add; with the account where there is one, which keeps every other customer of the CA out. */
static const char *line_of(struct examination *x, const struct doctor_issuer *issuer, const char *at) {
    struct slice domain;
    const char *rest = issuer->caa_domains;
    struct buf text = buf_new(x->arena, DETAIL_MAX);
    names_next(&rest, &domain);
    buf_printf(&text, "%s. CAA 0 %s \"%.*s", at, x->wildcard ? "issuewild" : "issue", (int)domain.len,
               (const char *)domain.p);
    if (issuer->account_uri)
        buf_printf(&text, "; accounturi=%s", issuer->account_uri);
    buf_str(&text, "\"");
    return text.p;
}

/* Without an account at the issuer every record that names one is somebody else's. */
static bool names_account(struct examination *x, const struct caa_found *found,
                          const struct caa_applicant *applicant) {
    struct caa_applicant nobody = *applicant;
    nobody.account_uri = "";
    return !applicant->account_uri &&
           caa_judge(x->arena, found->result.data, found->result.count, &nobody) == CAA_OTHER_ACCOUNT;
}

static struct caa_view view(struct examination *x, const struct doctor_issuer *issuer,
                            const struct caa_found *found) {
    struct caa_view v = {.verdict = CAA_UNREADABLE};
    struct caa_applicant applicant = {
        .domains = issuer->caa_domains, .account_uri = issuer->account_uri, .wildcard = x->wildcard};
    for (int m = 0; m < METHOD_COUNT; m++) {
        applicant.method = method_name(m);
        enum caa_verdict verdict = caa_judge(x->arena, found->result.data, found->result.count, &applicant);
        v.open[m] = verdict == CAA_PERMITS;
        if (x->methods[m] || verdict != CAA_PERMITS)
            v.verdict = caa_closer(v.verdict, verdict);
    }
    v.account_named = names_account(x, found, &applicant);
    return v;
}

static void tell_permission(struct examination *x, const struct doctor_issuer *issuer, const char *at,
                            const struct caa_view *v) {
    bool closed = false;
    for (int m = 0; m < METHOD_COUNT; m++)
        closed |= x->methods[m] && !v->open[m];
    if (v->account_named)
        symptom_add(x, SYMPTOM_CAA_ACCOUNT_UNKNOWN, issuer->id, "%s", "%s", at);
    else if (closed)
        symptom_add(x, SYMPTOM_CAA_METHOD_CLOSED, issuer->id, "%s permits %s", "%s 允许:%s", at,
                    methods_text(x->arena, v->open));
    else
        symptom_add(x, SYMPTOM_CAA_PERMITS, issuer->id, "%s", "%s", at);
}

static void judge(struct examination *x, const struct doctor_issuer *issuer, const struct caa_found *found) {
    static const enum symptom symptoms[] = {[CAA_UNREADABLE] = SYMPTOM_CAA_UNREADABLE,
                                            [CAA_CRITICAL_UNKNOWN] = SYMPTOM_CAA_CRITICAL,
                                            [CAA_OTHER_ISSUER] = SYMPTOM_CAA_OTHER_ISSUER,
                                            [CAA_OTHER_ACCOUNT] = SYMPTOM_CAA_OTHER_ACCOUNT,
                                            [CAA_OTHER_METHOD] = SYMPTOM_CAA_OTHER_METHOD};
    struct caa_view v = view(x, issuer, found);
    if (v.verdict == CAA_PERMITS) {
        tell_permission(x, issuer, found->name, &v);
        return;
    }
    const char *shown = x->check.answers[x->check.count - 1].answer;
    struct found *added =
        symptom_add(x, symptoms[v.verdict], issuer->id, "%s: %s", "%s:%s", found->name, shown);
    if (v.verdict >= CAA_OTHER_ISSUER)
        added->value = line_of(x, issuer, found->name);
}

static void judge_absent(struct examination *x, const struct doctor_issuer *issuer) {
    symptom_add(x, SYMPTOM_CAA_ABSENT, issuer->id, "%s", "%s", x->name)->value = line_of(x, issuer, x->name);
}

/* A look-up that failed was told with the signatures. */
bool examine_caa(struct examination *x, struct error *e) {
    struct caa_found found;
    if (x->address) /* RFC 8659 knows no CAA for addresses */
        return true;
    if (!caa_find(x->inquiry.dns, x->name, &found, e))
        return false;
    if (found.name)
        inquiry_note(&x->inquiry, found.name, DNS_CAA, &found.result);
    if (found.name && dns_failed(&found.result))
        return true;
    for (size_t i = 0; i < x->issuer_count; i++) {
        if (!x->issuers[i].caa_domains)
            continue;
        if (found.name)
            judge(x, &x->issuers[i], &found);
        else
            judge_absent(x, &x->issuers[i]);
    }
    return true;
}
