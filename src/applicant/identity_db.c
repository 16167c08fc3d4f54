/* The rows of identity checks. */
#include "applicant/identity.h"
#include "base/clock.h"
#include "base/rand.h"

const struct field identity_check_fields[] = {
    FIELD(TEXT, identity_check, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, identity_check, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, identity_check, organization_id, FIELD_COLUMN, "Organisation", "组织"),
    FIELD(INT, identity_check, organization_revision, 0, "As it was in this revision", "组织信息的版本"),
    FIELD(TEXT, identity_check, contact_id, FIELD_COLUMN, "Contact", "联系人"),
    FIELD(TEXT, identity_check, grade, FIELD_COLUMN, "Grade", "等级"),
    FIELD(TEXT, identity_check, application_id, 0, "Application that was reviewed", "所审核的申请"),
    FIELD(TEXT, identity_check, checked_by, FIELD_COLUMN, "Checked by", "审核人"),
    FIELD(TIME, identity_check, checked_at, FIELD_COLUMN, "Checked", "审核时间"),
    FIELD(TIME, identity_check, end_at, FIELD_COLUMN, "Holds until", "有效期至"),
    FIELD_END,
};

bool identity_check_add(struct db *db, struct arena *a, struct identity_check *k, struct error *e) {
    k->id = id_new(a, "idc", k->checked_at);
    k->end_at = k->checked_at + IDENTITY_CHECK_DAYS * DAY;
    return db_exec(db, e,
                   "INSERT INTO identity_check (id, account_id, organization_id, organization_revision, "
                   "contact_id, grade, application_id, checked_by, checked_at, end_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   DB_TEXT(k->id), DB_TEXT(k->account_id), DB_TEXT(k->organization_id),
                   DB_INT(k->organization_revision), DB_TEXT(k->contact_id), DB_TEXT(k->grade),
                   DB_TEXT(k->application_id), DB_TEXT(k->checked_by), DB_INT(k->checked_at),
                   DB_INT(k->end_at));
}

const struct field identity_check_shown[] = {
    FIELD(TEXT, identity_check, grade, FIELD_COLUMN, "Grade", "等级"),
    FIELD(TEXT, identity_check, contact_id, FIELD_COLUMN, "Contact", "联系人"),
    FIELD(TIME, identity_check, checked_at, FIELD_COLUMN, "Checked", "审核时间"),
    FIELD(TIME, identity_check, end_at, FIELD_COLUMN, "Holds until", "有效期至"),
    FIELD(TEXT, identity_check, state, FIELD_COLUMN,
          "State: valid, changed (the organisation was, since), aged_out",
          "状态:valid(有效)、changed(组织信息已更改)、aged_out(已过期)"),
    FIELD(INT, identity_check, days_left, FIELD_COLUMN, "Days left", "剩余天数"),
    FIELD_END,
};

enum { SHOWN_MAX = 20 };

/* budget: as the header has it */
bool identity_check_list(struct db *db, struct arena *a, const struct identity_check *like, int64_t now,
                         struct identity_check **list, size_t *count, struct error *e) {
    if (!db_list(db, a, identity_check_fields, sizeof **list, list, count, e,
                 "SELECT id, account_id, organization_id, organization_revision, contact_id, grade, "
                 "application_id, checked_by, checked_at, end_at FROM identity_check "
                 "WHERE organization_id = $1 AND account_id = $2 ORDER BY checked_at DESC, id DESC LIMIT $3",
                 DB_TEXT(like->organization_id), DB_TEXT(like->account_id), DB_INT(SHOWN_MAX)))
        return false;
    for (size_t i = 0; i < *count; i++) {
        struct identity_check *k = &(*list)[i];
        bool same = k->organization_revision == like->organization_revision;
        bool over = now >= k->end_at;
        k->days_left = over ? 0 : (k->end_at - now) / DAY;
        k->state = over ? "aged_out" : same ? "valid" : "changed";
    }
    return true;
}

/* budget: a page of a list, and where it is put */
bool identity_check_page(struct db *db, struct arena *a, const char *account_id, const char *cursor,
                         size_t limit, struct identity_check **list, size_t *count, struct error *e) {
    static const char above_all_ids[] = "idc~";
    return db_list(db, a, identity_check_fields, sizeof **list, list, count, e,
                   "SELECT id, account_id, organization_id, organization_revision, contact_id, grade, "
                   "application_id, checked_by, checked_at, end_at FROM identity_check "
                   "WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(cursor ? cursor : above_all_ids), DB_INT((int64_t)limit));
}

bool identity_check_valid(struct db *db, const struct identity_check *like, int64_t now, bool *valid,
                          struct error *e) {
    int64_t one;
    bool ok =
        db_int(db, &one, 0, e,
               "SELECT 1 FROM identity_check WHERE organization_id = $1 AND grade = $2 AND end_at > $3 "
               "AND organization_revision = $4 AND contact_id = $5 AND account_id = $6 LIMIT 1",
               DB_TEXT(like->organization_id), DB_TEXT(like->grade), DB_INT(now),
               DB_INT(like->organization_revision), DB_TEXT(like->contact_id), DB_TEXT(like->account_id));
    *valid = ok && one;
    return ok;
}

bool identity_check_last(struct db *db, const struct identity_check *like, int64_t *checked_at,
                         struct error *e) {
    return db_int(db, checked_at, 0, e,
                  "SELECT max(checked_at) FROM identity_check WHERE organization_id = $1 AND grade = $2 "
                  "AND organization_revision = $3 AND contact_id = $4 AND account_id = $5",
                  DB_TEXT(like->organization_id), DB_TEXT(like->grade), DB_INT(like->organization_revision),
                  DB_TEXT(like->contact_id), DB_TEXT(like->account_id));
}
