/* What stands in the headers of an e-mail. */
#include "base/buf.h"
#include "http/mail.h"
#include "unit.h"

static void plain_text_stays_as_it_is(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(mail_header_text(a, "Certificate www.example.com expires in 30 days"),
                        "Certificate www.example.com expires in 30 days");
    assert_string_equal(mail_header_text(a, ""), "");
}

static void chinese_becomes_encoded_words(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(
        mail_header_text(a, "证书 a.example 将在 30 天后到期,请续费"),
        "=?UTF-8?B?6K+B5LmmIGEuZXhhbXBsZSDlsIblnKggMzAg5aSp5ZCO5Yiw5pyf?=\r\n =?UTF-8?B?LOivt+e7rei0uQ==?=");
    /* what looks like an encoded word must not be taken for one */
    assert_string_equal(mail_header_text(a, "=?a"), "=?UTF-8?B?PT9h?=");
}

static void nothing_ends_a_header(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(mail_header_text(a, "a\r\nBcc: b@example.com\x7f"), "a  Bcc: b@example.com ");
    char bytes[1000];
    memset(bytes, 0x80, sizeof bytes - 1);
    bytes[sizeof bytes - 1] = 0;
    const char *text = mail_header_text(a, bytes);
    for (const char *line = strstr(text, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        assert_int_equal(line[2], ' ');
    assert_true(strlen(text) < 4000);
}

static void no_line_has_more_than_seventy_six_characters(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct buf b = buf_new(a, 4096);
    for (int i = 0; i < 300; i++)
        buf_str(&b, i % 3 ? "证" : "a");
    const char *text = mail_header_text(a, b.p);
    size_t longest = strcspn(text, "\r") + strlen("Subject: ");
    for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
        longest = strcspn(line + 1, "\r") > longest ? strcspn(line + 1, "\r") : longest;
    assert_true(longest <= 76);
}

static void dates_are_those_of_rfc_5322(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(mail_date(a, 0), "Thu, 1 Jan 1970 00:00:00 +0000");
    assert_string_equal(mail_date(a, 1795305599), "Sat, 21 Nov 2026 23:59:59 +0000");
}

static void addresses_are_addresses(void **state) {
    (void)state;
    static const char *const good[] = {"a@b", "ops+tls@example.com", "x_y-z.1@mail.example.com"};
    static const char *const bad[] = {"",        "a",       "@b",    "a@",        "a@b@c",
                                      "a b@c",   "a@b\r\n", "<a@b>", "a@b,c@d",   "a@b>",
                                      "\"a\"@b", "证@b",    "a@b c", "a@[1.2.3]", "a@b;x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(mail_address_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mail_address_valid(bad[i]));
    char longer[300];
    memset(longer, 'a', sizeof longer);
    memcpy(longer + 10, "@", 1);
    longer[sizeof longer - 1] = 0;
    assert_false(mail_address_valid(longer));
}

static void without_a_server_nothing_is_sent(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const struct mail_settings none = {.host = NULL};
    const struct mail mail = {.id = "msg_1", .to = "a@b", .subject = "s", .text = "t", .lang = "en"};
    assert_fails(mail_send(mailer_new(a, &none), &mail, &e), e, ERR_MAIL_NOT_CONFIGURED);
}

static void nothing_listens(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const struct mail_settings closed = {
        .host = "127.0.0.1", .port = 1, .security = MAIL_PLAIN, .from = "t@example.com", .timeout_ms = 2000};
    const struct mail mail = {.id = "msg_1", .to = "a@b", .subject = "s", .text = "t", .lang = "en"};
    struct mail wrong = mail;
    wrong.to = "a@b\r\nRCPT TO:<c@d>";
    assert_fails(mail_send(mailer_new(a, &closed), &mail, &e), e, ERR_UNREACHABLE);
    assert_fails(mail_send(mailer_new(a, &closed), &wrong, &e), e, ERR_BAD_FIELD);
}

TEST_MAIN(mail, test(plain_text_stays_as_it_is), test(chinese_becomes_encoded_words),
          test(nothing_ends_a_header), test(no_line_has_more_than_seventy_six_characters),
          test(dates_are_those_of_rfc_5322), test(addresses_are_addresses),
          test(without_a_server_nothing_is_sent), test(nothing_listens))
