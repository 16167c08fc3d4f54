/* Java key stores by keytool. */
#include "tenure/jks.h"
#include "base/child.h"
#include "base/file.h"
#include <stdlib.h>
#include <unistd.h>

enum { KEYTOOL_TIMEOUT_MS = 120000, STORE_BYTES_MAX = 1024 * 1024, PASS_PHRASE_MIN = 6 };

#define PASS_PHRASE_VARIABLE "TENURE_KEY_STORE_PASS_PHRASE"

bool jks_is(struct slice bytes) {
    return bytes.len > 4 && memcmp(bytes.p, "\xfe\xed\xfe\xed", 4) == 0;
}

static const char *find_keytool(struct arena *a) {
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    const char *home = getenv("JAVA_HOME");
    if (home && *home) {
        const char *own = arena_printf(a, "%s/bin/keytool", home);
        return access(own, X_OK) == 0 ? own : NULL;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *path = arena_printf(a, "%s/keytool", folders[i]);
        if (access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

/* One store into another, both in `folder`. */
struct conversion {
    const char *keytool, *folder;
    const char *from, *from_type, *to, *to_type;
};

static bool run_keytool(struct arena *a, const struct conversion *c, const struct secret *pass_phrase,
                        struct error *e) {
    const char *const argv[] = {c->keytool,
                                "-importkeystore",
                                "-noprompt",
                                "-srckeystore",
                                c->from,
                                "-srcstoretype",
                                c->from_type,
                                "-destkeystore",
                                c->to,
                                "-deststoretype",
                                c->to_type,
                                "-srcstorepass:env",
                                PASS_PHRASE_VARIABLE,
                                "-deststorepass:env",
                                PASS_PHRASE_VARIABLE,
                                NULL};
    const char *const env[] = {
        arena_printf(a, "%s=%s", PASS_PHRASE_VARIABLE, (const char *)secret_bytes(pass_phrase)), NULL};
    struct child_result result;
    if (!child_run(a, argv, env, KEYTOOL_TIMEOUT_MS, &result, e))
        return false;
    return (!result.timed_out && result.exit_status == 0) ||
           fail(e, ERR_KEY_PASS_PHRASE, "keytool could not convert the store; is the pass phrase right? %s",
                "keytool 无法转换密钥库,请检查密码是否正确:%s", result.output);
}

static bool convert_in(struct arena *a, struct conversion *c, struct slice content,
                       const struct secret *pass_phrase, struct slice *converted, struct error *e) {
    c->from = arena_printf(a, "%s/from", c->folder);
    c->to = arena_printf(a, "%s/to", c->folder);
    bool good = file_write_new(c->from, 0600, content, e) && run_keytool(a, c, pass_phrase, e) &&
                file_read(a, c->to, STORE_BYTES_MAX, converted, e);
    unlink(c->from);
    unlink(c->to);
    return good;
}

static bool convert(struct arena *a, struct conversion c, struct slice content,
                    const struct secret *pass_phrase, struct slice *converted, struct error *e) {
    const char *temporary = getenv("TMPDIR");
    char *folder = arena_printf(a, "%s/tenure-XXXXXX", temporary && *temporary == '/' ? temporary : "/tmp");
    c.keytool = find_keytool(a);
    if (!c.keytool)
        return fail(
            e, ERR_SYSTEM,
            "there is no keytool here (JAVA_HOME, or a Java runtime that is installed): convert to pkcs12, "
            "and where Java is run keytool -importkeystore -srckeystore FILE.p12 -srcstoretype PKCS12 "
            "-destkeystore FILE.jks -deststoretype JKS",
            "本机没有 keytool(JAVA_HOME 或已安装的 Java 运行环境):请转换为 pkcs12,再在有 Java 的机器上运行 "
            "keytool -importkeystore -srckeystore FILE.p12 -srcstoretype PKCS12 -destkeystore FILE.jks "
            "-deststoretype JKS");
    if (!mkdtemp(folder))
        return fail_errno(e, ERR_SYSTEM, folder);
    c.folder = folder;
    bool good = convert_in(a, &c, content, pass_phrase, converted, e);
    rmdir(folder);
    return good;
}

bool jks_from_pkcs12(struct arena *a, struct slice pkcs12, const struct secret *pass_phrase,
                     struct slice *jks, struct error *e) {
    if (secret_len(pass_phrase) < PASS_PHRASE_MIN)
        return fail(e, ERR_KEY_PASS_PHRASE, "Java wants a pass phrase of %d characters or more",
                    "Java 要求密码至少 %d 个字符", PASS_PHRASE_MIN);
    const struct conversion c = {.from_type = "PKCS12", .to_type = "JKS"};
    return convert(a, c, pkcs12, pass_phrase, jks, e);
}

bool jks_to_pkcs12(struct arena *a, struct slice jks, const struct secret *pass_phrase, struct slice *pkcs12,
                   struct error *e) {
    const struct conversion c = {.from_type = "JKS", .to_type = "PKCS12"};
    return convert(a, c, jks, pass_phrase, pkcs12, e);
}
