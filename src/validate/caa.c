/* Who may issue for a name: CAA records (RFC 8659). */
#include "validate/caa.h"
#include <ctype.h>

bool caa_read(struct arena *a, struct slice rdata, struct caa *caa) {
    if (rdata.len < 2 || rdata.p[1] == 0 || (size_t)rdata.p[1] + 2 > rdata.len)
        return false;
    size_t length = rdata.p[1];
    char *tag = arena_strndup(a, (const char *)rdata.p + 2, length);
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)tag[i]))
            return false;
        tag[i] = (char)tolower((unsigned char)tag[i]);
    }
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

static bool failed(const struct dns_result *result) {
    return result->timed_out || (result->rcode != DNS_NOERROR && result->rcode != DNS_NXDOMAIN);
}

/* Above the zones that we may ask about nobody can be asked: the climb ends there. */
static bool ask_above(struct dns *dns, const char *name, const struct control *control,
                      struct dns_result *result, struct error *e) {
    *result = (struct dns_result){.rcode = DNS_NOERROR, .why = ""};
    return dns_validated(dns, name, DNS_CAA, result, e) ||
           (e->id == ERR_NO_RESOLVER && strcmp(name, control->name) != 0);
}

bool caa_look(struct dns *dns, struct arena *a, const struct control *control, const char *issuer,
              struct caa_found *found, struct error *e) {
    *found = (struct caa_found){.permitted = true};
    for (const char *name = control->name; name && *name; name = dns_parent(name)) {
        struct dns_result *result = &found->result;
        if (!ask_above(dns, name, control, result, e))
            return false;
        if (!failed(result) && result->count == 0)
            continue;
        found->name = name;
        found->permitted =
            !failed(result) && caa_permits(a, result->data, result->count, issuer, control->wildcard);
        return true;
    }
    return true;
}
