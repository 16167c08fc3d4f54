/*
 * `tenure plan`: "if I order this on day X, what do I get, when will each version be issued, and why", for
 * any date and without a daemon. Knowing no lifetimes, it takes the profile's window_days as the window.
 */
#include "http/json.h"
#include "policy/policy.h"
#include "tenure/command.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- options ---- */

enum plan_option {
    OPTION_PROFILE = 1,
    OPTION_PROFILES,
    OPTION_BUY,
    OPTION_RENEW,
    OPTION_EARLY,
    OPTION_OLD_END,
    OPTION_AT,
    OPTION_YEARS,
    OPTION_BONUS,
    OPTION_SPEC_CHANGED,
    OPTION_BACKDATE,
    OPTION_JSON,
    OPTION_FLEET,
    OPTION_COUNT
};

static const struct option_row options[] = {
    {"profile", OPTION_PROFILE, "NAME", TEXT("policy profile (default: modern)", "策略(默认 modern)")},
    {"profiles", OPTION_PROFILES, "FOLDER", TEXT("folder with more profiles", "存放其他策略文件的目录")},
    {"buy", OPTION_BUY, NULL, TEXT("a purchase", "购买")},
    {"renew", OPTION_RENEW, NULL, TEXT("a renewal, in the window before the end", "在到期前的窗口内续费")},
    {"early", OPTION_EARLY, NULL, TEXT("an early renewal, before that window", "在窗口之前提前续费")},
    {"old-end", OPTION_OLD_END, "TIME",
     TEXT("end of the old certificate: the first second no longer covered",
          "原证书的到期时间(不再覆盖的第一秒)")},
    {"at", OPTION_AT, "TIME", TEXT("when it is ordered (default: now)", "下单时间(默认当前时间)")},
    {"years", OPTION_YEARS, "N", TEXT("years to order (default: 1)", "购买年限(默认 1)")},
    {"bonus", OPTION_BONUS, "DAYS", TEXT("bonus days of the product (default: 0)", "产品的赠送天数(默认 0)")},
    {"spec-changed", OPTION_SPEC_CHANGED, NULL, TEXT("the specification changes", "规格有变更")},
    {"backdate", OPTION_BACKDATE, "SECONDS",
     TEXT("how far the issuer sets notBefore back (default: 60)",
          "签发机构将 notBefore 提前的秒数(默认 60)")},
    {"json", OPTION_JSON, NULL, TEXT("print JSON", "输出 JSON")},
    {"fleet", OPTION_FLEET, NULL,
     TEXT("ask the daemon for the coming year of all certificates", "向服务查询全部证书未来一年的计划")},
    {0},
};

/* As they were typed; a switch is "", what is absent NULL. */
struct typed {
    const char *values[OPTION_COUNT];
};

static error_t take_option(int key, char *arg, struct argp_state *state) {
    struct typed *typed = state->input;
    if (key <= 0 || key >= OPTION_COUNT)
        return ARGP_ERR_UNKNOWN;
    typed->values[key] = arg ? arg : "";
    return 0;
}

static const struct command_line command_line = {
    .options = options,
    .parser = take_option,
    .arguments = TEXT("[CERTIFICATE]", "[证书ID]"),
    .summary = TEXT(
        "Shows what an order would give, when each version would be issued, and why. "
        "Of a CERTIFICATE: what it will get, as the daemon knows. TIME is RFC 3339, or a date.\vExit status: 0 planned, 1 refused, 2 usage.",
        "预览订单结果、各版本的签发时间及原因。指定证书时,显示服务端已知的后续计划。TIME 为 RFC 3339 时间或日期。\v"
        "退出状态:0 成功,1 被拒绝,2 用法错误。"),
};

static bool read_number(const char *typed, const char *field, struct day_range range, int64_t *number,
                        struct error *e) {
    if (!typed)
        return true;
    char *end;
    errno = 0;
    *number = strtoll(typed, &end, 10);
    if (errno == 0 && end != typed && *end == '\0' && *number >= range.min && *number <= range.max)
        return true;
    return fail_field(e, field, ERR_BAD_FIELD, "'%s' is not a number from %" PRId64 " to %" PRId64,
                      "“%s”不是 %" PRId64 " 至 %" PRId64 " 之间的数字", typed, range.min, range.max);
}

static bool read_time(const char *typed, const char *field, int64_t *t, struct error *e) {
    return !typed || time_parse(typed, t, field, e);
}

static bool read_kind(const struct typed *typed, struct coverage_input *order, struct error *e) {
    static const struct {
        enum plan_option option;
        enum order_kind kind;
    } rows[] = {
        {OPTION_BUY, ORDER_PURCHASE}, {OPTION_RENEW, ORDER_RENEWAL}, {OPTION_EARLY, ORDER_EARLY_RENEWAL}};
    int given = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!typed->values[rows[i].option])
            continue;
        order->kind = rows[i].kind;
        given++;
    }
    if (given != 1)
        return fail(e, ERR_USAGE, "give one of --buy, --renew, --early",
                    "请指定 --buy、--renew、--early 之一");
    if ((order->kind == ORDER_PURCHASE) == (typed->values[OPTION_OLD_END] != NULL))
        return fail(e, ERR_USAGE, "--old-end goes with --renew and --early, and only with them",
                    "--old-end 须与 --renew 或 --early 同时使用,且仅用于此");
    return true;
}

static bool read_profile(struct arena *a, const struct typed *typed, const struct profile **profile,
                         struct error *e) {
    const char *name = typed->values[OPTION_PROFILE] ? typed->values[OPTION_PROFILE] : POLICY_DEFAULT;
    struct policies policies;
    if (!policy_load(a, typed->values[OPTION_PROFILES], &policies, e))
        return false;
    *profile = policy_find(&policies, name, 0);
    if (*profile)
        return true;
    const char *names = "";
    for (size_t i = 0; i < policies.count; i++)
        names = arena_printf(a, "%s %s", names, policies.profiles[i]->name);
    return fail_field(e, "profile", ERR_BAD_FIELD, "there is no policy '%s'; there are:%s",
                      "没有策略“%s”;现有:%s", name, names);
}

enum { LOCAL_CA_BACKDATE = 60, BACKDATE_MAX = 3600 };

static bool read_typed(struct arena *a, const struct typed *typed, struct plan_input *in, struct error *e) {
    const char *const *values = typed->values;
    struct coverage_input *order = &in->order;
    *in = (struct plan_input){.years = 1, .order.at = clock_now(), .issuer.backdate = LOCAL_CA_BACKDATE};
    order->specification_changed = values[OPTION_SPEC_CHANGED] != NULL;
    return read_kind(typed, order, e) && read_profile(a, typed, &in->profile, e) &&
           read_time(values[OPTION_AT], "at", &order->at, e) &&
           read_time(values[OPTION_OLD_END], "old_end", &order->old_end, e) &&
           read_number(values[OPTION_YEARS], "years", (struct day_range){0, 1000}, &in->years, e) &&
           read_number(values[OPTION_BONUS], "bonus", (struct day_range){0, 365}, &order->bonus_days, e) &&
           read_number(values[OPTION_BACKDATE], "backdate", (struct day_range){0, BACKDATE_MAX},
                       &in->issuer.backdate, e);
}

/* ---- output ---- */

/* Rounded down: the backdating of some seconds is not a day. */
static int64_t days_of(const struct validity *v) {
    return (v->end - v->not_before) / DAY;
}

static json_t *json_version(struct arena *a, const struct validity *v) {
    return json_pack("{so so so sI ss}", "issued_at", json_time(a, v->issued_at), "not_before",
                     json_time(a, v->not_before), "not_after", json_time(a, v->end - 1), "days",
                     (json_int_t)days_of(v), "limited_by", limit_name(v->limited_by));
}

static json_t *json_term(struct arena *a, const struct plan_term *term) {
    json_t *versions = json_array();
    for (size_t i = 0; i < term->version_count; i++)
        json_array_append_new(versions, json_version(a, &term->versions[i]));
    return json_pack("{so so}", "coverage_end", json_time(a, term->coverage_end), "versions", versions);
}

static void print_json(struct arena *a, const struct plan *plan) {
    json_t *terms = json_array();
    for (size_t i = 0; i < plan->term_count; i++)
        json_array_append_new(terms, json_term(a, &plan->terms[i]));
    json_t *root = json_pack("{so sI sI sI so}", "coverage_end", json_time(a, plan->coverage_end),
                             "carried_seconds", (json_int_t)plan->coverage.carried, "carried_days",
                             (json_int_t)(plan->coverage.carried / DAY), "bonus_days",
                             (json_int_t)plan->coverage.bonus_days, "terms", terms);
    puts(json_text(a, json_keep(a, root), true));
}

/* Why a version ends when it does. */
static void print_reason(const struct profile *profile, const struct validity *v, enum lang lang) {
    static const struct text reasons[] = {
        [LIMIT_COVERAGE] = TEXT("coverage: all of it is used", "覆盖期:已全部使用"),
        [LIMIT_CAP] = TEXT("cap: the longest lifetime on its day of issue", "上限:签发当日允许的最长有效期"),
        [LIMIT_ISSUER] = TEXT("issuer: it fixes the lifetime itself", "签发机构:自行规定有效期"),
    };
    fputs(reasons[v->limited_by].in[lang], stdout);
    if (v->limited_by == LIMIT_CAP)
        printf(lang == LANG_ZH ? "(%" PRId64 " 天)" : " (%" PRId64 " days)",
               policy_cap_days(profile, v->issued_at));
    putchar('\n');
}

static void print_term(struct arena *a, const struct profile *profile, const struct plan_term *term,
                       enum lang lang) {
    static const struct text head = TEXT("  issued                not after             days  limited by\n",
                                         "  签发时间              到期时间              天数  受限于\n");
    fputs(head.in[lang], stdout);
    for (size_t i = 0; i < term->version_count; i++) {
        const struct validity *v = &term->versions[i];
        printf("  %s  %s  %4" PRId64 "  ", time_format(a, v->issued_at), time_format(a, v->end - 1),
               days_of(v));
        print_reason(profile, v, lang);
    }
}

static void print_table(struct arena *a, const struct profile *profile, const struct plan *plan,
                        enum lang lang) {
    bool zh = lang == LANG_ZH;
    printf(zh ? "策略:%s(版本 %" PRId64 ")\n" : "Policy: %s (version %" PRId64 ")\n", profile->title.in[lang],
           profile->version);
    printf(zh ? "结转 %" PRId64 " 天,赠送 %" PRId64 " 天\n"
              : "Carried over: %" PRId64 " days, bonus: %" PRId64 " days\n",
           plan->coverage.carried / DAY, plan->coverage.bonus_days);
    for (size_t i = 0; i < plan->term_count; i++) {
        const struct plan_term *term = &plan->terms[i];
        printf(zh ? "\n第 %zu 期,覆盖至 %s(含当日)\n" : "\nTerm %zu, covered through %s\n", i + 1,
               time_format_date(a, term->coverage_end - 1));
        print_term(a, profile, term, lang);
    }
}

int cmd_plan(int argc, char **argv, enum lang lang) {
    AUTO_ARENA a = arena_new();
    struct typed typed = {0};
    struct plan_input in;
    struct plan plan;
    struct error e;
    if (plan_asks_daemon(argc, argv))
        return plan_ask_daemon(argc, argv, lang);
    command_parse(&command_line, lang, argc, argv, &typed);
    bool json = typed.values[OPTION_JSON];
    bool understood = read_typed(a, &typed, &in, &e);
    if (!understood || !policy_plan(a, &in, &plan, &e)) {
        command_report(&e, lang, json);
        return understood ? EXIT_REFUSED : EXIT_USAGE;
    }
    if (json)
        print_json(a, &plan);
    else
        print_table(a, in.profile, &plan, lang);
    return EXIT_OK;
}
