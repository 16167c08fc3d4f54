/* Reading and checking the limits of a CA. */
#include "catalog/rate_limit.h"
#include "base/clock.h"
#include "http/json.h"

#define LIMIT(type, member, flags, en, zh) FIELD(type, rate_limit, member, flags, en, zh)

static const struct field fields[] = {
    LIMIT(TEXT, name, FIELD_REQUIRED, "Name", "名称"),
    LIMIT(TEXT, per, FIELD_REQUIRED, "What it is counted by", "计数对象"),
    LIMIT(INT, count, FIELD_REQUIRED, "How many", "次数"),
    LIMIT(INT, seconds, FIELD_REQUIRED, "In so many seconds", "周期(秒)"),
    LIMIT(WORDS, exempt, 0, "What does not count: ari, renewal", "不计入的请求:ari、renewal"),
    FIELD_END,
};

static const char *const per_words[RATE_PER_COUNT] = {
    [RATE_PER_ACCOUNT] = "account", [RATE_PER_DOMAIN] = "registered_domain",
    [RATE_PER_NAMES] = "name_set",  [RATE_PER_FAILURES] = "name_failures",
    [RATE_PER_ADDRESS] = "address",
};

static enum rate_per per_parse(const char *word) {
    int per = 0;
    while (per < RATE_PER_COUNT && strcmp(per_words[per], word) != 0)
        per++;
    return per;
}

enum { NAME_MAX_LENGTH = 64, COUNT_MAX = 1000000000, SECONDS_MAX = 366 * DAY };

/* It is part of the id of a bucket, whose parts have one space between. */
static bool name_fits(const char *name) {
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.");
    return length && length <= NAME_MAX_LENGTH && !name[length];
}

static bool refuse(struct arena *a, size_t i, const char *member, struct error *e) {
    return fail_field(
        e, arena_printf(a, "limits[%zu].%s", i, member), ERR_BAD_FIELD,
        "a limit has a name of small letters, digits and hyphens, is counted per account, "
        "registered_domain, name_set, name_failures or address, allows 1 to %d in 1 to %d "
        "seconds, and exempts ari and renewal or neither",
        "限额的名称由小写字母、数字和连字符组成;per 为 account、registered_domain、name_set、"
        "name_failures 或 address;count 为 1 至 %d,seconds 为 1 至 %d;exempt 只能含 ari 和 renewal",
        COUNT_MAX, SECONDS_MAX);
}

static bool exempt_fits(struct rate_limit *limit) {
    const char *words = limit->exempt ? limit->exempt : "";
    bool both = strcmp(words, "ari renewal") == 0 || strcmp(words, "renewal ari") == 0;
    limit->ari_exempt = both || strcmp(words, "ari") == 0;
    limit->renewal_exempt = both || strcmp(words, "renewal") == 0;
    return limit->ari_exempt || limit->renewal_exempt || !*words;
}

static bool check(struct arena *a, size_t i, struct rate_limit *limit, struct error *e) {
    limit->kind = per_parse(limit->per);
    if (!name_fits(limit->name))
        return refuse(a, i, "name", e);
    if (limit->kind == RATE_PER_COUNT)
        return refuse(a, i, "per", e);
    if (limit->count < 1 || limit->count > COUNT_MAX)
        return refuse(a, i, "count", e);
    if (limit->seconds < 1 || limit->seconds > SECONDS_MAX)
        return refuse(a, i, "seconds", e);
    return exempt_fits(limit) || refuse(a, i, "exempt", e);
}

static bool named_before(const struct rate_limits *limits, size_t i) {
    for (size_t j = 0; j < i; j++)
        if (strcmp(limits->items[j].name, limits->items[i].name) == 0)
            return true;
    return false;
}

static bool read_rows(struct arena *a, const json_t *list, struct rate_limits *limits, struct error *e) {
    for (size_t i = 0; i < limits->count; i++) {
        struct rate_limit *limit = &limits->items[i];
        if (!json_to_row(a, json_array_get(list, i), fields, limit, e) || !check(a, i, limit, e))
            return false;
        if (named_before(limits, i))
            return refuse(a, i, "name", e);
    }
    return true;
}

bool rate_limits_parse(struct arena *a, const char *json, struct rate_limits *limits, struct error *e) {
    json_t *list;
    *limits = (struct rate_limits){.count = 0};
    if (!json || !*json)
        return true;
    if (!json_read(a, slice_str(json), &list, e))
        return false;
    if (!json_is_array(list) || json_array_size(list) > RATE_LIMITS_MAX)
        return fail_field(e, "limits", ERR_BAD_FIELD, "limits are a list of at most %d",
                          "limits 是最多 %d 项的列表", RATE_LIMITS_MAX);
    limits->count = json_array_size(list);
    limits->items = ARENA_ARRAY(a, limits->count, struct rate_limit);
    return read_rows(a, list, limits, e);
}
