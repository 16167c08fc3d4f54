/* What the libraries of a step need of the machine is inside the sandbox of its role. Builds with sanitizers
 * have none. */
#include "apply/letter_pdf.h"
#include "tenure/sandbox.h"
#include "unit.h"
#include <stdlib.h>
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

TEST_MAIN(sandbox, test(a_worker_can_make_letters))
