/* `tenure plan --fleet` and `tenure plan CERTIFICATE`: what the daemon expects of its certificates. */
#include "tenure/verb.h"
#include <stdio.h>

enum { KEY_FLEET = 870 };

static long long number_of(const json_t *object, const char *member) {
    return json_integer_value(json_object_get(object, member));
}

static bool is_zh(const struct cli *cli) {
    return cli->lang == LANG_ZH;
}

/* ---- the inventory ---- */

static void print_months(const struct cli *cli, const json_t *answer) {
    const json_t *one;
    size_t i;
    puts(is_zh(cli) ? "\n月份     签发机构              计划      若续费另增"
                    : "\nmonth    issuer              planned  more if renewed");
    json_array_foreach(json_object_get(answer, "months"), i, one)
        printf("%s  %-18s %8lld  %8lld\n", cli_text(one, "month"), cli_text(one, "issuer"),
               number_of(one, "planned"), number_of(one, "if_renewed"));
}

static void print_busiest(const struct cli *cli, const json_t *answer) {
    const json_t *day = json_object_get(answer, "busiest_day");
    if (json_is_object(day))
        printf(is_zh(cli) ? "\n最繁忙的一天:%s,%lld 个版本\n" : "\nBusiest day: %s, %lld versions\n",
               cli_text(day, "date"), number_of(day, "versions"));
}

static void print_steps(const struct cli *cli, const json_t *answer) {
    const json_t *one;
    size_t i;
    puts(is_zh(cli) ? "\n自以下日期起:版本最长天数、验证可复用天数、每年签发的版本数"
                    : "\nfrom        days of a version  of a proof  versions in a year");
    json_array_foreach(json_object_get(answer, "steps"), i, one)
        printf("%s  %17lld  %10lld  %18lld\n", cli_text(one, "from"), number_of(one, "version_days"),
               number_of(one, "validation_days"), number_of(one, "versions_in_a_year"));
}

static void print_limit(const struct cli *cli, const json_t *limit) {
    bool exempt = json_is_true(json_object_get(limit, "renewals_exempt"));
    const char *verdict = is_zh(cli) ? "不足" : "does not hold";
    if (json_is_true(json_object_get(limit, "holds")))
        verdict = is_zh(cli) ? "足够" : "holds";
    if (exempt)
        verdict = is_zh(cli) ? "续期不计入" : "renewals do not count";
    printf(is_zh(cli) ? "  限额 %s:%lld 次 / %lld 秒,峰值 %lld:%s\n"
                      : "  limit %s: %lld in %lld s, peak %lld: %s\n",
           cli_text(limit, "name"), number_of(limit, "count"), number_of(limit, "seconds"),
           number_of(limit, "demand"), verdict);
    if (*cli_text(limit, "advice"))
        printf("    %s\n", cli_text(limit, "advice"));
}

static void print_replacement(const struct cli *cli, const json_t *issuer) {
    const json_t *all = json_object_get(issuer, "replace_all");
    printf(is_zh(cli)
               ? "  若今日全部吊销:替换 %lld 个版本,%s 前完成;若限额对续期也计入,则 %s 前完成,"
                 "其中 %lld 个版本会先到期\n"
               : "  if everything were revoked today: %lld versions, replaced by %s; if the limits counted "
                 "renewals, too, by %s, and %lld versions would end before\n",
           number_of(all, "versions"), cli_text(all, "finished_at"),
           cli_text(all, "finished_at_without_exemptions"), number_of(all, "lapsing_without_exemptions"));
}

static void print_issuers(const struct cli *cli, const json_t *answer) {
    const json_t *issuer, *limit;
    size_t i, n;
    json_array_foreach(json_object_get(answer, "issuers"), i, issuer) {
        printf(is_zh(cli) ? "\n%s:%lld 张证书\n" : "\n%s: %lld certificates\n", cli_text(issuer, "issuer"),
               number_of(issuer, "certificates"));
        json_array_foreach(json_object_get(issuer, "limits"), n, limit) print_limit(cli, limit);
        print_replacement(cli, issuer);
    }
}

static void print_first(struct cli *cli, const json_t *answer) {
    const json_t *one;
    size_t i;
    puts(is_zh(cli) ? "\n最先到期:" : "\nThese end first:");
    json_array_foreach(json_object_get(answer, "ending_first"), i, one)
        printf("  %s  %s  %s\n", cli_text(one, "ends"), cli_text(one, "certificate"),
               printable(cli->arena, json_string_value(json_array_get(json_object_get(one, "names"), 0))));
}

static void print_fleet(struct cli *cli, const json_t *answer) {
    bool estimated = json_is_true(json_object_get(answer, "estimated"));
    printf(is_zh(cli) ? "%lld 张证书%s\n" : "%lld certificates%s\n", number_of(answer, "certificates"),
           !estimated   ? ""
           : is_zh(cli) ? "(按样本估算)"
                        : " (estimated from a part of them)");
    print_months(cli, answer);
    print_busiest(cli, answer);
    print_steps(cli, answer);
    print_issuers(cli, answer);
    print_first(cli, answer);
}

/* ---- one certificate ---- */

static void print_missing(struct cli *cli, const json_t *version) {
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(version, "missing"), i, one) {
        const char *proven = cli_text(one, "proven_at");
        printf(is_zh(cli) ? "    届时需要验证:%s(上次验证:%s)\n"
                          : "    to be proven by then: %s (last: %s)\n",
               printable(cli->arena, cli_text(one, "name")), *proven ? proven : "-");
    }
}

static void print_certificate(struct cli *cli, const json_t *answer) {
    const json_t *one;
    size_t i;
    puts(is_zh(cli) ? "签发时间              到期时间              天数"
                    : "issued                ends                  days");
    json_array_foreach(json_object_get(answer, "versions"), i, one) {
        bool assumed = json_is_true(json_object_get(one, "if_renewed"));
        printf("%s  %s  %4lld%s\n", cli_text(one, "issued_at"), cli_text(one, "ends"), number_of(one, "days"),
               !assumed     ? ""
               : is_zh(cli) ? "  若续费"
                            : "  if renewed");
        print_missing(cli, one);
    }
}

static int run_plan(struct cli *cli) {
    if (cli->options[KEY_FLEET])
        return cli_request(cli, "GET", "/v1/plan/fleet", NULL, print_fleet);
    const char *id = url_encode(cli->arena, cli->args[0]);
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/certificates/%s/plan", id), NULL,
                       print_certificate);
}

static const struct option_row options[] = {
    {"fleet", KEY_FLEET, NULL, TEXT("of all certificates", "全部证书")},
    {0},
};

/* Without a daemon nobody knows of certificates. */
bool plan_asks_daemon(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--fleet") == 0 || strncmp(argv[i], "cert_", strlen("cert_")) == 0)
            return true;
    return false;
}

int plan_ask_daemon(int argc, char **argv, enum lang lang) {
    const struct verb verb = {.name = "plan",
                              .summary =
                                  TEXT("what the daemon expects of its certificates", "证书的后续计划"),
                              .arguments = TEXT("[CERTIFICATE]", "[证书ID]"),
                              .args_max = 1,
                              .options = options,
                              .run = run_plan};
    return verb_run(&verb, argc, argv, lang);
}
