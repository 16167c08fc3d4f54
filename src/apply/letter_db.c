/* The rows of letters. */
#include "apply/letter.h"
#include "base/rand.h"

#define LETTER(type, member, flags, en, zh) FIELD(type, letter_document, member, flags, en, zh)

const struct field letter_fields[] = {
    LETTER(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    LETTER(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    LETTER(TEXT, certificate_id, 0, "Certificate", "证书"),
    LETTER(TEXT, application_id, 0, "Application", "申请"),
    LETTER(TEXT, side, FIELD_COLUMN, "made here, or uploaded", "系统生成(made)或已上传(uploaded)"),
    LETTER(TEXT, media_type, FIELD_COLUMN, "Type, by its content", "文件类型(按内容判断)"),
    LETTER(INT, size, FIELD_COLUMN, "Bytes", "字节数"),
    LETTER(TEXT, sha256, 0, "SHA-256", "SHA-256"),
    LETTER(TEXT, data_digest, FIELD_HIDDEN, "", ""),
    LETTER(TIME, created_at, FIELD_COLUMN, "Made or uploaded", "生成或上传时间"),
    LETTER(TEXT, created_by, 0, "By", "操作人"),
    LETTER(TIME, refused_at, 0, "Refused by the reviewer", "审核员退回时间"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, certificate_id, application_id, side, media_type, size, sha256, data_digest, "          \
    "created_at, created_by, refused_at"

bool letter_insert(struct db *db, struct arena *a, struct letter_document *l, struct slice content,
                   struct error *e) {
    l->id = id_new(a, "let", l->created_at);
    l->size = (int64_t)content.len;
    return db_exec(db, e,
                   "INSERT INTO letter (id, account_id, certificate_id, application_id, side, media_type, "
                   "size, sha256, data_digest, created_at, created_by) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                   DB_TEXT(l->id), DB_TEXT(l->account_id), DB_TEXT(l->certificate_id),
                   DB_TEXT(l->application_id), DB_TEXT(l->side), DB_TEXT(l->media_type), DB_INT(l->size),
                   DB_TEXT(l->sha256), DB_TEXT(l->data_digest), DB_INT(l->created_at),
                   DB_TEXT(l->created_by)) &&
           db_exec(db, e, "INSERT INTO letter_content (letter_id, account_id, content) VALUES ($1, $2, $3)",
                   DB_TEXT(l->id), DB_TEXT(l->account_id), DB_BLOB(content));
}

bool letter_find(struct db *db, struct arena *a, const struct application *application, const char *side,
                 struct letter_document *letter, struct error *e) {
    if (db_get(db, a, letter_fields, letter, e,
               "SELECT " COLUMNS " FROM letter WHERE certificate_id = $1 AND side = $2 AND data_digest = $3 "
               "AND refused_at IS NULL ORDER BY id DESC LIMIT 1",
               DB_TEXT(application->certificate_id), DB_TEXT(side),
               DB_TEXT(letter_data_digest(a, application))))
        return true;
    if (!error_absent(e))
        return false;
    *letter = (struct letter_document){.id = NULL};
    return true;
}

struct content_row {
    struct slice content;
};

bool letter_content(struct db *db, struct arena *a, const struct letter_document *letter,
                    struct slice *content, struct error *e) {
    static const struct field fields[] = {FIELD(BLOB, content_row, content, FIELD_HIDDEN, "", ""), FIELD_END};
    struct content_row row = {0};
    if (!db_get(db, a, fields, &row, e, "SELECT content FROM letter_content WHERE letter_id = $1",
                DB_TEXT(letter->id)))
        return false;
    *content = row.content;
    return true;
}

bool letter_refuse(struct db *db, const struct letter_document *letter, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE letter SET refused_at = $3 WHERE certificate_id = $1 AND side = 'uploaded' "
                   "AND data_digest = $2 AND refused_at IS NULL",
                   DB_TEXT(letter->certificate_id), DB_TEXT(letter->data_digest), DB_INT(now));
}
