/* Letters as a reader of the PDF sees them: pdftotext takes the text out of the file. */
#include "apply/letter_pdf.h"
#include "apply/letter_scan.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/file.h"
#include "unit.h"
#include <stdlib.h>
#include <unistd.h>

static const char *const some_names[] = {"example.com", "*.example.com", "xn--fiq228c.example"};

static const struct letter_contact some_contacts[] = {
    {.name = "李雷", .title = "运维经理", .email = "li.lei@example.com", .mobile = "+8613800138000"},
    {.name = "Zoë Müller", .email = "zoe@example.com", .mobile = "+493012345678"},
};

static const struct letter some_letter = {
    .application = "app_01hzzzzzzzzzzzzzzzzzzzzzzz",
    .application_number = 4711,
    .order = "ord_01haaaaaaaaaaaaaaaaaaaaaaa",
    .certificate = "cert_01hbbbbbbbbbbbbbbbbbbbbbbb",
    .brand = "GlobalSign",
    .grade = "OV",
    .domain_type = "mixed",
    .key_algorithm = "p256",
    .years = 3,
    .names = some_names,
    .name_count = 3,
    .organization = {.name = "北京示例科技有限公司",
                     .registration_number = "91110108MA01ABCD2X",
                     .country = "CN",
                     .province = "北京市",
                     .city = "海淀区",
                     .address = "中关村大街1号创新大厦A座1201室",
                     .postal_code = "100080",
                     .phone = "+861062512345"},
    .contacts = some_contacts,
    .contact_count = 2,
    .date = 1767225600, /* 2026-01-01 */
};

/* Without blanks and line breaks: where lines break is the layout's business. */
static const char *squeezed(struct arena *a, const char *text) {
    char *out = arena_strdup(a, text);
    char *to = out;
    for (const char *from = out; *from; from++)
        if (*from != ' ' && *from != '\n' && *from != '\f')
            *to++ = *from;
    *to = '\0';
    return out;
}

static struct slice made(struct arena *a, const struct letter *letter, enum letter_language language) {
    struct error e = {0};
    struct slice pdf;
    assert_ok(letter_pdf(a, letter, language, &pdf, &e), e);
    return pdf;
}

/* What pdftotext, given these further arguments, makes of it. */
static const char *text_of(struct arena *a, struct slice pdf) {
    char path[] = "/tmp/tenure-letter-XXXXXX";
    struct error e = {0};
    struct child_result result;
    struct slice text;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write_all(fd, pdf.p, pdf.len));
    close(fd);
    const char *out = arena_printf(a, "%s.txt", path);
    const char *const argv[] = {"pdftotext", "-enc", "UTF-8", "-layout", path, out, NULL};
    assert_ok(child_run(a, argv, NULL, 20000, &result, &e), e);
    if (result.exit_status != 0)
        print_error("pdftotext: %s\n", result.output);
    assert_int_equal(result.exit_status, 0);
    assert_ok(file_read(a, out, 1 << 20, &text, &e), e);
    unlink(path);
    unlink(out);
    return (const char *)text.p;
}

static bool says(struct arena *a, const char *text, const char *what) {
    return strstr(squeezed(a, text), squeezed(a, what)) != NULL;
}

static void assert_says(struct arena *a, const char *text, const char *what) {
    if (!says(a, text, what))
        print_error("not in the letter: %s\n%s\n", what, text);
    assert_true(says(a, text, what));
}

static void every_value_can_be_read(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const char *const values[] = {"4711",
                                         "app_01hzzzzzzzzzzzzzzzzzzzzzzz",
                                         "ord_01haaaaaaaaaaaaaaaaaaaaaaa",
                                         "cert_01hbbbbbbbbbbbbbbbbbbbbbbb",
                                         "GlobalSign",
                                         "OV",
                                         "mixed",
                                         "p256",
                                         "购买年限 Years 3",
                                         "2026-01-01",
                                         "example.com",
                                         "*.example.com",
                                         "xn--fiq228c.example",
                                         "北京示例科技有限公司",
                                         "91110108MA01ABCD2X",
                                         "国家/地区 Country CN",
                                         "北京市",
                                         "海淀区",
                                         "中关村大街1号创新大厦A座1201室",
                                         "100080",
                                         "+861062512345",
                                         "李雷",
                                         "运维经理",
                                         "li.lei@example.com",
                                         "+8613800138000",
                                         "Zoë Müller",
                                         "zoe@example.com",
                                         "+493012345678",
                                         "数字证书申请确认函 Confirmation letter for a certificate",
                                         "单位公章 Seal of the organisation",
                                         "签字 Signature",
                                         "本单位有权使用所列域名",
                                         "it has the right to use the names listed"};
    struct slice pdf = made(a, &some_letter, LETTER_BOTH);
    const char *text = text_of(a, pdf);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_says(a, text, values[i]);
}

static void one_language_leaves_out_the_other(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *en = text_of(a, made(a, &some_letter, LETTER_EN));
    const char *zh = text_of(a, made(a, &some_letter, LETTER_ZH));
    assert_says(a, en, "Registration number 91110108MA01ABCD2X");
    assert_false(says(a, en, "登记号码") || says(a, en, "请打印"));
    assert_says(a, zh, "登记号码 91110108MA01ABCD2X");
    assert_false(says(a, zh, "Registration") || says(a, zh, "Please print"));
}

static void what_is_absent_has_no_row(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct letter letter = some_letter;
    letter.organization.postal_code = NULL;
    letter.organization.province = "";
    letter.years = 0;
    letter.contact_count = 0;
    const char *text = text_of(a, made(a, &letter, LETTER_EN));
    assert_false(says(a, text, "Postal code") || says(a, text, "Province") || says(a, text, "Years"));
    assert_false(says(a, text, "Mobile"));
    assert_says(a, text, "City 海淀区");
}

static void the_same_data_give_the_same_bytes(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice first = made(a, &some_letter, LETTER_BOTH);
    /* not from the clock */
    assert_non_null(memmem(first.p, first.len, "/CreationDate (20260101", 23));
    assert_true(slice_equal(first, made(a, &some_letter, LETTER_BOTH)));
    struct letter letter = some_letter;
    letter.date += 86400;
    assert_false(slice_equal(first, made(a, &letter, LETTER_BOTH)));
}

/* This one has no fonts. */
static void the_fontconfig_of_the_machine_does_not_matter(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice first = made(a, &some_letter, LETTER_BOTH);
    char path[] = "/tmp/tenure-letter-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write_all(fd, "<fontconfig/>", 13));
    close(fd);
    setenv("FONTCONFIG_FILE", path, 1);
    struct slice second = made(a, &some_letter, LETTER_BOTH);
    unsetenv("FONTCONFIG_FILE");
    unlink(path);
    assert_true(slice_equal(first, second));
}

static void many_names_take_more_pages_and_each_says_what_it_belongs_to(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    enum { MANY = 250 };
    const char *names[MANY];
    for (int i = 0; i < MANY; i++)
        names[i] = arena_printf(a, "host-%d.%s.example.com", i,
                                "a-label-that-is-long-enough-to-need-more-than-one-line-of-the-letter");
    struct letter letter = some_letter;
    letter.names = names;
    letter.name_count = MANY;
    const char *text = text_of(a, made(a, &letter, LETTER_EN));
    const char *squeezed_text = squeezed(a, text);
    for (int i = 0; i < MANY; i++)
        assert_non_null(strstr(squeezed_text, names[i]));
    int pages = 0;
    for (const char *c = text; *c; c++)
        pages += *c == '\f';
    assert_true(pages > 4);
    for (int i = 1; i <= pages; i++)
        assert_says(a, text, arena_printf(a, "Application 4711 app_01hzzzzzzzzzzzzzzzzzzzzzzz · %d", i));
    assert_false(says(a, text, arena_printf(a, "app_01hzzzzzzzzzzzzzzzzzzzzzzz · %d", pages + 1)));
}

static void a_value_longer_than_a_page_goes_on(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    enum { LONG = 4000 };
    struct buf address = buf_new(a, LONG * 4);
    for (int i = 0; i < LONG; i++)
        buf_str(&address, "甲");
    struct letter letter = some_letter;
    letter.organization.address = address.p;
    const char *text = text_of(a, made(a, &letter, LETTER_EN));
    int found = 0;
    for (const char *c = text; (c = strstr(c, "甲")); c++)
        found++;
    assert_int_equal(found, LONG);
    assert_says(a, text, "Postal code 100080");
}

static void a_line_break_in_a_value_makes_no_row(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct letter letter = some_letter;
    letter.organization.name = "Example\nCity: elsewhere";
    const char *text = text_of(a, made(a, &letter, LETTER_EN));
    assert_null(strstr(text, "\nCity: elsewhere"));
    const char *line = strstr(text, "Example");
    assert_non_null(line);
    assert_non_null(strstr(line, "City: elsewhere"));
    assert_true(strstr(line, "City: elsewhere") < strchr(line, '\n'));
}

static void a_letter_is_taken_as_a_scan_of_itself(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *type;
    assert_ok(letter_scan_type(made(a, &some_letter, LETTER_ZH), &type, &e), e);
    assert_string_equal(type, "application/pdf");
}

TEST_MAIN(letter_pdf, test(every_value_can_be_read), test(one_language_leaves_out_the_other),
          test(what_is_absent_has_no_row), test(the_same_data_give_the_same_bytes),
          test(the_fontconfig_of_the_machine_does_not_matter),
          test(many_names_take_more_pages_and_each_says_what_it_belongs_to),
          test(a_value_longer_than_a_page_goes_on), test(a_line_break_in_a_value_makes_no_row),
          test(a_letter_is_taken_as_a_scan_of_itself))
