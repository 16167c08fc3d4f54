/*
 * What happens to a certificate, from the decision to the verified deployment. Read from the top:
 *
 *   renew decides → apply takes a key → issue signs, or asks a CA, and stores → deploy puts → verify looks →
 *   deploy keeps.
 *
 * `look` and `act` run outside, `save` inside the transaction; a step that crashed is repeated from its
 * start. To add a step: one row here, and its two functions in the slice that does the work.
 */
#include "flow/flow.h"
#include "account/idempotency.h"
#include "account/session.h"
#include "apply/confirmation.h"
#include "apply/letter.h"
#include "certificate/pca_source.h"
#include "certificate/stored_csr.h"
#include "doctor/doctor.h"
#include "emergency/emergency.h"
#include "issue/acme_account.h"
#include "issue/acme_order.h"
#include "issue/acme_revoke.h"
#include "issue/ari.h"
#include "issue/limit.h"
#include "order/payment.h"
#include "order/quote.h"
#include "order/refund.h"
#include "renew/renew_step.h"
#include "solve/persist_record.h"
#include "validate/gate.h"
#include "validate/known.h"
#include "verify/verify.h"

const struct step steps[] = {
    /* ---- a certificate ---- */
    {"decide", "certificate", .look = renew_is_due, .save = {validate_foresee, renew_decide}, .next = "apply",
     .does = TEXT("decides what the certificate needs next, and when", "判断证书下一步需要什么、何时进行")},
    {"apply", "certificate", .again = true, .act = apply_prepare,
     .save = {apply_record, review_gate, validate_gate, issue_journal}, .failed = apply_failed,
     .next = "issue", .otherwise = "decide",
     .does = TEXT("takes or makes the key, and writes down what is to be signed",
                  "取得或生成密钥,并记录待签发的内容")},
    {"issue", "certificate", .act = issue_ask, .save = {issue_record, deploy_inherit}, .failed = apply_failed,
     .next = "decide", .otherwise = "request",
     .does = TEXT("has the certificate signed, checks it, and hands it to its targets",
                  "签发并检查证书,然后交给部署目标")},
    {"request", "certificate", .slow = true, .party = issue_party, .act = issue_request,
     .save = {issue_requested, deploy_inherit}, .failed = issue_request_failed, .next = "decide",
     .otherwise = "issue",
     .does = TEXT("asks a CA for the certificate, proves control over its names, checks what comes back",
                  "向 CA 申请证书、完成域名验证并检查返回的证书")},
    {"inherit", "certificate", .save = {deploy_inherit}, .next = "decide",
     .does =
         TEXT("hands an imported version to the certificate's targets", "将导入的版本交给证书的部署目标")},

    /* ---- a version ---- */
    {"suggest", "version", .slow = true, .party = ari_party, .act = ari_look, .save = {ari_record},
     .does = TEXT("asks the CA when it wants the version renewed", "询问 CA 建议的续期时间")},
    {"revoke", "version", .slow = true, .party = acme_revoke_party, .act = acme_revoke_send,
     .save = {acme_revoke_sent}, .failed = acme_revoke_failed,
     .does = TEXT("has the CA that issued the version revoke it", "请签发该版本的 CA 吊销")},

    /* ---- a source of a private CA ---- */
    {"sync", "certificate source", .slow = true, .party = pca_source_party, .act = pca_source_fetch,
     .save = {pca_source_take}, .failed = pca_source_failed,
     .does = TEXT("looks whether the private CA has a newer version", "检查私有 CA 是否有新版本")},

    /* ---- control over a name ---- */
    {"check", "validation", .slow = true, .act = validate_look, .save = {validate_record},
     .does = TEXT("looks whether the record or file that proves control over the name is there",
                  "检查证明域名控制权的记录或文件是否存在")},

    /* ---- a look at a name ---- */
    {"examine", "preflight", .slow = true, .act = doctor_examine, .save = {doctor_record},
     .failed = doctor_failed,
     .does = TEXT("looks at what DNS, CAA and ports say about a name", "检查域名的 DNS、CAA 与端口")},

    /* ---- what is published for a CA ---- */
    {"solve", "solution", .slow = true, .act = solve_place, .save = {solve_placed}, .failed = solve_failed,
     .next = "seen", .otherwise = "clear",
     .does = TEXT("publishes what the CA looks for", "发布 CA 验证所需的内容")},
    {"seen", "solution", .slow = true, .act = solve_look, .save = {solve_seen}, .failed = solve_failed,
     .next = "solve", .otherwise = "clear",
     .does = TEXT("looks whether the world has what was published", "检查已发布的内容是否生效")},
    {"clear", "solution", .slow = true, .act = solve_remove, .save = {solve_removed}, .failed = solve_failed,
     .does = TEXT("takes away what was published", "清除已发布的内容")},
    {"delegated", "delegation", .slow = true, .act = delegation_look, .save = {delegation_seen},
     .does =
         TEXT("looks whether the CNAME of a delegated name leads to us", "检查委托域名的 CNAME 是否生效")},
    {"persist", "persist_record", .slow = true, .act = persist_act, .save = {persist_save},
     .failed = persist_failed,
     .does = TEXT("places a record that lets a CA in for good, and looks whether it is there",
                  "放置长期授权 CA 的记录,并检查其是否存在")},

    /* ---- an account at a CA ---- */
    {"account", "account at a CA", .slow = true, .party = acme_account_party, .act = acme_account_act,
     .save = {acme_account_save}, .failed = acme_account_failed,
     .does = TEXT("tells the CA what the account there shall be", "将账户的变更告知 CA")},

    /* ---- an application ---- */
    {"lapse", "application", .save = {validate_lapse},
     .does = TEXT("rejects the application when its time for validation is over", "超过验证期限后驳回申请")},

    /* ---- a deployment ---- */
    {"put", "deployment", .slow = true, .party = deploy_party, .act = deploy_put, .save = {deploy_put_record},
     .failed = deploy_failed, .next = "probe",
     .does = TEXT("replaces the files, tests the configuration, reloads the server",
                  "替换文件、检测配置并重新加载服务器")},
    {"probe", "deployment", .slow = true, .party = deploy_party, .act = verify_look, .save = {verify_decide},
     .next = "keep", .otherwise = "back",
     .does = TEXT("looks whether the server serves the new certificate", "检查服务器是否已提供新证书")},
    {"keep", "deployment", .slow = true, .party = deploy_party, .act = deploy_keep,
     .save = {deploy_keep_record}, .failed = deploy_failed,
     .does = TEXT("drops the old files", "删除旧文件")},
    {"back", "deployment", .slow = true, .party = deploy_party, .act = deploy_back,
     .save = {deploy_back_record}, .failed = deploy_failed, .next = "put",
     .does = TEXT("brings the old files back and makes them live", "恢复旧文件并使其生效")},

    /* ---- a target ---- */
    {"watch", "target", .slow = true, .party = verify_watch_party, .act = verify_watch,
     .save = {verify_watch_record},
     .does = TEXT("looks at what the target serves, and repairs drift", "检查部署目标提供的证书,并修复偏差")},

    /* ---- an application that a person reviews ---- */
    {"letter", "application", .slow = true, .own = true, .act = letter_make, .save = {letter_record},
     .does = TEXT("makes the confirmation letter", "生成确认函")},
    {"confirm", "confirmation", .act = confirmation_make, .save = {confirmation_record},
     .does = TEXT("makes the link by which the contact confirms the application, and has it sent",
                  "生成并发送联系人确认申请的链接")},

    /* ---- an order ---- */
    {"unpaid", "order", .save = {order_unpaid},
     .does = TEXT("cancels the order if it is still not paid", "取消逾期未支付的订单")},

    /* ---- a site that is down ---- */
    {"emergency", "emergency", .slow = true, .act = emergency_look, .save = {emergency_next},
     .does = TEXT("brings a site back whose certificate has expired", "恢复证书已过期的站点")},

    /* ---- a request of the CSR manager ---- */
    {"csr_make", "CSR", .slow = true, .own = true, .act = stored_csr_prepare, .save = {stored_csr_record},
     .does = TEXT("makes the RSA key of a certificate request, and signs it", "生成 CSR 的 RSA 密钥并签名")},

    /* ---- a payment ---- */
    {"pay", "payment", .slow = true, .party = payment_party, .act = payment_ask, .save = {payment_asked},
     .does = TEXT("tells the payment system what is due", "通知支付系统应付款项")},
    {"refund", "refund", .slow = true, .party = payment_party, .act = refund_ask, .save = {refund_asked},
     .does = TEXT("has the payment system give the money back", "请支付系统退款")},

    /* ---- a message ---- */
    {"send", "message", .slow = true, .party = notify_party, .act = notify_send, .save = {notify_sent},
     .failed = notify_failed, .does = TEXT("sends a message to its receiver", "向接收方发送消息")},

    /* ---- the installation ---- */
    {"crl", "CA", .act = crl_sign, .save = {crl_record},
     .does = TEXT("signs the next list of revoked certificates", "签发下一份吊销列表")},
    {"key_pool", "account", .slow = true, .own = true, .act = apply_pool_make, .save = {apply_pool_store},
     .does = TEXT("makes RSA keys ahead", "预先生成 RSA 密钥")},
    {"retention", "account",
     .save = {idempotency_purge, quote_purge, payment_purge, validate_purge, notify_purge, session_purge,
              solve_purge, acme_order_purge, doctor_purge, known_purge, limit_purge, suggestion_purge,
              verify_purge, work_daily},
     .does = TEXT("deletes what is kept for a time only", "删除超过保留期的记录")},
    {0},
};

const struct step *step_find(const struct step *table, const char *name) {
    for (const struct step *s = table; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}
