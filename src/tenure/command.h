/* Subcommands of `tenure`, and what they have in common: options in two languages, errors, exit statuses. */
#pragma once
#include "base/error.h"
#include <argp.h>

/* Those of errors come from error.def. */
enum exit_status {
    EXIT_OK = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_PARTIAL = 4,
    EXIT_WAITS_FOR_PERSON = 6
};

struct command {
    const char *name;
    struct text summary;
    int (*run)(int argc, char **argv, enum lang lang); /* argv[0] is "tenure NAME"; returns the exit status */
};

int cmd_serve(int argc, char **argv, enum lang lang);
int cmd_plan(int argc, char **argv, enum lang lang);
/* Of what is asked of the daemon instead: cmd_fleet.c. */
bool plan_asks_daemon(int argc, char **argv);
int plan_ask_daemon(int argc, char **argv, enum lang lang);
int cmd_verify(int argc, char **argv, enum lang lang);
int cmd_test_ca(int argc, char **argv, enum lang lang);
int cmd_completion(int argc, char **argv, enum lang lang);

/* ---- command.c ---- */

struct option_row {
    const char *name; /* NULL ends a table */
    int key;
    const char *arg; /* NULL: a switch */
    struct text help;
};

struct command_line {
    const struct option_row *options;
    argp_parser_t parser;
    struct text arguments, summary;
};

/* From LC_ALL, LC_MESSAGES or LANG. */
enum lang command_lang(void);
/* Fills `input` through the parser; ends the process for --help, --version and a usage error (status 2). */
void command_parse(const struct command_line *line, enum lang lang, int argc, char **argv, void *input);
/*
 * Text from outside as a terminal may show it, in one line: control characters could hide or fake what stands
 * beside them, and so could characters that turn the direction of writing.
 */
const char *printable(struct arena *a, const char *text);
/* The error for people on stderr, or as a problem object (RFC 9457) on stdout. */
void command_report(const struct error *e, enum lang lang, bool json);
