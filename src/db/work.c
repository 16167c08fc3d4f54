/* The queue: mostly one statement a function. The indexes that make them short are in 001_base.sql. */
#include "db/work.h"
#include "base/clock.h"
#include <stdlib.h>

static const struct field work_fields[] = {
    FIELD(TEXT, work_item, subject, 0, "Subject", "对象"),
    FIELD(TEXT, work_item, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, work_item, step, 0, "Step", "步骤"),
    FIELD(TIME, work_item, due_at, 0, "Due", "计划时间"),
    FIELD(INT, work_item, attempts, 0, "Failed attempts", "失败次数"),
    FIELD(INT, work_item, crashes, 0, "Crashes", "崩溃次数"),
    FIELD(INT, work_item, wakes, FIELD_HIDDEN, "Times enqueued", "入队次数"),
    FIELD(TEXT, work_item, last_error, 0, "Last error", "最近错误"),
    FIELD(TEXT, work_item, lease_owner, FIELD_HIDDEN, "Claimed by", "占用者"),
    FIELD_END,
};

bool work_enqueue(struct db *db, const char *account_id, const char *subject, const char *step,
                  int64_t due_at, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO work (subject, account_id, step, due_at, wakes) VALUES ($1, $2, $3, $4, 1) "
        "ON CONFLICT (subject) DO UPDATE SET wakes = work.wakes + 1, "
        "asked_step = CASE WHEN work.step <> excluded.step OR work.lease_owner IS NOT NULL "
        "THEN excluded.step ELSE work.asked_step END, "
        "due_at = CASE WHEN excluded.due_at < work.due_at THEN excluded.due_at ELSE work.due_at END",
        DB_TEXT(subject), DB_TEXT(account_id), DB_TEXT(step), DB_INT(due_at));
}

static int by_due_time(const void *left, const void *right) {
    const struct work_item *a = left, *b = right;
    if (a->due_at != b->due_at)
        return a->due_at < b->due_at ? -1 : 1;
    return strcmp(a->subject, b->subject);
}

bool work_claim(struct db *db, struct arena *a, const char *owner, int64_t now, int64_t lease_seconds,
                size_t limit, struct work_item **items, size_t *count, struct error *e) {
    if (!db_list(
            db, a, work_fields, sizeof **items, items, count, e,
            "UPDATE work SET lease_owner = $1, lease_end = $2 WHERE subject IN "
            "(SELECT subject FROM work WHERE lease_owner IS NULL AND due_at <= $3 "
            "ORDER BY due_at, subject LIMIT $4) "
            "RETURNING subject, account_id, step, due_at, attempts, crashes, wakes, last_error, lease_owner",
            DB_TEXT(owner), DB_INT(now + lease_seconds), DB_INT(now), DB_INT((int64_t)limit)))
        return false;
    qsort(*items, *count, sizeof **items, by_due_time); /* RETURNING has no order */
    return true;
}

/* After a statement that must have found the row under the item's lease. */
static bool lease_was_held(struct db *db, const struct work_item *item, struct error *e) {
    return db_changes(db) == 1 || fail(e, ERR_CONFLICT, "the lease of %s on %s has ended",
                                       "%s 对 %s 的占用已结束", item->lease_owner, item->subject);
}

/* The step that was asked for, if there is one, takes the place of the present one: db_changes tells. */
static bool begin_asked(struct db *db, const struct work_item *item, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET step = asked_step, asked_step = NULL, attempts = 0, crashes = 0, "
                   "last_error = NULL, lease_owner = NULL, lease_end = NULL "
                   "WHERE subject = $1 AND lease_owner = $2 AND asked_step IS NOT NULL",
                   DB_TEXT(item->subject), DB_TEXT(item->lease_owner));
}

bool work_done(struct db *db, const struct work_item *item, struct error *e) {
    if (!db_exec(db, e, "DELETE FROM work WHERE subject = $1 AND lease_owner = $2 AND asked_step IS NULL",
                 DB_TEXT(item->subject), DB_TEXT(item->lease_owner)))
        return false;
    return db_changes(db) == 1 || (begin_asked(db, item, e) && lease_was_held(db, item, e));
}

/* How a row goes on. */
struct plan {
    const char *step;
    int64_t due_at, attempts;
    const char *last_error;
    bool keep_lease;
};

/* The plan's time counts, unless the subject was enqueued since the claim or this step was asked for before.
 */
static bool go_on(struct db *db, const struct work_item *item, const struct plan *plan, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET step = $4, attempts = $6, crashes = 0, last_error = $7, "
                   "due_at = CASE WHEN (wakes = $3 AND coalesce(asked_step, '') <> $4) OR $5 < due_at "
                   "THEN $5 ELSE due_at END, "
                   "asked_step = CASE WHEN asked_step <> $4 THEN asked_step END, "
                   "lease_owner = CASE WHEN $8 = 1 THEN lease_owner END, "
                   "lease_end = CASE WHEN $8 = 1 THEN lease_end END WHERE subject = $1 AND lease_owner = $2",
                   DB_TEXT(item->subject), DB_TEXT(item->lease_owner), DB_INT(item->wakes),
                   DB_TEXT(plan->step), DB_INT(plan->due_at), DB_INT(plan->attempts),
                   DB_TEXT(plan->last_error), DB_INT(plan->keep_lease)) &&
           lease_was_held(db, item, e);
}

bool work_next(struct db *db, const struct work_item *item, const char *step, int64_t due_at, bool keep,
               struct error *e) {
    return go_on(db, item, &(struct plan){step, due_at, item->attempts, item->last_error, keep}, e);
}

/* The other step does not wait for the end of a wait that may last for months. */
bool work_wait(struct db *db, const struct work_item *item, int64_t due_at, struct error *e) {
    if (!begin_asked(db, item, e))
        return false;
    return db_changes(db) == 1 || go_on(db, item, &(struct plan){.step = item->step, .due_at = due_at}, e);
}

bool work_again_at(struct db *db, const struct work_item *item, int64_t due_at, struct error *e) {
    return go_on(db, item, &(struct plan){item->step, due_at, item->attempts, item->last_error, false}, e);
}

bool work_fail(struct db *db, const struct work_item *item, const char *step, int64_t due_at,
               const char *code, struct error *e) {
    return go_on(db, item, &(struct plan){step, due_at, item->attempts + 1, code, false}, e);
}

bool work_give_back(struct db *db, const char *owner, struct error *e) {
    return db_exec(db, e, "UPDATE work SET lease_owner = NULL, lease_end = NULL WHERE lease_owner = $1",
                   DB_TEXT(owner));
}

bool work_give_back_others(struct db *db, const char *owner, const char *subject, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET lease_owner = NULL, lease_end = NULL "
                   "WHERE lease_owner = $1 AND subject <> $2",
                   DB_TEXT(owner), DB_TEXT(subject));
}

static bool release_of_owner(struct db *db, const char *owner, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET crashes = crashes + 1, lease_owner = NULL, lease_end = NULL "
                   "WHERE lease_owner = $1",
                   DB_TEXT(owner));
}

static bool release_of_lost_machines(struct db *db, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET crashes = crashes + 1, lease_owner = NULL, lease_end = NULL "
                   "WHERE lease_owner IS NOT NULL AND lease_end <= $1",
                   DB_INT(now));
}

bool work_release(struct db *db, const char *owner, int64_t now, int64_t *released, struct error *e) {
    bool ok = owner ? release_of_owner(db, owner, e) : release_of_lost_machines(db, now, e);
    *released = ok ? db_changes(db) : 0;
    return ok;
}

bool work_next_due(struct db *db, int64_t *due_at, struct error *e) {
    return db_int(db, due_at, INT64_MAX, e,
                  "SELECT due_at FROM work WHERE lease_owner IS NULL ORDER BY due_at, subject LIMIT 1");
}

bool work_get(struct db *db, struct arena *a, const char *subject, struct work_item *item, struct error *e) {
    if (db_get(db, a, work_fields, item, e,
               "SELECT subject, account_id, step, due_at, attempts, crashes, wakes, last_error, lease_owner "
               "FROM work WHERE subject = $1",
               DB_TEXT(subject)))
        return true;
    return e->id == ERR_NOT_FOUND
               ? fail(e, ERR_NOT_FOUND, "nothing is planned for %s", "%s 没有待办的步骤", subject)
               : false;
}

bool work_count(struct db *db, int64_t now, struct work_counts *counts, struct error *e) {
    return db_int(db, &counts->all, 0, e, "SELECT count(*) FROM work") &&
           db_int(db, &counts->due, 0, e,
                  "SELECT count(*) FROM work WHERE lease_owner IS NULL AND due_at <= $1", DB_INT(now)) &&
           db_int(db, &counts->failing, 0, e, "SELECT count(*) FROM work WHERE attempts > 0");
}

int64_t work_backoff(int64_t attempts) {
    static const int64_t seconds[] = {60, 600, 6000, DAY};
    enum { LAST = sizeof seconds / sizeof *seconds - 1 };
    if (attempts < 1)
        return seconds[0];
    return seconds[attempts - 1 < LAST ? attempts - 1 : LAST];
}
