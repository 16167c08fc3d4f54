/* signer: every operation with every implementation, what a seal is bound to, and a signer that dies. */
#include "base/clock.h"
#include "base/file.h"
#include "base/ipc.h"
#include "base/rand.h"
#include "signer/protocol.h"
#include "signer/seal.h"
#include "unit.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct key_ref owner = {.id = "key_1", .account_id = "acct_1", .purpose = PURPOSE_LEAF};
static const struct slice tbs = {(const uint8_t *)"to be signed", 12};

static struct secret *master_key(struct arena *a, uint8_t fill) {
    struct secret *key = secret_new(a, NULL, MASTER_KEY_BYTES);
    memset(secret_bytes(key), fill, MASTER_KEY_BYTES);
    return key;
}

/* Older keys stand behind the present one. */
static struct secret *master_keys(struct arena *a, uint8_t present, uint8_t older) {
    struct secret *keys = secret_new(a, NULL, 2 * MASTER_KEY_BYTES);
    memset(secret_bytes(keys), present, MASTER_KEY_BYTES);
    memset(secret_bytes(keys) + MASTER_KEY_BYTES, older, MASTER_KEY_BYTES);
    return keys;
}

static struct key_ref with_sealed(struct slice sealed) {
    struct key_ref key = owner;
    key.sealed = sealed;
    return key;
}

static struct key_ref make(struct signer *s, struct arena *a, const struct key_ref *whose,
                           struct key_made *made) {
    struct error e = {0};
    assert_ok(signer_make(s, a, KEY_P256, whose, made, &e), e);
    struct key_ref key = *whose;
    key.sealed = made->sealed;
    return key;
}

static void assert_signs(struct signer *s, struct arena *a, const struct key_ref *key, struct slice spki) {
    struct error e = {0};
    struct slice signature;
    assert_ok(signer_sign(s, a, key, tbs, &signature, &e), e);
    assert_ok(signer_verify(s, spki, tbs, signature, &e), e);
    assert_fails(signer_verify(s, spki, slice_str("something else"), signature, &e), e, ERR_BAD_SIGNATURE);
    ((uint8_t *)signature.p)[signature.len - 1] ^= 1;
    assert_fails(signer_verify(s, spki, tbs, signature, &e), e, ERR_BAD_SIGNATURE);
}

/* Makes, signs, opens, and brings the opened key in again under another name. */
static void assert_whole_round(struct signer *s, enum key_algorithm algorithm) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct key_made made, imported;
    struct secret *pkcs8;
    enum key_algorithm checked;
    assert_ok(signer_make(s, a, algorithm, &owner, &made, &e), e);
    assert_ok(key_check(made.spki, &checked, &e), e);
    assert_int_equal(checked, made.algorithm);
    struct key_ref key = with_sealed(made.sealed);
    assert_signs(s, a, &key, made.spki);
    assert_ok(signer_open(s, a, &key, &pkcs8, &e), e);
    struct key_ref second = {.id = "key_2", .account_id = "acct_1", .purpose = PURPOSE_CA};
    assert_ok(signer_seal(s, a, pkcs8, &second, &imported, &e), e);
    assert_int_equal(imported.algorithm, algorithm);
    assert_true(slice_equal(imported.spki, made.spki));
    second.sealed = imported.sealed;
    assert_signs(s, a, &second, made.spki);
    assert_ok(signer_rewrap(s, a, &second, &second.sealed, &e), e);
    assert_signs(s, a, &second, made.spki);
}

static void keys_of_every_algorithm_make_the_whole_round(void **state) {
    (void)state;
    static const enum key_algorithm algorithms[] = {KEY_P256, KEY_P384, KEY_ED25519, KEY_RSA_2048};
    AUTO_ARENA a = arena_new();
    struct signer *s = signer_local(a, master_key(a, 1));
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        assert_whole_round(s, algorithms[i]);
}

static void the_fake_makes_the_same_round_without_real_keys(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct signer *s = signer_fake(a);
    struct key_made made;
    struct secret *pkcs8;
    enum key_algorithm algorithm;
    struct key_ref key = make(s, a, &owner, &made), other = key;
    other.account_id = "acct_2";
    assert_signs(s, a, &key, made.spki);
    assert_ok(signer_rewrap(s, a, &key, &key.sealed, &e), e);
    assert_ok(signer_open(s, a, &key, &pkcs8, &e), e);
    assert_fails(signer_open(s, a, &other, &pkcs8, &e), e, ERR_UNSEALABLE);
    struct key_made imported;
    make(signer_local(a, master_key(a, 1)), a, &owner, &made);
    key.sealed = made.sealed;
    assert_ok(signer_open(signer_local(a, master_key(a, 1)), a, &key, &pkcs8, &e), e);
    assert_ok(signer_seal(s, a, pkcs8, &owner, &imported, &e), e);
    assert_ok(key_check(imported.spki, &algorithm, &e), e);
    assert_int_equal(algorithm, KEY_P256);
}

static void the_fake_repeats_itself_with_the_same_seed(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct key_made first, second;
    rand_seed(7);
    make(signer_fake(a), a, &owner, &first);
    rand_seed(7);
    make(signer_fake(a), a, &owner, &second);
    assert_true(slice_equal(first.sealed, second.sealed) && slice_equal(first.spki, second.spki));
}

/* ---- passwords ---- */

static struct secret *text(struct arena *a, const char *s) {
    return secret_new(a, s, strlen(s));
}

static void assert_verifies(struct signer *s) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *hash;
    bool fits = false;
    assert_ok(signer_password_hash(s, a, text(a, "correct horse"), &hash, &e), e);
    assert_null(strstr(hash, "horse"));
    assert_ok(signer_password_verify(s, text(a, "correct horse"), hash, &fits, &e), e);
    assert_true(fits);
    assert_ok(signer_password_verify(s, text(a, "correct horsf"), hash, &fits, &e), e);
    assert_false(fits);
    fits = true;
    assert_ok(signer_password_verify(s, text(a, "correct horse"), "no hash", &fits, &e), e);
    assert_false(fits);
}

static void passwords_are_hashed_with_argon2id_and_verified(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct signer *s = signer_local(a, master_key(a, 1));
    const char *first, *second;
    assert_verifies(s);
    assert_verifies(signer_fake(a));
    assert_ok(signer_password_hash(s, a, text(a, "correct horse"), &first, &e), e);
    assert_ok(signer_password_hash(s, a, text(a, "correct horse"), &second, &e), e);
    assert_memory_equal(first, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_string_not_equal(first, second); /* each has a salt of its own */
}

static void assert_bound(struct signer *s, struct arena *a, enum key_purpose purpose,
                         enum key_purpose another) {
    struct error e = {0};
    struct key_made made;
    struct key_ref kept_owner = owner;
    kept_owner.purpose = purpose;
    struct key_ref key = make(s, a, &kept_owner, &made), wrong[4] = {key, key, key, key};
    assert_signs(s, a, &key, made.spki);
    wrong[0].id = "key_2";
    wrong[1].account_id = "acct_2";
    wrong[2].purpose = PURPOSE_LEAF;
    wrong[3].purpose = another;
    for (size_t i = 0; i < 4; i++) {
        struct slice signature;
        assert_fails(signer_sign(s, a, &wrong[i], tbs, &signature, &e), e, ERR_UNSEALABLE);
        assert_fails(signer_rewrap(s, a, &wrong[i], &signature, &e), e, ERR_UNSEALABLE);
    }
    struct secret *pkcs8;
    assert_fails(signer_open(s, a, &wrong[2], &pkcs8, &e), e, ERR_UNSEALABLE);
    char *long_id = memset(arena_alloc(a, 5001), 'a', 5000);
    kept_owner.id = long_id;
    key = make(s, a, &kept_owner, &made);
    assert_signs(s, a, &key, made.spki);
    long_id[4999] = 'b';
    assert_fails(signer_sign(s, a, &key, tbs, &made.sealed, &e), e, ERR_UNSEALABLE);
}

/* These kinds are kept open: that must not be a way around the seal. */
static void a_key_opens_for_its_owner_and_purpose_only(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct signer *s = signer_local(a, master_key(a, 1));
    assert_bound(s, a, PURPOSE_CA, PURPOSE_ACME);
    assert_bound(s, a, PURPOSE_ACME, PURPOSE_CA);
}

static void only_leaf_keys_are_handed_out(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct signer *signers[] = {signer_local(a, master_key(a, 1)), signer_fake(a)};
    for (size_t i = 0; i < 2; i++)
        for (int purpose = PURPOSE_CSR; purpose <= PURPOSE_ACCOUNT; purpose++) {
            struct error e = {0};
            struct key_made made;
            struct secret *pkcs8 = NULL;
            struct key_ref mine = {
                .id = "key_1", .account_id = "acct_1", .purpose = (enum key_purpose)purpose};
            struct key_ref key = make(signers[i], a, &mine, &made);
            assert_fails(signer_open(signers[i], a, &key, &pkcs8, &e), e, ERR_FORBIDDEN);
            assert_null(pkcs8);
        }
}

static void a_secret_is_any_bytes_and_comes_back_to_its_owner_alone(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct signer *signers[] = {signer_local(a, master_key(a, 1)), signer_fake(a)};
    for (size_t i = 0; i < 2; i++) {
        struct error e = {0};
        struct key_made made;
        struct secret *opened;
        struct key_ref ref = {.id = "chn_1", .account_id = "acct_1", .purpose = PURPOSE_SECRET};
        assert_ok(signer_seal(signers[i], a, secret_new(a, "t0ken", 5), &ref, &made, &e), e);
        assert_int_equal(made.spki.len, 0);
        ref.sealed = made.sealed;
        assert_ok(signer_open(signers[i], a, &ref, &opened, &e), e);
        assert_true(slice_equal(secret_slice(opened), slice_str("t0ken")));
        ref.purpose = PURPOSE_LEAF; /* must not be a way to a key, nor from one */
        assert_fails(signer_open(signers[i], a, &ref, &opened, &e), e, ERR_UNSEALABLE);
    }
}

static void the_process_hands_out_no_other_key_either(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct signer *s = signer_local(a, master_key(a, 1));
    struct key_made made;
    struct key_ref ca_owner = owner;
    ca_owner.purpose = PURPOSE_CA;
    struct signer_request request = {.code = SIGNER_OPEN, .key = make(s, a, &ca_owner, &made)};
    struct buf message = buf_new(a, 1000), answer = buf_new(a, 1000);
    buf_u8(&message, 1);
    signer_write_request(&message, &request);
    struct reader r = {.rest = buf_slice(&message)};
    assert_true(signer_answer(s, a, &r, &answer));
    struct reader result = {.rest = buf_slice(&answer)};
    assert_fails(ipc_read_outcome(&result, &e), e, ERR_FORBIDDEN);
    assert_int_equal(result.rest.len, 0);
}

static void a_changed_byte_anywhere_is_noticed(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct signer *s = signer_local(a, master_key(a, 1));
    struct key_made made;
    struct secret *pkcs8;
    struct key_ref key = make(s, a, &owner, &made);
    uint8_t *bytes = (uint8_t *)key.sealed.p;
    for (size_t i = 0; i < key.sealed.len; i++) {
        bytes[i] ^= 0x40;
        assert_fails(signer_open(s, a, &key, &pkcs8, &e), e, ERR_UNSEALABLE);
        bytes[i] ^= 0x40;
    }
    for (size_t len = 0; len < key.sealed.len; len++) {
        struct key_ref cut = with_sealed(arena_slice(a, slice_of(key.sealed.p, len)));
        assert_fails(signer_open(s, a, &cut, &pkcs8, &e), e, ERR_UNSEALABLE);
    }
    assert_ok(signer_open(s, a, &key, &pkcs8, &e), e);
}

static void two_seals_of_one_key_have_nothing_in_common(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice first, second;
    struct secret *text = secret_new(a, NULL, 64), *master = master_key(a, 1);
    assert_ok(seal_close(a, master, &owner, text, &first, &e), e);
    assert_ok(seal_close(a, master, &owner, text, &second, &e), e);
    const size_t head = 9; /* version and id of the master key */
    for (size_t i = head; i + 8 <= first.len; i += 8)
        assert_memory_not_equal(first.p + i, second.p + i, 8);
}

static void a_wrong_master_key_is_named(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct key_made made;
    struct secret *pkcs8;
    struct key_ref key = make(signer_local(a, master_key(a, 1)), a, &owner, &made);
    assert_fails(signer_open(signer_local(a, master_key(a, 2)), a, &key, &pkcs8, &e), e, ERR_UNSEALABLE);
    /* printf '\1%.0s' $(seq 32) | sha256sum, and the same with \2 */
    assert_non_null(strstr(e.detail[LANG_EN], "72cd6e8422c407fb"));
    assert_non_null(strstr(e.detail[LANG_ZH], "75877bb41d393b5f"));
}

static void rewrapping_brings_a_key_under_the_new_master_key(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct key_made made;
    struct secret *pkcs8, *same;
    struct signer *old = signer_local(a, master_key(a, 1)), *both = signer_local(a, master_keys(a, 2, 1)),
                  *new = signer_local(a, master_key(a, 2));
    struct key_ref key = make(old, a, &owner, &made);
    assert_ok(signer_open(both, a, &key, &pkcs8, &e), e);
    assert_fails(signer_open(new, a, &key, &same, &e), e, ERR_UNSEALABLE);
    assert_ok(signer_rewrap(both, a, &key, &key.sealed, &e), e);
    assert_ok(signer_open(new, a, &key, &same, &e), e);
    assert_true(secret_equal(pkcs8, same));
    struct slice again;
    assert_ok(signer_rewrap(both, a, &key, &again, &e), e);
    assert_true(slice_equal(again, key.sealed));
    assert_fails(signer_rewrap(old, a, &key, &again, &e), e, ERR_UNSEALABLE);
}

static void imported_keys_are_checked(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct signer *s = signer_local(a, master_key(a, 1));
    struct key_made made, imported;
    struct secret *pkcs8, *other;
    struct key_ref key = make(s, a, &owner, &made);
    assert_ok(signer_open(s, a, &key, &pkcs8, &e), e);
    key = make(s, a, &owner, &made);
    assert_ok(signer_open(s, a, &key, &other, &e), e);
    const size_t scalar_at = 36, scalar_len = 32; /* the private half of one, the public half of the other */
    memcpy(secret_bytes(other) + scalar_at, secret_bytes(pkcs8) + scalar_at, scalar_len);
    assert_fails(signer_seal(s, a, other, &owner, &imported, &e), e, ERR_MALFORMED_KEY);
    struct secret *longer = secret_new(a, NULL, secret_len(pkcs8) + 1);
    memcpy(secret_bytes(longer), secret_bytes(pkcs8), secret_len(pkcs8));
    assert_fails(signer_seal(s, a, longer, &owner, &imported, &e), e, ERR_MALFORMED_KEY);
    assert_fails(signer_seal(s, a, secret_new(a, "no key", 6), &owner, &imported, &e), e, ERR_MALFORMED_KEY);
    assert_fails(signer_make(s, a, KEY_RSA_OTHER, &owner, &made, &e), e, ERR_BAD_FIELD);
}

/* ---- the master key file ---- */

struct sandbox {
    char folder[32];
    const char *key_path, *socket_path;
};

static struct sandbox *new_sandbox(struct arena *a) {
    struct sandbox *box = ARENA_NEW(a, struct sandbox);
    snprintf(box->folder, sizeof box->folder, "/tmp/tenure-signer-XXXXXX");
    assert_non_null(mkdtemp(box->folder));
    box->key_path = arena_printf(a, "%s/master.key", box->folder);
    box->socket_path = arena_printf(a, "%s/signer.socket", box->folder);
    return box;
}

static void remove_sandbox(const struct sandbox *box) {
    unlink(box->key_path);
    unlink(box->socket_path);
    assert_int_equal(rmdir(box->folder), 0); /* no temporary is left */
}

static void a_master_key_is_made_once_and_for_its_user_alone(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sandbox *box = new_sandbox(a);
    struct secret *first, *second;
    struct stat st;
    assert_fails(master_key_load(a, box->key_path, false, &first, &e), e, ERR_NOT_FOUND);
    assert_ok(master_key_load(a, box->key_path, true, &first, &e), e);
    assert_ok(master_key_load(a, box->key_path, true, &second, &e), e);
    assert_int_equal(secret_len(first), MASTER_KEY_BYTES);
    assert_true(secret_equal(first, second));
    assert_int_equal(stat(box->key_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    static const mode_t too_open[] = {0640, 0604, 0620, 0602, 0610};
    for (size_t i = 0; i < sizeof too_open / sizeof *too_open; i++) {
        chmod(box->key_path, too_open[i]);
        assert_fails(master_key_load(a, box->key_path, true, &second, &e), e, ERR_BAD_CONFIG);
    }
    remove_sandbox(box);
}

#define HEX_KEY    "0101010101010101010101010101010101010101010101010101010101010101"
#define BASE64_KEY "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="

static void a_master_key_file_holds_the_present_key_and_older_ones(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sandbox *box = new_sandbox(a);
    struct secret *keys;
    assert_ok(
        file_replace(box->key_path, 0600, slice_str("# new\n" HEX_KEY "\n\n# old\n" BASE64_KEY "\n"), &e), e);
    assert_ok(master_key_load(a, box->key_path, false, &keys, &e), e);
    assert_true(secret_equal(keys, master_keys(a, 1, 2)));
    static const char *const bad[] = {"",
                                      "\n",
                                      "# nothing\n",
                                      "0101\n",
                                      HEX_KEY "01\n",
                                      HEX_KEY "\nxyz\n",
                                      HEX_KEY " \n",
                                      "AgICAgICAgI=\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(file_replace(box->key_path, 0600, slice_str(bad[i]), &e), e);
        assert_fails(master_key_load(a, box->key_path, true, &keys, &e), e, ERR_BAD_CONFIG);
    }
    remove_sandbox(box);
}

/* ---- the process ---- */

static int listen_at(const char *path) {
    struct error e = {0};
    int fd;
    assert_ok(ipc_listen(path, &fd, &e), e);
    return fd;
}

static pid_t start_signer(const struct sandbox *box, int listen_fd) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(signer_serve(&(struct signer_options){
            .listen_fd = listen_fd, .master_key_path = box->key_path, .create_master_key = true}));
    return pid;
}

static void stop(pid_t pid) {
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

static void a_signer_in_its_own_process_does_the_same(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sandbox *box = new_sandbox(a);
    int listen_fd = listen_at(box->socket_path);
    pid_t pid = start_signer(box, listen_fd);
    struct signer *s = signer_connect(a, box->socket_path);
    struct key_made made;
    struct secret *pkcs8;
    assert_whole_round(s, KEY_P256);
    struct key_ref ca_owner = owner;
    ca_owner.purpose = PURPOSE_CA;
    struct key_ref key = make(s, a, &ca_owner, &made);
    key.purpose = PURPOSE_LEAF;
    assert_fails(signer_open(s, a, &key, &pkcs8, &e), e, ERR_UNSEALABLE);
    stop(pid);
    close(listen_fd);
    remove_sandbox(box);
}

static void rsa_keys_go_to_the_second_signer_if_there_is_one(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sandbox *box = new_sandbox(a);
    const char *slow_path = arena_printf(a, "%s.slow", box->socket_path);
    int slow_fd = listen_at(slow_path);
    pid_t slow = start_signer(box, slow_fd);
    struct key_made made;
    assert_ok(signer_make(signer_connect(a, box->socket_path), a, KEY_RSA_2048, &owner, &made, &e), e);
    stop(slow);
    close(slow_fd);
    unlink(slow_path);
    remove_sandbox(box);
}

static void passwords_go_to_the_second_signer_too(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct sandbox *box = new_sandbox(a);
    const char *slow_path = arena_printf(a, "%s.slow", box->socket_path);
    int slow_fd = listen_at(slow_path);
    pid_t slow = start_signer(box, slow_fd);
    assert_verifies(signer_connect(a, box->socket_path));
    stop(slow);
    close(slow_fd);
    unlink(slow_path);
    remove_sandbox(box);
}

/* It is making an RSA key, or has stopped: who logs in must not hold a web process for long. */
static void a_password_waits_two_seconds_at_most(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sandbox *box = new_sandbox(a);
    int listen_fd = listen_at(box->socket_path); /* which nobody serves */
    const char *hash;
    int64_t began = clock_monotonic_ms();
    assert_fails(signer_password_hash(signer_connect(a, box->socket_path), a, text(a, "x"), &hash, &e), e,
                 ERR_SIGNER_UNAVAILABLE);
    assert_true(clock_monotonic_ms() - began < 4000);
    close(listen_fd);
    remove_sandbox(box);
}

static void calls_survive_a_signer_that_is_killed_again_and_again(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct sandbox *box = new_sandbox(a);
    int listen_fd = listen_at(box->socket_path);
    pid_t pid = start_signer(box, listen_fd);
    struct signer *s = signer_connect(a, box->socket_path);
    struct key_made made;
    struct key_ref key = make(s, a, &owner, &made);
    for (int i = 0; i < 3; i++) {
        kill(pid, SIGSTOP); /* the call below is under way when the kill comes */
        pid_t killer = fork();
        if (killer == 0) {
            usleep(20 * 1000);
            kill(pid, SIGKILL);
            _exit(0);
        }
        pid_t next = start_signer(box, listen_fd);
        assert_signs(s, a, &key, made.spki);
        waitpid(killer, NULL, 0);
        waitpid(pid, NULL, 0);
        pid = next;
    }
    stop(pid);
    close(listen_fd);
    remove_sandbox(box);
}

/* ---- messages ---- */

static void twenty_operations_fit_in_a_message_and_more_do_not(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct signer *s = signer_local(a, master_key(a, 1));
    struct signer_request request = {.code = SIGNER_MAKE, .key = owner, .algorithm = KEY_P256};
    for (size_t count = 0; count <= SIGNER_BATCH_MAX + 1; count++) {
        struct error e = {0};
        struct buf message = buf_new(a, 10000), answer = buf_new(a, 100000);
        buf_u8(&message, (uint8_t)count);
        for (size_t i = 0; i < count; i++) {
            request.algorithm = i == 1 ? KEY_UNKNOWN : KEY_P256; /* one that fails does not stop the others */
            signer_write_request(&message, &request);
        }
        struct reader r = {.rest = buf_slice(&message)}, results;
        assert_int_equal(signer_answer(s, a, &r, &answer), count >= 1 && count <= SIGNER_BATCH_MAX);
        results.rest = buf_slice(&answer);
        results.bad = false;
        for (size_t i = 0; r.rest.len == 0 && i < count; i++) {
            struct signer_result result;
            assert_int_equal(ipc_read_outcome(&results, &e), i != 1);
            if (i != 1)
                signer_read_result(&results, &result);
        }
        assert_true(!results.bad && results.rest.len == 0);
    }
}

static void what_is_no_message_is_refused_whole(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct signer *s = signer_local(a, master_key(a, 1));
    struct signer_request request = {.code = SIGNER_SIGN, .key = owner, .payload = tbs};
    struct buf good = buf_new(a, 1000), answer = buf_new(a, 10000);
    buf_u8(&good, 1);
    signer_write_request(&good, &request);
    for (size_t len = 0; len <= good.len; len++) {
        struct reader r = {.rest = slice_of(good.p, len)};
        assert_int_equal(signer_answer(s, a, &r, &answer), len == good.len);
    }
    buf_char(&good, 0);
    struct reader longer = {.rest = buf_slice(&good)};
    assert_false(signer_answer(s, a, &longer, &answer));
    static const int unknown[] = {0, SIGNER_PASSWORD_VERIFY + 1, 255};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        good.p[1] = (char)unknown[i];
        struct reader r = {.rest = slice_of(good.p, good.len - 1)};
        assert_false(signer_answer(s, a, &r, &answer));
    }
}

TEST_MAIN(signer, test(keys_of_every_algorithm_make_the_whole_round),
          test(the_fake_makes_the_same_round_without_real_keys),
          test(a_key_opens_for_its_owner_and_purpose_only), test(only_leaf_keys_are_handed_out),
          test(a_secret_is_any_bytes_and_comes_back_to_its_owner_alone),
          test(the_process_hands_out_no_other_key_either), test(a_changed_byte_anywhere_is_noticed),
          test(two_seals_of_one_key_have_nothing_in_common), test(a_wrong_master_key_is_named),
          test(rewrapping_brings_a_key_under_the_new_master_key), test(imported_keys_are_checked),
          test(a_master_key_is_made_once_and_for_its_user_alone),
          test(a_master_key_file_holds_the_present_key_and_older_ones),
          test(a_signer_in_its_own_process_does_the_same),
          test(rsa_keys_go_to_the_second_signer_if_there_is_one), test(passwords_go_to_the_second_signer_too),
          test(passwords_are_hashed_with_argon2id_and_verified), test(a_password_waits_two_seconds_at_most),
          test(calls_survive_a_signer_that_is_killed_again_and_again),
          test(twenty_operations_fit_in_a_message_and_more_do_not), test(what_is_no_message_is_refused_whole),
          test(the_fake_repeats_itself_with_the_same_seed)) /* the last one: it seeds the randomness of all */
