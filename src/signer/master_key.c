/*
 * The master key file: a line with 32 bytes in hex or base64. The first line seals; further lines are older
 * keys that still open what was sealed with them. Blank lines and lines that begin with '#' do not count.
 */
#include "base/file.h"
#include "base/rand.h"
#include "signer/seal.h"
#include "signer/signer.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 4096, MASTER_KEYS_MAX = 16 };

static bool check_file(int fd, const char *path, struct error *e) {
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail_errno(e, ERR_SYSTEM, path);
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES)
        return fail(e, ERR_BAD_CONFIG, "%s is not a master key file", "%s 不是主密钥文件", path);
    if (st.st_mode & 077)
        return fail(e, ERR_BAD_CONFIG, "%s can be read or written by others (mode %04o): run chmod 600",
                    "其他用户可以读写 %s(权限 %04o):请执行 chmod 600", path, st.st_mode & 07777);
    return true;
}

/* Not file_read: what it reads would stay in the arena. */
static bool read_file(struct arena *a, const char *path, struct secret **text, struct error *e) {
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, path);
    if (!check_file(fd, path, e))
        return false;
    *text = secret_new(a, NULL, FILE_MAX_BYTES);
    if (read(fd, secret_bytes(*text), FILE_MAX_BYTES) < 0)
        return fail_errno(e, ERR_SYSTEM, path);
    return true;
}

static bool decode_line(const char *line, size_t len, uint8_t key[MASTER_KEY_BYTES]) {
    size_t size = 0;
    const char *end = NULL;
    if (sodium_hex2bin(key, MASTER_KEY_BYTES, line, len, NULL, &size, &end) == 0 && end == line + len)
        return size == MASTER_KEY_BYTES;
    return sodium_base642bin(key, MASTER_KEY_BYTES, line, len, NULL, &size, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == line + len && size == MASTER_KEY_BYTES;
}

static bool decode_lines(struct arena *a, const char *path, const char *text, struct secret **key,
                         struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct secret *all = secret_new(scratch, NULL, MASTER_KEYS_MAX * MASTER_KEY_BYTES);
    size_t count = 0, len;
    for (int number = 1; *text; text += len + (text[len] == '\n'), number++) {
        len = strcspn(text, "\n");
        if (len == 0 || *text == '#')
            continue;
        if (count == MASTER_KEYS_MAX ||
            !decode_line(text, len, secret_bytes(all) + count++ * MASTER_KEY_BYTES))
            return fail(e, ERR_BAD_CONFIG, "%s, line %d: not 32 bytes in hex or base64, or more than %d keys",
                        "%s 第 %d 行:不是 32 字节的十六进制或 base64,或密钥超过 %d 个", path, number,
                        MASTER_KEYS_MAX);
    }
    if (count == 0)
        return fail(e, ERR_BAD_CONFIG, "%s holds no master key", "%s 中没有主密钥", path);
    *key = secret_new(a, secret_bytes(all), count * MASTER_KEY_BYTES);
    return true;
}

/*
 * There completely or not at all, and never in place of another one: two signers start at the same time, and
 * a master key that was seen by one of them must stay.
 */
static bool create_file(const char *path, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct secret *key = secret_new(a, NULL, MASTER_KEY_BYTES),
                  *line = secret_new(a, NULL, 2 * MASTER_KEY_BYTES + 1);
    rand_bytes(secret_bytes(key), MASTER_KEY_BYTES);
    char *hex = (char *)secret_bytes(line);
    sodium_bin2hex(hex, secret_len(line), secret_bytes(key), MASTER_KEY_BYTES);
    hex[2 * MASTER_KEY_BYTES] = '\n';
    const char *temporary = arena_printf(a, "%s.%d.tmp", path, (int)getpid());
    unlink(temporary);
    if (!file_write_new(temporary, 0600, secret_slice(line), e))
        return false;
    bool linked = link(temporary, path) == 0 || errno == EEXIST || fail_errno(e, ERR_SYSTEM, path);
    unlink(temporary);
    return linked && fsync_folder_of(path, e);
}

bool master_key_load(struct arena *a, const char *path, bool create, struct secret **key, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct secret *text;
    bool there = read_file(scratch, path, &text, e);
    if (!there && e->id == ERR_NOT_FOUND && create)
        there = create_file(path, e) && read_file(scratch, path, &text, e);
    return there && decode_lines(a, path, (const char *)secret_bytes(text), key, e);
}
