/* The verdicts: what they are called, what they mean for a deployment, and what a person can do. */
#include "verify/verify.h"

static const struct verdict_row rows[VERDICT_COUNT] = {
    [VERDICT_OK] =
        {"ok", false, TEXT("The right certificate is served", "服务器提供的证书正确"),
         TEXT("Nothing is to be done. Whoever still sees the old one should clear the browser cache.",
              "无需处理。如仍看到旧证书,请清除浏览器缓存。")},
    [VERDICT_OLD_CERTIFICATE_SERVED] =
        {"old_certificate_served", true,
         TEXT("Another certificate is served than should be", "服务器仍在提供其他证书"),
         TEXT("Check that the server reads the file that Tenure writes, then reload it.",
              "请确认服务器读取的是 Tenure 写入的文件,然后重新加载服务器。")},
    [VERDICT_FILE_NOT_REPLACED] = {"file_not_replaced", true,
                                   TEXT("The new certificate never got to the file of the server",
                                        "服务器的证书文件尚未更换"),
                                   TEXT("Deploy the certificate to this target.", "请将证书部署到该目标。")},
    [VERDICT_SERVICE_NOT_RELOADED] =
        {"service_not_reloaded", true,
         TEXT("The file is new, but the server still serves the old certificate",
              "文件已更新,但服务器仍在提供旧证书"),
         TEXT("Reload the server, and correct the target's reload command; check that it reads that file.",
              "请重新加载服务器,并修正该目标的重新加载命令;确认服务器读取的是该文件。")},
    [VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED] =
        {"intermediate_device_not_updated", true,
         TEXT("Some addresses serve the new certificate, others do not",
              "部分地址已更新证书,其他地址尚未更新"),
         TEXT("Update the certificate on the CDN, WAF, accelerator or load balancer in front as well.",
              "请同时更新前端 CDN、WAF、全站加速或负载均衡上的证书。")},
    [VERDICT_INCOMPLETE_CHAIN] = {"incomplete_chain", true,
                                  TEXT("Intermediate certificates are missing", "证书链不完整,缺少中间证书"),
                                  TEXT("Let the server use the file with the full chain.",
                                       "请让服务器使用包含完整证书链的文件。")},
    [VERDICT_NAME_MISMATCH] = {"name_mismatch", true,
                               TEXT("The certificate is not for this name", "证书与域名不匹配"),
                               TEXT("Check the server name, and which site of the server answers to it.",
                                    "请检查服务器名称,以及由服务器的哪个站点响应该名称。")},
    [VERDICT_EXPIRED] = {"expired", false, TEXT("The certificate has expired", "证书已过期"),
                         TEXT("Renew it, or put the renewed one there.", "请续费,或部署已续费的证书。")},
    [VERDICT_NOT_YET_VALID] = {"not_yet_valid", false,
                               TEXT("The certificate is not valid yet", "证书尚未生效"),
                               TEXT("Check the clock of this machine; otherwise wait.",
                                    "请检查本机时钟;如时钟正确,请等待证书生效。")},
    [VERDICT_UNTRUSTED_ROOT] =
        {"untrusted_root", false,
         TEXT("The root of the chain is not trusted here", "本机不信任该证书链的根证书"),
         TEXT("Let the clients trust the root, or use a certificate of a CA that they trust.",
              "请让客户端信任该根证书,或使用其信任的 CA 签发的证书。")},
    [VERDICT_KEY_MISMATCH] = {"key_mismatch", true,
                              TEXT("The certificate has another key than expected", "证书的密钥与预期不符"),
                              TEXT("Put certificate and key there together.",
                                   "请同时部署证书和对应的私钥。")},
    [VERDICT_UNREACHABLE] = {"unreachable", true, TEXT("Nobody answers at this address", "该地址无法连接"),
                             TEXT("Check address, port and firewall, and that the server runs.",
                                  "请检查地址、端口和防火墙,并确认服务器正在运行。")},
    [VERDICT_HANDSHAKE_FAILED] = {"handshake_failed", true, TEXT("The TLS handshake fails", "TLS 握手失败"),
                                  TEXT("Check that TLS is spoken on this port, and the server's log.",
                                       "请确认该端口提供 TLS 服务,并查看服务器日志。")},
};

const struct verdict_row *verdict_row(enum verdict verdict) {
    return &rows[verdict];
}

const struct verdict_row *verdict_by_name(const char *name) {
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
