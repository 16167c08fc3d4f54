/* Sentences of a quote: why it costs and gives what it does, and what to know before paying. */
#include "order/quote.h"

struct notes {
    const struct draft *draft;
    struct arena *arena;
    int64_t now;
    struct quote *quote;
};

#define NOTE(list, a, code_, en, zh, ...)                                                                    \
    add(list, a, code_, arena_printf(a, en, __VA_ARGS__), arena_printf(a, zh, __VA_ARGS__))

static void add(struct quote_notes *list, struct arena *a, const char *code, const char *en, const char *zh) {
    if (!list->items)
        list->items = ARENA_ARRAY(a, QUOTE_NOTES_MAX, struct quote_note);
    list->items[list->count++] = (struct quote_note){.code = code, .text_en = en, .text_zh = zh};
}

/* ---- explanations ---- */

/* Why renewing now is dearer than later: one use more than in the window. */
static void explain_early(struct notes *n) {
    if (n->draft->kind == ORDER_EARLY_RENEWAL)
        NOTE(
            &n->quote->explanations, n->arena, "early_surcharge",
            "Before the window each certificate of the order is applied for by the managed service: that is one "
            "managed-service use more than a renewal takes from %s on.",
            "在续费窗口之前下单时,订单中的每张证书都由托管服务申请:比 %s 起的续费多一次托管服务。",
            time_format(n->arena, n->draft->old->window_at));
}

static void explain_years(struct notes *n) {
    long long years = n->draft->c.years;
    if (years > 1)
        NOTE(&n->quote->explanations, n->arena, "several_certificates",
             "%1$lld years are %1$lld certificates of one year each. The managed service applies for each "
             "later one before the previous one ends, and takes one use for it.",
             "%1$lld 年为 %1$lld 张一年期证书。后续每张由托管服务在前一张到期前申请,各使用一次托管服务。",
             years);
}

static void explain_versions(struct notes *n) {
    if (n->quote->certificates[0].version_count > 1)
        NOTE(&n->quote->explanations, n->arena, "several_versions",
             "No version may be as long as the coverage: the first certificate gets %zu versions, one after "
             "another, at no further charge.",
             "单个版本的有效期短于覆盖期:首张证书将依次签发 %zu 个版本,不另收费。",
             n->quote->certificates[0].version_count);
}

static void explain_carried(struct notes *n) {
    const struct quote_certificate *c = &n->quote->certificates[0];
    if (c->carried_seconds)
        NOTE(&n->quote->explanations, n->arena, "carried_over",
             "%lld days of the old certificate are carried over.", "结转原证书剩余的 %lld 天。",
             (long long)c->carried_days);
    if (c->bonus_days)
        NOTE(&n->quote->explanations, n->arena, "bonus", "%lld bonus days are added.", "另赠送 %lld 天。",
             (long long)c->bonus_days);
}

static void explain_quota(struct notes *n) {
    int64_t certificates = 0, uses = 0;
    for (size_t i = 0; i < n->quote->line_count; i++) {
        const struct quote_line *line = &n->quote->lines[i];
        bool free = strcmp(line->source, SOURCE_QUOTA) == 0, use = strcmp(line->item, MANAGED_USE) == 0;
        certificates += free && !use ? line->count : 0;
        uses += free && use ? line->count : 0;
    }
    if (certificates + uses)
        NOTE(&n->quote->explanations, n->arena, "quota_used",
             "%lld certificates and %lld managed-service uses come from your quota and are not charged.",
             "%lld 张证书和 %lld 次托管服务来自已有额度,不收费。", (long long)certificates, (long long)uses);
}

/* The largest unit that divides it: profiles name whole ones. */
static struct text seconds_text(struct arena *a, int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *one, *many, *zh;
    } units[] = {{DAY, "day", "days", "天"},
                 {3600, "hour", "hours", "小时"},
                 {60, "minute", "minutes", "分钟"},
                 {1, "second", "seconds", "秒"}};
    size_t i = 0;
    while (seconds % units[i].seconds)
        i++;
    long long count = seconds / units[i].seconds;
    return (struct text)TEXT(arena_printf(a, "%lld %s", count, count == 1 ? units[i].one : units[i].many),
                             arena_printf(a, "%lld %s", count, units[i].zh));
}

static struct text working_days_text(struct arena *a, int64_t days) {
    return (struct text)TEXT(arena_printf(a, "%lld working days", (long long)days),
                             arena_printf(a, "%lld 个工作日", (long long)days));
}

static struct text issuance_text(struct arena *a, const struct issuance *i) {
    bool counted = i->unit == ISSUANCE_WORKING_DAY;
    struct text (*const told)(struct arena *, int64_t) = counted ? working_days_text : seconds_text;
    const struct text min = told(a, i->min);
    if (!i->max)
        return (struct text)TEXT(arena_printf(a, "from %s", min.in[LANG_EN]),
                                 arena_printf(a, "%s起", min.in[LANG_ZH]));
    if (*i->max == i->min)
        return min;
    const struct text max = told(a, *i->max);
    const char *least = counted ? arena_printf(a, "%lld", (long long)i->min) : min.in[LANG_EN];
    return (struct text)TEXT(arena_printf(a, "%s to %s", least, max.in[LANG_EN]),
                             arena_printf(a, "%s至 %s", min.in[LANG_ZH], max.in[LANG_ZH]));
}

static void explain_issuance(struct notes *n) {
    const struct draft *d = n->draft;
    const struct text took =
        issuance_text(n->arena, &d->profile->expected_issuance.of[grade_parse(d->c.grade)]);
    add(&n->quote->explanations, n->arena, "expected_issuance",
        arena_printf(n->arena, "Issuance is expected to take: %s.", took.in[LANG_EN]),
        arena_printf(n->arena, "预计签发时间:%s。", took.in[LANG_ZH]));
}

/* ---- warnings ---- */

static bool covers(const struct notes *n, const struct certificate *c) {
    return certificate_live(c, n->now) && names_cover_all(c->names, n->draft->c.names);
}

enum { LOOK_AT = 100 };

/* The certificate of the account that would have served longest without the purchase; `*found` NULL: none. */
static bool find_covering(const struct notes *n, const struct certificate **found, struct error *e) {
    const struct draft *d = n->draft;
    const struct certificate_filter filter = {
        .name = names_at(n->arena, d->c.names, 0), .days_left_max = -1, .sort = "created", .limit = LOOK_AT};
    struct certificate *items;
    size_t count;
    const char *next;
    *found = NULL;
    if (!certificate_page(d->services->db, n->arena, d->services->policies, d->account_id, &filter, n->now,
                          &items, &count, &next, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (covers(n, &items[i]) && (!*found || items[i].end_at > (*found)->end_at))
            *found = &items[i];
    return true;
}

static bool warn_wasted(struct notes *n, struct error *e) {
    const struct certificate *c;
    if (n->draft->old)
        return true;
    if (!find_covering(n, &c, e))
        return false;
    if (c)
        NOTE(
            &n->quote->warnings, n->arena, "wasted_validity",
            "%s covers all these names until %s. A purchase carries nothing over: the %lld days left would be "
            "wasted; a renewal carries up to 30 of them.",
            "%s 已覆盖全部域名,至 %s 到期。购买新证书不结转:剩余的 %lld 天将浪费;续费最多可结转 30 天。",
            c->id, time_format(n->arena, c->end_at), (long long)((c->end_at - n->now) / DAY));
    return true;
}

static void warn_carry_lost(struct notes *n) {
    const struct draft *d = n->draft;
    int64_t left = d->old ? d->old->end_at - n->quote->certificates[0].issue_at : 0;
    bool lost = d->kind == ORDER_REPLACEMENT || d->c.specification_changed;
    if (lost && left > 0)
        NOTE(&n->quote->warnings, n->arena, "carry_lost",
             "Nothing is carried over, because this is another specification or replaces a certificate that "
             "was brought in: %lld days of %s overlap.",
             "规格变更或替换上传的证书时不结转:原证书 %2$s 剩余的 %1$lld 天将与新证书重叠。",
             (long long)(left / DAY), d->old->id);
}

static void warn_late(struct notes *n) {
    const struct draft *d = n->draft;
    const struct issuance *expected = &d->profile->expected_issuance.of[grade_parse(d->c.grade)];
    if (!d->old)
        return;
    int64_t start = d->kind == ORDER_EARLY_RENEWAL ? d->old->window_at : n->now;
    int64_t latest = quote_issue_latest(expected, start);
    if (latest > d->old->end_at)
        NOTE(
            &n->quote->warnings, n->arena, "issuance_late",
            "It may be issued as late as %s, but %s ends at %s: the carry-over may be lost, and the site may be "
            "without a certificate in between.",
            "最迟可能在 %s 签发,而 %s 将于 %s 到期:可能无法结转剩余时长,其间网站可能没有有效证书。",
            time_format(n->arena, latest), d->old->id, time_format(n->arena, d->old->end_at));
}

static const struct {
    const char *csr_choice, *code;
    struct text text;
} choice_warnings[] = {
    {"keep", "kept_key",
     TEXT(
         "The key is kept: good rotation practice and some compliance rules want a new key for each certificate.",
         "保留了原密钥:不符合密钥轮换最佳实践,可能不满足合规要求。")},
    {"own", "own_csr_key",
     TEXT(
         "Unless Tenure holds the key of the CSR, a lost key means buying a new certificate. Later versions use the "
         "same CSR again until a new one is given.",
         "若 Tenure 未保管该 CSR 的私钥,私钥丢失须重新购买证书。在提供新的 CSR 之前,后续版本将继续使用该 CSR。")},
};

const struct text quote_uncovered_warning =
    TEXT("Names of the old certificate are not covered by the new one.", "新证书未覆盖原证书的全部域名。");

enum { CHOICES = sizeof choice_warnings / sizeof *choice_warnings };

const struct text *quote_choice_warning(const char *csr_choice) {
    for (size_t i = 0; i < CHOICES; i++)
        if (strcmp(choice_warnings[i].csr_choice, csr_choice) == 0)
            return &choice_warnings[i].text;
    return NULL;
}

static void add_text(struct notes *n, const char *code, const struct text *text) {
    add(&n->quote->warnings, n->arena, code, text->in[LANG_EN], text->in[LANG_ZH]);
}

static void warn_key(struct notes *n) {
    for (size_t i = 0; i < CHOICES; i++)
        if (strcmp(choice_warnings[i].csr_choice, n->draft->c.csr_choice) == 0)
            add_text(n, choice_warnings[i].code, &choice_warnings[i].text);
}

static void warn_uncovered(struct notes *n) {
    const struct draft *d = n->draft;
    if (d->kind == ORDER_REPLACEMENT && d->profile->uploaded.warn_uncovered_names &&
        !names_cover_all(d->c.names, d->old->names))
        add_text(n, "names_not_covered", &quote_uncovered_warning);
}

/* The policy goes on by itself after the payment, but not without that. */
static bool warn_lack(struct notes *n, struct error *e) {
    const struct form_lack *lack;
    if (!draft_lack(n->draft, &lack, e))
        return false;
    if (lack)
        add_text(n, error_row(lack->id)->code, &lack->detail);
    return true;
}

/* ---- the whole ---- */

bool quote_explain(const struct draft *d, int64_t now, struct quote *q, struct error *e) {
    struct notes n = {d, d->arena, now, q};
    explain_early(&n);
    explain_years(&n);
    explain_versions(&n);
    explain_carried(&n);
    explain_quota(&n);
    explain_issuance(&n);
    warn_carry_lost(&n);
    warn_late(&n);
    warn_key(&n);
    warn_uncovered(&n);
    return warn_wasted(&n, e) && warn_lack(&n, e);
}

void quote_explain_quota(struct arena *a, struct quote *q) {
    if (q->chosen.package)
        NOTE(&q->explanations, a, "package", "The package '%s' has one price for all that is in it.",
             "资源包“%s”整体定价。", q->chosen.package);
}
