/*
 * The runner: an unconfined process that replaces file sets and runs commands for the confined workers. It
 * was given its policy at its start: a worker names a command, never an argv, and writes to allowed folders
 * only. All calls: ERR_RUNNER_UNAVAILABLE (it is started again). A call may be repeated by itself if the
 * runner dies meanwhile, so commands must allow that: configuration tests and reloads do.
 */
#pragma once
#include "base/child.h"
#include "runner/fileset.h"

struct runner;

enum {
    RUNNER_COMMAND_MAX_MS = 600 * 1000,
    RUNNER_ARGS_MAX = 8,
    RUNNER_ARG_MAX = 1024,
    RUNNER_ENV_MAX = 16,
    RUNNER_VARIABLE_MAX = 32 * 1024
};

struct runner_command {
    const char *name;
    const char *const *argv; /* NULL-terminated; an absolute path, or a program of the system's folders */
    int timeout_ms;
    const char *hook;             /* the convention by which it is called; NULL: it takes no arguments */
    const char *environment_file; /* "NAME=value" lines, read at each run; NULL: none */
};

struct runner_policy {
    const struct runner_command *commands; /* beside the presets; one of the same name takes their place */
    size_t command_count;
    const char *const *folders; /* NULL-terminated */
};

/* The command of that name, from the policy or the presets; ERR_COMMAND_NOT_ALLOWED. */
bool runner_command_find(const struct runner_policy *policy, const char *name,
                         const struct runner_command **found, struct error *e);

/* Is there a convention of that name: certbot, dehydrated, lego, acmesh? */
bool runner_hook_exists(const char *name);
/* The argv of a command of the convention acmesh: `folder` is that of acme.sh, `dnsapi` its dns_NAME. */
const char *const *runner_acmesh_argv(struct arena *a, const char *folder, const char *dnsapi);

/* Over the socket of runner_serve. */
struct runner *runner_connect(struct arena *a, const char *path);
/* In the process itself: --one-process, tests. */
struct runner *runner_local(struct arena *a, const struct runner_policy *policy);

/*
 * For the simulation: file sets live in memory, commands succeed. `before` is asked ahead of each call
 * ("put", "back", "keep", "command"; the target or the command): false makes the call fail with its error,
 * and a command's `exit_status` may be set. NULL: nothing ever fails.
 */
typedef bool runner_fake_before(void *context, const char *call, const char *object, int *exit_status,
                                struct error *e);
struct runner *runner_fake(struct arena *a, runner_fake_before *before, void *context);
/* What is live at the path; false if there is no such file. */
bool runner_fake_file(const struct runner *fake, const char *path, struct slice *content);

/* The three operations of runner/fileset.h, in the folders of the policy. */
bool runner_put(struct runner *r, const struct fileset *set, struct error *e);
bool runner_back(struct runner *r, const struct fileset *set, struct error *e);
bool runner_keep(struct runner *r, const struct fileset *set, struct error *e);

struct runner_call {
    const char *command;
    const char *hook;        /* the convention that the policy must name for it, too; NULL: no hook */
    const char *const *args; /* behind its own; NULL-terminated, printable; NULL: none */
    /*
     * "NAME=value", NULL-terminated, or NULL; names that begin as those of the conventions do (TENURE_,
     * CERTBOT_, RENEWED_, LEGO_), so that none of them can change what the program is.
     */
    const char *const *env;
};

/*
 * A program that fails is a result, no error. What the environment file says is taken out of its output, and
 * what is secret by its name out of `printed`. What a hook leaves running in its process group is killed.
 */
bool runner_call(struct runner *r, struct arena *a, const struct runner_call *call,
                 struct child_result *result, struct error *e);
/* A command that is no hook. */
bool runner_run(struct runner *r, struct arena *a, const char *command, const char *const env[],
                struct child_result *result, struct error *e);

/* The process: serves the listening socket until SIGTERM; an exit status. */
int runner_serve(int listen_fd, const struct runner_policy *policy);
