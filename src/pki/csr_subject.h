/* The subject of a certificate request (RFC 5280, 4.1.2.6), from what people fill in. */
#pragma once
#include "base/error.h"

/* UTF-8; NULL or empty: the attribute is left out. */
struct csr_subject {
    const char *common_name, *organization, *organizational_unit, *locality, *province, *country;
};

/* DER of the Name; ERR_BAD_FIELD names the member that breaks a rule of X.520. */
bool csr_subject_der(struct arena *a, const struct csr_subject *subject, struct slice *der, struct error *e);
