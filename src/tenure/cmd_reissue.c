/* `tenure reissue --issuer ID` and `--all`: after a mass revocation. Without --yes it only says what it would
 * do. */
#include "tenure/cmd_reissue.h"
#include <stdio.h>

struct mass {
    struct cli *cli;
    const char *issuer, *before, *after;
    bool dry_run;
    size_t reissued, refused;
};

static json_t *body_of(const struct mass *m) {
    json_t *body = json_pack("{s:b}", "dry_run", m->dry_run);
    if (m->issuer)
        json_object_set_new(body, "issuer", json_string(m->issuer));
    else
        json_object_set_new(body, "all", json_true());
    if (m->before)
        json_object_set_new(body, "issued_before", json_string(m->before));
    if (m->after)
        json_object_set_new(body, "after", json_string(m->after));
    return body;
}

static void print_refused(struct mass *m, const json_t *answer) {
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(answer, "refused"), i, one)
        fprintf(stderr, "%s: %s (%s)\n", cli_text(one, "certificate"),
                printable(m->cli->arena, cli_text(one, "detail")), cli_text(one, "code"));
    m->refused += json_array_size(json_object_get(answer, "refused"));
}

/* All parts, one after the other; each is done when it is answered, so that a repeat finds what is left. */
static bool run_parts(struct mass *m) {
    json_t *answer;
    do {
        if (!cli_call(m->cli, "POST", "/v1/plan/fleet/reissue", body_of(m), &answer))
            return false;
        m->before = cli_text(answer, "issued_before");
        m->after = json_string_value(json_object_get(answer, "next"));
        m->reissued += json_array_size(json_object_get(answer, "reissued"));
        print_refused(m, answer);
    } while (m->after);
    return true;
}

static void print_limits(struct cli *cli, const json_t *issuer) {
    const json_t *all = json_object_get(issuer, "replace_all");
    printf(cli->lang == LANG_ZH ? "  %s:按其限额,全部替换最迟可在 %s 前完成\n"
                                : "  %s: its limits let everything be replaced by %s\n",
           cli_text(issuer, "issuer"), cli_text(all, "finished_at_without_exemptions"));
}

/* How quickly it goes: the CAs' limits spread the orders. */
static bool print_plan(struct cli *cli) {
    json_t *plan;
    const json_t *issuer;
    size_t i;
    if (!cli_call(cli, "GET", "/v1/plan/fleet", NULL, &plan))
        return false;
    json_array_foreach(json_object_get(plan, "issuers"), i, issuer) print_limits(cli, issuer);
    return true;
}

static bool print_outcome(const struct mass *m) {
    struct cli *cli = m->cli;
    bool zh = cli->lang == LANG_ZH;
    if (cli->json) {
        json_t *out = json_pack("{s:I,s:I,s:s,s:b}", "reissued", (json_int_t)m->reissued, "refused",
                                (json_int_t)m->refused, "issued_before", m->before, "dry_run", m->dry_run);
        puts(json_text(cli->arena, json_keep(cli->arena, out), true));
        return true;
    }
    if (!m->dry_run)
        return printf(zh ? "已要求重新签发 %zu 张证书,%zu 张被拒绝;如需重复:--issued-before %s\n"
                         : "%zu certificates are reissued, %zu refused; to repeat it: --issued-before %s\n",
                      m->reissued, m->refused, m->before) > 0;
    printf(zh ? "将重新签发 %zu 张证书,%zu 张会被拒绝。尚未执行:确认后请加 --yes。\n"
              : "%zu certificates would be reissued, %zu refused. Nothing was done: add --yes to do it.\n",
           m->reissued, m->refused);
    return print_plan(cli);
}

int reissue_many(struct cli *cli, const struct reissue_choice *choice) {
    struct mass m = {.cli = cli, .issuer = choice->issuer, .before = choice->before, .dry_run = !choice->yes};
    return run_parts(&m) && print_outcome(&m) ? EXIT_OK : cli_failed(cli);
}
