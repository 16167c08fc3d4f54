/* Rows of the names that applications wait for. */
#include "base/buf.h"
#include "pki/names.h"
#include "validate/gate.h"

#define NAME(type, member, flags, en, zh) FIELD(type, application_name, member, flags, en, zh)

const struct field application_name_fields[] = {
    NAME(TEXT, application_id, 0, "Application", "申请"),
    NAME(TEXT, name, FIELD_COLUMN, "Name", "域名"),
    NAME(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    NAME(TEXT, place, FIELD_HIDDEN, "Place", "位置"),
    NAME(BOOL, wildcard, 0, "For wildcards below it, too", "同时用于其下的通配符域名"),
    NAME(TEXT, validation_id, 0, "Validation", "域名验证"),
    NAME(TIME, settled_at, 0, "Settled", "完成时间"),
    FIELD_END,
};

#define COLUMNS "application_id, name, account_id, place, wildcard, validation_id, settled_at"

enum { NAME_MAX = 256 };

/* An address has no labels: it is a place of its own. */
const char *name_place(struct arena *a, const char *name) {
    struct buf place = buf_new(a, NAME_MAX + 2);
    size_t end = strlen(name);
    if (name_is_ip(name))
        return arena_printf(a, "%s.", name);
    while (end) {
        size_t start = end;
        while (start && name[start - 1] != '.')
            start--;
        buf_printf(&place, "%.*s.", (int)(end - start), name + start);
        end = start ? start - 1 : 0;
    }
    return place.p;
}

bool application_name_put(struct db *db, const struct application_name *n, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO application_name (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7) "
                   "ON CONFLICT (application_id, name) DO UPDATE SET validation_id = $6, settled_at = $7",
                   DB_TEXT(n->application_id), DB_TEXT(n->name), DB_TEXT(n->account_id), DB_TEXT(n->place),
                   DB_INT(n->wildcard), DB_TEXT(n->validation_id), DB_TIME(n->settled_at));
}

bool application_name_list(struct db *db, struct arena *a, const char *application_id,
                           struct application_name **list, size_t *count, struct error *e) {
    return db_list(db, a, application_name_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS " FROM application_name WHERE application_id = $1 ORDER BY place",
                   DB_TEXT(application_id));
}

bool application_name_settle(struct db *db, const struct application_name *n, const char *validation_id,
                             int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE application_name SET validation_id = $3, settled_at = $4 "
                   "WHERE application_id = $1 AND name = $2",
                   DB_TEXT(n->application_id), DB_TEXT(n->name), DB_TEXT(validation_id), DB_INT(now));
}

bool application_name_waits(struct db *db, const char *application_id, bool *waits, struct error *e) {
    int64_t one;
    bool ok =
        db_int(db, &one, 0, e,
               "SELECT 1 FROM application_name WHERE application_id = $1 AND settled_at IS NULL LIMIT 1",
               DB_TEXT(application_id));
    *waits = ok && one;
    return ok;
}

/*
 * Labels hold nothing that sorts before '-': from a place to the same with '!' behind it there is this place
 * alone, to the same with '/' for its last '.' all that lies below it.
 */
static const char *end_of(struct arena *a, const struct validation *v, const char *place) {
    if (strcmp(v->method, "dns") != 0)
        return arena_printf(a, "%s!", place);
    return arena_printf(a, "%.*s/", (int)strlen(place) - 1, place);
}

/* budget: what is looked for, and where it is put */
bool application_name_waiting(struct db *db, struct arena *a, const struct validation *v, bool any,
                              struct application_name **list, size_t *count, struct error *e) {
    const char *place = name_place(a, v->name);
    return db_list(db, a, application_name_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS " FROM application_name WHERE account_id = $1 AND place >= $2 "
                   "AND place < $3 AND settled_at IS NULL AND wildcard <= $4 AND ($5 OR validation_id = $6) "
                   "ORDER BY place, application_id LIMIT $7",
                   DB_TEXT(v->account_id), DB_TEXT(place), DB_TEXT(end_of(a, v, place)),
                   DB_INT(strcmp(v->method, "dns") == 0), DB_INT(any), DB_TEXT(v->id), DB_INT(WAITING_MAX));
}
