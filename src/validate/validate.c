/* The methods, and what they share. */
#include "validate/validate.h"
#include "base/buf.h"
#include "http/address.h"
#include "http/json.h"
#include "validate/propagation.h"
#include <ctype.h>
#include <sodium.h>
#include <stdarg.h>

enum { QUOTED_MAX = 120 };

const struct check_ops *const check_methods[] = {&check_dns, &check_file, NULL};

bool check_find(const char *method, const struct check_ops **ops, struct error *e) {
    for (const struct check_ops *const *one = check_methods; *one; one++)
        if (strcmp((*one)->method, method) == 0) {
            *ops = *one;
            return true;
        }
    return fail_field(e, "method", ERR_BAD_FIELD,
                      "there is no validation method '%s'; there are dns and file",
                      "没有名为“%s”的验证方式;可用:dns、file", method);
}

bool check_possible(const struct check_ops *ops, const char *name, struct error *e) {
    struct address address;
    if (strncmp(name, "*.", 2) == 0 && !ops->for_wildcard)
        return fail(e, ERR_FILE_VALIDATION_NOT_FOR_WILDCARD, "a file cannot prove control over %s",
                    "文件验证不能用于 %s", name);
    if (address_parse(name, &address) && !ops->for_address)
        return fail_field(e, "method", ERR_BAD_FIELD, "%s is an address: only a file proves control over it",
                          "%s 是 IP 地址,只能使用文件验证", name);
    return true;
}

void control_value(const char *token, const char *account_id, char value[VALUE_SIZE]) {
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)token, strlen(token));
    crypto_hash_sha256_update(&state, (const unsigned char *)".", 1);
    crypto_hash_sha256_update(&state, (const unsigned char *)account_id, strlen(account_id));
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2base64(value, VALUE_SIZE, digest, sizeof digest, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* What we published ourselves is looked for as a CA does; here CAA is our own matter. */
static bool look_published(const struct validator *self, struct arena *a, const char *type,
                           const struct control *control, struct check *check, struct error *e) {
    const struct propagation what = {.type = type,
                                     .name = control->name,
                                     .token = control->token,
                                     .key_authorization = control->key_authorization,
                                     .value = control->value,
                                     .wildcard = control->wildcard,
                                     .caa_domain = self->caa_domain};
    return propagation_look(self, a, &what, check, e);
}

static bool look(const struct validator *self, struct arena *a, const char *method,
                 const struct control *control, struct check *check, struct error *e) {
    const struct check_ops *ops;
    if (control->token)
        return look_published(self, a, method, control, check, e);
    *check = (struct check){.reason = REASON_RECORD_MISSING, .detail = TEXT("", "")};
    return check_find(method, &ops, e) && ops->look(self, a, control, check, e);
}

const struct validator validator_network = {
    .look = look, .http_port = 80, .tls_port = 443, .http_timeout_ms = 10000};

void check_add(struct check *check, const struct check_answer *answer) {
    if (check->count < CHECK_ANSWERS_MAX)
        check->answers[check->count++] = *answer;
}

bool check_ends(struct arena *a, struct check *check, enum reason reason, const char *en, const char *zh,
                ...) {
    const char *formats[LANG_COUNT] = {en, zh};
    check->reason = reason;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        va_list args;
        va_start(args, zh);
        check->detail.in[lang] = arena_vprintf(a, formats[lang], args);
        va_end(args);
    }
    return true;
}

const char *check_answers(struct arena *a, const struct check *check) {
    json_t *list = json_array();
    for (size_t i = 0; i < check->count; i++) {
        const struct check_answer *answer = &check->answers[i];
        json_array_append_new(list, json_pack("{ss ss ss sI}", "server", answer->server, "question",
                                              answer->question, "answer", answer->answer, "ms",
                                              (json_int_t)answer->ms));
    }
    return json_text(a, json_keep(a, list), false);
}

const char *look_up_text(struct arena *a, const struct dns_result *result) {
    if (result->timed_out)
        return "time-out";
    if (*result->why)
        return arena_printf(a, "DNSSEC: %s", result->why);
    return arena_printf(a, "%s%s", dns_rcode_name(a, result->rcode), result->secure ? " (DNSSEC)" : "");
}

const char *quoted(struct arena *a, struct slice bytes) {
    struct buf text = buf_new(a, 4 * QUOTED_MAX + 8);
    size_t shown = bytes.len < QUOTED_MAX ? bytes.len : QUOTED_MAX;
    buf_char(&text, '"');
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = bytes.p[i];
        if (c == '"' || c == '\\')
            buf_printf(&text, "\\%c", c);
        else if (c >= ' ' && c < 0x7f)
            buf_char(&text, (char)c);
        else
            buf_printf(&text, "\\%03u", c);
    }
    buf_str(&text, shown < bytes.len ? "\"…" : "\"");
    return text.p;
}
