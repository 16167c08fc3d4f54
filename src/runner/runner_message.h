/* What goes over the runner's socket: one operation a message. Internal to the runner. */
#pragma once
#include "base/buf.h"
#include "runner/runner.h"

enum runner_code { RUNNER_PUT = 1, RUNNER_BACK, RUNNER_KEEP, RUNNER_CALL };

void runner_write_fileset(struct buf *message, enum runner_code code, const struct fileset *set);
void runner_write_call(struct buf *message, const struct runner_call *call);
void runner_read_result(struct reader *answer, struct arena *a, struct child_result *result);

/* For ipc_serve: `context` is the runner that does the work. False for what is not a message of ours. */
bool runner_answer(void *context, struct arena *a, struct reader *message, struct buf *answer);
