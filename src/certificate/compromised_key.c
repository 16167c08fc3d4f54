/* What a key that was reported compromised means for the other certificates that have it. */
#include "certificate/compromised_key.h"

static bool tell(struct db *db, struct arena *a, const struct certificate *c,
                 const struct certificate *reported, int64_t now, struct error *e) {
    json_t *params = json_pack(
        "{s:o,s:o,s:o,s:o}", "reason_en",
        json_sprintf("its key was reported compromised with %s", reported->id), "reason_zh",
        json_sprintf("其密钥已随 %s 被报告泄露", reported->id), "remedy_en",
        json_sprintf(
            "Reissue it with a new key (`tenure reissue %s --csr-choice automatic`), deploy, then revoke "
            "what has the old one.",
            c->id),
        "remedy_zh",
        json_sprintf(
            "请使用新密钥重新签发(`tenure reissue %s --csr-choice automatic`),部署后吊销使用原密钥的证书。",
            c->id));
    const struct notify_event event = {.event = "action_needed",
                                       .once = arena_printf(a, "key_compromised:%s", c->version_id),
                                       .params = json_keep(a, params),
                                       .now = now};
    return certificate_tell(db, a, c, &event, e);
}

bool compromised_key_spread(struct db *db, struct arena *a, const struct certificate *reported,
                            const char *spki_sha256, int64_t now, struct error *e) {
    const char **ids;
    size_t count;
    struct certificate c;
    if (!compromised_key_report(db, reported->account_id, spki_sha256, now, e) ||
        !compromised_key_exposed(db, a, reported, spki_sha256, now, &ids, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!certificate_get(db, a, reported->account_id, ids[i], &c, e) ||
            !compromised_key_flag(db, &c, now, e) || !tell(db, a, &c, reported, now, e))
            return false;
    return true;
}
