/* The rows of reviews: what waits, what was noted, the verdict. */
#include "apply/review.h"
#include "base/rand.h"

#define NOTE(type, member, flags, en, zh) FIELD(type, review_note, member, flags, en, zh)

const struct field review_note_fields[] = {
    NOTE(TEXT, id, 0, "Id", "ID"),
    NOTE(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    NOTE(TEXT, application_id, 0, "Application", "申请"),
    NOTE(TEXT, step, FIELD_COLUMN, "What was checked", "核实方式"),
    NOTE(TEXT, result, FIELD_COLUMN, "passed, failed, not_reached", "结果:通过、未通过、未接通"),
    NOTE(TEXT, note, FIELD_COLUMN, "Note", "备注"),
    NOTE(TEXT, actor, FIELD_COLUMN, "By", "操作人"),
    NOTE(TIME, at, FIELD_COLUMN, "At", "时间"),
    FIELD_END,
};

bool review_note_insert(struct db *db, struct arena *a, struct review_note *n, struct error *e) {
    n->id = id_new(a, "rvn", n->at);
    return db_exec(
        db, e,
        "INSERT INTO review_note (id, account_id, application_id, step, result, note, actor, at, number) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        "(SELECT count(*) FROM review_note WHERE application_id = $3))",
        DB_TEXT(n->id), DB_TEXT(n->account_id), DB_TEXT(n->application_id), DB_TEXT(n->step),
        DB_TEXT(n->result), DB_TEXT(n->note), DB_TEXT(n->actor), DB_INT(n->at));
}

bool review_note_list(struct db *db, struct arena *a, const char *application_id, struct review_note **notes,
                      size_t *count, struct error *e) {
    return db_list(db, a, review_note_fields, sizeof **notes, notes, count, e,
                   "SELECT id, account_id, application_id, step, result, note, actor, at FROM review_note "
                   "WHERE application_id = $1 ORDER BY number",
                   DB_TEXT(application_id));
}

bool review_step_passed(struct db *db, struct arena *a, const char *application_id, const char *step,
                        bool *passed, struct error *e) {
    const char *result;
    if (!db_text(db, a, &result, e,
                 "SELECT result FROM review_note WHERE application_id = $1 AND step = $2 "
                 "ORDER BY number DESC LIMIT 1",
                 DB_TEXT(application_id), DB_TEXT(step)))
        return false;
    *passed = result && strcmp(result, "passed") == 0;
    return true;
}

/* ---- the application ---- */

bool review_set_waiting(struct db *db, const char *application_id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE application SET review_at = $2 WHERE id = $1 AND closed_at IS NULL",
                   DB_TEXT(application_id), DB_INT(now));
}

bool review_set_verdict(struct db *db, const struct application *application,
                        const struct review_verdict *verdict, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE application SET reviewed_at = $2, reviewed_by = $3, reject_text = $4, "
                   "revision = revision + 1 "
                   "WHERE id = $1 AND revision = $5 AND reviewed_at IS NULL AND closed_at IS NULL",
                   DB_TEXT(application->id), DB_INT(now), DB_TEXT(verdict->by), DB_TEXT(verdict->text),
                   DB_INT(application->revision)) &&
           (db_changes(db) == 1 || fail(e, ERR_CONFLICT, "somebody else has decided about application %s",
                                        "申请 %s 已由他人处理", application->id));
}

bool review_list(struct db *db, struct arena *a, const struct review_range *range, struct application **items,
                 size_t *count, struct error *e) {
    return db_list(db, a, application_fields, sizeof **items, items, count, e,
                   "SELECT id, account_id, number, certificate_id, issuer, names, csr_choice, key_algorithm, "
                   "created_at, demands, grade, contact_id, organization_id, contact, organization, "
                   "submitted_at, submitted_by, expires_at, review_at, revision FROM application "
                   "WHERE account_id = $1 AND id > $2 AND review_at IS NOT NULL AND reviewed_at IS NULL "
                   "AND closed_at IS NULL ORDER BY id LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : ""),
                   DB_INT((int64_t)range->limit));
}
