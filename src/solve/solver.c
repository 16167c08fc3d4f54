/* Solvers: kinds, and what a person may configure. */
#include "solve/solver.h"
#include "acme/base64url.h"
#include "pki/names.h"
#include "signer/signer.h"
#include <sodium.h>

enum { LABEL_DIGEST_BYTES = 20, TOKEN_MAX = 255 };

/* ---- kinds: one file solve_kind.c, its lines here, and in meson.build ---- */

/* clang-format off */
extern const struct solver_ops
    solve_responder,
    solve_webroot,
    solve_delegated,
    solve_rfc2136,
    solve_alidns,
    solve_dnspod,
    solve_cloudflare,
    solve_hook_lego,
    solve_hook_certbot,
    solve_hook_dehydrated,
    solve_hook_acmesh,
    solve_persist,
    solve_manual;
const struct solver_ops *const solver_kinds[] = {
    &solve_responder,
    &solve_webroot,
    &solve_delegated,
    &solve_rfc2136,
    &solve_alidns,
    &solve_dnspod,
    &solve_cloudflare,
    &solve_hook_lego,
    &solve_hook_certbot,
    &solve_hook_dehydrated,
    &solve_hook_acmesh,
    &solve_persist,
    &solve_manual,
    NULL,
};
/* clang-format on */

const struct solver_ops *solver_kind(const char *kind) {
    for (size_t i = 0; solver_kinds[i]; i++)
        if (strcmp(solver_kinds[i]->kind, kind) == 0)
            return solver_kinds[i];
    return NULL;
}

/* ---- types ---- */

static const char *const types[CHALLENGE_TYPE_COUNT] = {
    [CHALLENGE_HTTP_01] = "http-01",
    [CHALLENGE_DNS_01] = "dns-01",
    [CHALLENGE_TLS_ALPN_01] = "tls-alpn-01",
    [CHALLENGE_DNS_PERSIST_01] = "dns-persist-01",
};

const char *challenge_type_name(enum challenge_type type) {
    return types[type];
}

enum challenge_type challenge_type_parse(const char *name) {
    int type = 0;
    while (type < CHALLENGE_TYPE_COUNT && strcmp(types[type], name) != 0)
        type++;
    return (enum challenge_type)type;
}

bool challenge_by_record(const char *type) {
    return strncmp(type, "dns-", 4) == 0;
}

/* ---- what is published ---- */

static size_t base64url_span(const char *text) {
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

bool token_valid(const char *text) {
    size_t len = base64url_span(text);
    return len > 0 && len <= TOKEN_MAX && !text[len];
}

bool key_authorization_valid(const char *text) {
    size_t len = base64url_span(text);
    return len > 0 && len <= TOKEN_MAX && text[len] == '.' && token_valid(text + len + 1);
}

const char *challenge_digest(struct arena *a, const char *text) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
    return base64url_text(a, slice_of(digest, sizeof digest));
}

/* Five bits a letter, so that it is a label of DNS in any case. */
static const char *base32(struct arena *a, const unsigned char *bytes, size_t len) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    char *text = arena_alloc(a, len * 8 / 5 + 1);
    for (size_t i = 0; i < len * 8 / 5; i++) {
        size_t bit = i * 5, at = bit / 8, shift = bit % 8;
        unsigned pair = (unsigned)bytes[at] << 8 | (at + 1 < len ? bytes[at + 1] : 0);
        text[i] = letters[pair >> (11 - shift) & 31];
    }
    return text;
}

const char *delegated_name(struct arena *a, const struct solve_settings *settings, const char *account_id,
                           const char *name) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    if (!settings || !settings->zone)
        return NULL;
    const char *both = arena_printf(a, "%s %s", account_id, name);
    crypto_hash_sha256(digest, (const unsigned char *)both, strlen(both));
    return arena_printf(a, "%s.%s", base32(a, digest, LABEL_DIGEST_BYTES), settings->zone);
}

/* ---- settings ---- */

/* Commands and forms know texts alone: a number or a switch may be written as one. */
static json_t *plain_value(const struct field *f, const json_t *value) {
    const char *text = json_string_value(value);
    if (!text || f->type == FIELD_TEXT)
        return NULL;
    json_t *plain = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json_is_integer(plain) || json_is_boolean(plain))
        return plain;
    json_decref(plain);
    return NULL;
}

static const struct field no_fields[] = {FIELD_END};

bool solver_settings(struct arena *a, const struct solver_ops *ops, const char *text, void **settings,
                     struct error *e) {
    const struct field *fields = ops->settings ? ops->settings : no_fields;
    json_t *object;
    if (!json_read(a, slice_str(text), &object, e))
        return false;
    for (const struct field *f = fields; f->name; f++) {
        json_t *plain = plain_value(f, json_object_get(object, f->name));
        if (plain)
            json_object_set_new(object, f->name, plain);
    }
    *settings = arena_alloc(a, ops->settings_size ? ops->settings_size : 1);
    return json_to_row(a, object, fields, *settings, e);
}

/* ---- what is possible ---- */

bool zone_read(struct arena *a, const char **zone, struct error *e) {
    if (strcmp(*zone, ".") == 0)
        return true;
    if (name_normalise(a, *zone, false, zone, e) && strncmp(*zone, "*.", 2) != 0)
        return true;
    return fail_field(e, "zone", ERR_BAD_FIELD,
                      "'%s' is no zone: give a name such as example.com, an IP address, or '.' for all",
                      "“%s”不是有效的区域:请填写 example.com 之类的域名、IP 地址,或以“.”表示全部", *zone);
}

const char *zone_above(const char *zone) {
    const char *dot = name_is_ip(zone) ? NULL : strchr(zone, '.');
    return dot && dot[1] ? dot + 1 : ".";
}

static bool check_kind(const struct solver_ops *ops, const struct solver *s, struct error *e) {
    enum challenge_type type = challenge_type_parse(s->type);
    if (type == CHALLENGE_TYPE_COUNT)
        return fail_field(e, "type", ERR_BAD_FIELD, "there is no type of challenge '%s'", "没有质询类型“%s”",
                          s->type);
    if (!(ops->types & 1u << type))
        return fail_field(e, "type", ERR_BAD_FIELD, "%s does not solve %s", "%s 不支持 %s", s->kind, s->type);
    if (ops->secret && !s->secret)
        return fail_field(e, "secret", ERR_BAD_FIELD, "%s needs a secret", "%s 需要密钥", s->kind);
    return ops->secret || !s->secret ||
           fail_field(e, "secret", ERR_BAD_FIELD, "%s takes no secret", "%s 不需要密钥", s->kind);
}

bool solver_check(const struct services *services, struct arena *a, struct solver *s, struct error *e) {
    const struct solver_ops *ops = solver_kind(s->kind);
    void *settings;
    if (!ops)
        return fail_field(e, "kind", ERR_BAD_FIELD, "there is no kind of solver '%s'", "没有应答方式“%s”",
                          s->kind);
    if (s->doubt_seconds < 0 || s->doubt_seconds > DOUBT_MAX)
        return fail_field(e, "doubt_seconds", ERR_BAD_FIELD, "doubt_seconds is 0 to %d",
                          "doubt_seconds 须为 0 至 %d", DOUBT_MAX);
    if (!zone_read(a, &s->zone, e) || !check_kind(ops, s, e) ||
        !solver_settings(a, ops, s->settings, &settings, e))
        return false;
    s->settings = json_text(
        a, json_keep(a, json_from_row(a, ops->settings ? ops->settings : no_fields, settings)), false);
    return !ops->check || ops->check(services, settings, e);
}

/* ---- secrets ---- */

static struct key_ref sealed_ref(const struct solver *s) {
    return (struct key_ref){
        .id = s->id, .account_id = s->account_id, .purpose = PURPOSE_SECRET, .sealed = s->sealed};
}

bool solver_seal(struct signer *signer, struct arena *a, struct solver *s, struct error *e) {
    const struct key_ref owner = sealed_ref(s);
    struct key_made made;
    if (!s->secret)
        return true;
    if (!signer_seal(signer, a, secret_new(a, s->secret, strlen(s->secret)), &owner, &made, e))
        return false;
    s->sealed = made.sealed;
    s->has_secret = true;
    return true;
}

bool solving_open(struct solving *s, const struct solver_ops *ops, const struct solver *solver,
                  struct error *e) {
    const struct key_ref ref = sealed_ref(solver);
    struct secret *secret = NULL;
    if (!solver_settings(s->arena, ops, solver->settings, &s->settings, e) ||
        (solver->sealed.len && !signer_open(s->services->signer, s->arena, &ref, &secret, e)))
        return false;
    s->secret = secret;
    return true;
}
