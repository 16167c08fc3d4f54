/* The signer's process. */
#include "base/ipc.h"
#include "base/log.h"
#include "signer/protocol.h"
#include <stdlib.h>
#include <sys/prctl.h>

/* At first use OpenSSL reads its configuration and looks up algorithms, which the sandbox would not allow. */
static bool warm_up(struct signer *s, struct error *e) {
    AUTO_ARENA a = arena_new();
    const char *hash;
    static const enum key_algorithm algorithms[] = {KEY_P256, KEY_P384, KEY_ED25519};
    struct key_ref key = {.id = "warm-up", .account_id = "", .purpose = PURPOSE_LEAF};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        struct key_made made;
        struct secret *pkcs8;
        struct slice signature;
        if (!signer_make(s, a, algorithms[i], &key, &made, e))
            return false;
        key.sealed = made.sealed;
        if (!signer_open(s, a, &key, &pkcs8, e) || !signer_sign(s, a, &key, made.spki, &signature, e) ||
            !signer_seal(s, a, pkcs8, &key, &made, e))
            return false;
    }
    return signer_password_hash(s, a, secret_new(a, "warm-up", 7), &hash, e);
}

int signer_serve(const struct signer_options *options) {
#ifndef TENURE_NO_SANDBOX      /* the sanitizers look for leaks by tracing the process */
    prctl(PR_SET_DUMPABLE, 0); /* no core file, no debugger of the same user */
#endif
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct secret *master_key;
    if (!master_key_load(a, options->master_key_path, options->create_master_key, &master_key, &e)) {
        log_failure("signer cannot start", &e, options->master_key_path);
        return EXIT_FAILURE;
    }
    struct signer *s = signer_local(a, master_key);
    if (!warm_up(s, &e)) {
        log_failure("signer cannot start", &e, "OpenSSL");
        return EXIT_FAILURE;
    }
    struct ipc_server server = {
        .listen_fd = options->listen_fd,
        .answer = signer_answer,
        .context = s,
        .ready = options->enter_sandbox,
        .ready_context = options->context,
    };
    return ipc_serve(&server);
}
