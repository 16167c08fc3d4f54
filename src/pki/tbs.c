/* Taking a TBSCertificate apart. */
#include "pki/tbs.h"

enum { VERSION_2 = 1, VERSION_3 = 2 };
enum { UNIQUE_ID_ISSUER = DER_CONTEXT(1), UNIQUE_ID_SUBJECT = DER_CONTEXT(2) };

static bool read_version(struct slice *rest, uint8_t *version) {
    struct slice outer, number;
    *version = 0;
    if (!der_take(rest, DER_EXPLICIT(0), &outer))
        return true;
    if (!der_only(outer, DER_INTEGER, &number) || number.len != 1)
        return false;
    *version = number.p[0];
    return *version == VERSION_2 || *version == VERSION_3;
}

static bool take_whole(struct slice *rest, struct slice *whole) {
    struct der value;
    if (!der_next(rest, &value) || value.tag != DER_SEQUENCE)
        return false;
    *whole = value.whole;
    return true;
}

static bool read_validity(struct slice *rest, struct tbs *tbs) {
    struct slice times;
    return der_take(rest, DER_SEQUENCE, &times) && der_take_time(&times, &tbs->not_before) &&
           der_take_time(&times, &tbs->not_after) && times.len == 0;
}

/* The unique ids of v2 are skipped; nothing may stand behind the extensions. */
static bool read_extensions(struct slice *rest, struct tbs *tbs) {
    struct slice skipped, outer, list;
    struct extension extension;
    der_take(rest, UNIQUE_ID_ISSUER, &skipped);
    der_take(rest, UNIQUE_ID_SUBJECT, &skipped);
    tbs->extensions = slice_of(NULL, 0);
    if (rest->len == 0)
        return true;
    if (!der_take(rest, DER_EXPLICIT(3), &outer) || !der_only(outer, DER_SEQUENCE, &list))
        return false;
    tbs->extensions = list;
    while (extension_next(&list, &extension))
        continue;
    return list.len == 0 && rest->len == 0;
}

bool tbs_read(struct slice der, struct tbs *tbs, const char **where) {
    struct slice rest;
    *where = "tbsCertificate";
    if (!der_only(der, DER_SEQUENCE, &rest))
        return false;
    *where = "version";
    if (!read_version(&rest, &tbs->version))
        return false;
    *where = "serialNumber";
    if (!der_take_integer(&rest, &tbs->serial))
        return false;
    *where = "signature, issuer";
    if (!take_whole(&rest, &tbs->algorithm) || !take_whole(&rest, &tbs->issuer))
        return false;
    *where = "validity";
    if (!read_validity(&rest, tbs))
        return false;
    *where = "subject, subjectPublicKeyInfo";
    if (!take_whole(&rest, &tbs->subject) || !take_whole(&rest, &tbs->spki))
        return false;
    *where = "extensions";
    return read_extensions(&rest, tbs);
}
