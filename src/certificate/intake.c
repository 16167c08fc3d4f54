/* Certificates that people bring: read and sealed before the transaction, stored inside of it. */
#include "account/account.h"
#include "base/rand.h"
#include "catalog/catalog.h"
#include "certificate/compromised_key.h"
#include "certificate/pca_source.h"
#include "certificate/version.h"
#include "pki/digest.h"
#include "signer/signer.h"

/* The key goes to the signer at once: nothing here keeps it in the clear. */
static bool seal_key(const struct services *services, struct arena *a, const char *account_id, int64_t now,
                     struct intake *intake, struct error *e) {
    const struct import *import = &intake->import;
    struct key_ref owner = {.id = id_new(a, "key", now), .account_id = account_id, .purpose = PURPOSE_LEAF};
    struct key_made made;
    if (!import->pkcs8)
        return true;
    if (!signer_seal(services->signer, a, import->pkcs8, &owner, &made, e))
        return false;
    intake->key = ARENA_NEW(a, struct held_key);
    *intake->key = (struct held_key){
        .id = owner.id,
        .account_id = account_id,
        .algorithm = key_algorithm_name(made.algorithm),
        .spki = made.spki,
        .sealed = made.sealed,
        .spki_sha256 = import->leaf.spki_sha256,
        .created_at = now,
        .taken_at = now,
    };
    return true;
}

/* budget: as the header has it */
bool intake_prepare(const struct services *services, struct arena *a, const char *account_id,
                    struct slice certificate, struct slice key, const struct secret *pass_phrase, int64_t now,
                    struct intake *intake, struct error *e) {
    *intake = (struct intake){0};
    if (!import_read(a, certificate, key, pass_phrase, &intake->import, e))
        return false;
    const struct cert *leaf = &intake->import.leaf;
    if (!names_count(leaf->names))
        return fail_field(e, "certificate", ERR_MALFORMED_CERTIFICATE,
                          "the certificate with serial number %s names no host",
                          "序列号为 %s 的证书不含任何域名", leaf->serial);
    return seal_key(services, a, account_id, now, intake, e);
}

/* The subject of an RFC 2253 text has an attribute of that name. */
static bool subject_has(const char *subject, const char *attribute) {
    size_t len = strlen(attribute);
    for (const char *p = subject; p; p = strpbrk(p, ",+")) {
        p += strspn(p, ",+ ");
        if (strncmp(p, attribute, len) == 0 && p[len] == '=')
            return true;
    }
    return false;
}

/* What the subject tells (EV Guidelines, 9.2): an organisation was checked, and what kind of business it is.
 */
static const char *grade_of(const struct cert *leaf) {
    if (!subject_has(leaf->subject, "O"))
        return "dv";
    return subject_has(leaf->subject, "businessCategory") ? "ev" : "ov";
}

/* A key that Tenure holds already is not stored twice. */
static bool store_key(struct db *db, struct arena *a, const char *account_id, const struct intake *intake,
                      const char **key_id, struct error *e) {
    if (!held_key_find(db, a, account_id, intake->import.leaf.spki_sha256, key_id, e))
        return false;
    if (*key_id || !intake->key)
        return true;
    *key_id = intake->key->id;
    return held_key_insert(db, a, intake->key, e);
}

static bool add_version(const struct services *services, struct arena *a, const struct intake *intake,
                        int64_t now, struct certificate *c, struct error *e) {
    const struct import *import = &intake->import;
    struct new_version v = {
        .leaf = &import->leaf, .chain = import->chain, .chain_count = import->chain_count};
    const struct profile *profile;
    struct version stored;
    return compromised_key_refuse(services->db, c->account_id, import->leaf.spki_sha256, ERR_WEAK_KEY, e) &&
           certificate_profile(services->policies, c, &profile, e) &&
           store_key(services->db, a, c->account_id, intake, &v.key_id, e) &&
           version_add(services->db, a, profile, c, &v, now, &stored, e);
}

/* What the account has chosen for certificates that come in. */
static bool default_profile(const struct services *services, struct arena *a, const char *account_id,
                            const struct profile **profile, struct error *e) {
    struct account_settings settings;
    if (!account_settings(services->db, a, account_id, &settings, e))
        return false;
    const char *name = settings.default_profile ? settings.default_profile : POLICY_DEFAULT;
    *profile = policy_find(services->policies, name, 0);
    return *profile || fail(e, ERR_BAD_CONFIG, "there is no policy '%s'", "没有策略“%s”", name);
}

/* What was just brought is new enough for a day. */
static bool add_source(struct db *db, struct arena *a, const struct certificate *c, const char *url,
                       int64_t now, struct error *e) {
    struct pca_source s = {.account_id = c->account_id, .certificate_id = c->id, .url = url};
    return strcmp(c->kind, "pca") != 0 ||
           (pca_source_insert(db, a, &s, now, e) &&
            (!url || work_enqueue(db, s.account_id, s.id, "sync", now + DAY, e)));
}

/* budget: as the header has it */
bool intake_store(const struct services *services, struct arena *a, const char *account_id,
                  const struct intake *intake, int64_t now, struct certificate *c, struct error *e) {
    const struct cert *leaf = &intake->import.leaf;
    const struct profile *profile;
    if (!default_profile(services, a, account_id, &profile, e))
        return false;
    *c = (struct certificate){
        .account_id = account_id,
        .kind = intake->kind ? intake->kind : "uploaded",
        .vendor = catalog_vendor_of(services->catalog, leaf->issuer),
        .profile = profile->name,
        .profile_version = profile->version,
        .grade = grade_of(leaf),
        .key_algorithm = key_algorithm_name(leaf->algorithm),
        .names = leaf->names,
        .tags = intake->tags,
        .paid_at = now,
        .active_at = now,
        .submitted_at = now,
    };
    return version_refuse_known(services->db, a, account_id, leaf, e) &&
           certificate_insert(services->db, a, profile, now, c, e) &&
           add_version(services, a, intake, now, c, e) &&
           work_enqueue(services->db, c->account_id, c->id, "decide", now, e) &&
           add_source(services->db, a, c, intake->source_url, now, e);
}

static bool newer(const struct certificate *c, const struct cert *leaf, struct error *e) {
    AUTO_ARENA a = arena_new();
    return leaf->end > c->version_end ||
           fail_field(e, "certificate", ERR_NOT_NEWER, "it ends at %s, but the current version of %s at %s",
                      "它于 %s 到期,而 %s 的当前版本于 %s 到期", time_format(a, leaf->end), c->id,
                      time_format(a, c->version_end));
}

/* By the same step as those of an issued certificate its targets get it; then, as without targets, it is
 * decided when its end is told. */
static bool hand_on(struct db *db, const struct certificate *c, int64_t now, struct error *e) {
    return work_enqueue(db, c->account_id, c->id, c->target_count ? "inherit" : "decide", now, e);
}

static bool take_in(const struct services *services, struct arena *a, const struct intake *intake,
                    int64_t now, struct certificate *c, struct error *e) {
    const struct cert *leaf = &intake->import.leaf;
    return version_refuse_known(services->db, a, c->account_id, leaf, e) && newer(c, leaf, e) &&
           add_version(services, a, intake, now, c, e) && hand_on(services->db, c, now, e);
}

bool intake_update(const struct services *services, struct arena *a, const struct intake *intake, int64_t now,
                   struct certificate *c, struct error *e) {
    const struct profile *profile;
    return certificate_profile(services->policies, c, &profile, e) &&
           action_allowed(ACTION_UPDATE, c, profile, now, e) && take_in(services, a, intake, now, c, e);
}

/* Where Tenure deploys it, a certificate without its key would be of no use. */
static bool key_fits(struct db *db, struct arena *a, const struct intake *intake, const struct certificate *c,
                     struct error *e) {
    const struct cert *leaf = &intake->import.leaf;
    const char *key_id = NULL;
    if (!c->key_held || intake->key)
        return true;
    if (!held_key_find(db, a, c->account_id, leaf->spki_sha256, &key_id, e))
        return false;
    return key_id ||
           fail_field(e, "certificate", ERR_KEY_MISMATCH,
                      "the new version of %s (serial number %s) has another key than the one held: "
                      "bring it with its key",
                      "%s 的新版本(序列号 %s)使用了不同的密钥:请连同私钥一起提供", c->id, leaf->serial);
}

bool intake_sync(const struct services *services, struct arena *a, const struct intake *intake, int64_t now,
                 struct certificate *c, struct error *e) {
    const struct profile *profile;
    return certificate_profile(services->policies, c, &profile, e) &&
           action_allowed(ACTION_SYNC, c, profile, now, e) && key_fits(services->db, a, intake, c, e) &&
           take_in(services, a, intake, now, c, e);
}
