/* The table of faults, and drawing them. */
#include "acmeserver/fault.h"

#define AT(name) (1u << RESOURCE_##name)
/* What is signed by an account. */
#define SIGNED                                                                                               \
    (AT(NEW_ACCOUNT) | AT(ACCOUNT) | AT(ORDERS) | AT(KEY_CHANGE) | AT(NEW_ORDER) | AT(ORDER) |               \
     AT(FINALIZE) | AT(AUTHORIZATION) | AT(CHALLENGE) | AT(CERTIFICATE) | AT(ALTERNATE) | AT(REVOKE))
#define ALL  (SIGNED | AT(DIRECTORY) | AT(NEW_NONCE) | AT(RENEWAL_INFO))
#define JSON (ALL & ~(AT(NEW_NONCE) | AT(CERTIFICATE) | AT(ALTERNATE) | AT(REVOKE)))

const struct fault_row fault_rows[FAULT_COUNT] = {
    [FAULT_BAD_NONCE] = {"bad_nonce", SIGNED, 0, TEXT("a good nonce is refused", "拒绝有效的 nonce")},
    [FAULT_RATE_LIMITED] = {"rate_limited", SIGNED, 0,
                            TEXT("429 without Retry-After", "429,不带 Retry-After")},
    [FAULT_RATE_LIMITED_WAIT] = {"rate_limited_wait", SIGNED, 3,
                                 TEXT("429 with Retry-After", "429,带 Retry-After")},
    [FAULT_UNAVAILABLE] = {"unavailable", ALL, 0, TEXT("503 without Retry-After", "503,不带 Retry-After")},
    [FAULT_UNAVAILABLE_WAIT] = {"unavailable_wait", ALL, 3,
                                TEXT("503 with Retry-After", "503,带 Retry-After")},
    [FAULT_INTERNAL] = {"internal", ALL, 0, TEXT("500 serverInternal", "500 serverInternal")},
    [FAULT_DROPPED] = {"dropped", ALL, 0,
                       TEXT("the connection is closed and nothing was done", "未处理即断开连接")},
    [FAULT_DROPPED_AFTER] = {"dropped_after", ALL, 0,
                             TEXT("the connection is closed after it was done", "处理完成后断开连接")},
    [FAULT_MALFORMED] = {"malformed", JSON, 0, TEXT("the answer is not JSON", "应答不是 JSON")},
    [FAULT_TRUNCATED] = {"truncated", ALL & ~(AT(NEW_NONCE) | AT(REVOKE)), 0,
                         TEXT("half of the answer is missing", "应答缺少一半")},
    [FAULT_ALREADY_REPLACED] = {"already_replaced", AT(NEW_ORDER), 0,
                                TEXT("an order with `replaces` is refused", "拒绝带 replaces 的订单")},
    [FAULT_VALIDATION_SLOW] = {"validation_slow", AT(CHALLENGE), 5,
                               TEXT("it takes a while until a challenge is looked at", "延迟检查验证")},
    [FAULT_VALIDATION_FAILED] = {"validation_failed", AT(CHALLENGE), 0,
                                 TEXT("a challenge that was met counts as failed", "已满足的验证被判为失败")},
    [FAULT_AUTHORIZATION_EXPIRED] = {"authorization_expired", AT(FINALIZE), 0,
                                     TEXT("an authorization of the order expires before it is finalized",
                                          "订单的授权在完成之前过期")},
    [FAULT_ORDER_INVALID] = {"order_invalid", AT(FINALIZE), 0,
                             TEXT("the order becomes invalid when it is finalized", "订单在完成时变为无效")},
    [FAULT_PROCESSING_SLOW] = {"processing_slow", AT(FINALIZE), 5,
                               TEXT("the order is processing for a while", "订单处理缓慢")},
    [FAULT_PROCESSING_NEVER] = {"processing_never", AT(FINALIZE), 0,
                                TEXT("the order is processing for ever", "订单永远处于处理中")},
    [FAULT_WRONG_KEY] = {"wrong_key", AT(FINALIZE), 0,
                         TEXT("the certificate has another key", "证书的密钥不符")},
    [FAULT_WRONG_NAMES] = {"wrong_names", AT(FINALIZE), 0,
                           TEXT("the certificate has another name", "证书的域名不符")},
    [FAULT_WRONG_CHAIN] = {"wrong_chain", AT(CERTIFICATE), 0,
                           TEXT("the chain does not belong to the certificate", "证书链与证书不符")},
};

void faults_begin(struct faults *faults, uint64_t seed) {
    *faults = (struct faults){.state = seed};
    for (int i = 0; i < FAULT_COUNT; i++)
        faults->of[i].seconds = fault_rows[i].seconds;
}

enum fault fault_find(const char *name) {
    int i = 0;
    while (i < FAULT_COUNT && strcmp(fault_rows[i].name, name) != 0)
        i++;
    return (enum fault)i;
}

/* SplitMix64. */
static uint64_t draw(struct faults *faults) {
    uint64_t z = faults->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

bool fault_happens(struct faults *faults, enum fault fault, enum resource resource) {
    if (faults->of[fault].percent == 0 || !(fault_rows[fault].where & 1u << resource))
        return false;
    bool happens = (int64_t)(draw(faults) % 100) < faults->of[fault].percent;
    faults->of[fault].happened += happens;
    return happens;
}
