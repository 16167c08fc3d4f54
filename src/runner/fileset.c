/* File sets: replacing several files together, and bringing them back. */
#include "runner/fileset.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TARGET_MAX = 64, MODE_MAX = 0664 };
enum mark { MARK_NEW, MARK_OLD, MARK_ABSENT, MARK_KEEP, MARK_COUNT };

static const char *const mark_names[MARK_COUNT] = {"new", "old", "absent", "keep"};

/* One file of the set: its folder, held open so that nobody can exchange it under us, and the names in it. */
struct place {
    const struct fileset_file *file;
    int folder;
    const char *name, *marks[MARK_COUNT];
};

struct places {
    struct place at[FILESET_FILES_MAX];
    size_t count;
};

typedef bool place_step(const struct place *p, struct error *e);

static bool each(const struct places *places, place_step *step, struct error *e) {
    for (size_t i = 0; i < places->count; i++)
        if (!step(&places->at[i], e))
            return false;
    return true;
}

/* ---- what may be written where ---- */

static bool target_is_plain(const char *target) {
    size_t len = strlen(target);
    return len > 0 && len <= TARGET_MAX &&
           strspn(target, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* Absolute, every part a name, no control characters, and a last part that cannot be one of our marks. */
static bool path_is_plain(const char *path) {
    if (*path != '/' || strlen(path) >= PATH_MAX || strrchr(path, '/')[1] == '.')
        return false;
    for (const char *part = path; *part; part += 1 + strcspn(part + 1, "/")) {
        size_t len = strcspn(part + 1, "/");
        if (len == 0 || (len == 1 && part[1] == '.') || (len == 2 && memcmp(part + 1, "..", 2) == 0))
            return false;
    }
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return true;
}

static bool lies_in(const char *path, const char *folder) {
    char real[PATH_MAX];
    if (!realpath(folder, real))
        return false;
    size_t len = strcmp(real, "/") == 0 ? 0 : strlen(real);
    return strncmp(path, real, len) == 0 && (path[len] == '/' || path[len] == 0);
}

/* Asked of the descriptor, not of the path: what is checked is what is written to. */
static bool folder_is_allowed(struct arena *a, int folder, const char *const *folders) {
    char real[PATH_MAX];
    ssize_t len = readlink(arena_printf(a, "/proc/self/fd/%d", folder), real, sizeof real - 1);
    if (len < 0)
        return false;
    real[len] = 0;
    for (size_t i = 0; folders[i]; i++)
        if (lies_in(real, folders[i]))
            return true;
    return false;
}

static bool check_file(const struct fileset_file *file, struct error *e) {
    if (!path_is_plain(file->path))
        return fail(e, ERR_PATH_NOT_ALLOWED, "'%s' is not a plain absolute path", "“%s”不是规范的绝对路径",
                    file->path);
    if (file->mode & ~MODE_MAX || !(file->mode & 0600))
        return fail(e, ERR_PATH_NOT_ALLOWED, "%s: mode %04o is not allowed", "%s:不允许权限 %04o", file->path,
                    (unsigned)file->mode);
    return true;
}

static void close_folder(void *object) {
    close_auto(&((struct place *)object)->folder);
}

static bool place_open(struct arena *a, const char *target, const char *const *folders, struct place *p,
                       struct error *e) {
    const char *path = p->file->path, *slash = strrchr(path, '/');
    const char *folder = slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
    p->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->folder < 0)
        return fail_errno(e, ERR_FILES_NOT_WRITTEN, folder);
    arena_defer(a, close_folder, p);
    if (!folder_is_allowed(a, p->folder, folders))
        return fail(e, ERR_PATH_NOT_ALLOWED, "'%s' is not in an allowed folder", "“%s”不在允许的目录内",
                    path);
    p->name = slash + 1;
    for (int mark = 0; mark < MARK_COUNT; mark++) {
        p->marks[mark] = arena_printf(a, ".%s.%s.%s", p->name, target, mark_names[mark]);
        if (strlen(p->marks[mark]) > NAME_MAX)
            return fail(e, ERR_PATH_NOT_ALLOWED, "the name of '%s' is too long", "“%s”的文件名过长", path);
    }
    return true;
}

static bool same_file(const struct place *one, const struct place *two) {
    struct stat first, second;
    return strcmp(one->name, two->name) == 0 && fstat(one->folder, &first) == 0 &&
           fstat(two->folder, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* The folders stay open until `a` ends; `places` must live as long. */
static bool places_open(struct arena *a, const struct fileset *set, const char *const *folders,
                        struct places *places, struct error *e) {
    *places = (struct places){.count = 0};
    if (!target_is_plain(set->target))
        return fail(e, ERR_PATH_NOT_ALLOWED, "'%s' is not the id of a target", "“%s”不是部署目标的 ID",
                    set->target);
    if (set->count == 0 || set->count > FILESET_FILES_MAX)
        return fail(e, ERR_PATH_NOT_ALLOWED, "a file set has 1 to %d files", "文件集应包含 1 到 %d 个文件",
                    FILESET_FILES_MAX);
    for (size_t i = 0; i < set->count; i++) {
        struct place *p = &places->at[places->count++];
        *p = (struct place){.file = &set->files[i], .folder = -1};
        if (!check_file(p->file, e) || !place_open(a, set->target, folders, p, e))
            return false;
        for (size_t j = 0; j < i; j++)
            if (same_file(p, &places->at[j]))
                return fail(e, ERR_PATH_NOT_ALLOWED, "'%s' and '%s' are one file", "“%s”与“%s”是同一文件",
                            p->file->path, places->at[j].file->path);
    }
    return true;
}

/* ---- single steps ---- */

static bool fail_place(struct error *e, const struct place *p) {
    return fail_errno(e, ERR_FILES_NOT_WRITTEN, p->file->path);
}

static bool mark_exists(const struct place *p, enum mark mark) {
    struct stat st;
    return fstatat(p->folder, p->marks[mark], &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool unlink_name(const struct place *p, const char *name, struct error *e) {
    return unlinkat(p->folder, name, 0) == 0 || errno == ENOENT || fail_place(e, p);
}

static bool mark_remove(const struct place *p, enum mark mark, struct error *e) {
    return unlink_name(p, p->marks[mark], e);
}

static bool mark_make(const struct place *p, enum mark mark, struct error *e) {
    AUTO_FD fd = openat(p->folder, p->marks[mark], O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd >= 0 || fail_place(e, p);
}

static bool folder_sync(const struct place *p, struct error *e) {
    return fsync(p->folder) == 0 || fail_place(e, p);
}

/* A name or a number; `*id` stays as it is for an empty text. */
static bool find_user(const char *text, uid_t *id) {
    char *end;
    const struct passwd *user = *text ? getpwnam(text) : NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (*text)
        *id = user ? user->pw_uid : (uid_t)number;
    return user || *end == 0;
}

static bool find_group(const char *text, gid_t *id) {
    char *end;
    const struct group *group = *text ? getgrnam(text) : NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (*text)
        *id = group ? group->gr_gid : (gid_t)number;
    return group || *end == 0;
}

static bool set_owner(int fd, const struct fileset_file *file, struct error *e) {
    if (!file->owner)
        return true;
    AUTO_ARENA a = arena_new();
    uid_t user = (uid_t)-1;
    gid_t group = (gid_t)-1;
    const char *colon = strchrnul(file->owner, ':');
    if (!find_user(arena_strndup(a, file->owner, (size_t)(colon - file->owner)), &user) ||
        !find_group(*colon ? colon + 1 : "", &group))
        return fail(e, ERR_FILES_NOT_WRITTEN, "%s: there is no owner '%s'", "%s:属主“%s”不存在", file->path,
                    file->owner);
    return fchown(fd, user, group) == 0 || fail_errno(e, ERR_FILES_NOT_WRITTEN, file->path);
}

/* ---- the phases of fileset_put ---- */

/* A key is readable for nobody else from its first byte on: its mode comes when all the rest is right. */
static bool write_new(const struct place *p, struct error *e) {
    const struct fileset_file *file = p->file;
    if (!mark_remove(p, MARK_NEW, e))
        return false;
    AUTO_FD fd =
        openat(p->folder, p->marks[MARK_NEW], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || !write_all(fd, file->content.p, file->content.len))
        return fail_place(e, p);
    if (!set_owner(fd, file, e))
        return false;
    return (fchmod(fd, (mode_t)file->mode) == 0 && fsync(fd) == 0) || fail_place(e, p);
}

/* An old set that is there already is the last verified one: it stays. */
static bool back_up(const struct place *p, struct error *e) {
    struct stat st;
    if (mark_exists(p, MARK_OLD) || mark_exists(p, MARK_ABSENT))
        return true;
    if (fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? mark_make(p, MARK_ABSENT, e) : fail_place(e, p);
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
        return fail(e, ERR_FILES_NOT_WRITTEN, "%s is not a file", "%s 不是文件", p->file->path);
    return linkat(p->folder, p->name, p->folder, p->marks[MARK_OLD], 0) == 0 || fail_place(e, p);
}

/* Everything is on the disk before anything becomes live. */
static bool prepare(const struct places *places, struct error *e) {
    return each(places, write_new, e) && each(places, back_up, e) && each(places, folder_sync, e);
}

static bool rename_new(const struct place *p, struct error *e) {
    return renameat(p->folder, p->marks[MARK_NEW], p->folder, p->name) == 0 || fail_place(e, p);
}

static bool make_live(const struct places *places, struct error *e) {
    return each(places, rename_new, e) && each(places, folder_sync, e);
}

/* ---- bringing back, keeping ---- */

/* rename() does nothing between two links to one file, hence the second removal. */
static bool restore(const struct place *p, struct error *e) {
    if (mark_exists(p, MARK_OLD))
        return (renameat(p->folder, p->marks[MARK_OLD], p->folder, p->name) == 0 || fail_place(e, p)) &&
               mark_remove(p, MARK_OLD, e);
    if (mark_exists(p, MARK_ABSENT))
        return unlink_name(p, p->name, e) && folder_sync(p, e) && mark_remove(p, MARK_ABSENT, e);
    return true;
}

static bool bring_back(const struct place *p, struct error *e) {
    return restore(p, e) && mark_remove(p, MARK_NEW, e);
}

static bool bring_all_back(const struct places *places, struct error *e) {
    return each(places, bring_back, e) && each(places, folder_sync, e);
}

static bool forget_old(const struct place *p, struct error *e) {
    return mark_remove(p, MARK_NEW, e) && mark_remove(p, MARK_OLD, e) && mark_remove(p, MARK_ABSENT, e);
}

static bool forget_decision(const struct place *p, struct error *e) {
    return mark_remove(p, MARK_KEEP, e);
}

/*
 * Ends what a killed fileset_keep has begun. Without its mark some files of the set would have an old version
 * and others not, and a later fileset_back would mix two sets. The mark goes last, on the disk too.
 */
static bool finish_keep(const struct places *places, struct error *e) {
    bool decided = false;
    for (size_t i = 0; i < places->count; i++)
        decided = decided || mark_exists(&places->at[i], MARK_KEEP);
    return !decided || (each(places, forget_old, e) && each(places, folder_sync, e) &&
                        each(places, forget_decision, e) && each(places, folder_sync, e));
}

/* ---- the operations ---- */

bool fileset_put(const struct fileset *set, const char *const *folders, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct places *places = ARENA_NEW(a, struct places);
    if (!places_open(a, set, folders, places, e) || !finish_keep(places, e))
        return false;
    if (prepare(places, e) && make_live(places, e))
        return true;
    struct error ignored; /* if this fails too, the next fileset_back or fileset_put goes on from here */
    bring_all_back(places, &ignored);
    return false;
}

bool fileset_back(const struct fileset *set, const char *const *folders, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct places *places = ARENA_NEW(a, struct places);
    return places_open(a, set, folders, places, e) && finish_keep(places, e) && bring_all_back(places, e);
}

bool fileset_keep(const struct fileset *set, const char *const *folders, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct places *places = ARENA_NEW(a, struct places);
    return places_open(a, set, folders, places, e) && mark_make(&places->at[0], MARK_KEEP, e) &&
           folder_sync(&places->at[0], e) && finish_keep(places, e);
}

bool fileset_traces(const struct fileset *set, const char *const *folders, unsigned *traces,
                    struct error *e) {
    AUTO_ARENA a = arena_new();
    struct places *places = ARENA_NEW(a, struct places);
    *traces = 0;
    if (!places_open(a, set, folders, places, e))
        return false;
    for (size_t i = 0; i < places->count; i++)
        for (int mark = 0; mark < MARK_COUNT; mark++)
            *traces |= mark_exists(&places->at[i], (enum mark)mark) ? 1u << mark : 0;
    return true;
}
