/* The messages of the runner, and the table of what they ask for. */
#include "runner/runner_message.h"
#include "base/ipc.h"

void runner_write_fileset(struct buf *message, enum runner_code code, const struct fileset *set) {
    buf_u8(message, (uint8_t)code);
    buf_bytes(message, slice_str(set->target));
    buf_u8(message, (uint8_t)set->count);
    for (size_t i = 0; i < set->count; i++) {
        const struct fileset_file *file = &set->files[i];
        buf_bytes(message, slice_str(file->path));
        buf_bytes(message, slice_str(file->owner));
        buf_u32(message, (uint32_t)file->mode);
        buf_bytes(message, code == RUNNER_PUT ? file->content : slice_of(NULL, 0));
    }
}

static bool read_fileset(struct reader *message, struct arena *a, struct fileset *set) {
    struct fileset_file *files = ARENA_ARRAY(a, FILESET_FILES_MAX, struct fileset_file);
    *set = (struct fileset){.target = read_str(message, a), .files = files, .count = read_u8(message)};
    if (set->count > FILESET_FILES_MAX)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        files[i].path = read_str(message, a);
        files[i].owner = read_str(message, a);
        files[i].mode = (int)(read_u32(message) & INT32_MAX);
        files[i].content = read_bytes(message);
        if (!*files[i].owner)
            files[i].owner = NULL;
    }
    return !message->bad && message->rest.len == 0;
}

static void write_list(struct buf *message, const char *const list[]) {
    size_t count = child_count(list);
    buf_u32(message, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        buf_bytes(message, slice_str(list[i]));
}

void runner_write_call(struct buf *message, const struct runner_call *call) {
    buf_u8(message, RUNNER_CALL);
    buf_bytes(message, slice_str(call->command));
    buf_bytes(message, slice_str(call->hook));
    write_list(message, call->args);
    write_list(message, call->env);
}

/* An empty list is none. */
static const char *const *read_list(struct reader *message, struct arena *a, size_t max) {
    size_t count = read_u32(message);
    message->bad = message->bad || count > max;
    if (message->bad || !count)
        return NULL;
    const char **list = ARENA_ARRAY(a, count + 1, const char *);
    for (size_t i = 0; i < count; i++)
        list[i] = read_str(message, a);
    return list;
}

static bool read_call(struct reader *message, struct arena *a, struct runner_call *call) {
    call->command = read_str(message, a);
    const char *hook = read_str(message, a);
    call->hook = *hook ? hook : NULL;
    call->args = read_list(message, a, RUNNER_ARGS_MAX);
    call->env = read_list(message, a, RUNNER_ENV_MAX);
    return !message->bad && message->rest.len == 0;
}

static void write_result(struct buf *answer, const struct child_result *result) {
    buf_u32(answer, (uint32_t)result->exit_status);
    buf_u8(answer, result->timed_out);
    buf_u8(answer, result->cut);
    buf_bytes(answer, slice_str(result->output));
    buf_bytes(answer, slice_str(result->printed));
}

void runner_read_result(struct reader *answer, struct arena *a, struct child_result *result) {
    result->exit_status = (int)(read_u32(answer) & INT32_MAX);
    result->timed_out = read_u8(answer) != 0;
    result->cut = read_u8(answer) != 0;
    result->output = read_str(answer, a);
    result->printed = read_str(answer, a);
}

static void write_outcome(struct buf *answer, bool done, const struct error *e) {
    if (done)
        ipc_write_done(answer);
    else
        ipc_write_failed(answer, answer->len, e);
}

/* The operations on a file set share their messages. */
static bool answer_fileset(struct runner *r,
                           bool (*operation)(struct runner *, const struct fileset *, struct error *),
                           struct arena *a, struct reader *message, struct buf *answer) {
    struct fileset set;
    struct error e = {0};
    if (!read_fileset(message, a, &set))
        return false;
    write_outcome(answer, operation(r, &set, &e), &e);
    return true;
}

static bool answer_put(struct runner *r, struct arena *a, struct reader *message, struct buf *answer) {
    return answer_fileset(r, runner_put, a, message, answer);
}

static bool answer_back(struct runner *r, struct arena *a, struct reader *message, struct buf *answer) {
    return answer_fileset(r, runner_back, a, message, answer);
}

static bool answer_keep(struct runner *r, struct arena *a, struct reader *message, struct buf *answer) {
    return answer_fileset(r, runner_keep, a, message, answer);
}

static bool answer_call(struct runner *r, struct arena *a, struct reader *message, struct buf *answer) {
    struct runner_call call;
    struct child_result result = {0};
    struct error e = {0};
    if (!read_call(message, a, &call))
        return false;
    bool done = runner_call(r, a, &call, &result, &e);
    write_outcome(answer, done, &e);
    if (done)
        write_result(answer, &result);
    return true;
}

static const struct {
    enum runner_code code;
    bool (*answer)(struct runner *r, struct arena *a, struct reader *message, struct buf *answer);
} operations[] = {
    {RUNNER_PUT, answer_put},
    {RUNNER_BACK, answer_back},
    {RUNNER_KEEP, answer_keep},
    {RUNNER_CALL, answer_call},
};

bool runner_answer(void *context, struct arena *a, struct reader *message, struct buf *answer) {
    enum runner_code code = (enum runner_code)read_u8(message);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (operations[i].code == code)
            return operations[i].answer(context, a, message, answer);
    return false;
}
