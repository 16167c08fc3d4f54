/*
 * Passwords: what one must be, who shows one, and how often it may be wrong. Failures are counted for the
 * address that was typed, whether a user has it or not, and for the machine they come from.
 */
#include "account/session_db.h"
#include "audit/audit.h"
#include "http/address.h"
#include "signer/signer.h"
#include <strings.h>

enum {
    CHARACTERS_MIN = 12,
    BYTES_MAX = 1024,
    FAILURES_OF_EMAIL = 10,
    FAILURES_OF_ADDRESS = 50,
    FAILURES_SECONDS = 15 * 60,
};

/* Nobody knows what it is the hash of. Who is unknown is verified against it: that takes as long. */
static const char nobodys_hash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$I14YsM+w0hJAyXnuGoZcfQ$Sso4hPx+f5b3HMoAcolPKC68cnKehKcLQmtJDPE6jXQ";

static size_t characters(const char *text) {
    size_t count = 0;
    for (const char *p = text; *p; p++)
        count += ((unsigned char)*p & 0xc0) != 0x80; /* UTF-8: not the bytes that follow a first one */
    return count;
}

bool password_check(const char *password, const char *email, struct error *e) {
    if (characters(password) < CHARACTERS_MIN)
        return fail_field(e, "password", ERR_WEAK_PASSWORD, "the password has less than %d characters",
                          "密码少于 %d 个字符", CHARACTERS_MIN);
    if (strlen(password) > BYTES_MAX)
        return fail_field(e, "password", ERR_WEAK_PASSWORD, "the password has more than %d bytes",
                          "密码超过 %d 字节", BYTES_MAX);
    return strcasecmp(password, email) != 0 ||
           fail_field(e, "password", ERR_WEAK_PASSWORD, "the password is the e-mail address",
                      "密码不能与邮箱相同");
}

/* ---- failures ---- */

/* NULL: not counted. All that comes through a proxy on this machine comes from one address. */
static const char *address_subject(struct arena *a, const struct login_attempt *attempt) {
    struct address address;
    bool counts =
        attempt->address && address_parse(attempt->address, &address) && !address_is_loopback(&address);
    return counts ? arena_printf(a, "address:%s", attempt->address) : NULL;
}

static const char *email_subject(struct arena *a, const struct login_attempt *attempt) {
    return arena_printf(a, "email:%s", attempt->email);
}

static bool within_limits(struct db *db, struct arena *a, struct login_attempt *attempt, int64_t now,
                          struct error *e) {
    const char *address = address_subject(a, attempt);
    int64_t by_email, by_address = 0;
    if (!failure_db_until(db, email_subject(a, attempt), FAILURES_OF_EMAIL, now, &by_email, e) ||
        (address && !failure_db_until(db, address, FAILURES_OF_ADDRESS, now, &by_address, e)))
        return false;
    attempt->until = by_email > by_address ? by_email : by_address;
    return attempt->until == 0 || fail(e, ERR_TOO_MANY_ATTEMPTS, "try again in %lld seconds",
                                       "请在 %lld 秒后重试", (long long)(attempt->until - now));
}

static bool note_failure(struct db *db, struct arena *a, const struct login_attempt *attempt, int64_t now,
                         struct error *e) {
    const char *address = address_subject(a, attempt);
    int64_t until = now + FAILURES_SECONDS;
    return failure_db_note(db, email_subject(a, attempt), now, until, e) &&
           (!address || failure_db_note(db, address, now, until, e));
}

/* ---- who shows one ---- */

bool login_try(const struct services *services, struct arena *a, struct login_attempt *attempt,
               const struct secret *password, int64_t now, struct error *e) {
    if (!user_email_read(a, &attempt->email, e) || !within_limits(services->db, a, attempt, now, e) ||
        !password_db_find(services->db, a, attempt, e))
        return false;
    const char *hash = attempt->hash ? attempt->hash : nobodys_hash;
    if (!signer_password_verify(services->signer, password, hash, &attempt->fits, e))
        return false;
    attempt->fits = attempt->fits && attempt->hash;
    return true;
}

/* What was verified is still the password, and its user still there. */
static bool still_fits(struct db *db, struct arena *a, struct login_attempt *attempt, struct error *e) {
    struct login_attempt present = *attempt;
    if (!password_db_find(db, a, &present, e))
        return false;
    attempt->fits = attempt->fits && present.hash && strcmp(present.hash, attempt->hash) == 0;
    return true;
}

bool login_decide(struct db *db, struct arena *a, struct login_attempt *attempt, int64_t now,
                  struct error *e) {
    if (!within_limits(db, a, attempt, now, e) || !still_fits(db, a, attempt, e))
        return false;
    if (attempt->fits)
        return failure_db_forget(db, email_subject(a, attempt), e);
    return note_failure(db, a, attempt, now, e) &&
           fail(e, ERR_PASSWORD_WRONG, "nobody logs in with that address and password",
                "没有用户使用该邮箱和密码");
}

bool login_forget_failures(struct db *db, struct arena *a, const char *email, struct error *e) {
    const struct login_attempt attempt = {.email = email};
    return failure_db_forget(db, email_subject(a, &attempt), e);
}

bool password_set(struct db *db, struct arena *a, const struct caller *by,
                  const struct password_change *change, int64_t now, struct error *e) {
    struct audit_entry entry = audit_by(by, now, "password.change", change->user_id);
    return password_db_put(db, by->account_id, change, now, e) &&
           session_db_end_all(db, change->user_id, now, e) && reset_db_end(db, change->user_id, e) &&
           audit_write(db, a, &entry, e);
}
