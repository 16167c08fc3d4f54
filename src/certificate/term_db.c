/* The rows of certificate_term. */
#include "certificate/term.h"

static bool term_add(struct db *db, const struct certificate *c, const char *term, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO certificate_term (account_id, term, certificate_id) VALUES ($1, $2, $3) "
                   "ON CONFLICT DO NOTHING",
                   DB_TEXT(c->account_id), DB_TEXT(term), DB_TEXT(c->id));
}

static bool term_remove(struct db *db, const struct certificate *c, const char *term, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM certificate_term WHERE account_id = $1 AND term = $2 AND certificate_id = $3",
                   DB_TEXT(c->account_id), DB_TEXT(term), DB_TEXT(c->id));
}

bool term_update(struct db *db, struct arena *a, const struct certificate *before,
                 const struct certificate *after, struct error *e) {
    struct term_list old = before ? terms_of(a, before) : (struct term_list){0};
    struct term_list new = after ? terms_of(a, after) : (struct term_list){0};
    size_t i = 0, j = 0;
    while (i < old.count || j < new.count) {
        int order = i == old.count ? 1 : j == new.count ? -1 : strcmp(old.terms[i], new.terms[j]);
        if (order < 0 && !term_remove(db, before, old.terms[i], e))
            return false;
        if (order > 0 && !term_add(db, after, new.terms[j], e))
            return false;
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

/* A second range of NULLs is empty. */
bool term_count(struct db *db, const char *account_id, const struct term_range *range, int64_t most,
                int64_t *count, struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM certificate_term WHERE account_id = $1 AND "
                  "term >= $2 AND term <= $3 LIMIT $6) AS words) + (SELECT COUNT(*) FROM (SELECT 1 FROM "
                  "certificate_term WHERE account_id = $1 AND term >= $4 AND term <= $5 LIMIT $6) AS others)",
                  DB_TEXT(account_id), DB_TEXT(range->from), DB_TEXT(range->upto), DB_TEXT(range->also_from),
                  DB_TEXT(range->also_upto), DB_INT(most));
}
