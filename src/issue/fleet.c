/* Adding up what all certificates will need. */
#include "issue/fleet.h"
#include "catalog/catalog.h"
#include "issue/limit.h"
#include "pki/registered_domain.h"
#include "validate/gate.h"

enum { PAGE = 2000, YEAR = 365 * DAY, DIGITS = 32, SAMPLE_PARTS = DIGITS * DIGITS };

/* ---- domains ---- */

static size_t domain_slot(const struct fleet_domains *d, const char *name) {
    size_t i = (size_t)slice_hash(slice_str(name)) & (d->room - 1);
    while (d->names[i] && strcmp(d->names[i], name) != 0)
        i = (i + 1) & (d->room - 1);
    return i;
}

static void domains_grow(struct arena *a, struct fleet_domains *d) {
    const struct fleet_domains old = *d;
    d->room = old.room ? 2 * old.room : 64;
    d->names = ARENA_ARRAY(a, d->room, const char *);
    d->counts = ARENA_ARRAY(a, d->room, int64_t);
    d->issuances = ARENA_ARRAY(a, d->room, int64_t);
    for (size_t i = 0; i < old.room; i++) {
        if (!old.names[i])
            continue;
        size_t slot = domain_slot(d, old.names[i]);
        d->names[slot] = old.names[i];
        d->counts[slot] = old.counts[i];
        d->issuances[slot] = old.issuances[i];
    }
}

static void domain_add(struct arena *a, struct fleet_domains *d, const char *name, int64_t issuances) {
    if (2 * d->used >= d->room)
        domains_grow(a, d);
    size_t i = domain_slot(d, name);
    if (!d->names[i]) {
        d->names[i] = arena_strdup(a, name);
        d->used++;
    }
    d->counts[i]++;
    d->issuances[i] += issuances;
}

/* ---- issuers ---- */

static bool issuer_begin(struct fleet *f, struct fleet_issuer *i, const char *id, struct error *e) {
    *i = (struct fleet_issuer){.id = arena_strdup(f->arena, id), .shortest = INT64_MAX};
    if (!issuer_get(f->services->db, f->arena, id, &i->row, e) && !error_absent(e))
        return false;
    i->row.id = i->id;
    return rate_limits_parse(f->arena, i->row.limits, &i->limits, e);
}

/* NULL: there are more than can be told apart. */
static bool issuer_of(struct fleet *f, const char *id, struct fleet_issuer **found, struct error *e) {
    *found = NULL;
    for (size_t i = 0; i < f->issuer_count; i++)
        if (strcmp(f->issuers[i].id, id) == 0)
            *found = &f->issuers[i];
    if (*found || f->issuer_count == FLEET_ISSUERS_MAX)
        return true;
    *found = &f->issuers[f->issuer_count++];
    return issuer_begin(f, *found, id, e);
}

/* ---- one certificate ---- */

static int day_of(const struct fleet *f, int64_t t) {
    int64_t day = (t - f->now) / DAY;
    return day < 0 ? 0 : day < FLEET_DAYS ? (int)day : FLEET_DAYS - 1;
}

static int64_t add_versions(struct fleet *f, struct fleet_issuer *i, struct forecast *forecast) {
    struct validity v;
    int64_t count = 0;
    while (forecast_next(forecast, f->now, &v) && v.issued_at < f->now + YEAR) {
        int64_t *days = forecast->assumed ? i->assumed : i->paid;
        days[day_of(f, v.issued_at)]++;
        count++;
    }
    return count;
}

static void add_steps(struct fleet *f, struct fleet_issuer *i, const struct forecast *forecast) {
    for (size_t s = 0; s < f->step_count; s++)
        f->steps[s].per_year += (double)YEAR / (double)forecast_interval(forecast, f->steps[s].from);
    int64_t interval = forecast_interval(forecast, f->now);
    if (interval < i->shortest)
        i->shortest = interval;
}

static void add_domains(struct fleet *f, struct fleet_issuer *i, const struct certificate *c, struct arena *a,
                        int64_t issuances) {
    struct slice name;
    const char *last = "";
    for (const char *rest = c->names; names_next(&rest, &name);) {
        const char *domain = registered_domain(a, arena_strndup(a, (const char *)name.p, name.len));
        if (strcmp(domain, last) != 0) /* names of one domain mostly stand together */
            domain_add(f->arena, &i->domains, domain, issuances);
        last = domain;
    }
}

static bool add_certificate(struct fleet *f, const struct certificate *c, struct arena *a, struct error *e) {
    const struct brand *brand = f->services->catalog ? catalog_find(f->services->catalog, c->brand) : NULL;
    const struct profile *profile;
    struct fleet_issuer *i;
    f->counted++;
    if (!brand || !c->coverage_end)
        return true;
    if (!certificate_profile(f->services->policies, c, &profile, e) || !issuer_of(f, brand->issuer, &i, e))
        return false;
    if (!i)
        return true;
    struct forecast forecast =
        forecast_of(c, profile, &i->row, f->services->issue ? f->services->issue->backdate_seconds : 0);
    f->seen++;
    i->certificates++;
    i->ends[day_of(f, c->version_end)]++;
    add_steps(f, i, &forecast);
    add_domains(f, i, c, a, add_versions(f, i, &forecast));
    return true;
}

/* ---- all of them ---- */

/* Two digits of random ids: below them lies that part of all. */
static const char *sample_bound(struct arena *a, int64_t total) {
    static const char digits[DIGITS + 1] = "0123456789abcdefghjkmnpqrstvwxyz";
    if (total <= FLEET_SAMPLE)
        return "~";
    int64_t parts = FLEET_SAMPLE * SAMPLE_PARTS / total;
    parts = parts ? parts : 1;
    return arena_printf(a, "%c%c", digits[parts / DIGITS], digits[parts % DIGITS]);
}

static void begin_steps(struct fleet *f) {
    const struct profile *profile = policy_find(f->services->policies, POLICY_DEFAULT, 0);
    f->steps[f->step_count++] = (struct fleet_step){.from = f->now};
    for (unsigned i = 0; profile && i < profile->caps_count && f->step_count < FLEET_STEPS_MAX; i++)
        if (profile->caps[i].from_at > f->now)
            f->steps[f->step_count++].from = profile->caps[i].from_at;
    for (size_t i = 0; profile && i < f->step_count; i++) {
        f->steps[i].version_days = policy_cap_days(profile, f->steps[i].from);
        f->steps[i].validation_days = validation_reuse_days(f->steps[i].from);
    }
}

/* A page in memory of its own. */
static bool read_page(struct fleet *f, struct certificate_walk *walk, size_t *count, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct certificate *rows;
    if (!certificate_walk(f->services->db, a, walk, &rows, count, e))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!add_certificate(f, &rows[i], a, e))
            return false;
    if (*count)
        walk->after = arena_strdup(f->arena, rows[*count - 1].id);
    return true;
}

bool fleet_read(struct fleet *f, struct error *e) {
    size_t count = PAGE;
    if (!certificate_count_versioned(f->services->db, f->account_id, &f->total, e))
        return false;
    struct certificate_walk walk = {
        .account_id = f->account_id, .after = "", .below = sample_bound(f->arena, f->total), .limit = PAGE};
    begin_steps(f);
    while (count == PAGE)
        if (!read_page(f, &walk, &count, e))
            return false;
    return true;
}

/* ---- what it comes to ---- */

int64_t fleet_scaled(const struct fleet *f, int64_t seen) {
    return f->counted ? (seen * f->total + f->counted - 1) / f->counted : seen;
}

static int64_t on_day(const struct fleet *f, const struct fleet_issuer *issuer, int day) {
    int64_t count = 0;
    for (size_t i = 0; i < f->issuer_count; i++)
        if (!issuer || issuer == &f->issuers[i])
            count += f->issuers[i].paid[day] + f->issuers[i].assumed[day];
    return count;
}

int fleet_busiest(const struct fleet *f, const struct fleet_issuer *issuer, int64_t *count) {
    int busiest = 0;
    for (int day = 1; day < FLEET_DAYS; day++)
        if (on_day(f, issuer, day) > on_day(f, issuer, busiest))
            busiest = day;
    *count = fleet_scaled(f, on_day(f, issuer, busiest));
    return busiest;
}

/* The most versions in any `seconds`; within a day they are spread. */
static int64_t peak(const struct fleet *f, const struct fleet_issuer *i, int64_t seconds) {
    int64_t most = 0, sum = 0;
    int days = seconds > DAY ? (int)((seconds + DAY - 1) / DAY) : 1;
    for (int day = 0; day < FLEET_DAYS; day++) {
        sum += on_day(f, i, day);
        if (day >= days)
            sum -= on_day(f, i, day - days);
        most = sum > most ? sum : most;
    }
    most = fleet_scaled(f, most);
    return seconds < DAY ? (most * seconds + DAY - 1) / DAY : most;
}

static int64_t most_of(const int64_t *numbers, size_t count) {
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = numbers[i] > most ? numbers[i] : most;
    return most;
}

static int64_t spread(int64_t in_a_year, int64_t seconds) {
    return (in_a_year * seconds + YEAR - 1) / YEAR;
}

/* Orders that count together if everything is replaced. */
static int64_t orders_at_once(const struct fleet *f, const struct fleet_issuer *i,
                              const struct rate_limit *limit) {
    if (limit->kind == RATE_PER_ACCOUNT)
        return fleet_scaled(f, i->certificates);
    if (limit->kind == RATE_PER_DOMAIN)
        return fleet_scaled(f, most_of(i->domains.counts, i->domains.room));
    return limit->kind == RATE_PER_NAMES;
}

static int64_t demand_of(const struct fleet *f, const struct fleet_issuer *i,
                         const struct rate_limit *limit) {
    if (limit->kind == RATE_PER_ACCOUNT)
        return peak(f, i, limit->seconds);
    if (limit->kind == RATE_PER_DOMAIN)
        return spread(fleet_scaled(f, most_of(i->domains.issuances, i->domains.room)), limit->seconds);
    return limit->kind == RATE_PER_NAMES && i->certificates ? 1 + limit->seconds / i->shortest : 0;
}

struct fleet_limit fleet_limit_of(const struct fleet *f, const struct fleet_issuer *i,
                                  const struct rate_limit *limit) {
    struct fleet_limit l = {.limit = limit,
                            .exempt = limit->renewal_exempt || limit->ari_exempt,
                            .demand = demand_of(f, i, limit)};
    int64_t waiting = orders_at_once(f, i, limit) - limit->count;
    l.holds = l.exempt || l.demand <= limit->count;
    if (waiting > 0)
        l.seconds = (int64_t)((double)waiting * (double)rate_interval(limit) / 1e6);
    return l;
}

static int64_t late_under(const struct fleet *f, const struct fleet_issuer *i,
                          const struct rate_limit *limit) {
    int64_t ended = 0, most = 0;
    for (int day = 0; day < FLEET_DAYS - 1; day++) {
        ended += fleet_scaled(f, i->ends[day]);
        int64_t done = limit->count + (int64_t)((double)(day + 1) * DAY * 1e6 / (double)rate_interval(limit));
        most = ended - done > most ? ended - done : most;
    }
    return most;
}

int64_t fleet_lapsing(const struct fleet *f, const struct fleet_issuer *i) {
    int64_t most = 0;
    for (size_t n = 0; n < i->limits.count; n++) {
        const struct rate_limit *limit = &i->limits.items[n];
        int64_t late = limit->kind == RATE_PER_ACCOUNT ? late_under(f, i, limit) : 0;
        most = late > most ? late : most;
    }
    return most;
}
