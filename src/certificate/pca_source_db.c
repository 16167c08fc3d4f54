/* Rows of the sources of certificates of private CAs. */
#include "base/rand.h"
#include "certificate/pca_source.h"

static const struct field pca_source_columns[] = {
    FIELD(TEXT, pca_source, id, 0, "Id", "ID"),
    FIELD(TEXT, pca_source, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, pca_source, certificate_id, 0, "Certificate", "证书"),
    FIELD(TEXT, pca_source, url, 0, "Address", "地址"),
    FIELD(TIME, pca_source, last_sync_at, 0, "Last look", "最近同步时间"),
    FIELD(TEXT, pca_source, last_result, 0, "How it ended", "同步结果"),
    FIELD(TEXT, pca_source, detail_en, 0, "Error, in English", "错误(英文)"),
    FIELD(TEXT, pca_source, detail_zh, 0, "Error, in Chinese", "错误(中文)"),
    FIELD_END,
};

bool pca_source_insert(struct db *db, struct arena *a, struct pca_source *s, int64_t now, struct error *e) {
    s->id = id_new(a, "src", now);
    return db_exec(db, e,
                   "INSERT INTO pca_source (id, account_id, certificate_id, url) VALUES ($1, $2, $3, $4)",
                   DB_TEXT(s->id), DB_TEXT(s->account_id), DB_TEXT(s->certificate_id), DB_TEXT(s->url));
}

/* One that is not there is no error: most certificates have none. */
bool pca_source_of(struct db *db, struct arena *a, const char *certificate_id, struct pca_source *s,
                   struct error *e) {
    *s = (struct pca_source){0};
    return db_get(db, a, pca_source_columns, s, e,
                  "SELECT id, account_id, certificate_id, url, last_sync_at, last_result, "
                  "detail_en, detail_zh FROM pca_source WHERE certificate_id = $1",
                  DB_TEXT(certificate_id)) ||
           error_absent(e);
}

bool pca_source_find(struct db *db, struct arena *a, const char *id, struct pca_source *s, struct error *e) {
    *s = (struct pca_source){0};
    return db_get(db, a, pca_source_columns, s, e,
                  "SELECT id, account_id, certificate_id, url, last_sync_at, last_result, "
                  "detail_en, detail_zh FROM pca_source WHERE id = $1",
                  DB_TEXT(id)) ||
           error_absent(e);
}

bool pca_source_set_url(struct db *db, const struct pca_source *s, const char *url, struct error *e) {
    return db_exec(db, e, "UPDATE pca_source SET url = $2 WHERE id = $1", DB_TEXT(s->id), DB_TEXT(url));
}

bool pca_source_note(struct db *db, const struct pca_source *s, const char *result,
                     const struct error *problem, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE pca_source SET last_sync_at = $2, last_result = $3, detail_en = $4, "
                   "detail_zh = $5 WHERE id = $1",
                   DB_TEXT(s->id), DB_TIME(now), DB_TEXT(result),
                   DB_TEXT(problem ? problem->detail[LANG_EN] : NULL),
                   DB_TEXT(problem ? problem->detail[LANG_ZH] : NULL));
}

bool pca_source_delete(struct db *db, const char *certificate_id, struct error *e) {
    return db_exec(db, e, "DELETE FROM pca_source WHERE certificate_id = $1", DB_TEXT(certificate_id));
}
