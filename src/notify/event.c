/*
 * What is told, to whom, and in which words. A new event is one row; its parameters are those that its texts
 * name. Each text names the object, what happened, and what to do or what comes next.
 */
#include "notify/event.h"

enum { TEXT_MAX = 8 << 10, NAME_MAX_BYTES = 32 };

const struct event_row events[] = {
    /* ---- expiry ---- */
    {"expiry", "warning", true, ACCESS_READ,
     TEXT("Certificate {name} expires in {left}", "证书 {name} 将在 {left}后到期"),
     TEXT("Certificate {certificate} for {names} expires at {end}, in {left}. From then on browsers warn of "
          "the site or refuse it. {remedy}",
          "证书 {certificate}({names})将于 {end} 到期,剩余 {left}。到期后浏览器将告警或拒绝访问。{remedy}")},
    {"expired", "urgent", true, ACCESS_READ, TEXT("Certificate {name} has expired", "证书 {name} 已过期"),
     TEXT("Certificate {certificate} for {names} expired at {end}. Browsers warn of the site or refuse it. "
          "{remedy}",
          "证书 {certificate}({names})已于 {end} 过期,浏览器会告警或拒绝访问。{remedy}")},
    {"successor_undelivered", "urgent", true, ACCESS_READ,
     TEXT("The new certificate of {name} is not in place, the old one ends in {left}",
          "{name} 的新证书尚未部署,旧证书将在 {left}后到期"),
     TEXT(
         "Certificate {certificate} for {names} expires at {end}, in {left}. Its successor {successor} is "
         "issued, but not every target serves it: HTTPS fails there when the old one ends. Look at `tenure "
         "explain {successor}`, mend the target, or install the certificate by hand.",
         "证书 {certificate}({names})将于 {end} 到期,剩余 {left}。其续费证书 {successor} 已签发,但尚未部署到全部目标;"
         "旧证书到期后这些目标的 HTTPS 将不可用。请查看 `tenure explain {successor}`,修复部署目标或手动安装证书。")},

    {"record_at_risk", "warning", false, ACCESS_READ,
     TEXT("The record that proves {name} to a CA needs you", "{name} 的长期授权记录需要处理"),
     TEXT(
         "The record {host} TXT \"{value}\", by which {issuer} knows that {name} is yours, {problem}. {remedy}",
         "记录 {host} TXT “{value}”({issuer} 据此确认 {name} 的控制权){problem}。{remedy}")},

    /* ---- the life of a certificate ---- */
    {"renewal_activated", "info", false, ACCESS_READ,
     TEXT("The renewal of {name} is active", "{name} 的续费证书已激活"),
     TEXT("Certificate {certificate} for {names} takes the place of {predecessor}: it is active now, and is "
          "issued next.",
          "证书 {certificate}({names})将接替 {predecessor}:现已激活,接下来将签发。")},
    {"action_needed", "urgent", false, ACCESS_READ,
     TEXT("Certificate {name} waits for you", "证书 {name} 需要人工处理"),
     TEXT("Certificate {certificate} for {names} does not go on by itself: {reason}. {remedy}",
          "证书 {certificate}({names})无法自动继续:{reason}。{remedy}")},
    {"applied", "info", false, ACCESS_READ,
     TEXT("The application for {name} is submitted", "{name} 的证书申请已提交"),
     TEXT("The application for certificate {certificate} ({names}) is submitted. {next}",
          "证书 {certificate}({names})的申请已提交。{next}")},
    {"delegation_lost", "urgent", false, ACCESS_READ,
     TEXT("The record of {name} leads to Tenure no more", "{name} 的委托记录已失效"),
     TEXT("The CNAME record {host} does not lead to {target} any more: certificates for {name} cannot be "
          "renewed by themselves. Add it again.",
          "CNAME 记录 {host} 不再指向 {target},{name} 的证书将无法自动续签。请重新添加该记录。")},
    {"rejected", "urgent", false, ACCESS_READ,
     TEXT("The application for {name} was rejected", "{name} 的证书申请被拒绝"),
     TEXT("The application for certificate {certificate} ({names}) was rejected: {reason}. {remedy}",
          "证书 {certificate}({names})的申请被拒绝:{reason}。{remedy}")},
    {"review_waiting", "warning", false, ACCESS_REVIEW,
     TEXT("The application for {name} waits for a reviewer", "{name} 的证书申请等待审核"),
     TEXT(
         "Application {application} for certificate {certificate} ({names}) of {organization} waits for a "
         "reviewer. Look at it with `tenure review show {application}`, call the contact, then approve or "
         "reject it.",
         "证书 {certificate}({names},{organization})的申请 {application} 等待审核。请使用 `tenure review show "
         "{application}` 查看,致电联系人核实后审核通过或驳回。")},
    {"review_reminder", "urgent", false, ACCESS_REVIEW,
     TEXT("A reminder: the application for {name} waits for a reviewer",
          "催办:{name} 的证书申请仍在等待审核"),
     TEXT("The applicant asks for the review of application {application} for certificate {certificate} "
          "({names}) of {organization}, which waits since {since}. Look at it with `tenure review show "
          "{application}`.",
          "申请人催办:证书 {certificate}({names},{organization})的申请 {application} 自 {since} 起等待审核。"
          "请使用 `tenure review show {application}` 查看。")},
    /* A contact is no user, and his language is not known: both stand in the one message. */
    {"contact_confirmation", "info", false, ACCESS_PUBLIC,
     TEXT("Please confirm the certificate application for {name} / 请确认 {name} 的证书申请",
          "请确认 {name} 的证书申请 / Please confirm the certificate application for {name}"),
     TEXT(
         "{contact}, you are the contact in an application for a certificate. Names: {names}. Organisation: "
         "{organization}. If that is right, open this link until {end} and confirm it there; if it is not, "
         "do nothing and tell {organization}. — {contact},您被填写为证书申请的联系人。域名:{names};组织:"
         "{organization}。如信息属实,请在 {end} 之前打开以下链接并确认;如不属实,请勿操作并告知该组织。 {link}{secret}",
         "{contact},您被填写为证书申请的联系人。域名:{names};组织:{organization}。如信息属实,请在 {end} "
         "之前打开以下链接并确认;如不属实,请勿操作并告知该组织。 — {contact}, you are the contact in an "
         "application for a certificate. Names: {names}. Organisation: {organization}. If that is right, open "
         "this link until {end} and confirm it there; if it is not, do nothing and tell {organization}. "
         "{link}{secret}")},
    {"acme_account_gone", "urgent", false, ACCESS_OPERATE,
     TEXT("{issuer} does not know our account any more", "{issuer} 已不再承认我方账户"),
     TEXT(
         "The CA behind the issuer {issuer} does not know the account {account} any more: nothing is issued "
         "there. {reason} Find out why, then register anew with `tenure issuer account register {issuer}`.",
         "签发机构 {issuer} 对应的 CA 已不再承认账户 {account},无法继续签发。{reason} 请查明原因,然后运行 `tenure "
         "issuer account register {issuer}` 重新注册。")},
    {"issuer_failing", "urgent", false, ACCESS_OPERATE,
     TEXT("{issuer} has failed three times in a row", "{issuer} 已连续失败三次"),
     TEXT(
         "The issuer {issuer} has issued nothing since {since}: {reason} {next} `tenure doctor` and `tenure explain "
         "CERTIFICATE` say more.",
         "签发机构 {issuer} 自 {since} 起未能签发:{reason} {next} 详情请查看 `tenure doctor` 与 `tenure explain 证书ID`。")},
    {"ca_in_haste", "warning", false, ACCESS_OPERATE,
     TEXT("{issuer} wants new certificates replaced at once", "{issuer} 要求立即替换新签发的证书"),
     TEXT(
         "The CA behind the issuer {issuer} suggests replacing certificate {certificate} for {names} at once, "
         "though its version of {issued} took the place of one that the CA wanted replaced early. It is "
         "renewed at {next}, and waits twice as long each time. Ask the CA whether its suggestions are right; "
         "its explanation: {why}. This is told once for the issuer.",
         "签发机构 {issuer} 建议立即替换证书 {certificate}({names}),但其 {issued} 的版本刚刚应该机构要求提前替换。"
         "将于 {next} 续期,且每次等待时间加倍。请向该机构核实其建议是否正确;其说明:{why}。每个签发机构仅通知一次。")},
    {"issued", "info", false, ACCESS_READ, TEXT("Certificate {name} is issued", "证书 {name} 已签发"),
     TEXT("A version of certificate {certificate} for {names} is issued, serial number {serial}; it ends at "
          "{end}.",
          "证书 {certificate}({names})的新版本已签发,序列号 {serial},到期时间 {end}。")},
    {"renewal_failed", "urgent", false, ACCESS_READ,
     TEXT("Certificate {name} could not be issued", "证书 {name} 签发失败"),
     TEXT(
         "The next version of certificate {certificate} for {names} could not be issued: {reason}. The next "
         "attempt is at {next}; it is told once, and tried until it succeeds. {remedy}",
         "证书 {certificate}({names})的下一版本签发失败:{reason}。下次尝试时间 {next};将一直重试直至成功,不再重复通知。"
         "{remedy}")},
    {"revoked", "warning", false, ACCESS_READ, TEXT("Certificate {name} is revoked", "证书 {name} 已吊销"),
     TEXT("Certificate {certificate} for {names} is revoked, and the list that says so is published.",
          "证书 {certificate}({names})已吊销,吊销列表已发布。")},
    {"charge_failed", "urgent", false, ACCESS_READ,
     TEXT("The renewal of {name} could not be charged", "{name} 续费扣款失败"),
     TEXT("The renewal of certificate {certificate} for {names} could not be charged: {reason}. {remedy}",
          "证书 {certificate}({names})续费扣款失败:{reason}。{remedy}")},

    {"order_cancelled", "warning", false, ACCESS_READ,
     TEXT("Order {order} was not paid and is cancelled", "订单 {order} 未支付,已取消"),
     TEXT("Order {order} over {due} was not paid until {until}. It is cancelled, and the quota that it had "
          "reserved is there again. Buy again if it is still wanted.",
          "订单 {order}(应付 {due})未在 {until} 前支付,现已取消,所占用的额度已退回。如仍需要,请重新购买。")},
    /* ---- money ---- */
    {"payment_credited", "warning", false, ACCESS_OPERATE,
     TEXT("{amount} came too late and became balance", "{amount} 到账过晚,已转入余额"),
     TEXT(
         "Payment {payment} of {amount} came for order {order}, which does not take it: {reason}. The money is "
         "in the balance of the account; order again, or ask for it back.",
         "订单 {order} 的支付 {payment}({amount})已到账,但订单不再接收:{reason}。款项已转入账号余额;可重新下单,"
         "或申请退回。")},

    /* ---- servers ---- */
    {"deployed", "info", false, ACCESS_READ,
     TEXT("{target} serves the new certificate {name}", "{target} 已部署证书 {name}"),
     TEXT("Certificate {certificate} for {names} is in place on target '{target}'.",
          "证书 {certificate}({names})已部署到目标“{target}”。")},
    {"deployment_failed", "urgent", false, ACCESS_READ,
     TEXT("Certificate {name} could not be put on {target}", "证书 {name} 部署到 {target} 失败"),
     TEXT("Certificate {certificate} for {names} could not be put on target '{target}': {reason} ({detail}). "
          "The next attempt is at {next}; until then the target keeps what it had. {remedy}",
          "证书 {certificate}({names})部署到目标“{target}”失败:{reason}({detail})。下次尝试时间 "
          "{next},在此之前目标保持原状。{remedy}")},
    {"drift_found", "warning", false, ACCESS_READ,
     TEXT("{target} serves another certificate than {name}", "{target} 提供的证书不是 {name}"),
     TEXT(
         "Target '{target}' no longer serves certificate {certificate} for {names}: {detail}. It is put there "
         "again now.",
         "目标“{target}”不再提供证书 {certificate}({names}):{detail}。正在重新部署。")},

    /* ---- emergencies ---- */
    {"emergency_waits", "urgent", false, ACCESS_READ,
     TEXT("The emergency at {name} waits for you", "{name} 的应急处理需要人工操作"),
     TEXT("Emergency {emergency} at {name} does not go on by itself: {reason} Look at `tenure emergency "
          "{name}`.",
          "{name} 的应急处理 {emergency} 无法自动继续:{reason}请运行 `tenure emergency {name}` 查看。")},
    {"emergency_live", "info", false, ACCESS_READ, TEXT("{name} is back", "{name} 已恢复"),
     TEXT(
         "{name} serves certificate {certificate} since {at}, {left} after the emergency was declared. "
         "To prevent the next one: keep the expiry messages on, renew early, or have renewals managed.",
         "{name} 自 {at} 起使用证书 {certificate},距应急开始 {left}。为避免再次发生:请保持到期提醒开启、提前续费或使用托管服务。")},
    {"emergency_follow_up", "urgent", false, ACCESS_READ,
     TEXT("{name} still has its stopgap certificate", "{name} 仍在使用应急证书"),
     TEXT(
         "{name} serves the DV certificate {certificate} since its emergency {emergency}. Buy the original "
         "one again ({original}) and deploy it; this is told daily until its targets serve it.",
         "{name} 自应急处理 {emergency} 起使用 DV 证书 {certificate}。请重新购买原规格证书({original})并部署;完成前每天提醒。")},

    /* ---- telling itself ---- */
    {"channel_failed", "urgent", false, ACCESS_READ,
     TEXT("Notifications by '{channel}' fail", "通知渠道“{channel}”发送失败"),
     TEXT(
         "Channel '{channel}' ({kind}) does not deliver: {reason} ({detail}). Messages are tried again for a "
         "week; the inbox has them all. {remedy}",
         "通知渠道“{channel}”({kind})发送失败:{reason}({detail})。消息将在一周内重试;站内信包含全部消息。{remedy}")},
    {"test", "info", false, ACCESS_READ, TEXT("A test of channel '{channel}'", "通知渠道“{channel}”测试"),
     TEXT("This is a test of channel '{channel}', asked for by a person.",
          "这是通知渠道“{channel}”的测试消息,由人工发起。")},
    {0},
};

const struct event_row *event_find(const char *name) {
    for (const struct event_row *row = events; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* ---- texts ---- */

static const char *parameter(struct arena *a, const json_t *params, const char *name, enum lang lang) {
    const char *own = arena_printf(a, "%s_%s", name, lang == LANG_ZH ? "zh" : "en");
    const char *value = json_string_value(json_object_get(params, own));
    if (!value)
        value = json_string_value(json_object_get(params, name));
    return value && *value ? value : "-";
}

static void add_plain(struct buf *b, const char *value) {
    for (; *value; value++)
        buf_char(b, (unsigned char)*value < ' ' || *value == 0x7f ? ' ' : *value);
}

const char *event_text(struct arena *a, const struct text *text, const json_t *params, enum lang lang) {
    struct buf b = buf_new(a, TEXT_MAX);
    for (const char *p = text->in[lang]; *p; p++) {
        size_t len = *p == '{' ? strcspn(p + 1, "}") : 0;
        if (!len || len > NAME_MAX_BYTES || !p[len + 1]) {
            buf_char(&b, *p);
            continue;
        }
        add_plain(&b, parameter(a, params, arena_strndup(a, p + 1, len), lang));
        p += len + 1;
    }
    return b.p ? b.p : "";
}

struct rendered event_render(struct arena *a, const char *event, const char *params, enum lang lang) {
    const struct event_row *row = event_find(event);
    json_t *values = NULL;
    struct error e;
    if (!row || !json_read(a, slice_str(params), &values, &e))
        return (struct rendered){event, event};
    return (struct rendered){event_text(a, &row->title, values, lang),
                             event_text(a, &row->body, values, lang)};
}
