/* Making a quote, and taking it for an order. */
#include "order/quote.h"
#include "base/rand.h"
#include "catalog/catalog.h"
#include <stdio.h>

struct quoting {
    const struct services *services;
    struct arena *arena;
    const struct quote_request *request;
    int64_t now;
    struct quote *quote;
};

enum { CERTIFICATES, USES, LEDGERS };

static bool read_left(const struct quoting *g, const char *item, int64_t left[LEDGERS], struct error *e) {
    struct db *db = g->services->db;
    const char *account_id = g->request->account_id;
    left[CERTIFICATES] = 0;
    return (!item || ledger_quota_left(db, account_id, item, &left[CERTIFICATES], e)) &&
           ledger_quota_left(db, account_id, MANAGED_USE, &left[USES], e);
}

static void begin(const struct quoting *g, const char *kind) {
    *g->quote = (struct quote){.id = id_new(g->arena, "quo", g->now),
                               .account_id = g->request->account_id,
                               .created_by = g->request->order.created_by,
                               .created_at = g->now,
                               .expires_at = g->now + QUOTE_SECONDS,
                               .kind = kind};
}

static void sum_up(struct quote *q, const char *currency) {
    q->due = (struct money){0, currency};
    for (size_t i = 0; i < q->line_count; i++)
        q->due.amount += q->lines[i].amount.amount;
}

static void add_quota(const struct quoting *g, const char *item, int64_t left, int64_t left_after) {
    struct quote *q = g->quote;
    if (!q->quota)
        q->quota = ARENA_ARRAY(g->arena, LEDGERS, struct quote_quota);
    q->quota[q->quota_count++] = (struct quote_quota){item, left, left_after};
}

static bool store(const struct quoting *g, struct error *e) {
    quote_write_content(g->arena, g->quote);
    return quote_insert(g->services->db, g->quote, e);
}

/* ---- certificates ---- */

static const char *item_of(struct arena *a, const struct draft *d, const char *family) {
    const struct specification s = {d->c.brand, d->c.grade, d->c.domain_type, family};
    return specification_key(a, &s);
}

static int64_t taken(int64_t needed, int64_t left) {
    return left - (needed < left ? needed : left);
}

static bool price_order(const struct quoting *g, const struct draft *d, struct error *e) {
    struct quote *q = g->quote;
    const struct price *price = brand_price(d->brand, d->c.domain_type, g->now);
    const char *currency = d->brand->currency;
    struct quote_need need = {.item = item_of(g->arena, d, q->chosen.key_family),
                              .certificates = d->c.years,
                              .managed_uses = quote_uses(d->kind, d->c.years),
                              .certificate_price = {price->per_year, currency},
                              .use_price = {price->managed_use, currency}};
    int64_t left[LEDGERS];
    if (!read_left(g, need.item, left, e))
        return false;
    q->lines = ARENA_ARRAY(g->arena, QUOTE_LINES_MAX, struct quote_line);
    q->line_count = quote_lines(&need, left, q->lines);
    sum_up(q, currency);
    add_quota(g, need.item, left[CERTIFICATES], taken(need.certificates, left[CERTIFICATES]));
    add_quota(g, MANAGED_USE, left[USES], taken(need.managed_uses, left[USES]));
    return true;
}

static struct quote_choice choice_of(const struct draft *d) {
    const struct certificate *c = &d->c;
    return (struct quote_choice){.contact_id = d->form.contact_id,
                                 .organization_id = d->form.organization_id,
                                 .validation_method = d->form.validation_method,
                                 .names = c->names,
                                 .grade = c->grade,
                                 .domain_type = c->domain_type,
                                 .key_algorithm = c->key_algorithm,
                                 .key_family = specification_family(c->key_algorithm),
                                 .csr_choice = c->csr_choice,
                                 .csr = c->own_csr};
}

static bool quote_order(const struct quoting *g, struct error *e) {
    const struct quote_request *r = g->request;
    struct draft d = {.services = g->services,
                      .arena = g->arena,
                      .account_id = r->account_id,
                      .request = &r->order,
                      .old = r->old};
    if (!draft_make(&d, g->now, e))
        return false;
    begin(g, order_kind_name(d.kind));
    struct quote *q = g->quote;
    q->years = d.c.years;
    q->old_certificate_id = d.old ? d.old->id : NULL;
    q->brand = d.brand->id;
    q->profile = d.profile->name;
    q->profile_version = d.profile->version;
    q->chosen = choice_of(&d);
    return price_order(g, &d, e) && quote_plan(&d, g->now, q, e) && quote_explain(&d, g->now, q, e) &&
           store(g, e);
}

/* ---- quota ---- */

enum { UNITS_MAX = 1000000 };

static bool check_units(const char *field, int64_t units, struct error *e) {
    return (units >= 0 && units <= UNITS_MAX) ||
           fail_field(e, field, ERR_BAD_FIELD, "0 to %d units at once", "每次 0 至 %d 个", UNITS_MAX);
}

static bool find_priced_brand(const struct quoting *g, const struct brand **brand, struct error *e) {
    const struct quote_request *r = g->request;
    const struct catalog *catalog = g->services->catalog;
    if (!check_units("certificates", r->certificates, e) || !check_units("managed_uses", r->managed_uses, e))
        return false;
    if (!r->certificates && !r->managed_uses)
        return fail_field(e, "certificates", ERR_BAD_FIELD,
                          "a package, certificates or managed_uses are bought",
                          "须提供 package、certificates 或 managed_uses");
    if (r->certificates && !specification_check(catalog, &r->of, e))
        return false;
    *brand = r->of.brand ? catalog_find(catalog, r->of.brand) : catalog_default(catalog);
    if (!*brand)
        return fail_field(e, "brand", ERR_BAD_FIELD, "no brand '%s' is on sale", "没有品牌“%s”", r->of.brand);
    return brand_on_sale(*brand, e);
}

/* What is there already counts for nothing: it is bought to have more. */
static bool price_units(const struct quoting *g, struct quote_choice *chosen, struct specification *of,
                        struct error *e) {
    const struct quote_request *r = g->request;
    static const int64_t nothing[LEDGERS];
    const struct brand *brand;
    if (!find_priced_brand(g, &brand, e))
        return false;
    const struct price *price = brand_price(brand, r->of.domain_type, g->now);
    *of = r->of;
    *chosen = (struct quote_choice){.certificates = r->certificates, .managed_uses = r->managed_uses};
    struct quote_need need = {.item = r->certificates ? specification_key(g->arena, of) : NULL,
                              .certificates = r->certificates,
                              .managed_uses = r->managed_uses,
                              .certificate_price = {price->per_year, brand->currency},
                              .use_price = {price->managed_use, brand->currency}};
    g->quote->brand = brand->id;
    g->quote->line_count = quote_lines(&need, nothing, g->quote->lines);
    sum_up(g->quote, brand->currency);
    return true;
}

static bool check_package_on_sale(const struct quoting *g, const struct package *p, struct error *e) {
    if (p->withdrawn_at)
        return fail_field(e, "package", ERR_BRAND_NOT_ON_SALE, "the package '%s' is withdrawn",
                          "资源包“%s”已下架", p->id);
    const struct brand *brand = catalog_find(g->services->catalog, p->of.brand);
    return !brand || brand_on_sale(brand, e);
}

/* One price for the whole: it stands in its first line. */
static bool price_package(const struct quoting *g, struct quote_choice *chosen, struct specification *of,
                          struct error *e) {
    struct quote *q = g->quote;
    static const int64_t nothing[LEDGERS];
    struct package p;
    if (!package_get(g->services->db, g->arena, g->request->package, &p, e) ||
        !check_package_on_sale(g, &p, e))
        return false;
    *of = p.of;
    *chosen = (struct quote_choice){
        .package = p.id, .certificates = p.certificates, .managed_uses = p.managed_uses};
    struct quote_need need = {.item = p.certificates ? specification_key(g->arena, of) : NULL,
                              .certificates = p.certificates,
                              .managed_uses = p.managed_uses,
                              .certificate_price.currency = p.currency,
                              .use_price.currency = p.currency};
    q->brand = p.of.brand;
    q->line_count = quote_lines(&need, nothing, q->lines);
    for (size_t i = 0; i < q->line_count; i++)
        q->lines[i].unit_price = (struct money){0};
    q->lines[0].amount.amount = p.price;
    sum_up(q, p.currency);
    return true;
}

static bool quote_quota(const struct quoting *g, struct error *e) {
    struct quote *q = g->quote;
    struct specification of = {0};
    int64_t left[LEDGERS];
    begin(g, ORDER_QUOTA);
    q->lines = ARENA_ARRAY(g->arena, QUOTE_LINES_MAX, struct quote_line);
    bool priced =
        g->request->package ? price_package(g, &q->chosen, &of, e) : price_units(g, &q->chosen, &of, e);
    if (!priced)
        return false;
    q->chosen.grade = of.grade;
    q->chosen.domain_type = of.domain_type;
    q->chosen.key_family = of.key_family;
    const char *item = q->chosen.certificates ? q->lines[0].item : NULL;
    if (!read_left(g, item, left, e))
        return false;
    if (item)
        add_quota(g, item, left[CERTIFICATES], left[CERTIFICATES] + q->chosen.certificates);
    if (q->chosen.managed_uses)
        add_quota(g, MANAGED_USE, left[USES], left[USES] + q->chosen.managed_uses);
    quote_explain_quota(g->arena, q);
    return store(g, e);
}

bool quote_make(const struct services *services, struct arena *a, const struct quote_request *request,
                int64_t now, struct quote *q, struct error *e) {
    const struct quoting g = {services, a, request, now, q};
    bool units = request->package || request->certificates || request->managed_uses;
    return units ? quote_quota(&g, e) : quote_order(&g, e);
}

/* ---- taking it ---- */

/* Whoever asks twice wants to find what the first time has made. */
static bool refuse_used(const struct quote *q, struct error *e) {
    fail(e, ERR_QUOTE_STALE, "the order %s was made from the quote %s", "报价 %2$s 已用于订单 %1$s",
         q->order_id, q->id);
    snprintf(e->object, sizeof e->object, "%s", q->order_id);
    return false;
}

static bool check_open(const struct quote *q, int64_t now, struct error *e) {
    if (q->order_id)
        return refuse_used(q, e);
    return now < q->expires_at || fail(e, ERR_QUOTE_STALE, "the quote %s was good for 30 minutes",
                                       "报价 %s 的 30 分钟有效期已过", q->id);
}

static bool check_quota(struct db *db, const struct quote *q, struct error *e) {
    for (size_t i = 0; i < q->line_count; i++) {
        const struct quote_line *line = &q->lines[i];
        int64_t left;
        if (strcmp(line->source, SOURCE_QUOTA) != 0)
            continue;
        if (!ledger_quota_left(db, q->account_id, line->item, &left, e))
            return false;
        if (left < line->count)
            return fail(e, ERR_QUOTE_STALE, "the quote %s counts on %lld of %s, %lld are left",
                        "报价 %s 需使用 %lld 个 %s,目前剩余 %lld", q->id, (long long)line->count, line->item,
                        (long long)left);
    }
    return true;
}

/* Completed once, the choice is complete: nothing comes from the old certificate any more. */
static struct order_request request_of(const struct quote *q) {
    return (struct order_request){.brand = q->brand,
                                  .names = q->chosen.names,
                                  .key_algorithm = q->chosen.key_algorithm,
                                  .csr_choice = q->chosen.csr_choice,
                                  .own_csr = q->chosen.csr,
                                  .grade = q->chosen.grade,
                                  .contact_id = q->chosen.contact_id,
                                  .organization_id = q->chosen.organization_id,
                                  .validation_method = q->chosen.validation_method,
                                  .years = q->years,
                                  .created_by = q->created_by};
}

/* What it would be now. */
static bool draft_again(const struct services *services, struct arena *a, int64_t now,
                        struct quote_taken *taken, struct error *e) {
    const struct quote *q = &taken->quote;
    if (strcmp(q->kind, ORDER_QUOTA) == 0)
        return true;
    taken->request = request_of(q);
    taken->draft = (struct draft){
        .services = services, .arena = a, .account_id = q->account_id, .request = &taken->request};
    if (q->old_certificate_id) {
        if (!certificate_get(services->db, a, q->account_id, q->old_certificate_id, &taken->old, e))
            return false;
        taken->draft.old = &taken->old;
    }
    if (!draft_make(&taken->draft, now, e))
        return false;
    const char *kind = order_kind_name(taken->draft.kind);
    return strcmp(kind, q->kind) == 0 ||
           fail(e, ERR_QUOTE_STALE, "the quote %s is for a %s, now it would be a %s",
                "报价 %s 的订单类型为 %s,目前应为 %s", q->id, q->kind, kind);
}

static struct quote_request request_again(const struct quote *q, struct certificate *old) {
    bool quota = strcmp(q->kind, ORDER_QUOTA) == 0;
    struct quote_request r = {.account_id = q->account_id,
                              .order = request_of(q),
                              .old = q->old_certificate_id ? old : NULL,
                              .package = q->chosen.package};
    if (quota && !q->chosen.package) {
        r.of = (struct specification){q->brand, q->chosen.grade, q->chosen.domain_type, q->chosen.key_family};
        r.certificates = q->chosen.certificates;
        r.managed_uses = q->chosen.managed_uses;
    }
    return r;
}

bool quote_again(const struct services *services, struct arena *a, const struct quote_use *use, int64_t now,
                 struct quote *q, struct error *e) {
    struct quote before;
    struct certificate old = {.id = NULL};
    if (!quote_get(services->db, a, use->account_id, use->id, &before, e) ||
        (before.old_certificate_id &&
         !certificate_get(services->db, a, use->account_id, before.old_certificate_id, &old, e)))
        return false;
    const struct quote_request request = request_again(&before, &old);
    return quote_make(services, a, &request, now, q, e);
}

bool quote_refuse_price(struct arena *a, const struct quote *q, struct error *e) {
    fail(e, ERR_QUOTE_NEEDED, "%s are due; the quote %s says what for", "应付 %s;详见报价 %s",
         money_text(a, &q->due), q->id);
    snprintf(e->object, sizeof e->object, "%s", q->id);
    return false;
}

bool quote_take(const struct services *services, struct arena *a, const struct quote_use *use, int64_t now,
                struct quote_taken *taken, struct error *e) {
    bool done;
    *taken = (struct quote_taken){.quote = {.id = NULL}};
    if (!quote_get(services->db, a, use->account_id, use->id, &taken->quote, e) ||
        !check_open(&taken->quote, now, e) || !draft_again(services, a, now, taken, e) ||
        !check_quota(services->db, &taken->quote, e) || !quote_mark(services->db, use, now, &done, e))
        return false;
    return done || fail(e, ERR_QUOTE_STALE, "the quote %s was used meanwhile", "报价 %s 已被使用", use->id);
}
