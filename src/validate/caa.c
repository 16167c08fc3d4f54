/* Who may issue for a name: CAA records (RFC 8659). */
#include "validate/caa.h"
#include <ctype.h>

bool caa_read(struct arena *a, struct slice rdata, struct caa *caa) {
    if (rdata.len < 2 || rdata.p[1] == 0 || (size_t)rdata.p[1] + 2 > rdata.len)
        return false;
    size_t length = rdata.p[1];
    const char *tag = arena_lower(a, (const char *)rdata.p + 2, length);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)tag[i]))
            return false;
    const char *value = (const char *)rdata.p + 2 + length;
    if (memchr(value, 0, rdata.len - 2 - length))
        return false;
    *caa = (struct caa){rdata.p[0], tag, arena_strndup(a, value, rdata.len - 2 - length)};
    return true;
}

/* The issuer's name ends at the first parameter. */
static bool names_issuer(const char *value, const char *issuer) {
    value += strspn(value, " \t");
    size_t length = strcspn(value, "; \t");
    return length == strlen(issuer) && strncasecmp(value, issuer, length) == 0;
}

static bool known(const char *tag) {
    static const char *const tags[] = {"issue",    "issuewild",    "iodef",       "issuemail",
                                       "issuevmc", "contactemail", "contactphone"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tag, tags[i]) == 0)
            return true;
    return false;
}

/* How many records have the tag, and how many of these name the issuer. */
struct tally {
    size_t all, ours;
};

static void count(struct tally *tally, const struct caa *caa, const char *tag, const char *issuer) {
    bool counts = strcmp(caa->tag, tag) == 0;
    tally->all += counts;
    tally->ours += counts && names_issuer(caa->value, issuer);
}

bool caa_permits(struct arena *a, const struct slice *records, size_t record_count, const char *issuer,
                 bool wildcard) {
    struct tally issue = {0}, issuewild = {0};
    for (size_t i = 0; i < record_count; i++) {
        struct caa caa;
        if (!caa_read(a, records[i], &caa) || ((caa.flags & CAA_CRITICAL) && !known(caa.tag)))
            return false;
        count(&issue, &caa, "issue", issuer);
        count(&issuewild, &caa, "issuewild", issuer);
    }
    const struct tally *decides = wildcard && issuewild.all ? &issuewild : &issue;
    return decides->all == 0 || decides->ours > 0;
}

/* Above the zones that we may ask about nobody can be asked: the climb ends there. */
static bool ask_above(struct dns *dns, const char *name, bool first, struct dns_result *result,
                      struct error *e) {
    *result = (struct dns_result){.rcode = DNS_NOERROR, .why = ""};
    return dns_validated(dns, name, DNS_CAA, result, e) || (!first && e->id == ERR_NO_RESOLVER);
}

bool caa_find(struct dns *dns, const char *name, struct caa_found *found, struct error *e) {
    *found = (struct caa_found){.permitted = true};
    for (const char *at = name; at && *at; at = dns_parent(at)) {
        if (!ask_above(dns, at, at == name, &found->result, e))
            return false;
        if (!dns_failed(&found->result) && found->result.count == 0)
            continue;
        found->name = at;
        return true;
    }
    return true;
}

bool caa_look(struct dns *dns, struct arena *a, const struct control *control, const char *issuer,
              struct caa_found *found, struct error *e) {
    if (!caa_find(dns, control->name, found, e))
        return false;
    const struct dns_result *result = &found->result;
    if (found->name)
        found->permitted =
            !dns_failed(result) && caa_permits(a, result->data, result->count, issuer, control->wildcard);
    return true;
}

/* ---- the parameters ---- */

static bool is_tag(struct slice s) {
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum(s.p[i]) && (s.p[i] != '-' || i == 0 || i + 1 == s.len))
            return false;
    return s.len > 0;
}

/* RFC 8659: printable, without a space or semicolon. */
static bool is_value(struct slice s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ';')
            return false;
    return true;
}

static bool is_issuer(struct slice s) {
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
            return false;
    return true;
}

static struct slice trimmed(const char *start, size_t length) {
    while (length > 0 && (*start == ' ' || *start == '\t')) {
        start++;
        length--;
    }
    while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        length--;
    return slice_of(start, length);
}

static const char *lower(struct arena *a, struct slice s) {
    return arena_lower(a, (const char *)s.p, s.len);
}

static bool add_parameter(struct arena *a, const char *text, size_t length, struct caa_issue *issue) {
    const char *equals = memchr(text, '=', length);
    if (!equals || issue->count == CAA_PARAMETERS_MAX)
        return false;
    struct slice tag = trimmed(text, (size_t)(equals - text));
    struct slice value = trimmed(equals + 1, length - (size_t)(equals + 1 - text));
    if (!is_tag(tag) || !is_value(value))
        return false;
    issue->parameters[issue->count++] =
        (struct caa_parameter){lower(a, tag), arena_strndup(a, (const char *)value.p, value.len)};
    return true;
}

bool caa_issue_read(struct arena *a, const char *value, struct caa_issue *issue) {
    size_t length = strcspn(value, ";");
    struct slice issuer = trimmed(value, length);
    *issue = (struct caa_issue){.issuer = lower(a, issuer)};
    if (!is_issuer(issuer))
        return false;
    while (value[length] == ';') {
        value += length + 1;
        length = strcspn(value, ";");
        /* a semicolon at the end, as many consoles write it, is no parameter */
        if (trimmed(value, length).len > 0 && !add_parameter(a, value, length, issue))
            return false;
    }
    return true;
}

const char *caa_parameter(const struct caa_issue *issue, const char *tag, bool *twice) {
    const char *value = NULL;
    *twice = false;
    for (size_t i = 0; i < issue->count; i++) {
        if (strcmp(issue->parameters[i].tag, tag) != 0)
            continue;
        *twice |= value != NULL;
        value = issue->parameters[i].value;
    }
    return *twice ? NULL : value;
}

/* ---- who wants to issue ---- */

static bool has_word(const char *words, char separator, const char *word) {
    size_t wanted = strlen(word);
    for (const char *rest = words; *rest;) {
        size_t length = strcspn(rest, (char[]){separator, 0});
        if (wanted > 0 && length == wanted && strncasecmp(rest, word, wanted) == 0)
            return true;
        rest += length + (rest[length] != 0);
    }
    return false;
}

static enum caa_verdict judge_one(struct arena *a, const char *value, const struct caa_applicant *applicant) {
    struct caa_issue issue;
    bool twice, again;
    if (!caa_issue_read(a, value, &issue) || !has_word(applicant->domains, ' ', issue.issuer))
        return CAA_OTHER_ISSUER;
    const char *account = caa_parameter(&issue, "accounturi", &twice);
    if (twice || (account && applicant->account_uri && strcmp(account, applicant->account_uri) != 0))
        return CAA_OTHER_ACCOUNT;
    const char *methods = caa_parameter(&issue, "validationmethods", &again);
    if (again || (methods && applicant->method && !has_word(methods, ',', applicant->method)))
        return CAA_OTHER_METHOD;
    return CAA_PERMITS;
}

enum caa_verdict caa_closer(enum caa_verdict best, enum caa_verdict verdict) {
    return best == CAA_PERMITS || verdict == CAA_PERMITS ? CAA_PERMITS : verdict > best ? verdict : best;
}

/* What is asked of one tag. */
struct hearing {
    size_t heard;
    enum caa_verdict best;
};

static void hear(struct arena *a, struct hearing *hearing, const struct caa *caa, const char *tag,
                 const struct caa_applicant *applicant) {
    if (strcmp(caa->tag, tag) != 0)
        return;
    hearing->heard++;
    hearing->best = caa_closer(hearing->best, judge_one(a, caa->value, applicant));
}

enum caa_verdict caa_judge(struct arena *a, const struct slice *records, size_t record_count,
                           const struct caa_applicant *applicant) {
    struct hearing issue = {.best = CAA_OTHER_ISSUER}, issuewild = {.best = CAA_OTHER_ISSUER};
    for (size_t i = 0; i < record_count; i++) {
        struct caa caa;
        if (!caa_read(a, records[i], &caa))
            return CAA_UNREADABLE;
        if ((caa.flags & CAA_CRITICAL) && !known(caa.tag))
            return CAA_CRITICAL_UNKNOWN;
        hear(a, &issue, &caa, "issue", applicant);
        hear(a, &issuewild, &caa, "issuewild", applicant);
    }
    const struct hearing *decides = applicant->wildcard && issuewild.heard ? &issuewild : &issue;
    return decides->heard == 0 ? CAA_PERMITS : decides->best;
}
