/* What the server does between requests. */
#include "acmeserver/served.h"

const struct step acmeserver_steps[] = {
    {"validate", "challenge", .slow = true, .act = served_look, .save = {served_look_save},
     .does = TEXT("looks whether the challenge is met", "检查验证是否已满足")},
    {"sign", "certificate", .act = served_sign, .save = {served_sign_save},
     .does = TEXT("signs the certificate", "签发证书")},
    {"crl", "CA", .act = served_crl, .save = {served_crl_save},
     .does = TEXT("signs the next list of revoked certificates", "签发下一份吊销列表")},
    {0},
};
