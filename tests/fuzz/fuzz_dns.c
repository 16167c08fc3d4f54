/* Answers of DNS servers, and what their records say: CAA, records of dns-persist-01, serial numbers. */
#include "dns/wire.h"
#include "fuzz.h"
#include "validate/caa.h"
#include "validate/persist.h"

static const struct caa_applicant applicant = {"ca.example", "https://ca.example/acct/1", "dns-01", false};

/* The value of a CAA record or of a TXT, by itself. */
static void read_value(struct arena *a, struct slice value) {
    struct caa_issue issue;
    struct persist persist;
    if (!memchr(value.p, 0, value.len) &&
        caa_issue_read(a, arena_strndup(a, (const char *)value.p, value.len), &issue)) {
        CHECK(issue.count <= CAA_PARAMETERS_MAX && strlen(issue.issuer) <= value.len);
        for (size_t i = 0; i < issue.count; i++)
            CHECK(*issue.parameters[i].tag && strcspn(issue.parameters[i].value, "; \t\"") <= value.len);
    }
    if (persist_read(a, value, &persist)) {
        CHECK(*persist.issuer && persist.account_uri && persist.until >= 0);
        CHECK(persist_serves(&persist, &persist, persist.until - 1));
    }
}

static void read_as(struct arena *a, struct slice packet, enum dns_type type) {
    const struct wire_question question = {.id = (uint16_t)(packet.p[0] << 8 | packet.p[1]),
                                           .name = "_tenure-challenge.example.test",
                                           .type = type};
    struct dns_answer answer = {0};
    struct slice text;
    const char *name;
    struct caa caa;
    uint32_t serial;
    if (!wire_read(a, &question, packet, &answer))
        return;
    CHECK(answer.status == DNS_ANSWERED && answer.count <= DNS_VALUES_MAX);
    CHECK(!answer.cname || strlen(answer.cname) <= DNS_NAME_MAX);
    caa_judge(a, answer.data, answer.count, &applicant);
    caa_permits(a, answer.data, answer.count, "ca.example", false);
    for (size_t i = 0; i < answer.count; i++) {
        if (caa_read(a, answer.data[i], &caa))
            CHECK(*caa.tag && strlen(caa.tag) + strlen(caa.value) + 2 == answer.data[i].len);
        CHECK(strlen(quoted(a, answer.data[i])) < 600);
        if (dns_txt(a, answer.data[i], &text)) {
            CHECK(text.len < answer.data[i].len);
            read_value(a, text);
        }
        dns_serial(answer.data[i], &serial);
        if (dns_name_text(a, answer.data[i], &name))
            CHECK(strlen(name) <= DNS_NAME_MAX && strlen(name) < answer.data[i].len + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    if (size < 2)
        return 0;
    read_as(a, slice_of(data, size), DNS_TXT);
    read_as(a, slice_of(data, size), DNS_NS);
    read_as(a, slice_of(data, size), DNS_SOA);
    read_as(a, slice_of(data, size), DNS_CAA);
    read_value(a, slice_of(data, size));
    return 0;
}
