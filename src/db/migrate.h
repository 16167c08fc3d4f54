/* The steps from an empty database to the present schema; db_migrate takes those that are missing. */
#pragma once
#include "base/embedded.h"
#include "db/db.h"

/* The files of migrations/, compiled in, in their order: the number of a migration is its place, from 1. */
extern const struct embedded db_migrations[];

/* db_migrate with a list of its own. */
bool migrate(struct db *db, const struct embedded *list, int64_t now, struct error *e);
