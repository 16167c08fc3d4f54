/* Whom a record of dns-persist-01 lets in: our own account at a CA, for solve/ to name. */
#include "issue/acme_account.h"
#include "issue/issue.h"
#include "pki/names.h"
#include "solve/solve.h"

enum { ISSUERS_MAX = 200 };

static bool calls_itself(const struct issuer *issuer, const char *domain) {
    const char *rest = issuer->caa_domains;
    struct slice one;
    while (rest && names_next(&rest, &one))
        if (slice_equal(one, slice_str(domain)))
            return true;
    return false;
}

/* `issuer->id` NULL: nobody is called so. */
static bool find_issuer(struct db *db, struct arena *a, const char *name, struct issuer *issuer,
                        struct error *e) {
    struct issuer *list;
    size_t count;
    *issuer = (struct issuer){.id = NULL};
    if (!issuer_list(db, a, NULL, ISSUERS_MAX, &list, &count, e))
        return false;
    for (size_t i = 0; i < count && !issuer->id; i++)
        if (strcmp(list[i].id, name) == 0 || calls_itself(&list[i], name))
            *issuer = list[i];
    return true;
}

bool issue_ca_account(const struct services *services, struct arena *a, const char *account_id,
                      struct ca_account *wanted, struct error *e) {
    struct issuer issuer;
    struct acme_account account;
    wanted->uri = NULL;
    if (!find_issuer(services->db, a, wanted->issuer, &issuer, e))
        return false;
    if (!issuer.id)
        return true;
    bool by_id = strcmp(issuer.id, wanted->issuer) == 0;
    if (by_id && !issuer.caa_domains)
        return fail_field(
            e, "issuer", ERR_BAD_FIELD,
            "the issuer '%s' has no caa_domains: give the domain name that the CA calls itself by",
            "签发机构“%s”未设置 caa_domains:请填写 CA 的域名标识", issuer.id);
    if (by_id)
        wanted->issuer = names_at(a, issuer.caa_domains, 0);
    if (!acme_account_of(services->db, a, account_id, issuer.id, &account, e))
        return false;
    if (account.id && !acme_account_over(&account))
        wanted->uri = account.url;
    return true;
}
