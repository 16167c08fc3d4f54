/* What all subcommands share. */
#include "tenure/command.h"
#include "http/problem.h"
#include <stdio.h>
#include <stdlib.h>

enum lang command_lang(void) {
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return lang_from(value);
    }
    return LANG_EN;
}

/* argp's table in one language. */
static const struct argp_option *options_in(struct arena *a, const struct option_row *rows, enum lang lang) {
    size_t count = 0;
    while (rows[count].name)
        count++;
    struct argp_option *options = ARENA_ARRAY(a, count + 1, struct argp_option);
    for (size_t i = 0; i < count; i++)
        options[i] = (struct argp_option){
            .name = rows[i].name, .key = rows[i].key, .arg = rows[i].arg, .doc = rows[i].help.in[lang]};
    return options;
}

void command_parse(const struct command_line *line, enum lang lang, int argc, char **argv, void *input) {
    AUTO_ARENA a = arena_new();
    const struct argp argp = {.options = options_in(a, line->options, lang),
                              .parser = line->parser,
                              .args_doc = line->arguments.in[lang],
                              .doc = line->summary.in[lang]};
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, input) != 0)
        exit(EXIT_USAGE);
}

const char *printable(struct arena *a, const char *text) {
    char *copy = arena_strdup(a, text), *to = copy;
    for (const char *from = text; *from;) {
        size_t len = text_obeyed(from);
        *to++ = len == 0 ? *from : *from == '\n' || *from == '\t' ? ' ' : '?';
        from += len ? len : 1;
    }
    *to = 0;
    return copy;
}

void command_report(const struct error *e, enum lang lang, bool json) {
    AUTO_ARENA a = arena_new();
    if (json) {
        struct slice body = problem_body(a, e, lang, "");
        printf("%.*s\n", (int)body.len, (const char *)body.p);
        return;
    }
    const struct error_row *row = error_row(e->id);
    fprintf(stderr, "%s: %s (%s)\n%s\n", row->title.in[lang], printable(a, e->detail[lang]), row->code,
            row->remedy.in[lang]);
}
