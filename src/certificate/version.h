/* Versions, for the other files of this slice. */
#pragma once
#include "certificate/certificate.h"

/* All versions of a certificate that is about to go, and the keys that then nothing needs. */
bool versions_delete(struct db *db, const struct certificate *c, struct error *e);
/* Who has this leaf, or one with its issuer and serial number: ERR_ALREADY_EXISTS with the certificate's id.
 */
bool version_refuse_known(struct db *db, struct arena *a, const char *account_id, const struct cert *leaf,
                          struct error *e);
