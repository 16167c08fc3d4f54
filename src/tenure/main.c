/* `tenure`: one program, a subcommand for each thing it does. */
#include "tenure/verb.h"
#include <locale.h>
#include <stdio.h>
#include <string.h>

const char *argp_program_version = "tenure " TENURE_VERSION;

/* Commands that need no daemon, then the verbs that speak to one. */
static const struct command commands[] = {
    {"serve", TEXT("run the daemon", "运行服务"), cmd_serve},
    {"plan",
     TEXT("what an order would give, and when each version would be issued",
          "预览订单结果及各版本的签发时间"),
     cmd_plan},
    {"verify", TEXT("look at the certificate that any server serves", "检查任意服务器提供的证书"),
     cmd_verify},
    {"test-ca", TEXT("run a CA to rehearse with, over ACME", "运行用于演练的 ACME CA"), cmd_test_ca},
    {"completion",
     TEXT("shell completion: eval \"$(tenure completion)\"", "命令补全:eval \"$(tenure completion)\""),
     cmd_completion},
    {0},
};

/* clang-format off */
static const struct verb *const verbs[] = {
    certificate_verbs,
    csr_verbs,
    contact_verbs,
    doctor_verbs,
    emergency_verbs,
    validation_verbs,
    review_verbs,
    solve_verbs,
    name_grant_verbs,
    persist_verbs,
    target_verbs,
    catalog_verbs,
    issuer_verbs,
    quota_verbs,
    payment_verbs,
    quote_verbs,
    order_verbs,
    account_verbs,
    tool_verbs,
    notify_verbs,
    NULL,
};
/* clang-format on */

static void print_help(enum lang lang) {
    static const struct text usage =
        TEXT("Usage: tenure COMMAND [OPTION...]\n\nCommands (each has --help):\n",
             "用法:tenure 命令 [选项...]\n\n命令(均支持 --help):\n");
    fputs(usage.in[lang], stdout);
    for (const struct command *c = commands; c->name; c++)
        printf("  %-18s %s\n", c->name, c->summary.in[lang]);
    for (size_t i = 0; verbs[i]; i++)
        for (const struct verb *v = verbs[i]; v->name; v++)
            printf("  %-18s %s\n", v->name, v->summary.in[lang]);
}

/*
 * Completion of the first two words: what a shell needs to know of the tables. What was typed is only ever
 * compared: file names in it must not become part of a program.
 */
int cmd_completion(int argc, char **argv, enum lang lang) {
    (void)argc, (void)argv, (void)lang;
    fputs("_tenure() {\n  local words='", stdout);
    for (const struct command *c = commands; c->name; c++)
        printf("%s\n", c->name);
    for (size_t i = 0; verbs[i]; i++)
        for (const struct verb *v = verbs[i]; v->name; v++)
            printf("%s\n", v->name);
    fputs("'\n  local typed=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" next= line\n"
          "  while IFS= read -r line; do\n"
          "    [[ $line == \"${typed:+$typed }\"* ]] || continue\n"
          "    line=${line#\"${typed:+$typed }\"}\n    next+=\"${line%% *} \"\n"
          "  done <<<\"$words\"\n"
          "  COMPREPLY=($(compgen -W \"$next\" -- \"${COMP_WORDS[COMP_CWORD]}\" | sort -u))\n"
          "  [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default\n}\ncomplete -F _tenure tenure\n",
          stdout);
    return EXIT_OK;
}

/* How many words of the command line a name takes; 0 if it is not what stands there. */
static int words_matched(const char *name, int argc, char **argv) {
    for (int words = 1; words < argc; words++) {
        size_t len = strcspn(name, " ");
        if (strncmp(name, argv[words], len) != 0 || argv[words][len])
            return 0;
        if (!name[len])
            return words;
        name += len + 1;
    }
    return 0;
}

/* argv[0] becomes what usage messages show. */
static char **shifted(int words, const char *name, char title[64], char **argv) {
    snprintf(title, 64, "tenure %s", name);
    argv[words] = title;
    return argv + words;
}

static bool dispatch(int argc, char **argv, enum lang lang, int *status) {
    char title[64];
    int words;
    for (const struct command *c = commands; c->name; c++)
        if ((words = words_matched(c->name, argc, argv)))
            return *status = c->run(argc - words, shifted(words, c->name, title, argv), lang), true;
    for (size_t i = 0; verbs[i]; i++)
        for (const struct verb *v = verbs[i]; v->name; v++)
            if ((words = words_matched(v->name, argc, argv)))
                return *status = verb_run(v, argc - words, shifted(words, v->name, title, argv), lang), true;
    return false;
}

/* What could not be written was not said, and a new access key is shown only once. */
static int all_was_written(int status, enum lang lang) {
    struct error e;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fail_errno(&e, ERR_SYSTEM, "standard output");
    command_report(&e, lang, false);
    return status ? status : EXIT_REFUSED;
}

int main(int argc, char **argv) {
    setlocale(LC_ALL, "");
    enum lang lang = command_lang();
    const char *name = argc > 1 ? argv[1] : "--help";
    int status;
    if (dispatch(argc, argv, lang, &status))
        return all_was_written(status, lang);
    if (strcmp(name, "--version") == 0)
        return puts(argp_program_version) < 0;
    if (strcmp(name, "--help") == 0) {
        print_help(lang);
        return argc > 1 ? EXIT_OK : EXIT_USAGE;
    }
    struct error e;
    fail(&e, ERR_USAGE, "there is no command '%s'", "没有命令“%s”", name);
    command_report(&e, lang, false);
    return EXIT_USAGE;
}
