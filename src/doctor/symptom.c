/* The closed list of what a look at a name can find. */
#include "doctor/symptom.h"
#include <stddef.h>
#include <string.h>

#define NOTHING TEXT("Nothing needs to be done.", "无需任何操作。")

static const struct symptom_row rows[SYMPTOM_COUNT] = {
    [SYMPTOM_NAME_NOT_PUBLIC] =
        {"name_not_public", SEVERITY_FATAL,
         TEXT("No public CA issues for this name", "公共 CA 不会为该名称签发证书"),
         TEXT(
             "Use a name below a registered domain; for internal names and private addresses the local CA or a private one.",
             "请使用已注册域名下的名称;内部名称和私有地址请使用本地 CA 或私有 CA。")},
    [SYMPTOM_NAME_ABSENT] =
        {"name_absent", SEVERITY_WARNING, TEXT("The name does not exist in DNS", "域名在 DNS 中不存在"),
         TEXT("Check the spelling. Validation by DNS works without an address; the others need one.",
              "请检查拼写。DNS 验证不需要地址记录,其他验证方式则需要。")},
    [SYMPTOM_NOT_EXAMINED] =
        {"not_examined", SEVERITY_WARNING,
         TEXT("DNS may not be asked about this name from here", "无法从本机查询该域名的 DNS"),
         TEXT("Add the zone or a resolver to dns in tenure.yaml. The CA is asked all the same.",
              "请在 tenure.yaml 的 dns 部分添加该区域或解析服务器。系统仍会向 CA 提交申请。")},
    [SYMPTOM_NOT_DELEGATED] = {"not_delegated", SEVERITY_FATAL,
                               TEXT("No name servers were found for the name", "未找到该域名的权威服务器"),
                               TEXT("Register the domain, and enter its name servers at the registrar.",
                                    "请注册该域名,并在注册商处填写其域名服务器。")},
    [SYMPTOM_SERVERS_FAIL] = {"servers_fail", SEVERITY_FATAL,
                              TEXT("No name server of the zone answers for it", "该区域没有可用的权威服务器"),
                              TEXT(
                                  "Correct the servers that are named, or the name servers at the registrar.",
                                  "请修正所列服务器,或在注册商处更正域名服务器。")},
    [SYMPTOM_SERVER_FAILS] =
        {"server_fails", SEVERITY_WARNING,
         TEXT("A name server does not answer for the zone", "有权威服务器未正常应答"),
         TEXT(
             "Correct the server, or remove it at the registrar: a CA that asks it from several places may fail.",
             "请修正该服务器,或在注册商处将其移除:CA 从多个地点查询时可能失败。")},
    [SYMPTOM_SERVER_LAGS] =
        {"server_lags", SEVERITY_WARNING,
         TEXT("The name servers have different versions of the zone", "各权威服务器的区域版本不一致"),
         TEXT(
             "Check notification and transfer to the server that is behind: a record that only some have is found by chance.",
             "请检查落后服务器的通知与区域传送:只有部分服务器有的记录能否被查到全凭运气。")},
    [SYMPTOM_DNSSEC_BROKEN] =
        {"dnssec_broken", SEVERITY_FATAL, TEXT("The DNSSEC signatures are wrong", "DNSSEC 签名错误"),
         TEXT(
             "Sign the zone again, or correct or remove the DS record at the registrar: since 2026-03-15 every public CA must refuse such a name.",
             "请重新签名该区域,或在注册商处更正或删除 DS 记录:自 2026-03-15 起,所有公共 CA 都必须拒绝此类域名。")},
    [SYMPTOM_LOOK_UP_FAILS] =
        {"look_up_fails", SEVERITY_FATAL,
         TEXT("A look-up that every CA makes fails", "CA 必须进行的查询失败"),
         TEXT(
             "Correct the zone at the servers: an error in answer to a question for CAA or an address is no permission.",
             "请修正服务器上的区域:对 CAA 或地址查询返回错误不等于允许签发。")},
    [SYMPTOM_DNSSEC_GOOD] = {"dnssec_good", SEVERITY_NOTE, TEXT("DNSSEC is in order", "DNSSEC 正常"),
                             NOTHING},
    [SYMPTOM_DNSSEC_ABSENT] =
        {"dnssec_absent", SEVERITY_NOTE, TEXT("The zone is not signed", "该区域未启用 DNSSEC"),
         TEXT("Nothing needs to be done. With DNSSEC nobody on the way could forge what proves control.",
              "无需任何操作。启用 DNSSEC 可防止验证记录在途中被伪造。")},
    [SYMPTOM_ALIAS] = {"alias", SEVERITY_NOTE,
                       TEXT("_acme-challenge is an alias", "_acme-challenge 是别名(CNAME)"),
                       TEXT("The record is published where the alias leads.",
                            "验证记录将发布在别名所指向的位置。")},
    [SYMPTOM_ALIAS_LOOP] = {"alias_loop", SEVERITY_WARNING,
                            TEXT("The aliases of _acme-challenge lead in a circle, or on and on",
                                 "_acme-challenge 的别名形成循环或过长"),
                            TEXT("Correct the CNAME records that are named: validation by DNS cannot work.",
                                 "请更正所列 CNAME 记录:否则无法使用 DNS 验证。")},
    [SYMPTOM_ALIAS_DANGLES] =
        {"alias_dangles", SEVERITY_WARNING,
         TEXT("Nobody answers where the alias of _acme-challenge leads",
              "_acme-challenge 的别名所指位置无人应答"),
         TEXT("Delegate the zone there, or remove the alias: validation by DNS cannot work.",
              "请委派该区域,或删除别名:否则无法使用 DNS 验证。")},
    [SYMPTOM_ALIAS_FORGED] =
        {"alias_forged", SEVERITY_WARNING,
         TEXT("The alias of _acme-challenge leads to where the DNSSEC signatures are wrong",
              "_acme-challenge 的别名所指位置的 DNSSEC 签名错误"),
         TEXT("Sign the zone there again, or correct or remove its DS record: validation by DNS cannot work.",
              "请重新签名该区域,或更正、删除其 DS 记录:否则无法使用 DNS 验证。")},
    [SYMPTOM_WILDCARD_ALIAS] =
        {"wildcard_alias", SEVERITY_WARNING,
         TEXT("A wildcard alias answers for _acme-challenge", "泛解析 CNAME 应答了 _acme-challenge"),
         TEXT("Add _acme-challenge itself, as a record or an alias: it then has precedence.",
              "请添加 _acme-challenge 本身的记录或别名,它优先于泛解析记录。")},
    [SYMPTOM_WILDCARD_TEXT] =
        {"wildcard_text", SEVERITY_WARNING,
         TEXT("A wildcard TXT record answers for every name", "泛解析 TXT 记录应答了所有名称"),
         TEXT("Nothing while Tenure publishes the record itself; a value beside it confuses some checks.",
              "由 Tenure 发布验证记录时无需操作;但多余的值可能干扰部分检查。")},
    [SYMPTOM_LEFT_OVER] =
        {"left_over", SEVERITY_NOTE,
         TEXT("Values stand at _acme-challenge already", "_acme-challenge 处已有记录值"),
         TEXT("They do no harm. Remove what no other client needs: dozens no longer fit into an answer.",
              "它们没有影响。请删除其他客户端不再需要的值:数量过多时应答将无法容纳。")},
    [SYMPTOM_CAA_UNREADABLE] = {"caa_unreadable", SEVERITY_FATAL,
                                TEXT("A CAA record cannot be read", "CAA 记录无法解析"),
                                TEXT("Correct the record: what cannot be read permits nobody.",
                                     "请更正该记录:无法解析的记录不允许任何 CA。")},
    [SYMPTOM_CAA_CRITICAL] = {"caa_critical", SEVERITY_FATAL,
                              TEXT("A critical CAA record is of a kind that nobody knows",
                                   "存在未知类型的关键 CAA 记录"),
                              TEXT("Remove the record, or its critical flag (128).",
                                   "请删除该记录或其关键标志(128)。")},
    [SYMPTOM_CAA_OTHER_ISSUER] = {"caa_other_issuer", SEVERITY_FATAL,
                                  TEXT("CAA records permit other CAs only", "CAA 记录只允许其他 CA"),
                                  TEXT("Add the record that is shown, at the name where the others are.",
                                       "请在现有记录所在的名称处添加所示记录。")},
    [SYMPTOM_CAA_OTHER_ACCOUNT] =
        {"caa_other_account", SEVERITY_FATAL,
         TEXT("CAA permits this CA for another account only", "CAA 记录只允许该 CA 的其他账户"),
         TEXT("Add the record that is shown: it names the account with which Tenure speaks to the CA.",
              "请添加所示记录:其中包含 Tenure 在该 CA 的账户。")},
    [SYMPTOM_CAA_OTHER_METHOD] = {"caa_other_method", SEVERITY_FATAL,
                                  TEXT("CAA permits this CA only with a method that cannot work for the name",
                                       "CAA 记录限定的验证方式不适用于该名称"),
                                  TEXT("Add the method to validationmethods, as in the record that is shown.",
                                       "请如所示记录,在 validationmethods 中加入相应的验证方式。")},
    [SYMPTOM_CAA_METHOD_CLOSED] = {"caa_method_closed", SEVERITY_NOTE,
                                   TEXT("CAA closes a method of validation", "CAA 记录排除了某些验证方式"),
                                   TEXT("Nothing, while another method is used.",
                                        "使用其他验证方式时无需操作。")},
    [SYMPTOM_CAA_ACCOUNT_UNKNOWN] =
        {"caa_account_unknown", SEVERITY_WARNING,
         TEXT("CAA names an account, and Tenure has none at this CA yet",
              "CAA 记录限定了账户,而 Tenure 尚未在该 CA 注册"),
         TEXT("Register first, then add a record with the address of that account.",
              "请先注册,然后添加包含该账户地址的记录。")},
    [SYMPTOM_CAA_PERMITS] = {"caa_permits", SEVERITY_NOTE, TEXT("CAA permits the CA", "CAA 记录允许该 CA"),
                             NOTHING},
    [SYMPTOM_CAA_ABSENT] = {"caa_absent", SEVERITY_NOTE,
                            TEXT("There are no CAA records: every CA may issue",
                                 "没有 CAA 记录:任何 CA 均可签发"),
                            TEXT("To let in this CA and account alone, add the record that is shown.",
                                 "如需只允许该 CA 和账户签发,请添加所示记录。")},
    [SYMPTOM_NO_ADDRESS] = {"no_address", SEVERITY_WARNING,
                            TEXT("The name has no address", "域名没有地址记录"),
                            TEXT("Validation by DNS is left; the others need an A or AAAA record.",
                                 "只能使用 DNS 验证;其他方式需要 A 或 AAAA 记录。")},
    [SYMPTOM_PRIVATE_ADDRESS] = {"private_address", SEVERITY_WARNING,
                                 TEXT("The name leads to a private address", "域名指向私有地址"),
                                 TEXT("No public CA reaches it there: use validation by DNS.",
                                      "公共 CA 无法访问该地址:请使用 DNS 验证。")},
    [SYMPTOM_PORT_80_CLOSED] = {"port_80_closed", SEVERITY_WARNING,
                                TEXT("Nobody answers at port 80", "80 端口无应答"),
                                TEXT("Open port 80 for http-01, or use another method.",
                                     "如使用 http-01 请开放 80 端口,或改用其他方式。")},
    [SYMPTOM_PORT_443_CLOSED] = {"port_443_closed", SEVERITY_NOTE,
                                 TEXT("Nobody speaks TLS at port 443", "443 端口没有 TLS 服务"),
                                 TEXT("Open port 443 for tls-alpn-01, or use another method.",
                                      "如使用 tls-alpn-01 请开放 443 端口,或改用其他方式。")},
    [SYMPTOM_IPV6_REFUSES] =
        {"ipv6_refuses", SEVERITY_WARNING, TEXT("IPv4 answers, IPv6 does not", "IPv4 有应答,IPv6 无应答"),
         TEXT("Let the server listen on the IPv6 address, or remove the AAAA record: CAs ask IPv6 first.",
              "请让服务器监听该 IPv6 地址,或删除 AAAA 记录:CA 优先访问 IPv6。")},
    [SYMPTOM_IPV6_ELSEWHERE] = {"ipv6_elsewhere", SEVERITY_WARNING,
                                TEXT("IPv6 leads to another server than IPv4",
                                     "IPv6 与 IPv4 指向不同的服务器"),
                                TEXT("Correct the AAAA record: CAs ask IPv6 first.",
                                     "请更正 AAAA 记录:CA 优先访问 IPv6。")},
    [SYMPTOM_REDIRECT] = {"redirect", SEVERITY_NOTE, TEXT("Port 80 leads elsewhere", "80 端口会重定向"),
                          TEXT("Nothing, if the file is given where it leads; CAs follow.",
                               "若重定向目标能返回验证文件则无需操作;CA 会跟随重定向。")},
    [SYMPTOM_REDIRECT_REFUSED] =
        {"redirect_refused", SEVERITY_WARNING,
         TEXT("Port 80 leads where no CA follows", "80 端口的重定向目标不被 CA 接受"),
         TEXT("Except /.well-known/acme-challenge/ from the redirect: CAs follow to ports 80 and 443 only, by 301, 302, 307 and 308.",
              "请将 /.well-known/acme-challenge/ 排除在重定向之外:CA 只跟随到 80 和 443 端口的 301、302、307、308 重定向。")},
    [SYMPTOM_ISSUER_WITHDRAWN] =
        {"issuer_withdrawn", SEVERITY_FATAL, TEXT("Nothing new is issued by this issuer", "该签发机构已停用"),
         TEXT("Choose another issuer, or take this one back: tenure issuer change ISSUER --back.",
              "请选择其他签发机构,或重新启用:tenure issuer change 签发机构 --back。")},
    [SYMPTOM_ISSUER_SILENT] =
        {"issuer_silent", SEVERITY_WARNING, TEXT("The CA cannot be asked", "无法访问该 CA"),
         TEXT("Check its address, and that this machine may connect to it; it may also be a trouble of the CA that passes.",
              "请检查其地址以及本机是否可以访问;也可能是 CA 的临时故障。")},
    [SYMPTOM_TERMS_NOT_AGREED] = {"terms_not_agreed", SEVERITY_FATAL,
                                  TEXT("Nobody has agreed to the terms of the CA",
                                       "尚未同意该 CA 的服务条款"),
                                  TEXT("Read them, then: tenure issuer change ISSUER --agree-terms.",
                                       "请阅读条款,然后执行:tenure issuer change 签发机构 --agree-terms。")},
    [SYMPTOM_EXTERNAL_ACCOUNT] =
        {"external_account", SEVERITY_FATAL,
         TEXT("The CA wants the credentials of an account with it", "该 CA 要求外部账户凭据"),
         TEXT("Set what the CA gave you: tenure issuer account register ISSUER --eab-kid KID --eab-key-file FILE. Whoever administers may set it for all: tenure issuer change ISSUER --eab-kid KID --eab-key-file FILE --eab-reusable yes.",
              "请设置 CA 提供的凭据:tenure issuer account register 签发机构 --eab-kid KID --eab-key-file 文件。管理员可为所有账号设置:tenure issuer change 签发机构 --eab-kid KID --eab-key-file 文件 --eab-reusable yes。")},
    [SYMPTOM_PROFILE_UNKNOWN] =
        {"profile_unknown", SEVERITY_WARNING,
         TEXT("The CA does not offer the certificate profile", "该 CA 不提供所选的证书配置"),
         TEXT("Choose one that its directory has, or none: tenure issuer change ISSUER --certificate-profile NAME.",
              "请选择其目录中提供的配置或不指定:tenure issuer change 签发机构 --certificate-profile 名称。")},
    [SYMPTOM_CLOCK_APART] =
        {"clock_apart", SEVERITY_WARNING,
         TEXT("The clock of this machine and that of the CA differ", "本机与 CA 的时钟不一致"),
         TEXT("Have this machine keep its time by NTP: dates of certificates, orders and renewals depend on it.",
              "请为本机启用 NTP 校时:证书、订单与续期的时间均取决于时钟。")},
    [SYMPTOM_NO_METHOD] = {"no_method", SEVERITY_FATAL,
                           TEXT("No method of validation can work", "没有可用的验证方式"),
                           TEXT("Remove what the other findings name; validation by DNS needs the least.",
                                "请处理其他检查结果中的问题;DNS 验证的要求最少。")},
    [SYMPTOM_METHODS] = {"methods", SEVERITY_NOTE,
                         TEXT("Methods of validation that can work", "可用的验证方式"), NOTHING},
    [SYMPTOM_BY_HAND] =
        {"by_hand", SEVERITY_WARNING,
         TEXT("A person must add a record for every validation", "每次验证都需要人工添加记录"),
         TEXT("Delegate the name (tenure solver delegate NAME tells the alias), or add a solver: tenure solver add.",
              "请委托该域名(tenure solver delegate 域名 会显示所需的别名),或添加验证方式:tenure solver add。")},
    [SYMPTOM_NO_SOLVER] = {"no_solver", SEVERITY_WARNING,
                           TEXT("Nothing that is configured can prove the name", "当前配置无法验证该名称"),
                           TEXT("Add a solver: tenure solver add.", "请添加验证方式:tenure solver add。")},
    [SYMPTOM_NOT_YOURS] =
        {"not_yours", SEVERITY_WARNING,
         TEXT("The responder, web roots and hooks are for names of the account's own",
              "应答服务、网站根目录和钩子只能用于属于本账号的域名"),
         TEXT("Prove it once (tenure domain add NAME), or ask an administrator for it (tenure name-grant add).",
              "请先验证一次(tenure domain add 域名),或请管理员授予(tenure name-grant add)。")},
    [SYMPTOM_SOLVED] = {"solved", SEVERITY_NOTE,
                        TEXT("Tenure proves the name by itself", "Tenure 可自动完成验证"), NOTHING},
};

const char *severity_name(enum severity severity) {
    static const char *const names[] = {"note", "warning", "fatal"};
    return names[severity];
}

const struct symptom_row *symptom_row(enum symptom symptom) {
    return &rows[symptom];
}

const struct symptom_row *symptom_find(const char *code) {
    for (int i = 0; code && i < SYMPTOM_COUNT; i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    return NULL;
}
