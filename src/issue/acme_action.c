/* What a turn of an order does at the CA: RFC 8555, sections 7.4 and 7.5. */
#include "acme/base64url.h"
#include "acme/jwk.h"
#include "base/log.h"
#include "issue/acme_run.h"
#include "pki/csr.h"
#include "solve/persist_record.h"

enum { BAD_REQUEST = 400, NOT_FOUND = 404, TOO_MANY = 429, SERVER_ERRORS = 500 };
enum { LOST_MAX = 4 };         /* two hours of back-off */
enum { CLOCKS_DIFFER = 3600 }; /* so much: what is the CA's longest lifetime by its clock is not passed */

void acme_wait_a_little(struct acme_run *run) {
    struct acme_order_row *order = &run->order;
    int64_t delay = run->reply.retry_after ? run->reply.retry_after : acme_poll_delay(order->polls);
    run->waits = true;
    order->poll_at = run->w->now + delay;
    order->polls++;
}

/* ---- the order ---- */

static void keep_answer(struct acme_run *run, const struct acme_order *answer) {
    struct acme_order_row *order = &run->order;
    order->status = acme_status_name(answer->status);
    order->finalize_url = answer->finalize ? answer->finalize : order->finalize_url;
    order->certificate_url = answer->certificate ? answer->certificate : order->certificate_url;
    order->expires_at = answer->expires ? answer->expires : order->expires_at;
    if (answer->status == ACME_PROCESSING && !order->processing_until)
        order->processing_until = run->w->now + run->issuer.finalize_seconds;
    if (answer->problem) {
        run->reply.problem = *answer->problem;
        order->problem = acme_problem_text(run->w->arena, answer->problem);
    }
}

static bool read_order(struct acme_run *run, struct acme_order *answer, struct error *e) {
    if (!acme_read_order(run->w->arena, run->reply.body, answer, e))
        return false;
    keep_answer(run, answer);
    return true;
}

static json_t *identifiers(const char *names) {
    json_t *list = json_array();
    struct slice name;
    while (names_next(&names, &name)) {
        json_t *value = json_stringn((const char *)name.p, name.len);
        const char *type = name_is_ip(json_string_value(value)) ? "ip" : "dns";
        json_array_append_new(list, json_pack("{s:s,s:o}", "type", type, "value", value));
    }
    return list;
}

bool acme_run_lifetime(struct acme_run *run, struct error *e) {
    struct work *w = run->w;
    const struct profile *profile;
    struct coverage coverage;
    const struct issuer_rules rules = issuer_rules_of(&run->issuer);
    if (!run->issuer.takes_not_after)
        return true;
    if (!certificate_profile(w->services->policies, run->c, &profile, e) ||
        !issue_coverage(w, run->c, profile, &coverage, e))
        return false;
    struct validity validity = policy_validity(profile, &rules, coverage.end, w->now);
    bool exact = validity.limited_by == LIMIT_COVERAGE || run->issuer.takes_not_before;
    run->order.not_after = validity.end - (exact ? 1 : CLOCKS_DIFFER);
    run->order.not_before = run->issuer.takes_not_before ? validity.not_before : 0;
    return true;
}

static json_t *order_payload(const struct acme_run *run) {
    struct arena *a = run->w->arena;
    const char *profile = run->issuer.profile;
    json_t *payload = json_keep(a, json_object());
    json_object_set_new(payload, "identifiers", identifiers(run->application->names));
    if (profile && acme_offers(&run->directory, profile))
        json_object_set_new(payload, "profile", json_string(profile));
    if (run->order.replaces && run->directory.renewal_info)
        json_object_set_new(payload, "replaces", json_string(run->order.replaces));
    if (run->order.not_after)
        json_object_set_new(payload, "notAfter", json_string(time_format(a, run->order.not_after)));
    if (run->order.not_before)
        json_object_set_new(payload, "notBefore", json_string(time_format(a, run->order.not_before)));
    return payload;
}

static bool read_new_order(struct acme_run *run, struct acme_order *answer, struct error *e) {
    if (!acme_read_order(run->w->arena, run->reply.body, answer, e))
        return false;
    if (!run->reply.location)
        return fail(e, ERR_ACME_ANSWER, "the CA does not say where the order is", "CA 未给出订单地址");
    return answer->authorization_count <= names_count(run->application->names) ||
           fail(e, ERR_ACME_ANSWER, "the CA asks for %zu proofs of %zu names",
                "CA 要求 %zu 项验证,而申请只有 %zu 个域名", answer->authorization_count,
                names_count(run->application->names));
}

/*
 * Whether one is there nobody knows where the answer was lost, or tells nothing, or where we died: what is
 * sent is counted with its slot, before, and what is refused is not counted any more.
 */
static bool post_order(struct acme_run *run, struct acme_order *answer, struct error *e) {
    run->session.once = true;
    bool answered = acme_run_post(run, run->directory.new_order, order_payload(run), e);
    run->session.once = false;
    if (answered && read_new_order(run, answer, e)) {
        run->order.polls = 0;
        return true;
    }
    run->order.polls -= run->reply.status >= BAD_REQUEST && !run->reply.repeated;
    run->stays |= run->order.polls > 0;
    return false;
}

/*
 * Is it worth saying it again without `replaces`? With any error (RFC 9773, section 5); but where an order
 * may be there, the same words find it: not before the CA refuses them, or has given no answer for long.
 */
static bool hint_may_be_why(const struct acme_run *run) {
    int status = run->reply.status;
    const char *type = run->reply.problem.type;
    bool lost = status < BAD_REQUEST;
    bool refused = !lost && status < SERVER_ERRORS && status != TOO_MANY && type && *type;
    return run->order.polls == 0 || refused || (lost && run->order.polls >= LOST_MAX);
}

/*
 * A hint never keeps an order away: once again without it; later, if the CA wants that. Should nobody know
 * whether an order was made, the next attempt says the same, and finds it. `*sent` false: there is no slot.
 */
static bool place_order(struct acme_run *run, struct acme_order *answer, bool *sent, struct error *e) {
    *sent = true;
    if (post_order(run, answer, e))
        return true;
    if (!run->order.replaces || !run->directory.renewal_info || !hint_may_be_why(run))
        return false;
    run->stays = true;
    run->order.replaces = NULL;
    if (e->retry_after)
        return false;
    error_clear(e);
    return acme_limit_take_again(run, sent, e) && (!*sent || post_order(run, answer, e));
}

/* A CA refuses a lifetime that it cannot have (7.4): then its own will do. */
static bool place_or_shorten(struct acme_run *run, struct acme_order *answer, bool *sent, struct error *e) {
    if (place_order(run, answer, sent, e))
        return true;
    const char *type = run->reply.problem.type;
    if (!run->order.not_after || run->reply.status < BAD_REQUEST || !type || strcmp(type, "malformed") != 0)
        return false;
    log_event(LOG_WARNING, "the CA refuses the lifetime of an order", LOG_S("issuer", run->issuer.id),
              LOG_S("detail", e->detail[LANG_EN]));
    run->order.not_after = run->order.not_before = 0;
    error_clear(e);
    return acme_limit_take_again(run, sent, e) && (!*sent || post_order(run, answer, e));
}

/* What has waited long for its slot has the lifetime that there is by now; but not while the words may find
 * an order. */
static bool refresh_lifetime(struct acme_run *run, struct error *e) {
    bool old = run->order.polls == 0 && run->order.created_at + DAY <= run->w->now;
    return !old || !run->order.not_after || acme_run_lifetime(run, e);
}

static void list_authorizations(struct acme_run *run, const struct acme_order *answer) {
    acme_run_room(run, answer->authorization_count);
    run->authorizations = ARENA_ARRAY(run->w->arena, run->count, struct acme_authorization_row);
    for (size_t i = 0; i < run->count; i++) {
        run->changed[i] = true;
        run->authorizations[i] = (struct acme_authorization_row){.order_id = run->order.id,
                                                                 .number = (int64_t)i,
                                                                 .account_id = run->order.account_id,
                                                                 .issuer_id = run->order.issuer_id,
                                                                 .url = answer->authorizations[i]};
    }
}

/* What a CA must refuse is not even asked for (RFC 8555, 11.1; 7.4). */
static bool check_request(struct acme_run *run, struct error *e) {
    const struct application *p = run->application;
    struct csr csr;
    bool is_account_key;
    if (!acme_account_has_key(run->w->db, run->w->arena, p->spki, &is_account_key, e))
        return false;
    if (is_account_key)
        return fail(e, ERR_WEAK_KEY, "the key of application %s is that of an ACME account",
                    "申请 %s 的密钥与某个 ACME 账户的密钥相同", p->id);
    if (!p->csr)
        return true;
    return csr_parse(run->w->arena, slice_str(p->csr), &csr, e) &&
           (names_same(csr.names, p->names) ||
            fail(e, ERR_CSR_NAMES_MISMATCH, "the CSR is for %s; the CA signs it only for exactly %s",
                 "CSR 包含 %s;该 CA 要求其域名与 %s 完全一致", csr.names, p->names));
}

bool acme_do_order(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    struct acme_order answer;
    (void)index, (void)issued;
    bool used = false;
    if (run->order.slot_at &&
        (!check_request(run, e) || !acme_run_open(run, e) || !refresh_lifetime(run, e) ||
         !acme_order_use_slot(run->w->db, &run->order, &used, e)))
        return false;
    run->wants_slot = !used;
    if (!used)
        return true;
    run->ordered = true;
    if (!place_or_shorten(run, &answer, &used, e))
        return false;
    run->wants_slot = !used;
    if (!used)
        return true;
    keep_answer(run, &answer);
    run->order.url = run->reply.location;
    list_authorizations(run, &answer);
    run->must_save = true;
    return true;
}

/* Always false. */
static bool fail_poll(struct acme_run *run, struct error *e) {
    return run->reply.status == NOT_FOUND &&
           fail(e, ERR_ACME_OVER, "the CA does not know the order any more", "CA 已不再承认该订单");
}

/* After that long the CA has said so once more. Another order may come through, or another CA. */
static bool check_patience(struct acme_run *run, enum acme_status status, struct error *e) {
    const struct acme_order_row *order = &run->order;
    bool undecided = status == ACME_PROCESSING || status == ACME_READY || status == ACME_UNKNOWN;
    run->given_up = undecided && order->processing_until && order->processing_until <= run->w->now;
    return !run->given_up ||
           fail(e, ERR_TIMED_OUT, "the CA has not come to an end with order %s in %lld seconds",
                "CA 在 %2$lld 秒内未完成订单 %1$s", order->id, (long long)run->issuer.finalize_seconds);
}

/* What is there is fetched at once; how often it was looked at counts anew. */
static void go_on_or_wait(struct acme_run *run, enum acme_status status) {
    if (status != ACME_VALID) {
        acme_wait_a_little(run);
        return;
    }
    run->order.polls = run->order.poll_at = 0;
}

bool acme_do_poll(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    struct acme_order answer;
    (void)index, (void)issued;
    if (!acme_run_open(run, e))
        return false;
    if (!acme_run_post(run, run->order.url, NULL, e))
        return fail_poll(run, e);
    if (!read_order(run, &answer, e) || !check_patience(run, answer.status, e))
        return false;
    go_on_or_wait(run, answer.status);
    if (answer.status == ACME_READY)
        run->order.poll_at = 0;
    return true;
}

/* ---- an authorization ---- */

/* The application's own words for the name: what the CA wrote goes no further. */
static const char *own_name(struct acme_run *run, const struct acme_authorization *answer) {
    struct arena *a = run->w->arena;
    const char *names = run->application->names, *value = answer->identifier.value;
    const char *wanted = answer->wildcard ? arena_printf(a, "*.%s", value) : value;
    uint8_t theirs[16], ours[16];
    struct slice name;
    while (names_next(&names, &name)) {
        const char *text = arena_strndup(a, (const char *)name.p, name.len);
        size_t len = name_ip_octets(text, ours);
        bool same_address = len && name_ip_octets(value, theirs) == len && memcmp(ours, theirs, len) == 0;
        if (same_address || strcasecmp(text, wanted) == 0)
            return answer->wildcard ? text + 2 : text;
    }
    return NULL;
}

static void keep_challenges(struct acme_run *run, const struct acme_authorization *answer,
                            struct acme_authorization_row *z) {
    for (size_t i = 0; i < answer->challenge_count; i++) {
        const struct acme_challenge *challenge = &answer->challenges[i];
        if (challenge->status == ACME_VALID && answer->status == ACME_VALID) {
            z->challenge_type = challenge->type;
            z->validated_at = challenge->validated ? challenge->validated : run->w->now;
        }
        if (!challenge->problem)
            continue;
        z->problem = acme_problem_text(run->w->arena, challenge->problem);
        z->problem_type = challenge->problem->type;
    }
}

static bool ask_authorization(struct acme_run *run, size_t i, struct acme_authorization *answer,
                              struct error *e) {
    struct acme_authorization_row *z = &run->authorizations[i];
    if (!acme_run_open(run, e) || !acme_run_post(run, z->url, NULL, e) ||
        !acme_read_authorization(run->w->arena, run->reply.body, answer, e))
        return false;
    const char *name = own_name(run, answer);
    if (!name)
        return fail(e, ERR_ACME_ANSWER, "the CA asks for a proof of '%s', which was not ordered",
                    "CA 要求验证“%s”,但它不在申请之中", answer->identifier.value);
    run->seen[i] = run->changed[i] = true;
    z->name = name;
    z->wildcard = answer->wildcard;
    z->status = acme_status_name(answer->status);
    z->expires_at = answer->expires;
    keep_challenges(run, answer, z);
    return true;
}

/* Types that we do not know are passed over. */
static struct offer offer_of(const struct acme_authorization *answer, const char *name) {
    struct offer offer = {.name = name, .wildcard = answer->wildcard, .address = name_is_ip(name)};
    for (size_t i = 0; i < answer->challenge_count; i++) {
        enum challenge_type type = challenge_type_parse(answer->challenges[i].type);
        if (type != CHALLENGE_TYPE_COUNT)
            offer.types |= 1U << type;
    }
    return offer;
}

static const struct acme_challenge *challenge_of(const struct acme_authorization *answer, const char *type) {
    for (size_t i = 0; i < answer->challenge_count; i++)
        if (strcmp(answer->challenges[i].type, type) == 0)
            return &answer->challenges[i];
    return NULL;
}

/* The record of dns-persist-01 names the CA and our account there, and has no token. */
static const char *persistent_value(struct acme_run *run, const struct acme_authorization_row *z,
                                    const struct acme_challenge *challenge) {
    struct arena *a = run->w->arena;
    const char *domains = challenge->issuer_domain_names ? challenge->issuer_domain_names : "";
    const struct persist says = {
        .issuer = names_at(a, domains, 0), .account_uri = run->session.account->url, .wildcard = z->wildcard};
    return persist_value(a, &says);
}

static void fill_solution(struct acme_run *run, const struct acme_authorization_row *z,
                          const struct acme_challenge *challenge, struct solution *s) {
    struct arena *a = run->w->arena;
    *s = (struct solution){.account_id = run->order.account_id,
                           .application_id = run->order.application_id,
                           .certificate_id = run->order.certificate_id,
                           .name = z->name,
                           .token = z->token,
                           .key_authorization = ""};
    if (!*z->token) {
        s->value = persistent_value(run, z, challenge);
        return;
    }
    s->key_authorization = key_authorization(a, z->token, run->session.account->thumbprint);
    s->value = key_authorization_dns_value(a, s->key_authorization);
}

static bool choose_proof(struct acme_run *run, size_t i, const struct acme_authorization *answer,
                         struct error *e) {
    struct acme_authorization_row *z = &run->authorizations[i];
    struct acme_publication *p = &run->publications[i];
    const struct offer offer = offer_of(answer, z->name);
    if (!solver_choose(run->w->services, run->w->arena, run->order.account_id, &offer, &p->solver, e))
        return false;
    const struct acme_challenge *challenge = challenge_of(answer, p->solver.type);
    bool persistent = strcmp(p->solver.type, challenge_type_name(CHALLENGE_DNS_PERSIST_01)) == 0;
    if (!challenge || !challenge->url || (!challenge->token && !persistent))
        return fail(e, ERR_ACME_ANSWER, "the CA's challenge %s for %s is not complete",
                    "CA 给出的 %s 验证(%s)不完整", p->solver.type, z->name);
    z->challenge_type = p->solver.type;
    z->challenge_url = challenge->url;
    z->token = persistent ? "" : challenge->token;
    fill_solution(run, z, challenge, &p->solution);
    p->wanted = true;
    run->proofs[i] = PROOF_COMING;
    return true;
}

bool acme_do_look(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    struct acme_authorization answer;
    (void)issued;
    if (!ask_authorization(run, index, &answer, e))
        return false;
    bool needed = answer.status == ACME_PENDING && acme_status_parse(run->order.status) == ACME_PENDING;
    return !needed || run->authorizations[index].answered_at || choose_proof(run, index, &answer, e);
}

/* The CA may have decided already, or an answer of it was lost: what it refuses is looked at. */
static bool refused_answer(struct acme_run *run, size_t index, struct error *e) {
    struct error cause = *e;
    struct acme_authorization answer;
    bool said_no = e->id == ERR_ACME_REFUSED || e->id == ERR_ACME_VALIDATION || e->id == ERR_ACME_CONFLICT ||
                   (e->id == ERR_ACME_ANSWER && run->reply.status >= BAD_REQUEST);
    if (!said_no)
        return false;
    error_clear(e);
    if (!ask_authorization(run, index, &answer, e))
        return false;
    if (answer.status == ACME_PENDING)
        *e = cause;
    return answer.status != ACME_PENDING;
}

/* The name at fault, in the CA's own words. */
static bool fail_for_name(const struct acme_authorization_row *z, struct error *e) {
    return fail(e, ERR_ACME_VALIDATION, "the CA could not verify %s (%s): %s", "CA 未能验证 %s(%s):%s",
                z->name, z->problem_type ? z->problem_type : "-", z->problem ? z->problem : "-");
}

/* Some CAs look once and leave the challenge pending with what was wrong, until they are asked again. */
static bool keep_failure(struct acme_run *run, const struct acme_challenge *answer,
                         struct acme_authorization_row *z, struct error *e) {
    if (answer->status != ACME_PENDING || !answer->problem)
        return true;
    z->problem = acme_problem_text(run->w->arena, answer->problem);
    z->problem_type = answer->problem->type;
    return fail_for_name(z, e);
}

bool acme_do_answer(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    struct acme_authorization_row *z = &run->authorizations[index];
    struct acme_challenge answer = {.status = ACME_UNKNOWN};
    (void)issued;
    if (!acme_run_open(run, e))
        return false;
    if (!acme_run_post(run, z->challenge_url, json_keep(run->w->arena, json_object()), e))
        return refused_answer(run, index, e);
    if (!acme_read_challenge(run->w->arena, run->reply.body, &answer, e))
        return false;
    z->answered_at = run->w->now;
    run->changed[index] = true;
    run->order.polls = 0;
    acme_wait_a_little(run);
    if (answer.status == ACME_VALID)
        run->order.poll_at = 0;
    return keep_failure(run, &answer, z, e);
}

/* ---- the CSR ---- */

static bool make_csr(struct acme_run *run, struct slice *der, struct error *e) {
    struct work *w = run->w;
    const struct application *p = run->application;
    struct held_key held;
    struct slice tbs, signature;
    struct csr own;
    if (p->csr) {
        bool parsed = csr_parse(w->arena, slice_str(p->csr), &own, e);
        *der = own.der;
        return parsed;
    }
    if (!held_key_get(w->db, w->arena, p->account_id, p->key_id, &held, e) ||
        !csr_build_tbs(w->arena, p->names, p->spki, &tbs, e))
        return false;
    const struct key_ref key = {
        .id = held.id, .account_id = p->account_id, .purpose = PURPOSE_LEAF, .sealed = held.sealed};
    return signer_sign(w->services->signer, w->arena, &key, tbs, &signature, e) &&
           cert_assemble(w->arena, tbs, key_algorithm_parse(held.algorithm), signature, der, e);
}

/* It knows better how things stand: it is asked. */
static bool not_ready(struct acme_run *run, struct error *e) {
    if (e->id != ERR_ACME_NOT_READY)
        return false;
    error_clear(e);
    run->order.status = acme_status_name(ACME_UNKNOWN);
    acme_wait_a_little(run);
    return true;
}

bool acme_do_finalize(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    struct acme_order answer;
    struct slice csr;
    (void)index, (void)issued;
    if (!run->order.finalize_url)
        return fail(e, ERR_ACME_ANSWER, "the CA does not say where the CSR is to be sent",
                    "CA 未给出提交 CSR 的地址");
    if (!acme_run_open(run, e) || !make_csr(run, &csr, e))
        return false;
    json_t *payload = json_pack("{s:s}", "csr", base64url_text(run->w->arena, csr));
    if (!acme_run_post(run, run->order.finalize_url, json_keep(run->w->arena, payload), e))
        return not_ready(run, e);
    if (!read_order(run, &answer, e))
        return false;
    if (!run->order.processing_until)
        run->order.processing_until = run->w->now + run->issuer.finalize_seconds;
    /* one that wants the CSR again is given it more and more rarely */
    run->order.polls = answer.status == ACME_READY ? run->order.polls : 0;
    go_on_or_wait(run, answer.status);
    return check_patience(run, answer.status, e);
}

/* ---- the end ---- */

bool acme_do_give_up(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    (void)index, (void)issued;
    for (size_t i = 0; i < run->count; i++) {
        const struct acme_authorization_row *z = &run->authorizations[i];
        if (z->name && acme_status_parse(z->status) == ACME_INVALID)
            return fail_for_name(z, e);
    }
    return acme_fail_for_problem(run->w->arena, &run->reply.problem, e);
}

bool acme_do_begin_anew(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    (void)index, (void)issued;
    return fail(e, ERR_ACME_OVER, "the CA's time for order %s is over", "订单 %s 已超过 CA 的期限",
                run->order.id);
}
