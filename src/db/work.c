/* The queue: mostly one statement a function. The indexes that make them short are in 001_base.sql. */
#include "db/work.h"
#include "base/clock.h"

enum { SOON_SECONDS = 5, SOON_TRIES = 5 };

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
        "asked_step = CASE WHEN work.step <> excluded.step OR "
        "EXISTS (SELECT 1 FROM lease WHERE lease.subject = excluded.subject) THEN excluded.step ELSE work.asked_step END, "
        "due_at = CASE WHEN excluded.due_at < work.due_at THEN excluded.due_at ELSE work.due_at END",
        DB_TEXT(subject), DB_TEXT(account_id), DB_TEXT(step), DB_INT(due_at));
}

bool work_forget(struct db *db, const char *subject, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM work WHERE subject = $1 "
                   "AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.subject = work.subject)",
                   DB_TEXT(subject));
}

#define ITEM                                                                                                 \
    "w.subject, w.account_id, w.step, w.due_at, w.attempts, w.crashes, w.wakes, w.last_error, "              \
    "l.owner AS lease_owner FROM work w LEFT JOIN lease l ON l.subject = w.subject "

/* Of the steps that a list names, " one two "; all if it is NULL. */
#define ONLY(list) "(" list " IS NULL OR " list " LIKE '% ' || w.step || ' %') "

/* Several statements as one: in the caller's transaction, or in one of our own. */
struct whole {
    struct db *db;
    bool own;
};

static bool whole_begin(struct whole *t, struct db *db, struct error *e) {
    *t = (struct whole){.db = db, .own = !db_in_transaction(db)};
    return !t->own || db_begin(db, e);
}

static bool whole_end(const struct whole *t, bool ok, struct error *e) {
    return t->own ? db_end(t->db, ok, e) : ok;
}

/* ---- claiming ---- */

static bool lease_begin(struct db *db, const struct work_item *item, int64_t end, struct error *e) {
    return db_exec(db, e, "INSERT INTO lease (subject, owner, end_at) VALUES ($1, $2, $3)",
                   DB_TEXT(item->subject), DB_TEXT(item->lease_owner), DB_INT(end));
}

static bool lease_all(struct db *db, struct work_item *items, size_t count, const char *owner, int64_t end,
                      struct error *e) {
    for (size_t i = 0; i < count; i++) {
        items[i].lease_owner = owner;
        if (!lease_begin(db, &items[i], end, e))
            return false;
    }
    return true;
}

/* budget: as the header has it */
bool work_claim_of(struct db *db, struct arena *a, const char *only, const char *owner, int64_t now,
                   int64_t lease_seconds, size_t limit, struct work_item **items, size_t *count,
                   struct error *e) {
    struct whole t;
    if (!whole_begin(&t, db, e))
        return false;
    bool ok = db_list(db, a, work_fields, sizeof **items, items, count, e,
                      "SELECT " ITEM "WHERE w.due_at <= $1 AND l.subject IS NULL AND " ONLY(
                          "$3") "ORDER BY w.due_at, w.subject LIMIT $2",
                      DB_INT(now), DB_INT((int64_t)limit), DB_TEXT(only)) &&
              lease_all(db, *items, *count, arena_strdup(a, owner), now + lease_seconds, e);
    return whole_end(&t, ok, e);
}

/* budget: as the header has it */
bool work_claim(struct db *db, struct arena *a, const char *owner, int64_t now, int64_t lease_seconds,
                size_t limit, struct work_item **items, size_t *count, struct error *e) {
    return work_claim_of(db, a, NULL, owner, now, lease_seconds, limit, items, count, e);
}

/* ---- outcomes ---- */

static bool lease_was_held(struct db *db, const struct work_item *item, struct error *e) {
    return db_changes(db) == 1 || fail(e, ERR_CONFLICT, "the lease of %s on %s has ended",
                                       "%s 对 %s 的占用已结束", item->lease_owner, item->subject);
}

static bool lease_end(struct db *db, const struct work_item *item, struct error *e) {
    return db_exec(db, e, "DELETE FROM lease WHERE subject = $1 AND owner = $2", DB_TEXT(item->subject),
                   DB_TEXT(item->lease_owner)) &&
           lease_was_held(db, item, e);
}

/* The step that was asked for, if there is one, takes the place of the present one: db_changes tells. */
static bool begin_asked(struct db *db, const struct work_item *item, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET step = asked_step, asked_step = NULL, attempts = 0, crashes = 0, "
                   "last_error = NULL WHERE subject = $1 AND asked_step IS NOT NULL",
                   DB_TEXT(item->subject));
}

bool work_done(struct db *db, const struct work_item *item, struct error *e) {
    return lease_end(db, item, e) &&
           db_exec(db, e, "DELETE FROM work WHERE subject = $1 AND asked_step IS NULL",
                   DB_TEXT(item->subject)) &&
           (db_changes(db) == 1 || begin_asked(db, item, e));
}

/* How a row goes on. */
struct plan {
    const char *step;
    int64_t due_at, attempts;
    const char *last_error;
};

/* The plan's time counts, unless the subject was enqueued since the claim or this step was asked for before.
 */
static bool go_on(struct db *db, const struct work_item *item, const struct plan *plan, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET step = $3, attempts = $5, crashes = 0, last_error = $6, "
                   "due_at = CASE WHEN (wakes = $2 AND coalesce(asked_step, '') <> $3) OR $4 < due_at "
                   "THEN $4 ELSE due_at END, "
                   "asked_step = CASE WHEN asked_step <> $3 THEN asked_step END WHERE subject = $1",
                   DB_TEXT(item->subject), DB_INT(item->wakes), DB_TEXT(plan->step), DB_INT(plan->due_at),
                   DB_INT(plan->attempts), DB_TEXT(plan->last_error));
}

/* A lease that is kept is looked at all the same: who lost it must not go on. */
bool work_next(struct db *db, const struct work_item *item, const char *step, int64_t due_at, bool keep,
               struct error *e) {
    const struct plan plan = {step, due_at, item->attempts, item->last_error};
    if (!keep)
        return lease_end(db, item, e) && go_on(db, item, &plan, e);
    return db_exec(db, e, "UPDATE lease SET owner = owner WHERE subject = $1 AND owner = $2",
                   DB_TEXT(item->subject), DB_TEXT(item->lease_owner)) &&
           lease_was_held(db, item, e) && go_on(db, item, &plan, e);
}

/* The other step does not wait for the end of a wait that may last for months. */
bool work_wait(struct db *db, const struct work_item *item, int64_t due_at, struct error *e) {
    const struct plan plan = {.step = item->step, .due_at = due_at};
    return lease_end(db, item, e) && begin_asked(db, item, e) &&
           (db_changes(db) == 1 || go_on(db, item, &plan, e));
}

bool work_again_at(struct db *db, const struct work_item *item, int64_t due_at, struct error *e) {
    const struct plan plan = {item->step, due_at, item->attempts, item->last_error};
    return lease_end(db, item, e) && go_on(db, item, &plan, e);
}

bool work_fail(struct db *db, const struct work_item *item, const char *step, int64_t due_at,
               const char *code, struct error *e) {
    const struct plan plan = {step, due_at, item->attempts + 1, code};
    return lease_end(db, item, e) && go_on(db, item, &plan, e);
}

/* ---- giving back ---- */

bool work_give_back(struct db *db, const char *owner, struct error *e) {
    return db_exec(db, e, "DELETE FROM lease WHERE owner = $1", DB_TEXT(owner));
}

bool work_give_back_others(struct db *db, const char *owner, const char *subject, struct error *e) {
    return db_exec(db, e, "DELETE FROM lease WHERE owner = $1 AND subject <> $2", DB_TEXT(owner),
                   DB_TEXT(subject));
}

static bool release_of_owner(struct db *db, const char *owner, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET crashes = crashes + 1 WHERE subject IN "
                   "(SELECT subject FROM lease WHERE owner = $1)",
                   DB_TEXT(owner)) &&
           work_give_back(db, owner, e);
}

static bool release_of_lost_machines(struct db *db, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET crashes = crashes + 1 WHERE subject IN "
                   "(SELECT subject FROM lease WHERE end_at <= $1)",
                   DB_INT(now)) &&
           db_exec(db, e, "DELETE FROM lease WHERE end_at <= $1", DB_INT(now));
}

/* Nearly never: looking costs no transaction. */
static bool any_lost(struct db *db, int64_t now, bool *any, struct error *e) {
    int64_t first;
    bool ok = db_int(db, &first, INT64_MAX, e, "SELECT min(end_at) FROM lease");
    *any = ok && first <= now;
    return ok;
}

bool work_release(struct db *db, const char *owner, int64_t now, int64_t *released, struct error *e) {
    struct whole t;
    bool any = owner != NULL;
    *released = 0;
    if (!owner && !any_lost(db, now, &any, e))
        return false;
    if (!any)
        return true;
    if (!whole_begin(&t, db, e))
        return false;
    bool ok = owner ? release_of_owner(db, owner, e) : release_of_lost_machines(db, now, e);
    int64_t changes = db_changes(db);
    ok = whole_end(&t, ok, e);
    *released = ok ? changes : 0;
    return ok;
}

/* ---- looking ---- */

bool work_next_due(struct db *db, int64_t *due_at, struct error *e) {
    return work_next_due_of(db, NULL, due_at, e);
}

bool work_next_due_of(struct db *db, const char *only, int64_t *due_at, struct error *e) {
    int64_t lease_end;
    if (!db_int(db, due_at, INT64_MAX, e,
                "SELECT due_at FROM work w WHERE NOT EXISTS "
                "(SELECT 1 FROM lease WHERE lease.subject = w.subject) AND " ONLY(
                    "$1") "ORDER BY due_at, subject LIMIT 1",
                DB_TEXT(only)) ||
        !db_int(db, &lease_end, INT64_MAX, e, "SELECT min(end_at) FROM lease"))
        return false;
    *due_at = lease_end < *due_at ? lease_end : *due_at;
    return true;
}

bool work_held_before(struct db *db, const char *account_id, const char *step, const char *owner, bool *held,
                      struct error *e) {
    int64_t one;
    bool ok = db_int(db, &one, 0, e,
                     "SELECT 1 FROM lease l JOIN work w ON w.subject = l.subject "
                     "WHERE l.owner < $3 AND w.account_id = $1 AND w.step = $2 LIMIT 1",
                     DB_TEXT(account_id), DB_TEXT(step), DB_TEXT(owner));
    *held = ok && one;
    return ok;
}

bool work_get(struct db *db, struct arena *a, const char *subject, struct work_item *item, struct error *e) {
    if (db_get(db, a, work_fields, item, e, "SELECT " ITEM "WHERE w.subject = $1", DB_TEXT(subject)))
        return true;
    return e->id == ERR_NOT_FOUND
               ? fail(e, ERR_NOT_FOUND, "nothing is planned for %s", "%s 没有待办的步骤", subject)
               : false;
}

bool work_unblock(struct db *db, const char *account_id, const char *code, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE work SET due_at = $1, wakes = wakes + 1 WHERE attempts > 0 AND last_error = $2 "
                   "AND due_at > $1 AND ($3 IS NULL OR account_id = $3)",
                   DB_INT(now), DB_TEXT(code), DB_TEXT(account_id));
}

bool work_count(struct db *db, int64_t now, struct work_counts *counts, struct error *e) {
    int64_t leased;
    if (!db_int(db, &counts->all, 0, e, "SELECT count(*) FROM work") ||
        !db_int(db, &counts->due, 0, e, "SELECT count(*) FROM work WHERE due_at <= $1", DB_INT(now)) ||
        !db_int(db, &leased, 0, e,
                "SELECT count(*) FROM lease l JOIN work w ON w.subject = l.subject WHERE w.due_at <= $1",
                DB_INT(now)) ||
        !db_int(db, &counts->failing, 0, e, "SELECT count(*) FROM work WHERE attempts > 0"))
        return false;
    counts->due -= leased;
    return true;
}

int64_t work_backoff(int64_t attempts) {
    static const int64_t seconds[] = {60, 600, 6000, DAY};
    enum { LAST = sizeof seconds / sizeof *seconds - 1 };
    if (attempts < 1)
        return seconds[0];
    return seconds[attempts - 1 < LAST ? attempts - 1 : LAST];
}

static int64_t own_delay(const struct error *cause, int64_t attempts) {
    if (error_row(cause->id)->retry == RETRY_SOON && attempts <= SOON_TRIES)
        return SOON_SECONDS;
    if (error_row(cause->id)->retry == RETRY_NEVER)
        return DAY;
    return work_backoff(attempts);
}

int64_t work_retry_at(const struct error *cause, int64_t attempts, int64_t now) {
    int64_t own = own_delay(cause, attempts);
    return now + (cause->retry_after > own ? cause->retry_after : own);
}
