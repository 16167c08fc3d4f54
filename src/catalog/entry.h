/* What every entry of the catalogue keeps to, be it a brand, a package or an issuer. */
#pragma once
#include "base/error.h"

enum { ENTRY_ID_MAX = 64 };

/* It stands in paths, and before a '/' in the names of quota: 1 to ENTRY_ID_MAX letters, digits, '-', '_' or
 * '.', and no '.' at first. */
bool entry_is_id(const char *id);
bool entry_has_control(const char *text);

/* ---- fields of bodies: ERR_BAD_FIELD names what is wrong ---- */

bool entry_check_id(const char *id, struct error *e);
bool entry_check_title(const char *field, const char *title, struct error *e);
bool entry_check_number(const char *field, int64_t value, int64_t min, int64_t max, struct error *e);
