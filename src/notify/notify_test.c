/* Telling: who gets what once, what is muted, what becomes of a message. */
#include "base/clock.h"
#include "base/rand.h"
#include "notify/channel.h"
#include "signer/signer.h"
#include "unit.h"

#define ACCOUNT     "acct_1"
#define CERTIFICATE "cert_1"

static struct arena *a;
static struct db *db;
static struct error e;
static int64_t now;

static int open_db(void **state) {
    (void)state;
    a = arena_new();
    now = 1795305600;
    assert_ok(db_open(&db, ":memory:", DB_WORKER, &e), e);
    assert_ok(db_migrate(db, now, &e), e);
    return 0;
}

static int close_db(void **state) {
    (void)state;
    db_close(db);
    arena_free(a);
    return 0;
}

#define in_db(f) cmocka_unit_test_setup_teardown(f, open_db, close_db)

static int64_t count(const char *sql) {
    int64_t n;
    assert_ok(db_int(db, &n, 0, &e, sql), e);
    return n;
}

static bool tell(const struct notify_event *event) {
    struct notify_event full = *event;
    full.account_id = ACCOUNT;
    full.subject = full.subject ? full.subject : CERTIFICATE;
    full.now = now;
    assert_ok(db_begin(db, &e), e);
    bool ok = notify_tell(db, a, &full, &e);
    assert_ok(db_commit(db, &e), e);
    return ok;
}

static void tell_expiry(const char *certificate_id, const char *tags) {
    assert_ok(tell(&(struct notify_event){.event = "expiry", .certificate_id = certificate_id, .tags = tags}),
              e);
}

static const char *add_channel(const char *name, const char *kind, const char *address) {
    struct channel c = {.id = id_new(a, "chn", now),
                        .account_id = ACCOUNT,
                        .name = name,
                        .kind = kind,
                        .address = address,
                        .lang = "zh",
                        .created_at = now};
    assert_ok(channel_insert(db, &c, &e), e);
    return c.id;
}

static struct request request_of(const char *body) {
    struct request rq = {.arena = a,
                         .db = db,
                         .now = now,
                         .caller = {.account_id = ACCOUNT, .user_id = "user_1", .role = ROLE_OPERATOR}};
    static struct services services;
    static const struct mail_settings mail = {.host = "mail.example.com"};
    services =
        (struct services){.db = db,
                          .signer = signer_local(a, secret_new(a, "0123456789abcdef0123456789abcdef", 32)),
                          .notifier = notifier_new(a, &mail, &outbound_anywhere)};
    rq.services = &services;
    assert_ok(json_read(a, slice_str(body), &rq.json, &e), e);
    return rq;
}

static bool put_setting(const char *certificate_id, const char *body) {
    struct request rq = request_of(body);
    assert_ok(db_begin(db, &e), e);
    bool ok = notify_setting_put(&rq, certificate_id, &e);
    if (rq.reply)
        json_decref(rq.reply);
    if (ok)
        assert_ok(db_commit(db, &e), e);
    else
        db_rollback(db);
    return ok;
}

static const char *mute(const char *certificate_id, const char *tag, int64_t until) {
    const struct mute m = {.id = id_new(a, "mute", now),
                           .account_id = ACCOUNT,
                           .certificate_id = certificate_id,
                           .tag = tag,
                           .until = until,
                           .created_by = "user_1",
                           .created_at = now};
    assert_ok(mute_insert(db, &m, &e), e);
    return m.id;
}

/* ---- the texts ---- */

static void every_event_has_both_texts_and_fills_them(void **state) {
    (void)state;
    json_t *params =
        json_keep(a, json_pack("{s:s,s:s,s:s}", "name", "a.example", "left_en", "3 days", "left_zh", "3 天"));
    for (const struct event_row *row = events; row->name; row++)
        for (int lang = 0; lang < LANG_COUNT; lang++) {
            const char *title = event_text(a, &row->title, params, (enum lang)lang);
            const char *body = event_text(a, &row->body, params, (enum lang)lang);
            assert_true(*title && *body);
            assert_null(strpbrk(title, "{}"));
            assert_null(strpbrk(body, "{}"));
            assert_true(event_find(row->name) == row);
        }
    const struct event_row *expiry = event_find("expiry");
    assert_string_equal(event_text(a, &expiry->title, params, LANG_EN),
                        "Certificate a.example expires in 3 days");
    assert_string_equal(event_text(a, &expiry->title, params, LANG_ZH), "证书 a.example 将在 3 天后到期");
}

static void no_control_character_comes_through(void **state) {
    (void)state;
    static const struct text text = TEXT("<{name}> {absent} {unclosed", "x");
    json_t *params = json_keep(a, json_pack("{s:s}", "name", "a\r\nBcc: b\x7f{name}"));
    assert_string_equal(event_text(a, &text, params, LANG_EN), "<a  Bcc: b {name}> - {unclosed");
}

/* ---- telling ---- */

static void a_notice_is_there_without_any_channel(void **state) {
    (void)state;
    assert_ok(tell(&(struct notify_event){.event = "issued"}), e);
    assert_int_equal(count("SELECT count(*) FROM notice"), 1);
    assert_int_equal(count("SELECT count(*) FROM message"), 0);
    assert_fails(tell(&(struct notify_event){.event = "no_such_event"}), e, ERR_INTERNAL);
}

static const char *only_message(const char *kind) {
    const char *id;
    assert_ok(db_text(db, a, &id, &e, "SELECT id FROM message WHERE kind = $1", DB_TEXT(kind)), e);
    assert_non_null(id);
    return id;
}

static void what_has_a_name_is_told_once(void **state) {
    (void)state;
    add_channel("ops", "email", "ops@example.com");
    for (int i = 0; i < 3; i++)
        assert_ok(
            tell(&(struct notify_event){.event = "deployment_failed", .once = "deployment_failed:dep_1"}), e);
    assert_int_equal(count("SELECT count(*) FROM notice"), 1);
    assert_int_equal(count("SELECT count(*) FROM message"), 1);
    struct work_item item;
    assert_ok(work_get(db, a, only_message("email"), &item, &e), e);
    assert_string_equal(item.step, "send");
}

static void each_receiver_gets_one_message(void **state) {
    (void)state;
    add_channel("ops", "email", "a@example.com b@example.com");
    add_channel("more", "email", "b@example.com");
    add_channel("robot", "wecom", "https://qyapi.weixin.qq.com/…");
    assert_ok(tell(&(struct notify_event){.event = "issued"}), e);
    assert_int_equal(count("SELECT count(*) FROM message WHERE kind = 'email'"), 2);
    assert_int_equal(count("SELECT count(*) FROM message WHERE kind = 'wecom' AND lang = 'zh'"), 1);
}

static void a_channel_gets_its_events_only_and_nothing_when_off(void **state) {
    (void)state;
    const char *id = add_channel("ops", "email", "ops@example.com");
    struct channel c;
    assert_ok(channel_get(db, a, ACCOUNT, id, &c, &e), e);
    c.events = "revoked deployment_failed";
    assert_ok(channel_store(db, &c, &e), e);
    assert_ok(tell(&(struct notify_event){.event = "issued"}), e);
    assert_int_equal(count("SELECT count(*) FROM message"), 0);
    assert_ok(tell(&(struct notify_event){.event = "revoked"}), e);
    assert_int_equal(count("SELECT count(*) FROM message"), 1);
    c.disabled_at = now;
    assert_ok(channel_store(db, &c, &e), e);
    assert_ok(tell(&(struct notify_event){.event = "revoked"}), e);
    assert_int_equal(count("SELECT count(*) FROM message"), 1);
}

/* ---- what is chosen for a certificate ---- */

static void chosen_receivers_take_the_place_of_the_channels(void **state) {
    (void)state;
    add_channel("ops", "email", "all@example.com");
    add_channel("robot", "wecom", "https://qyapi.weixin.qq.com/…");
    assert_ok(put_setting(CERTIFICATE, "{\"thresholds\": [60, 10], \"channels\": [\"email\"], "
                                       "\"receivers\": [\"ops@example.com\"]}"),
              e);
    tell_expiry(CERTIFICATE, NULL);
    assert_int_equal(count("SELECT count(*) FROM message"), 1);
    assert_int_equal(count("SELECT count(*) FROM message WHERE receiver = 'ops@example.com' AND lang = 'en'"),
                     1);
    tell_expiry("cert_2", NULL);
    assert_int_equal(count("SELECT count(*) FROM message"), 3);
    /* other events go where they always go */
    assert_ok(tell(&(struct notify_event){.event = "issued", .certificate_id = CERTIFICATE}), e);
    assert_int_equal(count("SELECT count(*) FROM message"), 5);
}

static void no_channels_is_the_inbox_only(void **state) {
    (void)state;
    add_channel("ops", "email", "all@example.com");
    assert_ok(put_setting(CERTIFICATE, "{\"channels\": []}"), e);
    tell_expiry(CERTIFICATE, NULL);
    assert_int_equal(count("SELECT count(*) FROM notice"), 1);
    assert_int_equal(count("SELECT count(*) FROM message"), 0);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"{\"thresholds\": [0]}",
                                      "{\"thresholds\": [\"x\"]}",
                                      "{\"thresholds\": [4000]}",
                                      "{\"channels\": [\"pigeon\"]}",
                                      "{\"receivers\": [\"nobody\"]}",
                                      "{\"lang\": \"fr\"}",
                                      "{\"receivers\": [\"a@b,c@d\"]}",
                                      "{\"thresholds\": [1.5]}",
                                      "{\"thresholds\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error_clear(&e);
        assert_fails(put_setting(CERTIFICATE, bad[i]), e, ERR_BAD_FIELD);
    }
    assert_int_equal(count("SELECT count(*) FROM notify_setting"), 0);
}

static void an_own_choice_goes_before_the_accounts(void **state) {
    (void)state;
    struct notify_choice choice;
    assert_ok(put_setting("", "{\"thresholds\": [20], \"channels\": [\"slack\"]}"), e);
    assert_ok(put_setting(CERTIFICATE, "{\"thresholds\": [5]}"), e);
    assert_ok(notify_choice(db, a, ACCOUNT, CERTIFICATE, &choice, &e), e);
    assert_string_equal(choice.thresholds, "[5]");
    assert_true(choice.own_thresholds);
    assert_string_equal(choice.channels, "slack");
    assert_ok(notify_choice(db, a, ACCOUNT, "cert_2", &choice, &e), e);
    assert_string_equal(choice.thresholds, "[20]");
    assert_false(choice.own_thresholds);
    assert_ok(notify_choice(db, a, "acct_2", CERTIFICATE, &choice, &e), e);
    assert_string_equal(choice.thresholds, THRESHOLDS_DEFAULT);
}

/* ---- thresholds and mutes ---- */

static int64_t look_at(int64_t end) {
    const struct threshold_look look = {
        .account_id = ACCOUNT,
        .certificate_id = CERTIFICATE,
        .thresholds = {.days = THRESHOLDS_DEFAULT, .lead = 30 * DAY, .end = end}};
    int64_t crossed;
    assert_ok(notify_look(db, &look, now, &crossed, &e), e);
    return crossed;
}

static void a_crossing_is_seen_once(void **state) {
    (void)state;
    int64_t end = now + 31 * DAY;
    assert_int_equal(look_at(end), -1);
    now = end - 30 * DAY;
    assert_int_equal(look_at(end), 30);
    assert_int_equal(look_at(end), -1);
    now = end - 2 * DAY; /* the daemon was down for weeks: one message */
    assert_int_equal(look_at(end), 3);
    assert_int_equal(look_at(end), -1);
    now = end;
    assert_int_equal(look_at(end), 0);
    assert_int_equal(look_at(end), -1);
}

static void what_passed_before_a_choice_is_not_told(void **state) {
    (void)state;
    int64_t end = now + 20 * DAY;
    assert_ok(put_setting(CERTIFICATE, "{\"thresholds\": [60, 10]}"), e);
    assert_int_equal(look_at(end), -1);
    now = end - 7 * DAY;
    assert_int_equal(look_at(end), 7);
}

static void mutes_silence_expiry_until_their_date(void **state) {
    (void)state;
    mute(CERTIFICATE, NULL, now + DAY);
    mute(NULL, "t", now + 2 * DAY);
    tell_expiry(CERTIFICATE, NULL);
    tell_expiry("cert_2", "s t u");
    assert_int_equal(count("SELECT count(*) FROM notice"), 0);
    tell_expiry("cert_3", "tt");
    assert_int_equal(count("SELECT count(*) FROM notice"), 1);
    assert_ok(tell(&(struct notify_event){.event = "deployment_failed", .certificate_id = CERTIFICATE}), e);
    assert_int_equal(count("SELECT count(*) FROM notice"), 2);
    now += DAY;
    tell_expiry(CERTIFICATE, NULL);
    tell_expiry("cert_2", "s t u");
    assert_int_equal(count("SELECT count(*) FROM notice"), 3);
}

static void a_mute_can_be_taken_back(void **state) {
    (void)state;
    const char *id = mute(CERTIFICATE, NULL, now + DAY);
    assert_ok(mute_set_ended(db, id, now, &e), e);
    tell_expiry(CERTIFICATE, NULL);
    assert_int_equal(count("SELECT count(*) FROM notice"), 1);
}

/* ---- the outbox ---- */

static struct work work_for(const char *message_id, const struct services *services) {
    struct work_item *item = ARENA_NEW(a, struct work_item);
    item->subject = message_id;
    return (struct work){.arena = a, .services = services, .db = db, .now = now, .item = item};
}

/* As the engine does it: act, then save or the note of the failure. */
static bool send_one(const char *id) {
    struct request rq = request_of("{}");
    struct work w = work_for(id, rq.services);
    struct error cause = {0};
    bool sent = notify_send(&w, &cause);
    assert_ok(db_begin(db, &e), e);
    assert_ok(sent ? notify_sent(&w, &e) : notify_failed(&w, &cause, &e), e);
    assert_ok(db_commit(db, &e), e);
    return sent;
}

static void a_failing_channel_is_told_by_the_others_once(void **state) {
    (void)state;
    struct message m;
    struct channel c;
    const char *slack = add_channel("chat", "slack", "https://hooks.slack.com/…");
    add_channel("robot", "wecom", "https://qyapi.weixin.qq.com/…");
    assert_ok(tell(&(struct notify_event){.event = "revoked"}), e);
    const char *id = only_message("slack");
    for (int i = 1; i <= 2; i++) { /* what was never sealed cannot be opened */
        assert_false(send_one(id));
        assert_ok(message_get(db, a, id, &m, &e), e);
        assert_int_equal(m.attempts, i);
        assert_string_equal(m.error, "unsealable");
    }
    assert_ok(channel_get(db, a, ACCOUNT, slack, &c, &e), e);
    assert_int_equal(c.failing_since, now);
    assert_string_equal(c.last_error, "unsealable");
    assert_int_equal(count("SELECT count(*) FROM notice WHERE event = 'channel_failed'"), 1);
    assert_int_equal(count("SELECT count(*) FROM message WHERE kind = 'slack'"), 1);
    assert_int_equal(count("SELECT count(*) FROM message WHERE kind = 'wecom'"), 2);
}

static void after_a_week_a_message_is_given_up(void **state) {
    (void)state;
    struct message m;
    add_channel("chat", "slack", "https://hooks.slack.com/…");
    assert_ok(tell(&(struct notify_event){.event = "revoked"}), e);
    const char *id = only_message("slack");
    now += 7 * DAY - 1;
    assert_false(send_one(id));
    now++;
    assert_true(send_one(id));
    assert_ok(message_get(db, a, id, &m, &e), e);
    assert_int_equal(m.failed_at, now);
    assert_int_equal(m.sent_at, 0);
    assert_string_equal(m.error, "unsealable");
}

static void a_deleted_channel_sends_nothing_more(void **state) {
    (void)state;
    struct message m;
    struct channel c = {.id = add_channel("chat", "slack", "https://hooks.slack.com/…")};
    assert_ok(tell(&(struct notify_event){.event = "revoked"}), e);
    assert_ok(channel_delete(db, &c, &e), e);
    const char *id = only_message("slack");
    assert_true(send_one(id));
    assert_ok(message_get(db, a, id, &m, &e), e);
    assert_int_equal(m.failed_at, now);
}

static void what_is_old_goes(void **state) {
    (void)state;
    add_channel("ops", "email", "ops@example.com");
    assert_ok(tell(&(struct notify_event){.event = "revoked"}), e);
    struct work w = work_for("retention", NULL);
    w.now = now + 89 * DAY;
    assert_ok(notify_purge(&w, &e), e);
    assert_int_equal(count("SELECT count(*) FROM message"), 1);
    w.now = now + 91 * DAY;
    assert_ok(notify_purge(&w, &e), e);
    assert_int_equal(count("SELECT count(*) FROM message"), 0);
    assert_int_equal(count("SELECT count(*) FROM notice"), 1);
    w.now = now + 401 * DAY;
    assert_ok(notify_purge(&w, &e), e);
    assert_int_equal(count("SELECT count(*) FROM notice"), 0);
    assert_int_equal(w.outcome, OUTCOME_NEXT);
}

/* ---- channels ---- */

static void addresses_are_sealed_and_shown_cut_short(void **state) {
    (void)state;
    struct signer *signer = signer_local(a, secret_new(a, "0123456789abcdef0123456789abcdef", 32));
    struct channel c = {.id = "chn_1",
                        .account_id = ACCOUNT,
                        .address = "https://oapi.dingtalk.com/robot/send?access_token=t0ken",
                        .secret = "SECret"},
                   other;
    struct outgoing out = {0};
    assert_ok(channel_seal(signer, a, &c, &e), e);
    assert_null(memmem(c.sealed.p, c.sealed.len, "t0ken", 5));
    assert_ok(channel_open_sealed(signer, a, &c, &out, &e), e);
    assert_string_equal(out.address, c.address);
    assert_string_equal(out.secret, "SECret");
    assert_string_equal(address_shown(a, c.address), "https://oapi.dingtalk.com/…");
    other = c;
    other.account_id = "acct_2";
    assert_fails(channel_open_sealed(signer, a, &other, &out, &e), e, ERR_UNSEALABLE);
}

static void assert_channel_refused(struct channel c, enum error_id expected) {
    struct request rq = request_of("{}");
    error_clear(&e);
    assert_fails(channel_check(rq.services->notifier, &c, &e), e, expected);
}

static void only_possible_channels_are_made(void **state) {
    (void)state;
    const struct channel good = {
        .name = "x", .kind = "webhook", .address = "https://example.com/hook", .secret = "s", .lang = "en"};
    struct request rq = request_of("{}");
    assert_ok(channel_check(rq.services->notifier, &good, &e), e);
    struct channel c = good;
    c.kind = "pigeon";
    assert_channel_refused(c, ERR_BAD_FIELD);
    c = good;
    c.secret = NULL;
    assert_channel_refused(c, ERR_BAD_FIELD);
    c = good;
    c.address = "http://example.com/hook";
    assert_channel_refused(c, ERR_BAD_FIELD);
    c = good;
    c.events = "issued nothing";
    assert_channel_refused(c, ERR_BAD_FIELD);
    c = good;
    c.name = "a\nb";
    assert_channel_refused(c, ERR_BAD_FIELD);
    c = (struct channel){.name = "x", .kind = "email", .address = "a@b  c@d", .lang = "zh"};
    assert_ok(channel_check(rq.services->notifier, &c, &e), e);
    c.address = "a@b c";
    assert_channel_refused(c, ERR_BAD_FIELD);
    c.address = "a@b";
    assert_fails(channel_check(notifier_new(a, NULL, NULL), &c, &e), e, ERR_MAIL_NOT_CONFIGURED);
}

TEST_MAIN(notify, in_db(every_event_has_both_texts_and_fills_them), in_db(no_control_character_comes_through),
          in_db(a_notice_is_there_without_any_channel), in_db(what_has_a_name_is_told_once),
          in_db(each_receiver_gets_one_message), in_db(a_channel_gets_its_events_only_and_nothing_when_off),
          in_db(chosen_receivers_take_the_place_of_the_channels), in_db(no_channels_is_the_inbox_only),
          in_db(what_makes_no_sense_is_refused), in_db(an_own_choice_goes_before_the_accounts),
          in_db(a_crossing_is_seen_once), in_db(what_passed_before_a_choice_is_not_told),
          in_db(mutes_silence_expiry_until_their_date), in_db(a_mute_can_be_taken_back),
          in_db(a_failing_channel_is_told_by_the_others_once), in_db(after_a_week_a_message_is_given_up),
          in_db(a_deleted_channel_sends_nothing_more), in_db(what_is_old_goes),
          in_db(addresses_are_sealed_and_shown_cut_short), in_db(only_possible_channels_are_made))
