/* Messages to the runner, answered by the one of the simulation. */
#include "fuzz.h"
#include "runner/runner_message.h"

enum { ANSWER_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct buf answer = buf_new(a, ANSWER_MAX);
    struct reader message = {.rest = slice_of(data, size)};
    if (runner_answer(runner_fake(a, NULL, NULL), a, &message, &answer))
        CHECK(answer.len > 0 && message.rest.len == 0);
    return 0;
}
