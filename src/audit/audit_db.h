/* The SQL of the audit log. */
#pragma once
#include "audit/audit.h"

struct audit_head {
    int64_t sequence; /* of the last entry */
    const char *hash;
    int64_t last; /* the greatest number in the table: the same, if nobody has touched it */
};

bool audit_db_head(struct db *db, struct arena *a, struct audit_head *head, struct error *e);
/* The entry, and the head that follows from it. */
bool audit_db_append(struct db *db, const struct audit_entry *entry, struct error *e);
/* NULL if there is no such entry. */
bool audit_db_hash(struct db *db, struct arena *a, int64_t sequence, const char **hash, struct error *e);

struct audit_range {
    const char *account_id, *subject; /* subject NULL: all */
    int64_t after, up_to;             /* numbers; the functions say whether they belong to the range */
    size_t limit;
};

/* after < number <= up_to, oldest first, of all accounts. */
bool audit_db_forwards(struct db *db, struct arena *a, const struct audit_range *range,
                       struct audit_entry **entries, size_t *count, struct error *e);
/* number < up_to, newest first, of one account. */
bool audit_db_backwards(struct db *db, struct arena *a, const struct audit_range *range,
                        struct audit_entry **entries, size_t *count, struct error *e);
