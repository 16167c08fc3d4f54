/*
 * filesets: what is live after every kill and every failure. The test program takes the place of the system
 * calls that change a folder, so that it can end the process or make the call fail at each of them in turn.
 */
#include "base/file.h"
#include "runner/fileset.h"
#include "unit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- faults ---- */

enum fault { FAULT_NONE, FAULT_KILL, FAULT_ERROR };

static struct {
    enum fault kind;
    int at, calls;
} fault;

static bool is_due(void) {
    if (fault.kind == FAULT_NONE || ++fault.calls != fault.at)
        return false;
    if (fault.kind == FAULT_KILL)
        raise(SIGKILL);
    errno = EIO;
    return true;
}

int unlinkat(int folder, const char *name, int flags) {
    return is_due() ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return is_due() ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    return is_due() ? -1 : (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}

/* Not done really: a kill loses nothing that was written, and the tests are to be quick. */
int fsync(int fd) {
    (void)fd;
    return is_due() ? -1 : 0;
}

int fchmod(int fd, mode_t mode) {
    return is_due() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

/* ---- three files in two folders, of which the last one does not exist at first ---- */

enum { FILES = 3, STEPS_MAX = 200 };

static char root[64], paths[FILES][96];
static const char *folders[] = {root, NULL};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk) {
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

static void clear(void) {
    if (*root)
        nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const char *text) {
    struct error e = {0};
    assert_ok(file_replace(path, 0640, slice_str(text), &e), e);
}

/* Version 1 is live and nothing else is there. */
static void begin(void) {
    clear();
    snprintf(root, sizeof root, "/tmp/tenure-fileset-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(paths[0], sizeof paths[0], "%s/cert.pem", root);
    snprintf(paths[1], sizeof paths[1], "%s/private/key.pem", root);
    snprintf(paths[2], sizeof paths[2], "%s/private/chain.pem", root);
    char folder[96];
    snprintf(folder, sizeof folder, "%s/private", root);
    assert_int_equal(mkdir(folder, 0755), 0);
    write_file(paths[0], "version 1");
    write_file(paths[1], "version 1");
}

static int begin_test(void **state) {
    (void)state;
    begin();
    return 0;
}

static int end_test(void **state) {
    (void)state;
    clear();
    *root = 0;
    return 0;
}

struct test_set {
    struct fileset set;
    struct fileset_file files[FILES];
    char text[32];
};

static const struct fileset *version(struct test_set *s, int number) {
    snprintf(s->text, sizeof s->text, "version %d", number);
    for (int i = 0; i < FILES; i++)
        s->files[i] = (struct fileset_file){
            .path = paths[i], .mode = i == 1 ? 0600 : 0644, .content = slice_str(s->text)};
    s->set = (struct fileset){.target = "tgt_1", .files = s->files, .count = FILES};
    return &s->set;
}

/* The number in the file, 0 if there is none. */
static int live_version(const char *path) {
    char text[32] = {0};
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, text, sizeof text - 1) > 0 ? text[8] - '0' : 0;
}

static bool all_live(int first, int second, int third) {
    return live_version(paths[0]) == first && live_version(paths[1]) == second &&
           live_version(paths[2]) == third;
}

static bool old_is_live(void) {
    return all_live(1, 1, 0);
}

static bool put(int number) {
    struct test_set s;
    struct error e = {0};
    return fileset_put(version(&s, number), folders, &e);
}

static bool back(int number) {
    struct test_set s;
    struct error e = {0};
    return fileset_back(version(&s, number), folders, &e);
}

static bool keep(int number) {
    struct test_set s;
    struct error e = {0};
    return fileset_keep(version(&s, number), folders, &e);
}

static unsigned traces(void) {
    struct test_set s;
    struct error e = {0};
    unsigned found;
    assert_ok(fileset_traces(version(&s, 1), folders, &found, &e), e);
    return found;
}

/* Ends a process of its own at the n-th change to a folder; false if it came through. */
static bool killed_at(int n, bool (*operation)(int), int number) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        fault.kind = FAULT_KILL;
        fault.at = n;
        _exit(operation(number) ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* ---- how it should be ---- */

static void a_set_is_put_and_kept(void **state) {
    (void)state;
    struct stat st;
    assert_true(put(2));
    assert_true(all_live(2, 2, 2));
    assert_int_equal(traces(), FILESET_OLD | FILESET_ABSENT);
    assert_int_equal(stat(paths[0], &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(stat(paths[1], &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(keep(2));
    assert_true(keep(2));
    assert_true(all_live(2, 2, 2));
    assert_int_equal(traces(), 0);
    assert_true(back(2)); /* nothing to bring back any more */
    assert_true(all_live(2, 2, 2));
}

static void a_set_is_brought_back_as_it_was(void **state) {
    (void)state;
    struct stat before, after;
    assert_int_equal(stat(paths[0], &before), 0);
    assert_true(put(2) && back(2) && back(2));
    assert_true(old_is_live());
    assert_int_equal(traces(), 0);
    assert_int_equal(stat(paths[0], &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_mode, after.st_mode);
}

static void the_last_verified_set_outlives_several_puts(void **state) {
    (void)state;
    assert_true(put(2) && put(3) && put(4));
    assert_true(all_live(4, 4, 4));
    assert_true(back(4));
    assert_true(old_is_live());
    assert_true(put(2) && keep(2) && put(3) && back(3));
    assert_true(all_live(2, 2, 2));
}

static void an_owner_is_set_or_refused(void **state) {
    (void)state;
    struct test_set s;
    struct error e = {0};
    struct stat st;
    version(&s, 2);
    s.files[0].owner = "no such user";
    assert_fails(fileset_put(&s.set, folders, &e), e, ERR_FILES_NOT_WRITTEN);
    assert_true(old_is_live());
    if (geteuid() != 0)
        return;
    s.files[0].owner = "root:65534";
    s.files[1].owner = "65534";
    assert_ok(fileset_put(&s.set, folders, &e), e);
    assert_int_equal(stat(paths[0], &st), 0);
    assert_int_equal(st.st_gid, 65534);
    assert_int_equal(stat(paths[1], &st), 0);
    assert_int_equal(st.st_uid, 65534);
    assert_int_equal(st.st_mode & 07777, 0600);
}

/* ---- kills ---- */

static void after_a_kill_in_put_the_set_becomes_new_or_old_as_a_whole(void **state) {
    (void)state;
    int n = 1;
    for (bool killed = true; killed; n++) {
        for (int then_put = 0; then_put <= 1; then_put++) {
            begin();
            killed = killed_at(n, put, 2);
            assert_true(then_put ? put(2) : back(2));
            assert_true(then_put ? all_live(2, 2, 2) : old_is_live());
            assert_true(!then_put || keep(2));
            assert_int_equal(traces(), 0);
        }
        assert_true(n < STEPS_MAX);
    }
    assert_true(n > 20); /* or nothing was killed */
}

static void after_a_kill_in_back_the_old_set_is_reached(void **state) {
    (void)state;
    int n = 1;
    for (bool killed = true; killed; n++) {
        begin();
        assert_true(put(2));
        killed = killed_at(n, back, 2);
        assert_true(n % 2 ? back(2) : put(3) && all_live(3, 3, 3) && back(3));
        assert_true(old_is_live());
        assert_int_equal(traces(), 0);
        assert_true(n < STEPS_MAX);
    }
    assert_true(n > 8);
}

static void after_a_kill_in_keep_two_sets_are_never_mixed(void **state) {
    (void)state;
    int n = 1;
    bool old_seen = false, kept_seen = false;
    for (bool killed = true; killed; n++) {
        begin();
        assert_true(put(2));
        killed = killed_at(n, keep, 2);
        assert_true(all_live(2, 2, 2));
        assert_true(put(3) && back(3));
        assert_true(old_is_live() || all_live(2, 2, 2));
        old_seen = old_seen || old_is_live();
        kept_seen = kept_seen || all_live(2, 2, 2);
        assert_int_equal(traces(), 0);
        assert_true(n < STEPS_MAX);
    }
    assert_true(kept_seen && (old_seen || n > 8));
}

static void a_key_is_never_readable_by_others_on_its_way(void **state) {
    (void)state;
    char temporary[128];
    umask(0);
    snprintf(temporary, sizeof temporary, "%s/private/.key.pem.tgt_1.new", root);
    int seen = 0, n = 1;
    for (bool killed = true; killed; n++) {
        struct stat st;
        killed = killed_at(n, put, 2);
        if (stat(temporary, &st) == 0) {
            assert_int_equal(st.st_mode & 07777, 0600);
            seen++;
        }
        assert_true(back(2));
    }
    umask(022);
    assert_true(seen > 2);
}

/* ---- failures ---- */

static bool put_with_failure_at(int n) {
    fault.kind = FAULT_ERROR;
    fault.at = n;
    fault.calls = 0;
    bool done = put(2);
    fault.kind = FAULT_NONE;
    return done;
}

static void after_a_failure_of_any_call_the_old_set_is_live(void **state) {
    (void)state;
    int failed = 0;
    fault.calls = STEPS_MAX;
    for (int n = 1; n <= fault.calls; n++) { /* until no call is left to fail */
        begin();
        bool done = put_with_failure_at(n);
        assert_true(done ? all_live(2, 2, 2) : old_is_live());
        failed += !done;
        assert_true(back(2));
        assert_int_equal(traces(), 0);
    }
    assert_true(failed > 15);
}

static void after_a_kill_and_a_failure_the_old_set_is_live(void **state) {
    (void)state;
    int n = 1;
    for (bool killed = true; killed; n++) {
        begin();
        killed = killed_at(n, put, 2);
        assert_false(put_with_failure_at(2));
        assert_true(old_is_live());
    }
}

static void what_is_too_large_for_the_disk_leaves_the_old_set(void **state) {
    (void)state;
    struct test_set s;
    struct error e = {0};
    struct rlimit before, small = {.rlim_cur = 20};
    version(&s, 2);
    s.files[1].content = slice_str("version 2, and this key is longer than the limit");
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    bool done = fileset_put(&s.set, folders, &e);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_fails(done, e, ERR_FILES_NOT_WRITTEN);
    assert_true(old_is_live());
    assert_int_equal(traces(), 0);
}

/* On a disk of `inodes` inodes; 0 if it was as it should be, 77 if nothing can be mounted. */
static int put_on_small_disk(int inodes) {
    char options[64];
    snprintf(options, sizeof options, "size=64k,nr_inodes=%d", inodes);
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", root, "tmpfs", 0, options) < 0)
        return 77;
    char folder[96];
    snprintf(folder, sizeof folder, "%s/private", root);
    mkdir(folder, 0755);
    write_file(paths[0], "version 1");
    write_file(paths[1], "version 1");
    bool done = put(2);
    return done ? all_live(2, 2, 2) ? 0 : 1 : old_is_live() && traces() == 0 ? 0 : 2;
}

static void a_full_disk_leaves_the_old_set(void **state) {
    (void)state;
    for (int inodes = 6; inodes < 16; inodes++) {
        int status;
        pid_t pid = fork();
        if (pid == 0)
            _exit(put_on_small_disk(inodes));
        waitpid(pid, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            skip();
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void a_folder_in_the_place_of_a_file_is_refused(void **state) {
    (void)state;
    assert_int_equal(mkdir(paths[2], 0755), 0);
    assert_false(put(2));
    assert_true(live_version(paths[0]) == 1 && live_version(paths[1]) == 1);
    assert_int_equal(traces(), 0);
}

/* ---- paths ---- */

static bool put_one(const char *target, const char *path, int mode, struct error *e) {
    struct fileset_file file = {.path = path, .mode = mode, .content = slice_str("version 9")};
    return fileset_put(&(struct fileset){.target = target, .files = &file, .count = 1}, folders, e);
}

static void only_plain_paths_in_allowed_folders_are_written(void **state) {
    (void)state;
    static const char *const bad[] = {"",       "cert.pem", "R/../etc/x", "R/./x",  "R//x",
                                      "R/",     "R/..",     "R/.hidden",  "/etc/x", "R/private/../../x",
                                      "R/a\nb", "RX/x",     "/tmp/x"};
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *sibling = arena_printf(a, "%sX", root); /* begins like an allowed folder */
    assert_int_equal(mkdir(sibling, 0755), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *path = *bad[i] == 'R' ? arena_printf(a, "%s%s", root, bad[i] + 1) : bad[i];
        assert_fails(put_one("tgt_1", path, 0600, &e), e, ERR_PATH_NOT_ALLOWED);
    }
    assert_int_equal(rmdir(sibling), 0);
    static const char *const targets[] = {"", "../x", "a/b", "a.b", "a b"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        assert_fails(put_one(targets[i], paths[0], 0600, &e), e, ERR_PATH_NOT_ALLOWED);
    static const int modes[] = {0, 0755, 04644, 0666, 01600};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        assert_fails(put_one("tgt_1", paths[0], modes[i], &e), e, ERR_PATH_NOT_ALLOWED);
    assert_fails(put_one("tgt_1", arena_printf(a, "%s/no/folder", root), 0600, &e), e, ERR_FILES_NOT_WRITTEN);
    assert_true(old_is_live());
}

static void a_linked_folder_counts_where_it_really_is(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    assert_int_equal(symlink("/tmp", arena_printf(a, "%s/outside", root)), 0);
    assert_int_equal(symlink("private", arena_printf(a, "%s/inside", root)), 0);
    assert_fails(put_one("tgt_1", arena_printf(a, "%s/outside/x.pem", root), 0600, &e), e,
                 ERR_PATH_NOT_ALLOWED);
    assert_ok(put_one("tgt_1", arena_printf(a, "%s/inside/key.pem", root), 0600, &e), e);
    assert_int_equal(live_version(paths[1]), 9);
}

static void one_file_by_two_ways_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    assert_int_equal(symlink("private", arena_printf(a, "%s/inside", root)), 0);
    struct fileset_file files[] = {
        {.path = paths[1], .mode = 0600, .content = slice_str("version 8")},
        {.path = arena_printf(a, "%s/inside/key.pem", root), .mode = 0600, .content = slice_str("version 9")},
    };
    struct fileset set = {.target = "tgt_1", .files = files, .count = 2};
    assert_fails(fileset_put(&set, folders, &e), e, ERR_PATH_NOT_ALLOWED);
    assert_true(old_is_live());
}

static void a_link_in_the_place_of_a_file_is_replaced_and_comes_back(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct stat st;
    const char *archive = arena_printf(a, "%s/archive.pem", root);
    write_file(archive, "version 1");
    assert_int_equal(unlink(paths[0]), 0);
    assert_int_equal(symlink("archive.pem", paths[0]), 0);
    assert_true(put(2));
    assert_int_equal(live_version(archive), 1);
    assert_int_equal(lstat(paths[0], &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_true(back(2));
    assert_int_equal(lstat(paths[0], &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(old_is_live());
}

static void a_trap_laid_at_the_temporary_is_not_followed(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *victim = arena_printf(a, "%s/victim", root);
    write_file(victim, "version 7");
    assert_int_equal(symlink("victim", arena_printf(a, "%s/.cert.pem.tgt_1.new", root)), 0);
    assert_true(put(2));
    assert_int_equal(live_version(victim), 7);
    assert_true(all_live(2, 2, 2));
}

#define test_set(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)

TEST_MAIN(fileset, test_set(a_set_is_put_and_kept), test_set(a_set_is_brought_back_as_it_was),
          test_set(the_last_verified_set_outlives_several_puts), test_set(an_owner_is_set_or_refused),
          test_set(after_a_kill_in_put_the_set_becomes_new_or_old_as_a_whole),
          test_set(after_a_kill_in_back_the_old_set_is_reached),
          test_set(after_a_kill_in_keep_two_sets_are_never_mixed),
          test_set(a_key_is_never_readable_by_others_on_its_way),
          test_set(after_a_failure_of_any_call_the_old_set_is_live),
          test_set(after_a_kill_and_a_failure_the_old_set_is_live),
          test_set(what_is_too_large_for_the_disk_leaves_the_old_set),
          test_set(a_full_disk_leaves_the_old_set), test_set(a_folder_in_the_place_of_a_file_is_refused),
          test_set(only_plain_paths_in_allowed_folders_are_written),
          test_set(a_linked_folder_counts_where_it_really_is), test_set(one_file_by_two_ways_is_refused),
          test_set(a_link_in_the_place_of_a_file_is_replaced_and_comes_back),
          test_set(a_trap_laid_at_the_temporary_is_not_followed))
