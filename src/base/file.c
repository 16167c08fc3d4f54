/* Files. */
#include "base/file.h"
#include "base/rand.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static bool read_rest(int fd, uint8_t *p, size_t size, size_t *len) {
    for (*len = 0; *len < size;) {
        ssize_t n = read(fd, p + *len, size - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        *len += (size_t)n;
    }
    return true;
}

/* A pipe of the shell, as in <(…) or on standard input, has somebody at its other end; a FIFO need not. */
static bool is_readable_kind(int fd, const struct stat *st) {
    struct statfs fs;
    return S_ISREG(st->st_mode) ||
           (S_ISFIFO(st->st_mode) && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC);
}

/* Not held up by what has no other end. */
static int open_to_read(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_RDONLY);
    return fd;
}

bool file_read(struct arena *a, const char *path, size_t max, struct slice *content, struct error *e) {
    AUTO_FD fd = open_to_read(path);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, path);
    if (!is_readable_kind(fd, &st))
        return fail(e, ERR_BAD_REQUEST, "%s is not a regular file", "%s 不是普通文件", path);
    size_t size = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : max + 1, len;
    if (size > max + 1)
        return fail(e, ERR_BODY_TOO_LARGE, "%s has more than %zu bytes", "%s 超过 %zu 字节", path, max);
    uint8_t *p = arena_alloc(a, size + 1);
    if (!read_rest(fd, p, size, &len))
        return fail_errno(e, ERR_SYSTEM, path);
    if (len > max)
        return fail(e, ERR_BODY_TOO_LARGE, "%s has more than %zu bytes", "%s 超过 %zu 字节", path, max);
    p[len] = 0;
    *content = slice_of(p, len);
    return true;
}

bool write_all(int fd, const void *p, size_t len) {
    const char *next = p;
    while (len) {
        ssize_t n = write(fd, next, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        next += n;
        len -= (size_t)n;
    }
    return true;
}

bool fsync_folder_of(const char *path, struct error *e) {
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return fail_errno(e, ERR_SYSTEM, folder);
    return true;
}

static bool write_exclusive(const char *path, int mode, struct slice content, struct error *e) {
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return fail_errno(e, errno == EEXIST ? ERR_ALREADY_EXISTS : ERR_SYSTEM, path);
    /* The umask must not take bits that the caller wants, nor leave any that it does not. */
    if (fchmod(fd, (mode_t)mode) < 0 || !write_all(fd, content.p, content.len) || fsync(fd) < 0) {
        fail_errno(e, ERR_SYSTEM, path);
        unlink(path);
        return false;
    }
    return true;
}

bool file_write_new(const char *path, int mode, struct slice content, struct error *e) {
    return write_exclusive(path, mode, content, e) && fsync_folder_of(path, e);
}

bool file_replace(const char *path, int mode, struct slice content, struct error *e) {
    AUTO_ARENA a = arena_new();
    uint64_t random;
    rand_bytes(&random, sizeof random);
    const char *temporary = arena_printf(a, "%s.%016llx.tmp", path, (unsigned long long)random);
    if (!write_exclusive(temporary, mode, content, e))
        return false;
    if (rename(temporary, path) < 0) {
        fail_errno(e, ERR_SYSTEM, path);
        unlink(temporary);
        return false;
    }
    return fsync_folder_of(path, e);
}

void close_auto(int *fd) {
    if (*fd >= 0)
        close(*fd);
}
