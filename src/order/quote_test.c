/* Quotes: lines, coverage, notes, and how long they hold. */
#include "order/market.h"
#include "unit.h"

static struct world w;
static struct error e;

static int open_world(void **state) {
    (void)state;
    e = (struct error){0};
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- lines: pure ---- */

static const char *lines_text(const struct quote_line *lines, size_t count) {
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(w.arena, "%s%s%s %s %lld %lld", text, i ? ", " : "",
                            strcmp(lines[i].item, MANAGED_USE) == 0 ? "use" : "cert", lines[i].source,
                            (long long)lines[i].count, (long long)lines[i].amount.amount);
    return text;
}

static void quota_is_used_first_and_what_is_short_is_priced(void **state) {
    (void)state;
    static const struct {
        enum order_kind kind;
        int64_t years, left[2];
        const char *lines;
    } rows[] = {
        {ORDER_PURCHASE, 1, {0, 0}, "cert paid 1 100"},
        {ORDER_PURCHASE, 1, {1, 9}, "cert quota 1 0"},
        {ORDER_PURCHASE, 2, {0, 0}, "cert paid 2 200, use paid 1 20"},
        {ORDER_PURCHASE, 3, {0, 0}, "cert paid 3 300, use paid 2 40"},
        {ORDER_PURCHASE, 3, {1, 1}, "cert quota 1 0, use quota 1 0, cert paid 2 200, use paid 1 20"},
        {ORDER_PURCHASE, 3, {5, 0}, "cert quota 3 0, use paid 2 40"},
        {ORDER_PURCHASE, 3, {0, 5}, "use quota 2 0, cert paid 3 300"},
        {ORDER_PURCHASE, 3, {5, 5}, "cert quota 3 0, use quota 2 0"},
        {ORDER_RENEWAL, 1, {0, 0}, "cert paid 1 100"},
        {ORDER_RENEWAL, 3, {0, 0}, "cert paid 3 300, use paid 2 40"},
        {ORDER_REPLACEMENT, 1, {0, 0}, "cert paid 1 100"},
        {ORDER_REPLACEMENT, 2, {0, 0}, "cert paid 2 200, use paid 1 20"},
        {ORDER_EARLY_RENEWAL, 1, {0, 0}, "cert paid 1 100, use paid 1 20"},
        {ORDER_EARLY_RENEWAL, 1, {1, 1}, "cert quota 1 0, use quota 1 0"},
        {ORDER_EARLY_RENEWAL, 3, {0, 2}, "use quota 2 0, cert paid 3 300, use paid 1 20"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quote_line lines[QUOTE_LINES_MAX];
        const struct quote_need need = {.item = "A/dv/single/ecc",
                                        .certificates = rows[i].years,
                                        .managed_uses = quote_uses(rows[i].kind, rows[i].years),
                                        .certificate_price = {100, "CNY"},
                                        .use_price = {20, "CNY"}};
        size_t count = quote_lines(&need, rows[i].left, lines);
        assert_string_equal(lines_text(lines, count), rows[i].lines);
    }
}

static void working_days_leave_out_the_weekend(void **state) {
    (void)state;
    int64_t five = 5, day = 600;
    const struct issuance promised = {ISSUANCE_WORKING_DAY, 3, &five}, open = {ISSUANCE_WORKING_DAY, 2, NULL},
                          seconds = {ISSUANCE_SECOND, 300, &day};
    assert_int_equal(quote_issue_latest(&promised, at("2026-11-20T10:00:00Z")), at("2026-11-27T10:00:00Z"));
    assert_int_equal(quote_issue_latest(&open, at("2026-11-20T10:00:00Z")), at("2026-11-24T10:00:00Z"));
    assert_int_equal(quote_issue_latest(&open, at("2026-11-21T10:00:00Z")), at("2026-11-24T10:00:00Z"));
    assert_int_equal(quote_issue_latest(&seconds, at("2026-11-21T10:00:00Z")), at("2026-11-21T10:10:00Z"));
}

/* ---- quotes ---- */

static bool make(const struct quote_request *r, struct quote *q) {
    return make_quote(&w, r, q, &e);
}

static struct quote quoted(const struct quote_request *r) {
    struct quote q;
    assert_ok(make(r, &q), e);
    return q;
}

static const char *versions_text(const struct quote_certificate *c) {
    const char *text = "";
    for (size_t i = 0; i < c->version_count; i++)
        text = arena_printf(w.arena, "%s%s%lld", text, i ? " " : "", (long long)c->versions[i].days);
    return text;
}

static const char *codes(const struct quote_notes *notes) {
    const char *text = "";
    for (size_t i = 0; i < notes->count; i++)
        text = arena_printf(w.arena, "%s%s%s", text, i ? " " : "", notes->items[i].code);
    return text;
}

static const char *warned(const struct quote_request *r) {
    const struct quote q = quoted(r);
    return codes(&q.warnings);
}

/* The rows of SPEC section 7, as the coverage in a quote. */
static void each_certificate_gets_the_coverage_of_the_arithmetic(void **state) {
    (void)state;
    static const struct {
        const char *brand, *old_end, *now, *key; /* `key` differs from the old one: another specification */
        int64_t years;
        const char *kind, *ends, *issue, *versions;
        int64_t carried, bonus;
    } rows[] = {
        {"DigiCert", "2025-10-01T00:00:00Z", "2025-09-10T10:00:00Z", NULL, 1, "renewal",
         "2026-10-01T00:00:00Z", "2025-09-10T10:00:00Z", "385", 20, 0},
        {"CFCA", "2025-10-01T00:00:00Z", "2025-09-10T10:00:00Z", NULL, 1, "renewal", "2026-10-01T00:00:00Z",
         "2025-09-10T10:00:00Z", "385", 20, 0},
        {"CFCA", "2025-10-01T00:00:00Z", "2025-08-15T00:00:00Z", NULL, 1, "early_renewal",
         "2026-10-01T00:00:00Z", "2025-09-01T00:00:00Z", "395", 30, 0},
        {"CFCA", NULL, "2025-08-15T00:00:00Z", NULL, 1, "purchase", "2026-08-15T00:00:00Z",
         "2025-08-15T00:00:00Z", "365", 0, 0},
        {"GlobalSign", "2021-11-01T00:00:00Z", "2021-10-02T00:00:00Z", "rsa2048", 1, "renewal",
         "2022-10-02T00:00:00Z", "2021-10-02T00:00:00Z", "365", 0, 0},
        {"TrustAsia", "2024-04-01T00:00:00Z", "2024-03-12T00:00:00Z", NULL, 1, "renewal",
         "2025-06-30T00:00:00Z", "2024-03-12T00:00:00Z", "397 108", 20, 90},
        {"Tenure", "2026-12-01T00:00:00Z", "2026-11-21T00:00:00Z", NULL, 1, "renewal", "2027-12-01T00:00:00Z",
         "2026-11-21T00:00:00Z", "199 99 99 68", 10, 0},
        {"Tenure", NULL, "2026-11-21T00:00:00Z", NULL, 1, "purchase", "2027-11-21T00:00:00Z",
         "2026-11-21T00:00:00Z", "199 99 99 58", 0, 0},
        {"Tenure", NULL, "2026-11-21T00:00:00Z", NULL, 3, "purchase",
         "2027-11-21T00:00:00Z 2028-11-20T00:00:00Z 2029-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, 0,
         0},
        {"Tenure", "2029-04-10T00:00:00Z", "2029-03-31T00:00:00Z", NULL, 1, "renewal", "2030-04-10T00:00:00Z",
         "2029-03-31T00:00:00Z", NULL, 10, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate old;
        struct quote_request r = {.order = {.brand = rows[i].brand, .years = rows[i].years}};
        w.now = at(rows[i].now);
        if (rows[i].old_end) {
            old = served(&w, rows[i].brand, "www.example.com", rows[i].old_end);
            r.old = &old;
            r.order.key_algorithm = rows[i].key;
        } else {
            r.order.names = "new.example.com";
        }
        struct quote q = quoted(&r);
        assert_string_equal(q.kind, rows[i].kind);
        const char *ends = "";
        for (size_t j = 0; j < q.certificate_count; j++)
            ends = arena_printf(w.arena, "%s%s%s", ends, j ? " " : "",
                                time_format(w.arena, q.certificates[j].coverage_end));
        assert_string_equal(ends, rows[i].ends);
        assert_string_equal(time_format(w.arena, q.certificates[0].issue_at), rows[i].issue);
        assert_int_equal(q.certificates[0].carried_days, rows[i].carried);
        assert_int_equal(q.certificates[0].bonus_days, rows[i].bonus);
        if (rows[i].versions)
            assert_string_equal(versions_text(&q.certificates[0]), rows[i].versions);
    }
}

static void three_years_of_the_default_have_three_six_and_nine_versions(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.names = "www.example.com", .years = 3}};
    struct quote q = quoted(&r);
    assert_int_equal(q.certificate_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(q.certificates[i].version_count, 3 * (i + 1));
    assert_string_equal(q.certificates[0].state, "validating");
    assert_string_equal(q.certificates[1].state, "not_activated");
    assert_string_equal(q.certificates[2].state, "not_activated");
    assert_string_equal(codes(&q.explanations), "several_certificates several_versions expected_issuance");
}

static void a_quote_knows_how_long_the_certificates_of_a_ca_live(void **state) {
    (void)state;
    struct quote_request r = {.order = {.names = "www.example.com"}};
    const struct issuer issuer = {.id = "ca",
                                  .kind = "acme",
                                  .title_en = "ca",
                                  .title_zh = "ca",
                                  .directory = "https://ca.test/dir",
                                  .days_max = 90,
                                  .finalize_seconds = 600};
    assert_ok(issuer_db_put(w.services.db, &issuer, &e), e);
    ((struct brand *)catalog_default(&w.catalog))->issuer = "ca";
    const struct quote q = quoted(&r);
    assert_int_equal(q.certificates[0].versions[0].days, 90);
    assert_string_equal(q.certificates[0].versions[0].limited_by, "issuer");
}

static void what_has_expired_is_bought_anew(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2026-11-21T00:00:00Z");
    struct quote_request r = {.old = &old};
    struct quote q;
    assert_fails(make(&r, &q), e, ERR_EXPIRED_BUY_NEW);
}

static void states_follow_the_policy_of_what_is_bought(void **state) {
    (void)state;
    static const char *const rows[][2] = {{"GlobalSign", "pending_application"},
                                          {"DigiCert", "pending_application"},
                                          {"CFCA", "validating"},
                                          {"TrustAsia", "validating"},
                                          {"Tenure", "validating"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct quote_request r = {.order = {.brand = rows[i][0], .names = "www.example.com"}};
        assert_string_equal(quoted(&r).certificates[0].state, rows[i][1]);
    }
}

static void years_that_the_policy_lacks_are_refused(void **state) {
    (void)state;
    struct quote_request r = {.order = {.brand = "GlobalSign", .names = "www.example.com", .years = 2}};
    struct quote q;
    assert_fails(make(&r, &q), e, ERR_YEARS_NOT_OFFERED);
    r.order.brand = "CFCA";
    r.order.years = 4;
    assert_fails(make(&r, &q), e, ERR_YEARS_NOT_OFFERED);
}

/* ---- money and quota ---- */

static void an_early_renewal_says_why_it_costs_more(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2027-02-01T00:00:00Z");
    struct quote_request r = {.old = &old};
    set_price(&w, "CFCA", 1000, 30);
    struct quote q = quoted(&r);
    assert_string_equal(q.kind, "early_renewal");
    assert_int_equal(q.due.amount, 1030);
    assert_string_equal(q.due.currency, "CNY");
    assert_string_equal(q.certificates[0].state, "not_activated");
    assert_string_equal(codes(&q.explanations), "early_surcharge carried_over expected_issuance");
    assert_non_null(strstr(q.explanations.items[0].text_en, "2027-01-02T00:00:00Z"));
    w.now = old.window_at;
    q = quoted(&r);
    assert_string_equal(q.kind, "renewal");
    assert_int_equal(q.due.amount, 1000);
    assert_string_equal(codes(&q.explanations), "carried_over expected_issuance");
    assert_string_equal(q.explanations.items[1].text_en,
                        "Issuance is expected to take: 1 minute to 15 minutes.");
    assert_string_equal(q.explanations.items[1].text_zh, "预计签发时间:1 分钟至 15 分钟。");
}

static void quota_lowers_the_amount_and_is_not_reserved(void **state) {
    (void)state;
    const struct quote_request r = {
        .order = {.brand = "CFCA", .names = "www.example.com", .key_algorithm = "p256", .years = 2}};
    set_price(&w, "CFCA", 1000, 30);
    grant(&w, "CFCA/dv/single/ecc", 1);
    grant(&w, MANAGED_USE, 5);
    for (int i = 0; i < 2; i++) {
        struct quote q = quoted(&r);
        assert_string_equal(lines_text(q.lines, q.line_count),
                            "cert quota 1 0, use quota 1 0, cert paid 1 1000");
        assert_int_equal(q.due.amount, 1000);
        assert_int_equal(q.quota[0].left, 1);
        assert_int_equal(q.quota[0].left_after, 0);
        assert_int_equal(q.quota[1].left, 5);
        assert_int_equal(q.quota[1].left_after, 4);
        assert_string_equal(codes(&q.explanations), "several_certificates quota_used expected_issuance");
    }
}

static void quota_is_bought_by_the_piece(void **state) {
    (void)state;
    struct quote_request r = {.of = {"CFCA", "dv", "single", "ecc"}, .certificates = 3, .managed_uses = 2};
    struct quote q;
    set_price(&w, "CFCA", 1000, 30);
    grant(&w, "CFCA/dv/single/ecc", 1);
    q = quoted(&r);
    assert_string_equal(q.kind, "quota");
    assert_string_equal(lines_text(q.lines, q.line_count), "cert paid 3 3000, use paid 2 60");
    assert_int_equal(q.due.amount, 3060);
    assert_int_equal(q.certificate_count, 0);
    assert_int_equal(q.quota[0].left_after, 4);
    r.certificates = 1000001;
    assert_fails(make(&r, &q), e, ERR_BAD_FIELD);
    r = (struct quote_request){.of = {"CFCA", "dv", "nothing", "ecc"}, .certificates = 1};
    assert_fails(make(&r, &q), e, ERR_BAD_FIELD);
}

/* ---- warnings ---- */

static void a_purchase_says_what_it_wastes(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "a.example.com b.example.com", "2027-02-01T00:00:00Z");
    struct quote_request r = {.order = {.brand = "CFCA", .names = "b.example.com"}};
    struct quote q = quoted(&r);
    assert_string_equal(codes(&q.warnings), "wasted_validity");
    assert_non_null(strstr(q.warnings.items[0].text_en, old.id));
    assert_non_null(strstr(q.warnings.items[0].text_zh, "72 天"));
    r.order.names = "b.example.com c.example.com";
    assert_string_equal(warned(&r), "");
    r.order.names = "a.example.com";
    w.now = at("2027-02-01T00:00:00Z");
    assert_string_equal(warned(&r), "");
}

static void a_wildcard_wastes_a_wildcard(void **state) {
    (void)state;
    served(&w, "CFCA", "*.example.com", "2027-02-01T00:00:00Z");
    struct quote_request r = {.order = {.brand = "CFCA", .names = "*.example.com"}};
    assert_string_equal(warned(&r), "wasted_validity");
}

static void warnings_come_before_the_money(void **state) {
    (void)state;
    struct certificate old = served(&w, "Tenure", "www.example.com", "2026-11-24T00:00:00Z");
    struct quote_request r = {.old = &old, .order = {.grade = "ov", .csr_choice = "keep"}};
    old.version_id = NULL;
    assert_string_equal(warned(&r), "carry_lost issuance_late kept_key");
    r.order = (struct order_request){0};
    assert_string_equal(warned(&r), "");
    struct slice spki;
    r.order.own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki);
    assert_string_equal(warned(&r), "own_csr_key");
}

static void a_replacement_says_what_it_does_not_cover(void **state) {
    (void)state;
    struct certificate old =
        brought_in(&w, "uploaded", "www.example.com shop.example.com", "2026-12-01T00:00:00Z");
    struct quote_request r = {.old = &old};
    struct quote q = quoted(&r);
    assert_string_equal(q.kind, "replacement");
    assert_string_equal(codes(&q.warnings), "carry_lost");
    r.order.names = "www.example.com";
    assert_string_equal(warned(&r), "carry_lost names_not_covered");
}

/* ---- keeping and taking ---- */

static bool take(const char *id, struct quote_taken *taken) {
    const struct quote_use use = {ACCOUNT, id, "ord_1"};
    return db_begin(w.services.db, &e) &&
           world_end(&w, quote_take(&w.services, w.arena, &use, w.now, taken, &e), &e);
}

static void a_quote_is_found_as_it_was_made(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.names = "www.example.com", .years = 3}};
    struct quote made = quoted(&r), found;
    assert_ok(quote_get(w.services.db, w.arena, ACCOUNT, made.id, &found, &e), e);
    for (int lang = 0; lang < 2; lang++) {
        json_t *one = json_keep(w.arena, quote_json(w.arena, &made, lang)),
               *other = json_keep(w.arena, quote_json(w.arena, &found, lang));
        assert_string_equal(json_text(w.arena, one, false), json_text(w.arena, other, false));
    }
    assert_fails(quote_get(w.services.db, w.arena, "acct_other", made.id, &found, &e), e, ERR_NOT_FOUND);
}

static void a_quote_holds_for_half_an_hour_less_a_second(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.names = "www.example.com"}};
    struct quote early = quoted(&r), late = quoted(&r);
    struct quote_taken taken = {.quote.id = NULL};
    w.now += QUOTE_SECONDS - 1;
    assert_ok(take(early.id, &taken), e);
    assert_string_equal(taken.draft.c.names, "www.example.com");
    w.now++;
    assert_fails(take(late.id, &taken), e, ERR_QUOTE_STALE);
    assert_non_null(strstr(e.detail[LANG_EN], "30 minutes"));
}

static void one_order_is_made_from_a_quote(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.names = "www.example.com"}};
    struct quote q = quoted(&r), found;
    struct quote_taken taken = {.quote.id = NULL};
    const struct quote_use other = {ACCOUNT, q.id, "ord_2"};
    bool done;
    assert_ok(take(q.id, &taken), e);
    assert_fails(take(q.id, &taken), e, ERR_QUOTE_STALE);
    assert_ok(quote_mark(w.services.db, &other, w.now, &done, &e), e);
    assert_false(done);
    assert_ok(quote_get(w.services.db, w.arena, ACCOUNT, q.id, &found, &e), e);
    assert_string_equal(found.order_id, "ord_1");
}

static void a_price_that_rises_meanwhile_does_not_matter_but_used_quota_does(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.brand = "CFCA", .names = "www.example.com"}};
    struct quote_taken taken = {.quote.id = NULL};
    set_price(&w, "CFCA", 1000, 30);
    struct quote priced = quoted(&r);
    set_price(&w, "CFCA", 9000, 30);
    assert_ok(take(priced.id, &taken), e);
    assert_int_equal(taken.quote.due.amount, 1000);
    grant(&w, "CFCA/dv/single/ecc", 1);
    struct quote counted = quoted(&r);
    grant(&w, "CFCA/dv/single/ecc", -1);
    assert_fails(take(counted.id, &taken), e, ERR_QUOTE_STALE);
}

static void a_renewal_is_asked_again_whether_it_may_be(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2027-02-01T00:00:00Z");
    struct quote_request r = {.old = &old};
    struct quote_taken taken = {.quote.id = NULL};
    w.now = old.window_at - 60;
    struct quote early = quoted(&r);
    w.now = old.window_at;
    assert_fails(take(early.id, &taken), e, ERR_QUOTE_STALE);
    struct quote in_time = quoted(&r);
    struct certificate successor;
    const struct order_request order = {.created_by = "user_1"};
    assert_ok(renew(&w, old.id, &order, &successor, &e), e);
    assert_fails(take(in_time.id, &taken), e, ERR_HAS_SUCCESSOR);
}

static void quotes_are_kept_for_seven_days(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.names = "www.example.com"}};
    struct quote q = quoted(&r), found;
    for (int64_t later = 7 * DAY; later <= 7 * DAY + 1; later++) {
        struct work work = step_begin(&w, "retention");
        work.now = w.now + later;
        assert_ok(quote_purge(&work, &e), e);
        bool kept = quote_get(w.services.db, w.arena, ACCOUNT, q.id, &found, &e);
        assert_int_equal(kept, later == 7 * DAY);
    }
}

/* ---- over HTTP ---- */

static bool post(const char *body, struct request *rq) {
    *rq = (struct request){.arena = w.arena,
                           .services = &w.services,
                           .db = w.services.db,
                           .caller = {.account_id = ACCOUNT, .user_id = "user_1"},
                           .now = w.now,
                           .lang = LANG_ZH,
                           .route = quote_routes};
    if (!json_read(w.arena, slice_str(body), &rq->json, &e) || !db_begin(w.services.db, &e))
        return false;
    bool ok = world_end(&w, quote_routes[0].handle(rq, &e), &e);
    if (rq->reply)
        json_keep(w.arena, rq->reply);
    return ok;
}

static void a_quote_over_http_is_in_the_language_of_who_asks(void **state) {
    (void)state;
    struct request rq;
    assert_ok(post("{\"names\": [\"www.example.com\"], \"years\": 2}", &rq), e);
    assert_int_equal(rq.status, 201);
    const json_t *note = json_array_get(json_object_get(rq.reply, "explanations"), 0);
    assert_string_equal(json_string_value(json_object_get(note, "code")), "several_certificates");
    assert_non_null(strstr(json_string_value(json_object_get(note, "text")), "2 年为 2 张"));
    assert_null(json_object_get(note, "text_en"));
    const json_t *due = json_object_get(rq.reply, "due");
    assert_int_equal(json_integer_value(json_object_get(due, "amount")), 0);
    assert_string_equal(json_string_value(json_object_get(due, "currency")), "CNY");
}

static void what_does_not_go_together_is_refused_by_its_name(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"kind", "{\"kind\": \"gift\"}"},
        {"certificate_id", "{\"kind\": \"renewal\"}"},
        {"managed_uses", "{\"certificate_id\": \"cert_1\", \"managed_uses\": 1}"},
        {"years", "{\"managed_uses\": 1, \"years\": 1}"},
        {"certificate_id", "{\"kind\": \"purchase\", \"certificate_id\": \"cert_1\"}"},
        {"managed_uses", "{\"kind\": \"purchase\", \"names\": [\"a.example.com\"], \"managed_uses\": 1}"},
        {"names", "{\"kind\": \"quota\", \"names\": [\"a.example.com\"], \"managed_uses\": 1}"},
        {"certificates", "{\"kind\": \"quota\"}"},
        {"package", "{\"kind\": \"quota\", \"package\": \"ten\", \"managed_uses\": 1}"},
    };
    struct request rq;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_fails(post(rows[i][1], &rq), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i][0]);
    }
    assert_fails(post("{\"certificate_id\": \"cert_1\"}", &rq), e, ERR_NOT_FOUND);
    assert_fails(post("{\"csr_id\": \"csr_1\"}", &rq), e, ERR_NOT_FOUND);
    assert_fails(post("{\"kind\": \"renewal\", \"certificate_id\": \"cert_1\"}", &rq), e, ERR_NOT_FOUND);
    assert_fails(post("{\"kind\": \"quota\", \"package\": \"none\"}", &rq), e, ERR_NOT_FOUND);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(quote, world_test(quota_is_used_first_and_what_is_short_is_priced),
          world_test(working_days_leave_out_the_weekend),
          world_test(each_certificate_gets_the_coverage_of_the_arithmetic),
          world_test(three_years_of_the_default_have_three_six_and_nine_versions),
          world_test(a_quote_knows_how_long_the_certificates_of_a_ca_live),
          world_test(what_has_expired_is_bought_anew), world_test(states_follow_the_policy_of_what_is_bought),
          world_test(years_that_the_policy_lacks_are_refused),
          world_test(an_early_renewal_says_why_it_costs_more),
          world_test(quota_lowers_the_amount_and_is_not_reserved), world_test(quota_is_bought_by_the_piece),
          world_test(a_purchase_says_what_it_wastes), world_test(a_wildcard_wastes_a_wildcard),
          world_test(warnings_come_before_the_money), world_test(a_replacement_says_what_it_does_not_cover),
          world_test(a_quote_is_found_as_it_was_made),
          world_test(a_quote_holds_for_half_an_hour_less_a_second),
          world_test(one_order_is_made_from_a_quote),
          world_test(a_price_that_rises_meanwhile_does_not_matter_but_used_quota_does),
          world_test(a_renewal_is_asked_again_whether_it_may_be), world_test(quotes_are_kept_for_seven_days),
          world_test(a_quote_over_http_is_in_the_language_of_who_asks),
          world_test(what_does_not_go_together_is_refused_by_its_name))
