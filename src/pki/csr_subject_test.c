/* csr_subject: what a Name holds, read back, and what is refused. */
#include "pki/csr.h"
#include "pki/csr_subject.h"
#include "pki/x509_text.h"
#include "unit.h"

static const char *text_of(struct arena *a, struct csr_subject subject) {
    struct error e = {0};
    struct slice der;
    const char *text;
    assert_ok(csr_subject_der(a, &subject, &der, &e), e);
    assert_true(x509_text_name(a, der, &text));
    return text;
}

static void all_parts_stand_in_the_order_of_a_name(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(text_of(a, (struct csr_subject){.common_name = "www.example.com",
                                                        .organization = "示例, 公司",
                                                        .organizational_unit = "IT",
                                                        .locality = "Hangzhou",
                                                        .province = "Zhejiang",
                                                        .country = "CN"}),
                        "CN=www.example.com,OU=IT,O=示例\\, 公司,L=Hangzhou,ST=Zhejiang,C=CN");
}

static void parts_that_are_absent_or_empty_are_left_out(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(text_of(a, (struct csr_subject){.organization = "Example", .country = ""}),
                        "O=Example");
    assert_string_equal(text_of(a, (struct csr_subject){0}), "");
}

static void refuse(struct csr_subject subject, const char *field) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice der;
    assert_fails(csr_subject_der(a, &subject, &der, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, field);
}

static const char *repeated(struct arena *a, const char *text, size_t count) {
    const char *all = "";
    while (count--)
        all = arena_printf(a, "%s%s", all, text);
    return all;
}

static void parts_that_break_a_rule_are_named(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    refuse((struct csr_subject){.country = "China"}, "country");
    refuse((struct csr_subject){.country = "cn"}, "country");
    refuse((struct csr_subject){.country = "C"}, "country");
    refuse((struct csr_subject){.organization = "a\nb"}, "organization");
    refuse((struct csr_subject){.organization = repeated(a, "x", 65)}, "organization");
    refuse((struct csr_subject){.locality = repeated(a, "x", 129)}, "locality");
    text_of(a,
            (struct csr_subject){.organization = repeated(a, "公", 64), .province = repeated(a, "x", 128)});
}

TEST_MAIN(csr_subject, test(all_parts_stand_in_the_order_of_a_name),
          test(parts_that_are_absent_or_empty_are_left_out), test(parts_that_break_a_rule_are_named))
