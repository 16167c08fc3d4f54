/* The tables audit and audit_head. */
#include "audit/audit_db.h"

static const struct field head_fields[] = {
    FIELD(INT, audit_head, sequence, 0, "Last entry", "最后一条"),
    FIELD(TEXT, audit_head, hash, 0, "Hash", "哈希"),
    FIELD(INT, audit_head, last, 0, "Greatest number", "最大编号"),
    FIELD_END,
};

bool audit_db_head(struct db *db, struct arena *a, struct audit_head *head, struct error *e) {
    if (db_get(db, a, head_fields, head, e,
               "SELECT sequence, hash, coalesce((SELECT max(sequence) FROM audit), 0) AS last "
               "FROM audit_head WHERE id = 1"))
        return true;
    return e->id == ERR_NOT_FOUND
               ? fail(e, ERR_CORRUPT, "the audit log has lost its head", "审计日志的末尾标记已丢失")
               : false;
}

bool audit_db_append(struct db *db, const struct audit_entry *entry, struct error *e) {
    return db_exec(
               db, e,
               "INSERT INTO audit (sequence, account_id, at, actor, address, action, subject, before, after, hash) "
               "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
               DB_INT(entry->sequence), DB_TEXT(entry->account_id), DB_INT(entry->at), DB_TEXT(entry->actor),
               DB_TEXT(entry->address), DB_TEXT(entry->action), DB_TEXT(entry->subject),
               DB_TEXT(entry->before), DB_TEXT(entry->after), DB_TEXT(entry->hash)) &&
           db_exec(db, e, "UPDATE audit_head SET sequence = $1, hash = $2 WHERE id = 1",
                   DB_INT(entry->sequence), DB_TEXT(entry->hash));
}

bool audit_db_hash(struct db *db, struct arena *a, int64_t sequence, const char **hash, struct error *e) {
    return db_text(db, a, hash, e, "SELECT hash FROM audit WHERE sequence = $1", DB_INT(sequence));
}

bool audit_db_forwards(struct db *db, struct arena *a, const struct audit_range *range,
                       struct audit_entry **entries, size_t *count, struct error *e) {
    return db_list(
        db, a, audit_fields, sizeof **entries, entries, count, e,
        "SELECT sequence, account_id, at, actor, address, action, subject, before, after, hash FROM audit "
        "WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3",
        DB_INT(range->after), DB_INT(range->up_to), DB_INT((int64_t)range->limit));
}

static bool of_account(struct db *db, struct arena *a, const struct audit_range *range,
                       struct audit_entry **entries, size_t *count, struct error *e) {
    return db_list(
        db, a, audit_fields, sizeof **entries, entries, count, e,
        "SELECT sequence, account_id, at, actor, address, action, subject, before, after, hash FROM audit "
        "WHERE account_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3",
        DB_TEXT(range->account_id), DB_INT(range->up_to), DB_INT((int64_t)range->limit));
}

static bool of_subject(struct db *db, struct arena *a, const struct audit_range *range,
                       struct audit_entry **entries, size_t *count, struct error *e) {
    return db_list(
        db, a, audit_fields, sizeof **entries, entries, count, e,
        "SELECT sequence, account_id, at, actor, address, action, subject, before, after, hash FROM audit "
        "WHERE subject = $1 AND account_id = $2 AND sequence < $3 ORDER BY sequence DESC LIMIT $4",
        DB_TEXT(range->subject), DB_TEXT(range->account_id), DB_INT(range->up_to),
        DB_INT((int64_t)range->limit));
}

bool audit_db_backwards(struct db *db, struct arena *a, const struct audit_range *range,
                        struct audit_entry **entries, size_t *count, struct error *e) {
    return (range->subject ? of_subject : of_account)(db, a, range, entries, count, e);
}
