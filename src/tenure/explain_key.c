/* What explain says of the key: whether it was reported compromised, with this certificate or another one. */
#include "certificate/compromised_key.h"
#include "tenure/explain.h"

bool explain_key(struct explanation *x, struct error *e) {
    const struct certificate *c = x->c;
    if (!certificate_live(c, x->rq->now) || compromised_key_refuse_kept(x->rq->db, c->version_id, e))
        return true;
    if (e->id != ERR_WEAK_KEY)
        return false;
    error_clear(e);
    explain_say(
        x, "risk",
        "Its key was reported compromised: reissue it with a new one (tenure reissue %s --csr-choice "
        "automatic), deploy, then revoke what has the old one.",
        "其密钥已被报告泄露:请使用新密钥重新签发(tenure reissue %s --csr-choice automatic),部署后吊销使用原密钥的证书。",
        c->id);
    return true;
}
