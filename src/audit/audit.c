/* The chain: how an entry is hashed, how it is appended, how the whole is checked. */
#include "audit/audit_db.h"
#include <endian.h>
#include <sodium.h>

enum { PAGE = 500, HASH_TEXT = crypto_hash_sha256_BYTES * 2 + 1 };

const struct field audit_fields[] = {
    FIELD(INT, audit_entry, sequence, FIELD_COLUMN, "Number", "编号"),
    FIELD(TEXT, audit_entry, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TIME, audit_entry, at, FIELD_COLUMN, "Time", "时间"),
    FIELD(TEXT, audit_entry, actor, FIELD_COLUMN, "Access key, or system", "访问密钥或 system"),
    FIELD(TEXT, audit_entry, address, FIELD_COLUMN, "Address", "来源地址"),
    FIELD(TEXT, audit_entry, action, FIELD_COLUMN, "Action", "操作"),
    FIELD(TEXT, audit_entry, subject, FIELD_COLUMN, "Object", "对象"),
    FIELD(TEXT, audit_entry, before, 0, "The object before, as JSON", "操作前的对象(JSON)"),
    FIELD(TEXT, audit_entry, after, 0, "The object after, as JSON", "操作后的对象(JSON)"),
    FIELD(TEXT, audit_entry, hash, 0, "Hash over the entry and the hash before it",
          "本条记录与前一哈希的哈希值"),
    FIELD_END,
};

const struct field audit_check_fields[] = {
    FIELD(BOOL, audit_check, intact, FIELD_COLUMN, "Intact", "完整"),
    FIELD(INT, audit_check, checked_to, FIELD_COLUMN, "Checked up to number", "已检查至编号"),
    FIELD(INT, audit_check, end, FIELD_COLUMN, "Last number", "最后编号"),
    FIELD(INT, audit_check, broken_at, FIELD_COLUMN, "First broken number, or 0", "首个异常编号,无则为 0"),
    FIELD(TEXT, audit_check, fault, FIELD_COLUMN, "changed, missing or surplus",
          "changed、missing 或 surplus"),
    FIELD_END,
};

/* ---- the hash of an entry ---- */

static void hash_number(crypto_hash_sha256_state *state, uint64_t number) {
    uint64_t big_endian = htobe64(number);
    crypto_hash_sha256_update(state, (const uint8_t *)&big_endian, sizeof big_endian);
}

/* NULL is not the empty text. */
static void hash_text(crypto_hash_sha256_state *state, const char *text) {
    struct slice bytes = slice_str(text);
    hash_number(state, text ? bytes.len : UINT64_MAX);
    crypto_hash_sha256_update(state, bytes.p, bytes.len);
}

/*
 * SHA-256 over the name of this encoding, the hash before it (hex; empty for the first entry) and all members
 * in their order. Numbers are 8 bytes big-endian, texts are led by their length in the same form: no two
 * entries encode alike.
 */
static void entry_hash(const struct audit_entry *entry, const char *previous, char hash[HASH_TEXT]) {
    const char *const texts[] = {entry->account_id, entry->actor,  entry->address, entry->action,
                                 entry->subject,    entry->before, entry->after};
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    hash_text(&state, "tenure audit 1");
    hash_text(&state, previous);
    hash_number(&state, (uint64_t)entry->sequence);
    hash_number(&state, (uint64_t)entry->at);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash_text(&state, texts[i]);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hash, HASH_TEXT, digest, sizeof digest);
}

/* ---- writing ---- */

struct audit_entry audit_by_system(const char *account_id, int64_t now, const char *action,
                                   const char *subject) {
    return (struct audit_entry){
        .account_id = account_id, .at = now, .actor = "system", .action = action, .subject = subject};
}

struct audit_entry audit_by(const struct caller *caller, int64_t now, const char *action,
                            const char *subject) {
    struct audit_entry entry = audit_by_system(caller->account_id, now, action, subject);
    entry.actor = caller->key_id ? caller->key_id : caller->user_id;
    entry.address = caller->address;
    return entry;
}

bool audit_write(struct db *db, struct arena *a, struct audit_entry *entry, struct error *e) {
    struct audit_head head;
    if (!db_in_transaction(db))
        return fail(e, ERR_INTERNAL, "an audit entry needs the transaction of its change",
                    "审计记录必须与变更处于同一事务");
    if (!audit_db_head(db, a, &head, e))
        return false;
    char *hash = arena_alloc(a, HASH_TEXT);
    entry->sequence = head.sequence + 1;
    entry_hash(entry, head.hash, hash);
    entry->hash = hash;
    return audit_db_append(db, entry, e);
}

bool audit_change(struct request *rq, const char *action, const char *subject, const json_t *before,
                  const json_t *after, struct error *e) {
    struct audit_entry entry = audit_by(&rq->caller, rq->now, action, subject);
    entry.before = before ? json_text(rq->arena, before, false) : NULL;
    entry.after = after ? json_text(rq->arena, after, false) : NULL;
    return audit_write(rq->db, rq->arena, &entry, e);
}

/* ---- checking ---- */

static void broken(struct audit_check *check, int64_t sequence, const char *fault) {
    check->intact = false;
    check->broken_at = sequence;
    check->checked_to = sequence - 1;
    check->fault = fault;
}

/* `previous` is the hash that the page goes on from, and afterwards that of its end. */
static void check_page(struct audit_check *check, const struct audit_entry *entries, size_t count,
                       char previous[HASH_TEXT]) {
    for (size_t i = 0; i < count; i++) {
        int64_t expected = check->checked_to + 1;
        if (entries[i].sequence != expected)
            return broken(check, expected, "missing");
        entry_hash(&entries[i], previous, previous);
        if (strcmp(previous, entries[i].hash) != 0)
            return broken(check, expected, "changed");
        check->checked_to = expected;
    }
}

static bool check_pages(struct db *db, int64_t last, struct audit_check *check, char previous[HASH_TEXT],
                        struct error *e) {
    AUTO_ARENA a = arena_new();
    while (check->intact && check->checked_to < last) {
        struct audit_range range = {.after = check->checked_to, .up_to = last, .limit = PAGE};
        struct audit_entry *entries;
        size_t count;
        arena_reset(a);
        if (!audit_db_forwards(db, a, &range, &entries, &count, e))
            return false;
        if (count == 0)
            broken(check, check->checked_to + 1, "missing");
        check_page(check, entries, count, previous);
    }
    return true;
}

/* The hash that the walk starts from. */
static bool find_start(struct db *db, struct arena *a, struct audit_check *check, char previous[HASH_TEXT],
                       struct error *e) {
    const char *hash = NULL;
    previous[0] = 0;
    if (check->checked_to == 0)
        return true;
    if (!audit_db_hash(db, a, check->checked_to, &hash, e))
        return false;
    if (hash && strlen(hash) < HASH_TEXT)
        memcpy(previous, hash, strlen(hash) + 1);
    else
        broken(check, check->checked_to, hash ? "changed" : "missing");
    return true;
}

/* The head is a second witness: it knows how many entries there are, and what the last one's hash is. */
static void check_end(struct audit_check *check, const struct audit_head *head, const char *hash) {
    if (!check->intact || check->checked_to != head->sequence)
        return;
    if (head->last > head->sequence)
        broken(check, head->sequence + 1, "surplus");
    else if (strcmp(hash, head->hash) != 0)
        broken(check, head->sequence, "changed");
}

bool audit_verify(struct db *db, int64_t after, int64_t limit, struct audit_check *check, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct audit_head head;
    char hash[HASH_TEXT];
    *check = (struct audit_check){.intact = true, .checked_to = after};
    if (!audit_db_head(db, a, &head, e))
        return false;
    check->end = head.sequence;
    if (after > head.sequence)
        return fail(e, ERR_NOT_FOUND, "the audit log has no entry %lld", "审计日志中没有第 %lld 条",
                    (long long)after);
    int64_t last = limit < head.sequence - after ? after + limit : head.sequence;
    if (!find_start(db, a, check, hash, e) || !check_pages(db, last, check, hash, e))
        return false;
    check_end(check, &head, hash);
    return true;
}
