/* Landlock and seccomp, by a table. */
#include "tenure/sandbox.h"
#include "base/file.h"
#include "base/log.h"
#include "tenure/config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FOLDERS_MAX = 8 };

/* Loading shared objects (name service modules) maps them executable, which Landlock counts as reading. */
#define FOLDER_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FOLDER_WRITE                                                                                         \
    (FOLDER_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK)
/* Every right of Landlock's first version: what is handled and not granted is refused. */
#define FOLDER_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* Memory, time, signals: what every role needs. */
#define CALLS_BASE                                                                                           \
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", "exit", "exit_group", "rt_sigreturn", \
        "rt_sigprocmask", "rt_sigaction", "clock_gettime", "gettimeofday", "getpid", "gettid", "getrandom",  \
        "read", "write", "close", "poll", "ppoll", "restart_syscall", "tgkill", "getrusage", "sched_yield",  \
        "clock_nanosleep", "nanosleep", "newfstatat", "fstat", "lseek", "writev", "readv"

/* A listening unix socket, and its clients. */
#define CALLS_SERVE                                                                                          \
    "accept4", "accept", "getsockopt", "setsockopt", "shutdown", "sendmsg", "recvmsg", "sendto", "recvfrom", \
        "fcntl", "getsockname", "getpeername"

/* Database files, and connections to the signer and the runner. */
#define CALLS_WORK                                                                                           \
    CALLS_SERVE, "openat", "open", "stat", "lstat", "access", "faccessat", "faccessat2", "unlink",           \
        "unlinkat", "rename", "renameat", "ftruncate", "fallocate", "fsync", "fdatasync", "pread64",         \
        "pwrite64", "flock", "fchmod", "fchown", "geteuid", "getuid", "getgid", "getegid", "getcwd",         \
        "readlink", "readlinkat", "getdents64", "statfs", "fstatfs", "uname", "sysinfo", "socket",           \
        "connect", "bind", "sendmmsg", "recvmmsg", "socketpair", "pipe2", "eventfd2", "epoll_create1",       \
        "epoll_ctl", "epoll_wait", "epoll_pwait", "signalfd4", "timerfd_create", "timerfd_settime", "ioctl", \
        "dup", "prlimit64", "getppid", "set_robust_list", "rseq", "clone3", "clone", "sched_getaffinity",    \
        "umask", "statx"

/* Reading rows, answering on sockets that are open already: no new ones, so neither signer nor runner. */
#define CALLS_ANSWER                                                                                         \
    CALLS_SERVE, "openat", "stat", "lstat", "access", "faccessat", "faccessat2", "ftruncate", "pread64",     \
        "pwrite64", "geteuid", "getuid", "readlink", "getcwd", "epoll_ctl", "epoll_wait", "epoll_pwait",     \
        "signalfd4", "statx", "sysinfo", "rseq"

struct sandbox_row {
    const char *name;
    bool confined;
    bool data_folder; /* writing there */
    bool database;    /* or of it the database alone: not the master key beside it */
    const char *const read_folders[FOLDERS_MAX];
    const char *const *calls; /* NULL-terminated */
};

static const char *const calls_of_signer[] = {CALLS_BASE, CALLS_SERVE, NULL};
static const char *const calls_of_worker[] = {CALLS_BASE, CALLS_WORK, NULL};
static const char *const calls_of_responder[] = {CALLS_BASE, CALLS_ANSWER, NULL};
static const char *const calls_of_web[] = {CALLS_BASE, CALLS_WORK, "listen", NULL};

static const struct sandbox_row rows[KIND_COUNT] = {
    [KIND_INIT] = {.name = "init"},
    [KIND_WEB] = {.name = "web", .confined = true, .data_folder = true, .calls = calls_of_web},
    [KIND_WORKER] = {.name = "worker",
                     .confined = true,
                     .data_folder = true,
                     .read_folders = {"/etc", "/usr/lib", "/lib", "/usr/share", "/run/systemd/resolve"},
                     .calls = calls_of_worker},
    [KIND_SIGNER] = {.name = "signer", .confined = true, .calls = calls_of_signer},
    [KIND_SIGNER_SLOW] = {.name = "signer-slow", .confined = true, .calls = calls_of_signer},
    [KIND_RUNNER] = {.name = "runner"},
    [KIND_RESPONDER] = {.name = "responder",
                        .confined = true,
                        .database = true,
                        .read_folders = {"/etc/ssl"},
                        .calls = calls_of_responder},
};

const char *role_kind_name(enum role_kind kind) {
    return rows[kind].name;
}

#ifdef TENURE_NO_SANDBOX
bool sandbox_enter(enum role_kind kind, const char *data, struct error *e) {
    (void)kind, (void)data, (void)e;
    return true;
}
#else

/* A folder, or a file. */
static bool allow_folder(int ruleset, const char *path, uint64_t rights) {
    AUTO_FD fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT; /* what is not there needs no rule */
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* The files are there: whoever enters has read the database. */
static bool allow_database(int ruleset, const char *data) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    bool good = true;
    for (size_t i = 0; good && i < sizeof ends / sizeof *ends; i++) {
        char path[PATH_MAX];
        int len = snprintf(path, sizeof path, "%s/%s%s", data, CONFIG_DATABASE, ends[i]);
        good = len > 0 && (size_t)len < sizeof path &&
               allow_folder(ruleset, path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    }
    return good;
}

static bool landlock_enter(const struct sandbox_row *row, const char *data, struct error *e) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        log_event(LOG_INFO, "this kernel has no Landlock; seccomp alone confines the role");
        return true;
    }
    struct landlock_ruleset_attr all = {.handled_access_fs = FOLDER_ALL};
    AUTO_FD ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (ruleset < 0)
        return fail_errno(e, ERR_SYSTEM, "landlock_create_ruleset");
    if (row->data_folder && !allow_folder(ruleset, data, FOLDER_WRITE))
        return fail_errno(e, ERR_SYSTEM, data);
    if (row->database && !allow_database(ruleset, data))
        return fail_errno(e, ERR_SYSTEM, data);
    for (size_t i = 0; i < FOLDERS_MAX && row->read_folders[i]; i++)
        if (!allow_folder(ruleset, row->read_folders[i], FOLDER_READ))
            return fail_errno(e, ERR_SYSTEM, row->read_folders[i]);
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return fail_errno(e, ERR_SYSTEM, "landlock_restrict_self");
    return true;
}

/* A call outside the list fails with EPERM rather than ending the process: an error is reported, work is
 * retried. */
static bool seccomp_enter(const struct sandbox_row *row, struct error *e) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool good = filter != NULL;
    for (size_t i = 0; good && row->calls[i]; i++) {
        int number = seccomp_syscall_resolve_name(row->calls[i]);
        /* Some names do not exist on some architectures. */
        if (number >= 0)
            good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) == 0;
    }
    good = good && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good || fail(e, ERR_SYSTEM, "the seccomp filter of %s cannot be loaded",
                        "无法加载 %s 的 seccomp 过滤器", row->name);
}

bool sandbox_enter(enum role_kind kind, const char *data, struct error *e) {
    const struct sandbox_row *row = &rows[kind];
    if (!row->confined)
        return true;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_errno(e, ERR_SYSTEM, "PR_SET_NO_NEW_PRIVS");
    return landlock_enter(row, data, e) && seccomp_enter(row, e);
}
#endif
