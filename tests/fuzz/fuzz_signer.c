/* Messages to the signer, answered by one that works in this process with a fixed master key. */
#include "fuzz.h"
#include "signer/protocol.h"
#include "signer/seal.h"

enum { ANSWER_MAX = 1024 * 1024 };

static struct signer *signer_of_corpus(void) {
    static struct arena *lasting;
    lasting = arena_new();
    struct secret *master_key = secret_new(lasting, NULL, MASTER_KEY_BYTES);
    memset(secret_bytes(master_key), 1, MASTER_KEY_BYTES); /* the one that the corpus is sealed with */
    return signer_local(lasting, master_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct signer *signer;
    if (!signer)
        signer = signer_of_corpus();
    AUTO_ARENA a = arena_new();
    struct buf answer = buf_new(a, ANSWER_MAX);
    struct reader message = {.rest = slice_of(data, size)};
    if (signer_answer(signer, a, &message, &answer))
        CHECK(answer.len > 0 && message.rest.len == 0);
    return 0;
}
