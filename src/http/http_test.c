/* http: JSON both ways, addresses of requests, routes, problems, the API description, metrics. */
#include "http/framing.h"
#include "http/metrics.h"
#include "http/openapi.h"
#include "http/problem.h"
#include "http/url.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- JSON ---- */

struct sample {
    const char *name, *names, *pass_phrase, *note;
    int64_t years, end_at;
    bool paid;
    struct slice der;
};

static const struct field sample_fields[] = {
    FIELD(TEXT, sample, name, FIELD_REQUIRED, "Name", "名称"),
    FIELD(WORDS, sample, names, 0, "Names", "域名"),
    FIELD(TEXT, sample, pass_phrase, FIELD_SECRET, "Pass phrase", "密码"),
    FIELD(TEXT, sample, note, FIELD_HIDDEN, "Note", "备注"),
    FIELD(INT, sample, years, 0, "Years", "年限"),
    FIELD(TIME, sample, end_at, 0, "End", "到期时间"),
    FIELD(BOOL, sample, paid, 0, "Paid", "已支付"),
    FIELD(BLOB, sample, der, 0, "DER", "DER"),
    FIELD_END,
};

static bool read_sample(struct arena *a, const char *text, struct sample *s, struct error *e) {
    json_t *value;
    return json_read(a, slice_str(text), &value, e) && json_to_row(a, value, sample_fields, s, e);
}

static const char *write_sample(struct arena *a, const struct sample *s) {
    return json_text(a, json_keep(a, json_from_row(a, sample_fields, s)), false);
}

static void hostile_json_is_refused_with_its_place(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    json_t *value;
    static const char *const bad[] = {"",
                                      "{",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":1}x",
                                      "{\"a\":01}",
                                      "1",
                                      "{'a':1}",
                                      "{\"a\":1e400}",
                                      "[1,]",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":9223372036854775808}",
                                      "{\"\\u0000\":1}"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(json_read(a, slice_str(bad[i]), &value, &e), e, ERR_BAD_REQUEST);
    assert_false(json_read(a, slice_str("{\n\"a\":1,\"a\":2}"), &value, &e));
    assert_string_equal(e.detail[LANG_EN], "JSON, line 2, column 9: a key occurs twice");
    assert_string_equal(e.detail[LANG_ZH], "JSON 第 2 行第 9 列:存在重复的键");
}

static void json_may_be_32_deep_and_no_deeper(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    json_t *value;
    char text[201] = {0};
    for (int depth = 1; depth <= 100; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        assert_int_equal(json_read(a, slice_of(text, (size_t)depth * 2), &value, &e), depth <= 32);
    }
    assert_ok(json_read(a, slice_str("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"]"), &value, &e), e);
}

static void rows_come_back_as_they_were_written(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    struct sample s = {.name = "证书",
                       .names = "a.example b.example",
                       .years = INT64_MIN,
                       .end_at = 1795219200,
                       .paid = true,
                       .pass_phrase = "secret",
                       .note = "internal"};
    const char *text = write_sample(a, &s);
    assert_string_equal(
        text, "{\"name\":\"证书\",\"names\":[\"a.example\",\"b.example\"],\"years\":-9223372036854775808,"
              "\"end_at\":\"2026-11-21T00:00:00Z\",\"paid\":true}");
    struct sample again = {0};
    assert_ok(read_sample(a, text, &again, &e), e);
    assert_string_equal(write_sample(a, &again), text);
}

static void empty_rows_are_written_with_nulls(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct sample s = {0};
    assert_string_equal(write_sample(a, &s),
                        "{\"name\":null,\"names\":[],\"years\":0,\"end_at\":null,\"paid\":false}");
}

static void bodies_with_wrong_members_are_refused_by_field(void **state) {
    (void)state;
    static const struct {
        const char *text, *field;
        enum error_id id;
    } bad[] = {
        {"{\"name\":\"a\",\"nmae\":1}", "nmae", ERR_UNKNOWN_FIELD},
        {"{\"name\":\"a\",\"note\":\"x\"}", "note", ERR_UNKNOWN_FIELD},
        {"{\"name\":\"a\",\"der\":\"x\"}", "der", ERR_UNKNOWN_FIELD},
        {"{\"name\":7}", "name", ERR_BAD_FIELD},
        {"{\"years\":1}", "name", ERR_BAD_FIELD},
        {"{\"name\":null}", "name", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"years\":1.0}", "years", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"years\":\"1\"}", "years", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"years\":null}", "years", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"paid\":1}", "paid", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"end_at\":1795219200}", "end_at", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"end_at\":\"tomorrow\"}", "end_at", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"end_at\":\"9999-12-31T23:59:59-00:01\"}", "end_at", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"end_at\":\"0000-01-01T00:00:00+00:01\"}", "end_at", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"names\":\"b\"}", "names", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"names\":[1]}", "names", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"names\":[\"\"]}", "names", ERR_BAD_FIELD},
        {"{\"name\":\"a\",\"names\":[\"b c\"]}", "names", ERR_BAD_FIELD},
        {"[]", "", ERR_BAD_REQUEST},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error e;
        struct sample s = {0};
        assert_fails(read_sample(a, bad[i].text, &s, &e), e, bad[i].id);
        assert_string_equal(e.field, bad[i].field);
    }
}

static void absent_members_stay_and_null_empties(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    struct sample s = {.names = "a b", .end_at = 7, .years = 3};
    assert_ok(read_sample(a, "{\"name\":\"n\",\"names\":null,\"end_at\":null,\"pass_phrase\":\"p\"}", &s, &e),
              e);
    assert_null(s.names);
    assert_int_equal(s.end_at, 0);
    assert_int_equal(s.years, 3);
    assert_string_equal(s.pass_phrase, "p");
}

static void text_that_is_not_utf8_is_repaired(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"caf\xe9", "\"caf\xef\xbf\xbd\""},
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf4\x90\x80\x80z", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
        {"证\xe8\xaf", "\"证\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf0\x9f\x94\x92\xff", "\"\xf0\x9f\x94\x92\xef\xbf\xbd\""},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(json_text(a, json_keep(a, json_string_of(a, rows[i].in)), false), rows[i].out);
}

/* ---- addresses of requests ---- */

static void targets_with_bad_escapes_are_not_valid(void **state) {
    (void)state;
    static const char *const good[] = {"/", "/a?b=c", "/a%20b", "/%7E", "/a?b=%e8%af%81"};
    static const char *const bad[] = {"",     "*",    "a",     "http://x/", "/%00",  "/%", "/%2",
                                      "/%zz", "/a b", "/a\tb", "/\x7f",     "/\xe8", "/#a"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(url_target_valid(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(url_target_valid(bad[i]));
}

static void escapes_are_decoded_once(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(url_decode(a, "a%2fb%252f+c", 12), "a/b%2f+c");
    assert_null(url_decode(a, "a%00", 4));
    assert_null(url_decode(a, "a%2f", 3)); /* the escape goes past the end */
    const char *hard = "a b/ü%&=+~";
    const char *encoded = url_encode(a, hard);
    assert_string_equal(encoded, "a%20b%2F%C3%BC%25%26%3D%2B~");
    assert_string_equal(url_decode(a, encoded, strlen(encoded)), hard);
}

static void query_parameters_are_found_by_their_whole_name(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *query = "limitless=9&limit=5&cursor=a%3Db+c&&flag&%6eame=x&limit=6&empty=&bad=%zz";
    assert_string_equal(url_query(a, query, "limit"), "5");
    assert_string_equal(url_query(a, query, "cursor"), "a=b c");
    assert_string_equal(url_query(a, query, "flag"), "");
    assert_string_equal(url_query(a, query, "name"), "x");
    assert_string_equal(url_query(a, query, "empty"), "");
    assert_null(url_query(a, query, "bad"));
    assert_null(url_query(a, query, "lim"));
    assert_null(url_query(a, NULL, "limit"));
    assert_null(url_query(a, "a=1#limit=2", "limit"));
    const char *rest = "&l%69mit=5&&flag&=x";
    assert_string_equal(url_query_name(a, &rest), "limit");
    assert_string_equal(url_query_name(a, &rest), "flag");
    assert_string_equal(url_query_name(a, &rest), "");
    assert_null(url_query_name(a, &rest));
}

/* ---- framing ---- */

static void lengths_are_digits_within_64_bits(void **state) {
    (void)state;
    static const struct {
        const char *value;
        bool allowed;
    } rows[] = {{"0", true},
                {"18446744073709551615", true},
                {"18446744073709551616", false},
                {"", false},
                {"+5", false},
                {"-5", false},
                {"5, 5", false},
                {"0x5", false},
                {"5 ", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct framing f = {.hosts = 1};
        struct error e;
        framing_header(&f, "content-LENGTH", 14, rows[i].value, strlen(rows[i].value));
        assert_int_equal(framing_allowed(&f, "HTTP/1.1", &e), rows[i].allowed);
    }
}

/* ---- routes ---- */

static bool never_called(struct request *rq, struct error *e) {
    (void)rq;
    return fail(e, ERR_INTERNAL, "not called", "未调用");
}

static const struct route certificate_routes[] = {
    {.method = "GET",
     .path = "/v1/certificates",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = never_called,
     .answer = sample_fields,
     .query = sample_fields,
     .summary = TEXT("List certificates", "证书列表")},
    {.method = "GET", .path = "/v1/certificates/search", .access = ACCESS_READ, .handle = never_called},
    {.method = "GET",
     .path = "/v1/certificates/{id}",
     .access = ACCESS_READ,
     .handle = never_called,
     .answer = sample_fields,
     .summary = TEXT("Show a certificate", "查看证书")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/versions/{version}/revoke",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .handle = never_called,
     .body = sample_fields,
     .answer = sample_fields,
     .summary = TEXT("Revoke a version", "吊销版本")},
    {.method = "DELETE", .path = "/v1/certificates/{id}", .access = ACCESS_OWN, .handle = never_called},
    {.method = NULL},
};
static const struct route health_routes[] = {
    {.method = "GET",
     .path = "/health",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_RAW,
     .handle = never_called,
     .summary = TEXT("Health", "健康状态")},
    {.method = NULL},
};
static const struct route *const tables[] = {certificate_routes, health_routes, NULL};

static void routes_are_found_with_decoded_arguments(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    const char *args[REQUEST_PATH_ARGS_MAX] = {0};
    assert_ptr_equal(route_match(tables, "GET", "/v1/certificates", a, args, &e), &certificate_routes[0]);
    assert_ptr_equal(route_match(tables, "GET", "/v1/certificates/search", a, args, &e),
                     &certificate_routes[1]);
    assert_ptr_equal(route_match(tables, "HEAD", "/health", a, args, &e), &health_routes[0]);
    assert_ptr_equal(route_match(tables, "DELETE", "/v1/certificates/search", a, args, &e),
                     &certificate_routes[4]);
    assert_ptr_equal(
        route_match(tables, "POST", "/v1/certificates/cert%5F1/versions/%C3%BC/revoke", a, args, &e),
        &certificate_routes[3]);
    assert_string_equal(args[0], "cert_1");
    assert_string_equal(args[1], "ü");
}

static void unknown_paths_are_404_and_wrong_methods_405(void **state) {
    (void)state;
    static const struct {
        const char *method, *path;
        enum error_id id;
    } rows[] = {
        {"GET", "", ERR_NOT_FOUND},
        {"GET", "/", ERR_NOT_FOUND},
        {"GET", "/healt", ERR_NOT_FOUND},
        {"GET", "/health/", ERR_NOT_FOUND},
        {"GET", "//health", ERR_NOT_FOUND},
        {"GET", "/v1/certificates/", ERR_NOT_FOUND},
        {"GET", "/v1/certificates/a%2fb", ERR_NOT_FOUND},
        {"GET", "/v1/certificates/a%00b", ERR_NOT_FOUND},
        {"GET", "/v1/certificates/a%0ab", ERR_NOT_FOUND},
        {"GET", "/v1/certificates/%zz", ERR_NOT_FOUND},
        {"GET", "/v1/certificates/a/b", ERR_NOT_FOUND},
        {"PUT", "/nothing", ERR_NOT_FOUND},
        {"PUT", "/health", ERR_METHOD_NOT_ALLOWED},
        {"HEAD", "/v1/certificates/a/versions/b/revoke", ERR_METHOD_NOT_ALLOWED},
        {"get", "/health", ERR_METHOD_NOT_ALLOWED},
    };
    AUTO_ARENA a = arena_new();
    const char *args[REQUEST_PATH_ARGS_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error e;
        assert_fails(route_match(tables, rows[i].method, rows[i].path, a, args, &e), e, rows[i].id);
    }
    assert_string_equal(route_methods(tables, "/v1/certificates/x", a), "GET, DELETE");
}

static void path_arguments_are_bounded(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    const char *args[REQUEST_PATH_ARGS_MAX];
    char long_id[258] = {0};
    memset(long_id, 'a', 256);
    assert_non_null(route_match(tables, "GET", arena_printf(a, "/v1/certificates/%s", long_id), a, args, &e));
    long_id[256] = 'a';
    assert_null(route_match(tables, "GET", arena_printf(a, "/v1/certificates/%s", long_id), a, args, &e));
}

/* ---- problems ---- */

static void problems_tell_everything_and_read_back(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e, again;
    fail_field(&e, "id", ERR_NOT_PAID, "order %s is not paid", "订单 %s 未支付", "ord_1");
    snprintf(e.object, sizeof e.object, "ord_1");
    e.ids[0] = ERR_NOT_PAID, e.ids[1] = ERR_NOT_ACTIVE_YET, e.id_count = 2;
    struct slice body = problem_body(a, &e, LANG_ZH, "req_1");
    assert_string_equal(body.p,
                        "{\"type\":\"urn:tenure:error:not_paid\",\"title\":\"订单未支付\",\"status\":409,"
                        "\"detail\":\"订单 ord_1 未支付\",\"code\":\"not_paid\","
                        "\"codes\":[\"not_paid\",\"not_active_yet\"],\"field\":\"id\",\"object\":\"ord_1\","
                        "\"remedy\":\"请先支付订单。\",\"request_id\":\"req_1\"}");
    assert_fails(problem_read(a, 409, body, &again), again, ERR_NOT_PAID);
    assert_string_equal(again.object, "ord_1");
    assert_string_equal(again.state, "");
    assert_string_equal(again.detail[LANG_EN], "订单 ord_1 未支付");
    assert_int_equal(again.id_count, 2);
    assert_int_equal(again.ids[1], ERR_NOT_ACTIVE_YET);
}

static void a_problem_tells_the_state_that_stood_in_the_way(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e, again;
    assert_fails(
        fail_state(&e, "validating", ERR_CONFLICT, "%s is no draft any more", "%s 不再是草稿", "cert_1"), e,
        ERR_CONFLICT);
    struct slice body = problem_body(a, &e, LANG_EN, "req_1");
    assert_non_null(strstr((const char *)body.p, "\"state\":\"validating\""));
    assert_fails(problem_read(a, 409, body, &again), again, ERR_CONFLICT);
    assert_string_equal(again.state, "validating");
    fail(&e, ERR_CONFLICT, "%s", "%s", "x");
    assert_string_equal(e.state, "");
}

static void a_detail_cut_inside_a_character_is_still_json(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e, again;
    struct buf detail = buf_new(a, 700);
    for (int i = 0; i < 200; i++)
        buf_str(&detail, "证");
    fail(&e, ERR_INTERNAL, "%s", "%s", detail.p);
    assert_fails(problem_read(a, 500, problem_body(a, &e, LANG_ZH, ""), &again), again, ERR_INTERNAL);
}

static void answers_of_somebody_else_are_told_as_such(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e;
    assert_fails(problem_read(a, 502, slice_str("<html>"), &e), e, ERR_UNREACHABLE);
    assert_fails(problem_read(a, 502, slice_str("{\"code\":\"strange\"}"), &e), e, ERR_UNREACHABLE);
    assert_non_null(strstr(e.detail[LANG_EN], "502"));
}

/* ---- the API description ---- */

static const json_t *at(const json_t *value, const char *const *path) {
    for (; *path; path++) {
        value = json_object_get(value, *path);
        if (!value)
            print_error("no '%s'\n", *path);
        assert_non_null(value);
    }
    return value;
}
#define AT(value, ...) at(value, (const char *const[]){__VA_ARGS__, NULL})

static void the_api_description_follows_the_routes(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const json_t *doc = json_keep(a, openapi_document(a, tables, "https://tenure.example"));
    assert_non_null(doc);
    assert_string_equal(json_string_value(AT(doc, "openapi")), "3.1.0");
    assert_int_equal(json_object_size(AT(doc, "paths")), 5);
    assert_int_equal(json_object_size(AT(doc, "paths", "/v1/certificates/{id}")), 2);

    const json_t *list = AT(doc, "paths", "/v1/certificates", "get");
    assert_string_equal(json_string_value(AT(list, "x-summary-zh")), "证书列表");
    assert_string_equal(json_string_value(AT(list, "operationId")), "get_v1_certificates");
    assert_int_equal(json_array_size(AT(list, "parameters")), 8); /* six fields, limit, cursor */
    AT(list, "responses", "2XX", "content", "application/json", "schema", "properties", "items", "items",
       "properties", "end_at");

    const json_t *revoke = AT(doc, "paths", "/v1/certificates/{id}/versions/{version}/revoke", "post");
    assert_int_equal(json_array_size(AT(revoke, "parameters")), 3); /* id, version, idempotency key */
    assert_int_equal(json_array_size(AT(revoke, "x-roles")), 2);
    const json_t *body = AT(revoke, "requestBody", "content", "application/json", "schema");
    assert_true(json_is_false(AT(body, "additionalProperties")));
    AT(body, "properties", "pass_phrase");
    assert_null(json_object_get(AT(body, "properties"), "note"));
    assert_int_equal(json_array_size(AT(body, "required")), 1);

    const json_t *health = AT(doc, "paths", "/health", "get");
    assert_int_equal(json_array_size(AT(health, "security")), 0);
    AT(doc, "components", "schemas", "problem", "properties", "codes");
}

static void secrets_are_in_no_answer_and_no_schema_of_one(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const json_t *schema = json_keep(a, json_schema(sample_fields, false));
    assert_null(json_object_get(AT(schema, "properties"), "pass_phrase"));
    assert_null(json_object_get(AT(schema, "properties"), "der"));
    assert_int_equal(json_array_size(AT(schema, "required")), 5);
}

/* ---- metrics ---- */

static void metrics_are_escaped(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct buf b = buf_new(a, 1000);
    metrics_family(&b, "tenure_x", "gauge", "a\\b\nc");
    metrics_value(&b, "tenure_x", METRIC_LABELS(), -1);
    metrics_value(&b, "tenure_x", METRIC_LABELS({"a", "\"\\\n"}, {"b", ""}), INT64_MAX);
    assert_string_equal(b.p, "# HELP tenure_x a\\\\b\\nc\n# TYPE tenure_x gauge\ntenure_x -1\n"
                             "tenure_x{a=\"\\\"\\\\\\n\",b=\"\"} 9223372036854775807\n");
}

static void histograms_count_upwards(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct buf b = buf_new(a, 10000);
    struct histogram h = {0};
    static const int64_t durations[] = {0, 1, 2, 100, 101, 99999};
    for (size_t i = 0; i < COUNT(durations); i++)
        histogram_observe(&h, durations[i]);
    metrics_histogram(&b, "d_seconds", METRIC_LABELS({"role", "web"}), &h);
    assert_non_null(strstr(b.p, "d_seconds_bucket{role=\"web\",le=\"0.001\"} 2\n"));
    assert_non_null(strstr(b.p, "d_seconds_bucket{role=\"web\",le=\"0.1\"} 4\n"));
    assert_non_null(strstr(b.p, "d_seconds_bucket{role=\"web\",le=\"10\"} 5\n"));
    assert_non_null(strstr(b.p, "d_seconds_bucket{role=\"web\",le=\"+Inf\"} 6\n"));
    assert_non_null(strstr(b.p, "d_seconds_sum{role=\"web\"} 100.203\n"));
    assert_non_null(strstr(b.p, "d_seconds_count{role=\"web\"} 6\n"));
}

TEST_MAIN(http, test(hostile_json_is_refused_with_its_place), test(json_may_be_32_deep_and_no_deeper),
          test(rows_come_back_as_they_were_written), test(empty_rows_are_written_with_nulls),
          test(bodies_with_wrong_members_are_refused_by_field), test(absent_members_stay_and_null_empties),
          test(text_that_is_not_utf8_is_repaired), test(targets_with_bad_escapes_are_not_valid),
          test(escapes_are_decoded_once), test(query_parameters_are_found_by_their_whole_name),
          test(lengths_are_digits_within_64_bits), test(routes_are_found_with_decoded_arguments),
          test(unknown_paths_are_404_and_wrong_methods_405), test(path_arguments_are_bounded),
          test(problems_tell_everything_and_read_back), test(a_problem_tells_the_state_that_stood_in_the_way),
          test(a_detail_cut_inside_a_character_is_still_json),
          test(answers_of_somebody_else_are_told_as_such), test(the_api_description_follows_the_routes),
          test(secrets_are_in_no_answer_and_no_schema_of_one), test(metrics_are_escaped),
          test(histograms_count_upwards))
