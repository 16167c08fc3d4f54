/*
 * Judging what was seen. Each address is asked the questions of a table, in their order: the first that finds
 * something wrong decides. Then the addresses are compared.
 */
#include "verify/verify.h"
#include <stdarg.h>

/* One address under judgement. */
struct look {
    struct arena *arena;
    const struct tls_seen *seen;
    const struct expectation *expected;
    int64_t now;
    struct finding *finding;
};

/* Always returns false, so that a question ends with what it has found. Both formats take the same arguments.
 */
__attribute__((format(printf, 3, 5), format(printf, 4, 5))) static bool
found(const struct look *l, enum verdict verdict, const char *en, const char *zh, ...) {
    const char *formats[LANG_COUNT] = {en, zh};
    l->finding->verdict = verdict;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        va_list args;
        va_start(args, zh);
        l->finding->detail.in[lang] = arena_vprintf(l->arena, formats[lang], args);
        va_end(args);
    }
    return false;
}

/* "%.0s" passes over the reason in the other language. */
static bool found_reason(const struct look *l, enum verdict verdict) {
    const struct tls_seen *s = l->seen;
    return found(l, verdict, "%s: %s%.0s", "%s:%.0s%s", s->address, s->reason.in[LANG_EN],
                 s->reason.in[LANG_ZH]);
}

static const struct cert *leaf_of(const struct tls_seen *seen) {
    return seen->count ? &seen->chain[0] : NULL;
}

static const char *date(const struct look *l, int64_t t) {
    return time_format_date(l->arena, t);
}

/* ---- the questions ---- */

static bool answers(const struct look *l) {
    const struct tls_seen *s = l->seen;
    if (s->result == HANDSHAKE_UNREACHABLE)
        return found_reason(l, VERDICT_UNREACHABLE);
    if (s->result != HANDSHAKE_DONE)
        return found_reason(l, VERDICT_HANDSHAKE_FAILED);
    return s->count || found(l, VERDICT_HANDSHAKE_FAILED, "%s shows no readable certificate",
                             "%s 没有提供可读的证书", s->address);
}

static bool is_for_the_name(const struct look *l) {
    const struct cert *leaf = leaf_of(l->seen);
    return !l->expected->server_name || names_cover(leaf->names, l->expected->server_name) ||
           found(l, VERDICT_NAME_MISMATCH, "%s serves a certificate for %s, not for %s",
                 "%s 提供的证书用于 %s,而非 %s", l->seen->address, leaf->names, l->expected->server_name);
}

static bool is_expected(const struct look *l) {
    static const enum verdict verdicts[] = {[FILE_UNKNOWN] = VERDICT_OLD_CERTIFICATE_SERVED,
                                            [FILE_OLD] = VERDICT_FILE_NOT_REPLACED,
                                            [FILE_NEW] = VERDICT_SERVICE_NOT_RELOADED};
    const struct cert *leaf = leaf_of(l->seen);
    const struct expectation *x = l->expected;
    return !x->fingerprint || strcmp(leaf->fingerprint, x->fingerprint) == 0 ||
           found(l, verdicts[x->file],
                 "%s serves serial number %s, valid to %s, not the certificate with fingerprint %.16s…",
                 "%s 提供的证书序列号为 %s,有效期至 %s,并非指纹为 %.16s… 的证书", l->seen->address,
                 leaf->serial, date(l, leaf->end - 1), x->fingerprint);
}

static bool has_expected_key(const struct look *l) {
    const struct cert *leaf = leaf_of(l->seen);
    const struct expectation *x = l->expected;
    return !x->spki_sha256 || strcmp(leaf->spki_sha256, x->spki_sha256) == 0 ||
           found(l, VERDICT_KEY_MISMATCH, "%s serves a certificate with the key %.16s…, not %.16s…",
                 "%s 提供的证书的密钥为 %.16s…,而非 %.16s…", l->seen->address, leaf->spki_sha256,
                 x->spki_sha256);
}

static bool is_served(const struct tls_seen *seen, const struct cert *cert) {
    for (size_t i = 1; i < seen->count; i++)
        if (strcmp(seen->chain[i].fingerprint, cert->fingerprint) == 0)
            return true;
    return false;
}

/* A root need not be sent: whoever trusts it has it. */
static bool has_given_chain(const struct look *l) {
    for (size_t i = 0; i < l->expected->chain_count; i++) {
        const struct cert *cert = &l->expected->chain[i];
        if (!cert->self_issued && !is_served(l->seen, cert))
            return found(l, VERDICT_INCOMPLETE_CHAIN, "%s does not serve the intermediate '%s'",
                         "%s 未提供中间证书“%s”", l->seen->address, cert->subject);
    }
    return true;
}

/* Intermediates expire, too, and some before their leaves. */
static bool is_valid_now(const struct look *l) {
    for (size_t i = 0; i < l->seen->count; i++) {
        const struct cert *cert = &l->seen->chain[i];
        if (l->now >= cert->end)
            return found(l, VERDICT_EXPIRED, "'%s' at %s ended on %s", "“%s”(%s)已于 %s 到期", cert->subject,
                         l->seen->address, date(l, cert->end - 1));
        if (l->now < cert->not_before)
            return found(l, VERDICT_NOT_YET_VALID,
                         "'%s' at %s begins on %s, %lld seconds after the clock of this machine",
                         "“%s”(%s)自 %s 起生效,比本机时钟晚 %lld 秒", cert->subject, l->seen->address,
                         time_format(l->arena, cert->not_before), (long long)(cert->not_before - l->now));
    }
    return true;
}

static const struct cert *issuer_among(const struct tls_seen *seen, const struct cert *cert) {
    for (size_t i = 1; i < seen->count; i++)
        if (slice_equal(seen->chain[i].subject_der, cert->issuer_der))
            return &seen->chain[i];
    return NULL;
}

/* A chain that ends with the leaf lacks its intermediates; one that goes on ends at a root that nobody knows.
 */
static bool is_trusted(const struct look *l) {
    const struct expectation *x = l->expected;
    const struct cert *leaf = leaf_of(l->seen);
    if (x->fingerprint || tls_chain_trusted(l->arena, l->seen, x->roots, x->root_count, l->now))
        return true;
    if (!leaf->self_issued && !issuer_among(l->seen, leaf))
        return found(l, VERDICT_INCOMPLETE_CHAIN, "%s does not serve the certificate of the issuer '%s'",
                     "%s 未提供颁发者“%s”的证书", l->seen->address, leaf->issuer);
    return found(l, VERDICT_UNTRUSTED_ROOT,
                 "the chain at %s, up to the issuer '%s', leads to no trusted root",
                 "%s 的证书链(颁发者“%s”)未通向受信任的根证书", l->seen->address,
                 l->seen->chain[l->seen->count - 1].issuer);
}

/* The name first: a certificate for another name comes from another site, not from an earlier time. */
static bool (*const questions[])(const struct look *l) = {
    answers, is_for_the_name, is_expected, has_expected_key, has_given_chain, is_valid_now, is_trusted,
};

static void judge_one(const struct look *l) {
    const struct cert *leaf = leaf_of(l->seen);
    *l->finding = (struct finding){
        .verdict = VERDICT_OK,
        .served_fingerprint = leaf ? leaf->fingerprint : NULL,
        .protocol = l->seen->protocol,
        .cipher = l->seen->cipher,
        .address = l->seen->address,
        .served_from = leaf ? leaf->not_before : 0,
        .served_end = leaf ? leaf->end : 0,
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (!questions[i](l))
            return;
    found(l, VERDICT_OK, "%s serves serial number %s, valid to %s, with %s",
          "%s 提供的证书序列号为 %s,有效期至 %s,协议 %s", l->seen->address, leaf->serial,
          date(l, leaf->end - 1), l->seen->protocol);
}

/* ---- all addresses ---- */

static bool serves_expected(const struct finding *f, const struct expectation *expected) {
    return expected->fingerprint && f->served_fingerprint &&
           strcmp(f->served_fingerprint, expected->fingerprint) == 0;
}

/*
 * The worst one speaks for all. An address that cannot be reached from here counts only if none can: often it
 * is one of a protocol family that this machine has no route for.
 */
static const struct finding *worst(const struct finding *findings, size_t count) {
    const struct finding *chosen = NULL;
    for (size_t i = 0; i < count; i++) {
        bool weaker = !chosen || chosen->verdict == VERDICT_UNREACHABLE ||
                      (chosen->verdict == VERDICT_OK && findings[i].verdict != VERDICT_UNREACHABLE);
        if (weaker)
            chosen = &findings[i];
    }
    return chosen;
}

/* The new one is served here, and another there. */
static void compare(const struct expectation *expected, const struct finding *findings, size_t count,
                    struct finding *finding) {
    bool elsewhere = false;
    for (size_t i = 0; i < count; i++)
        elsewhere |= serves_expected(&findings[i], expected);
    bool other_here =
        expected->fingerprint && finding->served_fingerprint && !serves_expected(finding, expected);
    if (elsewhere && other_here)
        finding->verdict = VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED;
}

void verify_judge(struct arena *a, const struct tls_seen *seen, size_t seen_count,
                  const struct expectation *expected, int64_t now, struct finding *finding) {
    static const struct tls_seen nothing = {.result = HANDSHAKE_UNREACHABLE,
                                            .reason = TEXT("the name has no address", "该名称没有地址"),
                                            .protocol = "",
                                            .cipher = "",
                                            .address = ""};
    size_t count = seen_count ? seen_count : 1;
    struct finding *findings = ARENA_ARRAY(a, count, struct finding);
    for (size_t i = 0; i < count; i++)
        judge_one(&(struct look){a, seen_count ? &seen[i] : &nothing, expected, now, &findings[i]});
    *finding = *worst(findings, count);
    compare(expected, findings, count, finding);
}
