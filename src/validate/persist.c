/* Records of dns-persist-01. */
#include "validate/persist.h"
#include "validate/caa.h"
#include <ctype.h>
#include <strings.h>

enum { VALUE_MAX = 4096, DIGITS_MAX = 12 };

static bool read_until(const char *text, int64_t *until) {
    *until = 0;
    for (const char *c = text; *c; c++) {
        if (!isdigit((unsigned char)*c) || c - text >= DIGITS_MAX)
            return false;
        *until = 10 * *until + (*c - '0');
    }
    return *text != 0;
}

bool persist_read(struct arena *a, struct slice text, struct persist *persist) {
    struct caa_issue issue;
    bool twice[3];
    *persist = (struct persist){.issuer = ""};
    if (text.len == 0 || text.len > VALUE_MAX || memchr(text.p, 0, text.len) ||
        !caa_issue_read(a, arena_strndup(a, (const char *)text.p, text.len), &issue))
        return false;
    const char *policy = caa_parameter(&issue, "policy", &twice[0]);
    const char *until = caa_parameter(&issue, "persistuntil", &twice[1]);
    persist->account_uri = caa_parameter(&issue, "accounturi", &twice[2]);
    persist->issuer = issue.issuer;
    persist->wildcard = policy && strcasecmp(policy, "wildcard") == 0;
    return !twice[0] && !twice[1] && !twice[2] && *persist->issuer && persist->account_uri &&
           (!until || read_until(until, &persist->until));
}

bool persist_serves(const struct persist *found, const struct persist *wanted, int64_t now) {
    return strcmp(found->issuer, wanted->issuer) == 0 &&
           strcmp(found->account_uri, wanted->account_uri) == 0 && (found->wildcard || !wanted->wildcard) &&
           (found->until == 0 || found->until > now);
}
