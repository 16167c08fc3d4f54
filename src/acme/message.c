/* What an ACME server says, from JSON. */
#include "acme/message.h"
#include "acme/base64url.h"
#include "acme/message_json.h"
#include <stdio.h>

enum { TIME_MAX = 40 };

static const char *const status_names[ACME_STATUS_COUNT] = {
    "unknown", "pending", "ready", "processing", "valid", "invalid", "deactivated", "revoked", "expired",
};

const char *acme_status_name(enum acme_status status) {
    return status_names[status];
}

enum acme_status acme_status_parse(const char *name) {
    for (int status = ACME_UNKNOWN + 1; name && status < ACME_STATUS_COUNT; status++)
        if (strcmp(status_names[status], name) == 0)
            return (enum acme_status)status;
    return ACME_UNKNOWN;
}

/* ---- members ---- */

/* What is null is as good as absent: CAs that are written in Go send both. */
static const json_t *member(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

static bool bad(struct error *e, const char *name) {
    return fail(e, ERR_ACME_ANSWER, "the member '%s' is missing or malformed", "成员“%s”缺失或格式错误",
                name);
}

static bool printable(const char *text) {
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

/* A text for machines: bounded, printable ASCII without spaces. */
static bool word(struct arena *a, const json_t *value, const char **text) {
    const char *s = json_string_value(value);
    if (!s || !*s || strlen(s) > ACME_TEXT_MAX || !printable(s))
        return false;
    *text = arena_strdup(a, s);
    return true;
}

static bool optional_word(struct arena *a, const json_t *object, const char *name, const char **text,
                          struct error *e) {
    const json_t *value = member(object, name);
    return !value || word(a, value, text) || bad(e, name);
}

static bool is_url(const char *text) {
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static bool optional_url(struct arena *a, const json_t *object, const char *name, const char **url,
                         struct error *e) {
    return optional_word(a, object, name, url, e) && (!*url || is_url(*url) || bad(e, name));
}

static bool url(struct arena *a, const json_t *object, const char *name, const char **text, struct error *e) {
    return optional_url(a, object, name, text, e) && (*text || bad(e, name));
}

/* Several words as one text with one space between; `max` counts them. */
static bool optional_words(struct arena *a, const json_t *object, const char *name, const char **text,
                           struct error *e) {
    const json_t *array = member(object, name), *value;
    size_t i;
    struct buf b = buf_new(a, ACME_TEXT_MAX);
    if (!array)
        return true;
    if (!json_is_array(array))
        return bad(e, name);
    json_array_foreach(array, i, value) {
        const char *one;
        if (!word(a, value, &one))
            return bad(e, name);
        buf_printf(&b, "%s%s", i ? " " : "", one);
    }
    *text = b.len ? b.p : NULL;
    return !b.overflow || bad(e, name);
}

/* RFC 3339 with or without a fraction of a second, which is dropped. */
static bool parse_time(const char *text, int64_t *t) {
    char whole[TIME_MAX];
    struct error unreadable;
    size_t len = strcspn(text, "."), fraction = text[len] ? 1 + strspn(text + len + 1, "0123456789") : 0;
    int written = snprintf(whole, sizeof whole, "%.*s%s", (int)(len < TIME_MAX ? len : TIME_MAX), text,
                           text + len + fraction);
    return fraction != 1 && written < TIME_MAX && time_parse(whole, t, "time", &unreadable);
}

static bool optional_time(const json_t *object, const char *name, int64_t *t, struct error *e) {
    const json_t *value = member(object, name);
    if (!value)
        return true;
    if (!json_is_string(value) || !parse_time(json_string_value(value), t))
        return bad(e, name);
    *t = *t > 0 ? *t : 0; /* the year 1 stands for none */
    return true;
}

static bool status(const json_t *object, enum acme_status *found, struct error *e) {
    const char *name = json_string_value(json_object_get(object, "status"));
    *found = acme_status_parse(name);
    return name || bad(e, "status");
}

static bool optional_flag(const json_t *object, const char *name, bool *flag, struct error *e) {
    const json_t *value = member(object, name);
    *flag = json_is_true(value);
    return !value || json_is_boolean(value) || bad(e, name);
}

static void optional_problem(struct arena *a, const json_t *object, const struct acme_problem **problem) {
    const json_t *value = member(object, "error");
    if (!value)
        return;
    struct acme_problem *read = ARENA_NEW(a, struct acme_problem);
    acme_problem_from(a, value, read);
    *problem = read;
}

static bool array_of(const json_t *object, const char *name, size_t max, const json_t **array,
                     struct error *e) {
    *array = json_object_get(object, name);
    return (json_is_array(*array) && json_array_size(*array) <= max) || bad(e, name);
}

static bool read_object(struct arena *a, struct slice json, json_t **object, struct error *e) {
    struct error malformed = {0};
    if (json_read(a, json, object, &malformed) && json_is_object(*object))
        return true;
    if (malformed.id == ERR_NONE)
        return fail(e, ERR_ACME_ANSWER, "an object is expected", "应为一个对象");
    return fail(e, ERR_ACME_ANSWER, "%s%.0s", "%.0s%s", malformed.detail[LANG_EN], malformed.detail[LANG_ZH]);
}

/* ---- directory ---- */

static bool read_profiles(struct arena *a, const json_t *meta, struct acme_directory *d, struct error *e) {
    json_t *profiles = json_object_get(meta, "profiles"), *value;
    const char *name;
    if (!profiles || json_is_null(profiles))
        return true;
    if (!json_is_object(profiles) || json_object_size(profiles) > ACME_PROFILES_MAX)
        return bad(e, "profiles");
    d->profiles = ARENA_ARRAY(a, json_object_size(profiles), struct acme_profile);
    json_object_foreach(profiles, name, value) {
        const char *description = json_string_value(value);
        if (!*name || strlen(name) > ACME_TEXT_MAX || !printable(name))
            return bad(e, "profiles");
        d->profiles[d->profile_count++] =
            (struct acme_profile){arena_strdup(a, name), acme_text_for_people(a, description)};
    }
    return true;
}

static bool read_meta(struct arena *a, const json_t *meta, struct acme_directory *d, struct error *e) {
    if (!meta)
        return true;
    return (json_is_object(meta) || bad(e, "meta")) &&
           optional_word(a, meta, "termsOfService", &d->terms_of_service, e) &&
           optional_word(a, meta, "website", &d->website, e) &&
           optional_words(a, meta, "caaIdentities", &d->caa_identities, e) &&
           optional_flag(meta, "externalAccountRequired", &d->external_account_required, e) &&
           read_profiles(a, meta, d, e);
}

bool acme_read_directory(struct arena *a, struct slice json, struct acme_directory *d, struct error *e) {
    json_t *object;
    *d = (struct acme_directory){0};
    return read_object(a, json, &object, e) && url(a, object, "newNonce", &d->new_nonce, e) &&
           url(a, object, "newAccount", &d->new_account, e) && url(a, object, "newOrder", &d->new_order, e) &&
           url(a, object, "revokeCert", &d->revoke_cert, e) &&
           url(a, object, "keyChange", &d->key_change, e) &&
           optional_url(a, object, "newAuthz", &d->new_authz, e) &&
           optional_url(a, object, "renewalInfo", &d->renewal_info, e) &&
           read_meta(a, member(object, "meta"), d, e);
}

bool acme_offers(const struct acme_directory *directory, const char *profile) {
    for (size_t i = 0; i < directory->profile_count; i++)
        if (strcmp(directory->profiles[i].name, profile) == 0)
            return true;
    return false;
}

/* ---- account ---- */

bool acme_read_account(struct arena *a, struct slice json, struct acme_account_object *account,
                       struct error *e) {
    json_t *object;
    *account = (struct acme_account_object){0};
    return read_object(a, json, &object, e) && status(object, &account->status, e) &&
           optional_words(a, object, "contact", &account->contact, e) &&
           optional_url(a, object, "orders", &account->orders, e) &&
           optional_flag(object, "termsOfServiceAgreed", &account->terms_agreed, e);
}

/* ---- orders ---- */

static bool read_identifier(struct arena *a, const json_t *object, struct acme_identifier *identifier,
                            struct error *e) {
    return (word(a, json_object_get(object, "type"), &identifier->type) &&
            word(a, json_object_get(object, "value"), &identifier->value)) ||
           bad(e, "identifier");
}

static bool read_identifiers(struct arena *a, const json_t *object, struct acme_order *order,
                             struct error *e) {
    const json_t *array;
    if (!array_of(object, "identifiers", ACME_IDENTIFIERS_MAX, &array, e))
        return false;
    order->identifier_count = json_array_size(array);
    order->identifiers = ARENA_ARRAY(a, order->identifier_count, struct acme_identifier);
    for (size_t i = 0; i < order->identifier_count; i++)
        if (!read_identifier(a, json_array_get(array, i), &order->identifiers[i], e))
            return false;
    return true;
}

static bool read_authorizations(struct arena *a, const json_t *object, struct acme_order *order,
                                struct error *e) {
    const json_t *array;
    if (!array_of(object, "authorizations", ACME_IDENTIFIERS_MAX, &array, e))
        return false;
    order->authorization_count = json_array_size(array);
    order->authorizations = ARENA_ARRAY(a, order->authorization_count, const char *);
    for (size_t i = 0; i < order->authorization_count; i++)
        if (!word(a, json_array_get(array, i), &order->authorizations[i]) ||
            !is_url(order->authorizations[i]))
            return bad(e, "authorizations");
    return true;
}

static bool read_order_times(const json_t *object, struct acme_order *order, struct error *e) {
    return optional_time(object, "expires", &order->expires, e) &&
           optional_time(object, "notBefore", &order->not_before, e) &&
           optional_time(object, "notAfter", &order->not_after, e);
}

bool acme_read_order(struct arena *a, struct slice json, struct acme_order *order, struct error *e) {
    json_t *object;
    *order = (struct acme_order){0};
    if (!read_object(a, json, &object, e) || !status(object, &order->status, e) ||
        !read_order_times(object, order, e) || !read_identifiers(a, object, order, e) ||
        !read_authorizations(a, object, order, e))
        return false;
    optional_problem(a, object, &order->problem);
    return url(a, object, "finalize", &order->finalize, e) &&
           optional_url(a, object, "certificate", &order->certificate, e) &&
           optional_word(a, object, "replaces", &order->replaces, e) &&
           optional_word(a, object, "profile", &order->profile, e);
}

/* ---- authorizations ---- */

/* The token becomes a path and a part of a record: it is checked before anybody sees it. */
static bool read_token(struct arena *a, const json_t *object, struct acme_challenge *challenge,
                       struct error *e) {
    return optional_word(a, object, "token", &challenge->token, e) &&
           (!challenge->token ||
            (base64url_is(challenge->token) && strlen(challenge->token) <= ACME_TOKEN_MAX) ||
            bad(e, "token"));
}

static bool read_issuer_names(struct arena *a, const json_t *object, struct acme_challenge *challenge,
                              struct error *e) {
    return optional_words(a, object, "issuer-domain-names", &challenge->issuer_domain_names, e) &&
           (challenge->issuer_domain_names ||
            optional_words(a, object, "issuerDomainNames", &challenge->issuer_domain_names, e));
}

static bool read_challenge(struct arena *a, const json_t *object, struct acme_challenge *challenge,
                           struct error *e) {
    *challenge = (struct acme_challenge){0};
    if (!json_is_object(object) || !word(a, json_object_get(object, "type"), &challenge->type))
        return bad(e, "type");
    optional_problem(a, object, &challenge->problem);
    return url(a, object, "url", &challenge->url, e) && status(object, &challenge->status, e) &&
           optional_time(object, "validated", &challenge->validated, e) &&
           read_token(a, object, challenge, e) && read_issuer_names(a, object, challenge, e);
}

static bool read_challenges(struct arena *a, const json_t *object, struct acme_authorization *authorization,
                            struct error *e) {
    const json_t *array;
    if (!array_of(object, "challenges", ACME_CHALLENGES_MAX, &array, e))
        return false;
    authorization->challenge_count = json_array_size(array);
    authorization->challenges = ARENA_ARRAY(a, authorization->challenge_count, struct acme_challenge);
    for (size_t i = 0; i < authorization->challenge_count; i++)
        if (!read_challenge(a, json_array_get(array, i), &authorization->challenges[i], e))
            return false;
    return true;
}

bool acme_read_authorization(struct arena *a, struct slice json, struct acme_authorization *authorization,
                             struct error *e) {
    json_t *object;
    *authorization = (struct acme_authorization){0};
    return read_object(a, json, &object, e) && status(object, &authorization->status, e) &&
           optional_time(object, "expires", &authorization->expires, e) &&
           optional_flag(object, "wildcard", &authorization->wildcard, e) &&
           read_identifier(a, json_object_get(object, "identifier"), &authorization->identifier, e) &&
           read_challenges(a, object, authorization, e);
}

bool acme_read_challenge(struct arena *a, struct slice json, struct acme_challenge *challenge,
                         struct error *e) {
    json_t *object;
    return read_object(a, json, &object, e) && read_challenge(a, object, challenge, e);
}

/* ---- renewal information ---- */

bool acme_read_renewal_info(struct arena *a, struct slice json, struct acme_renewal_info *info,
                            struct error *e) {
    json_t *object;
    *info = (struct acme_renewal_info){0};
    if (!read_object(a, json, &object, e))
        return false;
    const json_t *window = json_object_get(object, "suggestedWindow");
    return optional_time(window, "start", &info->start, e) && optional_time(window, "end", &info->end, e) &&
           (info->start < info->end || bad(e, "suggestedWindow")) && (info->start > 0 || bad(e, "start")) &&
           optional_word(a, object, "explanationURL", &info->explanation_url, e);
}
