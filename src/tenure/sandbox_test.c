/* What the libraries of a step need of the machine is inside the sandbox of its role. Builds with sanitizers
 * have none. */
#include "apply/letter_pdf.h"
#include "base/file.h"
#include "tenure/config.h"
#include "tenure/sandbox.h"
#include "unit.h"
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Does the work succeed in a process of this role, whose data folder is `data`? */
static bool works_as(enum role_kind kind, const char *data, bool (*work)(struct arena *a, struct error *e)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        AUTO_ARENA a = arena_new();
        struct error e = {0};
        alarm(30);
        bool good = sandbox_enter(kind, data, &e) && work(a, &e);
        if (!good)
            print_error("%s\n", e.detail[LANG_EN]);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool make_letter(struct arena *a, struct error *e) {
    static const struct letter letter = {.application = "app_1", .organization.name = "示例公司 Example"};
    struct slice pdf;
    return letter_pdf(a, &letter, LETTER_BOTH, &pdf, e);
}

static void a_worker_can_make_letters(void **state) {
    (void)state;
    char data[] = "/tmp/tenure-sandbox-XXXXXX";
    assert_non_null(mkdtemp(data));
    assert_true(works_as(KIND_WORKER, data, make_letter));
    assert_int_equal(rmdir(data), 0); /* empty as it was */
}

#ifndef TENURE_NO_SANDBOX
static bool read_file(const char *path, struct error *e) {
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 || fail_errno(e, ERR_SYSTEM, path);
}

static bool read_database(struct arena *a, struct error *e) {
    (void)a;
    return read_file(CONFIG_DATABASE, e);
}

static bool read_master_key(struct arena *a, struct error *e) {
    (void)a;
    return read_file(CONFIG_MASTER_KEY, e);
}

static bool open_socket(struct arena *a, struct error *e) {
    (void)a;
    AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 || fail_errno(e, ERR_SYSTEM, "socket");
}

/* It listens to the world: neither the keys nor those who hold them are in its reach. */
static void a_responder_reads_the_database_and_nothing_else(void **state) {
    (void)state;
    struct error e;
    char data[] = "/tmp/tenure-sandbox-XXXXXX";
    assert_non_null(mkdtemp(data));
    assert_int_equal(chdir(data), 0);
    assert_ok(file_write_new(CONFIG_DATABASE, 0600, slice_str("x"), &e), e);
    assert_ok(file_write_new(CONFIG_MASTER_KEY, 0600, slice_str("x"), &e), e);
    assert_true(works_as(KIND_WEB, data, read_master_key));
    assert_true(works_as(KIND_RESPONDER, data, read_database));
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0)
        assert_false(works_as(KIND_RESPONDER, data, read_master_key));
    assert_true(works_as(KIND_WEB, data, open_socket));
    assert_false(works_as(KIND_RESPONDER, data, open_socket));
    assert_int_equal(unlink(CONFIG_DATABASE) + unlink(CONFIG_MASTER_KEY) + rmdir(data), 0);
}
#else
static void a_responder_reads_the_database_and_nothing_else(void **state) {
    (void)state;
    skip();
}
#endif

TEST_MAIN(sandbox, test(a_worker_can_make_letters), test(a_responder_reads_the_database_and_nothing_else))
