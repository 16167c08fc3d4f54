/* The name by itself: does any public CA issue for it? (BR 4.2.2, 7.1.2.7.12) */
#include "doctor/examine.h"
#include "pki/names.h"

static bool is_reverse(const char *name) {
    return dns_below(name, "in-addr.arpa") || dns_below(name, "ip6.arpa");
}

static void add_for_public(struct examination *x, const struct error *problem) {
    for (size_t i = 0; i < x->issuer_count; i++)
        if (x->issuers[i].public)
            symptom_add_error(x, SYMPTOM_NAME_NOT_PUBLIC, x->issuers[i].id, problem);
}

bool examine_name(struct examination *x, struct error *e) {
    struct error problem;
    const char *ignored;
    (void)e;
    if (is_reverse(x->name)) {
        fail(&problem, ERR_BAD_NAME, "names of the reverse zones are not issued for since 2026-03-15",
             "自 2026-03-15 起不再为反向区域的名称签发证书");
        add_for_public(x, &problem);
    }
    if (!name_normalise(x->arena, x->name, true, &ignored, &problem))
        add_for_public(x, &problem);
    return true;
}
