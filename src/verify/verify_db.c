/* Rows of what was seen at targets. */
#include "verify/verify_db.h"

#define PROBE(type, member, flags, en, zh) FIELD(type, probe, member, flags, en, zh)

const struct field probe_fields[] = {
    PROBE(TEXT, id, 0, "Id", "ID"),
    PROBE(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    PROBE(TEXT, target_id, 0, "Target", "部署目标"),
    PROBE(TIME, at, FIELD_COLUMN, "Seen", "检查时间"),
    PROBE(TEXT, verdict, FIELD_COLUMN, "Verdict", "结论"),
    PROBE(TEXT, title, 0, "What that means", "结论说明"),
    PROBE(TEXT, remedy, 0, "What to do", "处理建议"),
    PROBE(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    PROBE(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    PROBE(TEXT, served_fingerprint, 0, "Fingerprint of what was served", "实际提供的证书指纹"),
    PROBE(TEXT, expected_fingerprint, 0, "Fingerprint of what should be served", "应提供的证书指纹"),
    PROBE(TIME, served_end_at, FIELD_COLUMN, "What was served ends", "实际提供的证书到期时间"),
    PROBE(TEXT, protocol, FIELD_COLUMN, "Protocol", "协议"),
    PROBE(TEXT, cipher, 0, "Cipher", "加密套件"),
    FIELD_END,
};

#define COLUMNS                                                                                                \
    "id, account_id, target_id, at, verdict, detail_en, detail_zh, served_fingerprint, expected_fingerprint, " \
    "served_end_at, protocol, cipher"

bool probe_insert(struct db *db, const struct probe *p, struct error *e) {
    return db_exec(
        db, e, "INSERT INTO probe (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        DB_TEXT(p->id), DB_TEXT(p->account_id), DB_TEXT(p->target_id), DB_INT(p->at), DB_TEXT(p->verdict),
        DB_TEXT(p->detail_en), DB_TEXT(p->detail_zh), DB_TEXT(p->served_fingerprint),
        DB_TEXT(p->expected_fingerprint), DB_TIME(p->served_end_at), DB_TEXT(p->protocol),
        DB_TEXT(p->cipher));
}

/* budget: a page of a list, and where it is put */
bool probe_list(struct db *db, struct arena *a, const char *target_id, const char *cursor, size_t limit,
                struct probe **probes, size_t *count, struct error *e) {
    static const char above_all_ids[] = "prb~";
    return db_list(db, a, probe_fields, sizeof **probes, probes, count, e,
                   "SELECT " COLUMNS " FROM probe WHERE target_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(target_id), DB_TEXT(cursor ? cursor : above_all_ids), DB_INT((int64_t)limit));
}

bool probe_purge(struct db *db, int64_t before, int64_t limit, int64_t *purged, struct error *e) {
    if (!db_exec(db, e,
                 "DELETE FROM probe WHERE id IN (SELECT id FROM probe p WHERE at < $1 AND EXISTS "
                 "(SELECT 1 FROM probe newer WHERE newer.target_id = p.target_id AND newer.id > p.id) "
                 "ORDER BY at, id LIMIT $2)",
                 DB_INT(before), DB_INT(limit)))
        return false;
    *purged = db_changes(db);
    return true;
}
