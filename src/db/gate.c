/* The gates: flock on files beside the database. */
#include "db/gate.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static bool open_lock_file(int *fd, const char *path, const char *suffix, struct error *e) {
    AUTO_ARENA a = arena_new();
    const char *name = arena_printf(a, "%s%s", path, suffix);
    *fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return *fd >= 0 || fail_errno(e, ERR_DATABASE_UNAVAILABLE, name);
}

bool gate_open(struct gate *g, const char *path, enum db_role role, struct error *e) {
    *g = GATE_NONE;
    if (role == DB_WORKER && !open_lock_file(&g->worker, path, ".worker-gate", e))
        return false;
    return open_lock_file(&g->common, path, ".gate", e);
}

void gate_close(struct gate *g) {
    if (g->common >= 0)
        close(g->common);
    if (g->worker >= 0)
        close(g->worker);
    *g = GATE_NONE;
}

static bool lock(int fd, struct error *e) {
    while (fd >= 0 && flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return fail_errno(e, ERR_DATABASE_UNAVAILABLE, "flock");
    return true;
}

static void unlock(int fd) {
    if (fd >= 0)
        flock(fd, LOCK_UN);
}

bool gate_enter(struct gate *g, struct error *e) {
    if (g->held)
        return true;
    if (!lock(g->worker, e))
        return false;
    if (!lock(g->common, e)) {
        unlock(g->worker);
        return false;
    }
    g->held = true;
    return true;
}

void gate_leave(struct gate *g) {
    if (!g->held)
        return;
    unlock(g->common);
    unlock(g->worker);
    g->held = false;
}
