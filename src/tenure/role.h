/* What each forked process does; each returns an exit status. */
#pragma once
#include "tenure/supervisor.h"

/* Opens, migrates, makes the first account; runs before the other roles and ends. */
int role_init(const struct role_context *context);
int role_init_at(const struct role_context *context, int64_t now);
int role_web(const struct role_context *context);
int role_worker(const struct role_context *context);
int role_signer(const struct role_context *context);
int role_signer_slow(const struct role_context *context);
int role_runner(const struct role_context *context);
int role_responder(const struct role_context *context);

/* ---- for the roles ---- */

/* Logs the error; its exit status. */
int role_fatal(const char *what, const struct error *e);
/* Readable when the process is asked to end. */
int role_term_fd(void);

/* ---- */

/* Everything in one process, for tests and the debugger. `clock_start` 0: the real time. */
int role_all(const struct config *config, int64_t clock_start);
