/* The plan of an inventory, and that of one certificate, over HTTP. */
#include "issue/fleet.h"
#include "validate/known.h"

enum { FIRST_ENDS = 10, MONTH_TEXT = 7, VERSIONS_MAX = 64 };

/* ---- the calendar ---- */

static const char *date_of(const struct fleet *f, int day) {
    return time_format_date(f->arena, f->now + (int64_t)day * DAY);
}

static const char *month_of(const struct fleet *f, int day) {
    return arena_strndup(f->arena, date_of(f, day), MONTH_TEXT);
}

static void add_month(const struct fleet *f, json_t *months, const char *month, const char *issuer,
                      int64_t paid, int64_t assumed) {
    if (!paid && !assumed)
        return;
    json_array_append_new(months, json_pack("{s:s,s:s,s:I,s:I}", "month", month, "issuer", issuer, "planned",
                                            (json_int_t)fleet_scaled(f, paid), "if_renewed",
                                            (json_int_t)fleet_scaled(f, assumed)));
}

static void add_months(const struct fleet *f, const struct fleet_issuer *i, json_t *months) {
    const char *month = month_of(f, 0);
    int64_t paid = 0, assumed = 0;
    for (int day = 0; day < FLEET_DAYS; day++) {
        const char *this_month = month_of(f, day);
        if (strcmp(month, this_month) != 0) {
            add_month(f, months, month, i->id, paid, assumed);
            paid = assumed = 0;
            month = this_month;
        }
        paid += i->paid[day];
        assumed += i->assumed[day];
    }
    add_month(f, months, month, i->id, paid, assumed);
}

static json_t *busiest_json(const struct fleet *f, const struct fleet_issuer *issuer) {
    int64_t count;
    int day = fleet_busiest(f, issuer, &count);
    if (!count)
        return json_null();
    return json_pack("{s:s,s:I}", "date", date_of(f, day), "versions", (json_int_t)count);
}

static json_t *steps_json(const struct fleet *f) {
    json_t *list = json_array();
    for (size_t i = 0; i < f->step_count; i++) {
        const struct fleet_step *s = &f->steps[i];
        double per_year = f->counted ? s->per_year * (double)f->total / (double)f->counted : 0;
        json_array_append_new(
            list, json_pack("{s:s,s:I,s:I,s:I}", "from", time_format_date(f->arena, s->from), "version_days",
                            (json_int_t)s->version_days, "validation_days", (json_int_t)s->validation_days,
                            "versions_in_a_year", (json_int_t)(per_year + 0.5)));
    }
    return list;
}

/* ---- limits ---- */

static const char *advice(const struct fleet *f, const struct fleet_limit *l, enum lang lang) {
    const char *text =
        lang == LANG_ZH
            ? "请向签发机构申请将限额“%s”提高到 %lld 次(每 %lld 秒),或增加备用签发机构。"
            : "Have the CA raise the limit '%s' to %lld in %lld seconds, or name another issuer beside it.";
    return l->holds ? NULL
                    : arena_printf(f->arena, text, l->limit->name, (long long)l->demand,
                                   (long long)l->limit->seconds);
}

static json_t *limit_json(const struct fleet *f, const struct fleet_limit *l, enum lang lang) {
    json_t *one = json_pack("{s:s,s:s,s:I,s:I,s:b,s:I,s:b,s:I}", "name", l->limit->name, "per", l->limit->per,
                            "count", (json_int_t)l->limit->count, "seconds", (json_int_t)l->limit->seconds,
                            "renewals_exempt", l->exempt, "demand", (json_int_t)l->demand, "holds", l->holds,
                            "replace_all_seconds", (json_int_t)l->seconds);
    json_object_set_new(one, "advice", json_string_of(f->arena, advice(f, l, lang)));
    return one;
}

/* Under the limits that count, and if those from which renewals are exempt counted, too. */
static json_t *replace_json(const struct fleet *f, const struct fleet_issuer *i, json_t *limits,
                            enum lang lang) {
    int64_t counting = 0, all = 0;
    for (size_t n = 0; n < i->limits.count; n++) {
        const struct fleet_limit l = fleet_limit_of(f, i, &i->limits.items[n]);
        json_array_append_new(limits, limit_json(f, &l, lang));
        all = l.seconds > all ? l.seconds : all;
        counting = !l.exempt && l.seconds > counting ? l.seconds : counting;
    }
    return json_pack("{s:I,s:I,s:o,s:I,s:o,s:I}", "versions", (json_int_t)fleet_scaled(f, i->certificates),
                     "seconds", (json_int_t)counting, "finished_at", json_time(f->arena, f->now + counting),
                     "seconds_without_exemptions", (json_int_t)all, "finished_at_without_exemptions",
                     json_time(f->arena, f->now + all), "lapsing_without_exemptions",
                     (json_int_t)fleet_lapsing(f, i));
}

static json_t *issuer_json(const struct fleet *f, const struct fleet_issuer *i, enum lang lang) {
    json_t *limits = json_array();
    json_t *replace = replace_json(f, i, limits, lang);
    return json_pack("{s:s,s:I,s:o,s:o,s:o}", "issuer", i->id, "certificates",
                     (json_int_t)fleet_scaled(f, i->certificates), "busiest_day", busiest_json(f, i),
                     "limits", limits, "replace_all", replace);
}

/* ---- the answer ---- */

static bool first_ends(const struct fleet *f, json_t **list, struct error *e) {
    struct certificate *rows;
    size_t count;
    if (!certificate_ending(f->services->db, f->arena, f->account_id, f->now, FIRST_ENDS, &rows, &count, e))
        return false;
    *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(*list, json_pack("{s:s,s:o,s:o}", "certificate", rows[i].id, "names",
                                               json_words(f->arena, rows[i].names), "ends",
                                               json_time(f->arena, rows[i].version_end)));
    return true;
}

static bool plan_fleet(struct request *rq, struct error *e) {
    struct fleet *f = ARENA_NEW(rq->arena, struct fleet);
    json_t *first;
    *f = (struct fleet){
        .arena = rq->arena, .services = rq->services, .account_id = rq->caller.account_id, .now = rq->now};
    if (!fleet_read(f, e) || !first_ends(f, &first, e))
        return false;
    json_t *months = json_array(), *issuers = json_array();
    for (size_t i = 0; i < f->issuer_count; i++) {
        add_months(f, &f->issuers[i], months);
        json_array_append_new(issuers, issuer_json(f, &f->issuers[i], rq->lang));
    }
    rq->reply = json_pack("{s:o,s:I,s:b,s:o,s:o,s:o,s:o,s:o}", "at", json_time(rq->arena, f->now),
                          "certificates", (json_int_t)fleet_scaled(f, f->seen), "estimated",
                          f->counted < f->total, "months", months, "busiest_day", busiest_json(f, NULL),
                          "steps", steps_json(f), "issuers", issuers, "ending_first", first);
    return true;
}

/* ---- one certificate ---- */

static json_t *missing_json(struct arena *a, struct foresight *f, int64_t at) {
    json_t *list = json_array();
    for (size_t i = 0; i < f->count; i++) {
        if (!foresee_lacks(&f->needs[i], at))
            continue;
        json_array_append_new(list,
                              json_pack("{s:s,s:s,s:o}", "what", f->needs[i].what, "name", f->needs[i].name,
                                        "proven_at", json_time(a, f->needs[i].proven_at)));
        f->needs[i].proven_at = at; /* it is seen to then, and counts for what follows */
    }
    return list;
}

static void add_version(struct request *rq, const struct validity *v, bool assumed, struct foresight *f) {
    json_t *one =
        json_pack("{s:o,s:o,s:I,s:s,s:b,s:o}", "issued_at", json_time(rq->arena, v->issued_at), "ends",
                  json_time(rq->arena, v->end), "days", (json_int_t)((v->end - v->not_before) / DAY),
                  "limited_by", limit_name(v->limited_by), "if_renewed", assumed, "missing",
                  missing_json(rq->arena, f, v->issued_at));
    json_array_append_new(json_object_get(rq->reply, "versions"), one);
}

/* Whose line is gone, goes on as by the own CA. */
static bool issuer_to_come(struct request *rq, const struct certificate *c, struct issuer *issuer,
                           struct error *e) {
    const struct brand *brand = catalog_find(rq->services->catalog, c->brand);
    return issuer_get(rq->db, rq->arena, brand ? brand->issuer : ISSUER_LOCAL, issuer, e);
}

/* Two years are as far as the rules are known to be planned for. */
static bool plan_certificate(struct request *rq, struct error *e) {
    struct certificate c;
    const struct profile *profile;
    struct foresight seen;
    struct issuer issuer;
    struct validity v;
    if (!certificate_of_path(rq, &c, e) || !certificate_profile(rq->services->policies, &c, &profile, e) ||
        !foresee(rq->services, rq->arena, &c, &seen, e))
        return false;
    rq->reply = json_pack("{s:s,s:[]}", "certificate", c.id, "versions");
    if (!c.version_id || !c.coverage_end || c.cancelled_at || c.revoked_at || c.revoke_asked_at)
        return true;
    if (!issuer_to_come(rq, &c, &issuer, e))
        return false;
    struct forecast f = forecast_of(&c, profile, &issuer, rq->services->issue->backdate_seconds);
    for (int i = 0; i < VERSIONS_MAX && forecast_next(&f, rq->now, &v); i++) {
        if (v.issued_at >= rq->now + 2 * FLEET_DAYS * (int64_t)DAY)
            break;
        add_version(rq, &v, f.assumed, &seen);
    }
    return true;
}

const struct route fleet_routes[] = {
    {.method = "GET",
     .path = "/v1/plan/fleet",
     .access = ACCESS_READ,
     .handle = plan_fleet,
     .summary = TEXT(
         "The coming twelve months of all certificates: {months: [{month, issuer, planned, if_renewed}], "
         "busiest_day, steps, issuers: [{limits, replace_all}], ending_first}",
         "全部证书未来十二个月的计划:{months: [{month, issuer, planned, if_renewed}], busiest_day, steps, "
         "issuers: [{limits, replace_all}], ending_first}")},
    {.method = "POST",
     .path = "/v1/plan/fleet/reissue",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = fleet_reissue,
     .body = fleet_reissue_body,
     .summary =
         TEXT("Reissues what an issuer has issued, a part at a time: {reissued: [id], refused: "
              "[{certificate, code, detail}], issued_before, next}",
              "分批重新签发某签发机构签发的证书:{reissued: [id], refused: [{certificate, code, detail}], "
              "issued_before, next}")},
    {.method = "GET",
     .path = "/v1/certificates/{id}/plan",
     .access = ACCESS_READ,
     .handle = plan_certificate,
     .summary = TEXT("The versions that it will get, and what a person has to see to before each: {versions: "
                     "[{issued_at, ends, days, limited_by, if_renewed, missing: [{what, name, proven_at}]}]}",
                     "证书后续各版本的计划及签发前需要人工处理的事项:{versions: [{issued_at, ends, days, "
                     "limited_by, if_renewed, missing: [{what, name, proven_at}]}]}")},
    {.method = NULL},
};
