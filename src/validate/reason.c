/* The closed list of what a check can find, with the way out. */
#include "validate/validate.h"

static const struct reason_row rows[REASON_COUNT] = {
    [REASON_FOUND] = {"found", TEXT("Control over the name is proven", "域名控制权已验证"),
                      TEXT("Nothing is left to do. The record or file may be removed.",
                           "无需任何操作,记录或文件可以删除。")},
    [REASON_RECORD_MISSING] =
        {"record_missing", TEXT("A server does not have the record", "有服务器上没有该记录"),
         TEXT(
             "Add the record exactly as it is shown. If you have done so, wait until every name server has it and old "
             "answers have run out (usually a few minutes, at most the TTL of the zone).",
             "请按显示的内容添加记录。如已添加,请等待所有域名服务器同步以及旧缓存过期(通常几分钟,最长为区域的 TTL)。")},
    [REASON_WRONG_VALUE] =
        {"wrong_value", TEXT("The record has another value", "记录值不正确"),
         TEXT("Replace the value by the one that is shown: complete, without spaces or quotes around it.",
              "请将记录值改为显示的内容:完整复制,前后不要有空格或引号。")},
    [REASON_WRONG_NAME] = {"wrong_name",
                           TEXT("The record stands at a name with the domain twice", "主机记录中重复了域名"),
                           TEXT("Your DNS console adds the domain by itself: enter the host without it.",
                                "DNS 控制台会自动补全域名:主机记录中请不要再填写域名部分。")},
    [REASON_CNAME_LOOP] = {"cname_loop",
                           TEXT("The aliases lead in a circle, or on and on", "CNAME 记录形成循环或过长"),
                           TEXT("Correct the CNAME records that are named, so that they end at one name.",
                                "请更正所指出的 CNAME 记录,使其最终指向一个名称。")},
    [REASON_WILDCARD_CNAME] =
        {"wildcard_cname",
         TEXT("A wildcard alias answers in place of the record", "泛解析 CNAME 代替了该记录"),
         TEXT(
             "Add the record itself: it then has precedence over the wildcard. Or remove the wildcard while the check runs.",
             "请添加该记录本身,它优先于泛解析记录;或在验证期间删除泛解析记录。")},
    [REASON_NXDOMAIN] =
        {"nxdomain", TEXT("The name does not exist in DNS", "域名在 DNS 中不存在"),
         TEXT(
             "Check the spelling, and that the domain is registered and delegated to your name servers; then add the record.",
             "请检查拼写,并确认域名已注册且已委派到您的域名服务器;然后添加记录。")},
    [REASON_SERVFAIL] = {"servfail", TEXT("The name servers fail", "域名服务器故障"),
                         TEXT("Correct the zone at the servers that are named.",
                              "请在所指出的服务器上修正区域配置。")},
    [REASON_DNSSEC_BROKEN] =
        {"dnssec_broken", TEXT("The DNSSEC signatures are wrong", "DNSSEC 签名错误"),
         TEXT(
             "Sign the zone again, or correct or remove the DS record at the registrar; public CAs refuse such names, too.",
             "请重新签名该区域,或在注册商处更正或删除 DS 记录;公共 CA 同样会拒绝此类域名。")},
    [REASON_TIME_OUT] =
        {"time_out", TEXT("No server answered in time", "服务器未在规定时间内应答"),
         TEXT("Check that the servers run, and that a firewall lets questions from this machine through.",
              "请检查服务器是否在运行,以及防火墙是否允许来自本机的请求。")},
    [REASON_CAA_FORBIDS] =
        {"caa_forbids", TEXT("CAA records permit other issuers only", "CAA 记录只允许其他颁发机构"),
         TEXT("Add a CAA record for this issuer at the name that is named, or remove the others.",
              "请在所指出的名称处为本颁发机构添加 CAA 记录,或删除其他 CAA 记录。")},
    [REASON_HTTP_STATUS] = {"http_status",
                            TEXT("The web server does not give the file", "Web 服务器未返回该文件"),
                            TEXT("Put the file at the address that is shown, and let everybody read it.",
                                 "请将文件放到显示的地址,并允许任何人访问。")},
    [REASON_REDIRECT_REFUSED] =
        {"redirect_refused", TEXT("The web server leads to another address", "Web 服务器重定向到其他地址"),
         TEXT(
             "Except /.well-known/pki-validation/ from the redirect: the file must be given by plain http at the name itself.",
             "请将 /.well-known/pki-validation/ 排除在重定向之外:该文件必须通过 http 在域名本身直接返回。")},
    [REASON_WRONG_CONTENT] = {"wrong_content", TEXT("The file has another content", "文件内容不正确"),
                              TEXT("The file holds the value that is shown and nothing else.",
                                   "文件中只能包含显示的值,不能有其他内容。")},
    [REASON_CONNECTION_REFUSED] =
        {"connection_refused", TEXT("No connection to the server", "无法连接服务器"),
         TEXT(
             "Check the address of the name, and that the server runs there and can be reached from this machine.",
             "请检查域名解析的地址,以及服务器是否在运行并可从本机访问。")},
};

const struct reason_row *reason_find(const char *name) {
    for (int i = 0; name && i < REASON_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const struct reason_row *reason_row(enum reason reason) {
    return &rows[reason];
}
