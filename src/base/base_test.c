/* base: arenas, buffers, messages, times, ids, files, children. */
#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/money.h"
#include "base/rand.h"
#include "base/redact.h"
#include "base/secret.h"
#include "unit.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void count_up(void *counter) {
    ++*(int *)counter;
}

static void arena_gives_zeroed_memory_and_runs_cleanups_once(void **state) {
    (void)state;
    int counter = 0;
    struct arena *a = arena_new();
    for (size_t size = 1; size < 100000; size *= 3) {
        char *p = arena_alloc(a, size);
        assert_int_equal(p[0] | p[size - 1], 0);
        memset(p, 1, size);
    }
    arena_defer(a, count_up, &counter);
    arena_reset(a);
    assert_int_equal(counter, 1);
    assert_int_equal(*(char *)arena_alloc(a, 4000), 0);
    arena_free(a);
    assert_int_equal(counter, 1);
}

static void buf_stops_at_its_maximum(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct buf b = buf_new(a, 10);
    buf_str(&b, "1234567890");
    assert_false(b.overflow);
    buf_char(&b, '1');
    assert_true(b.overflow);
    assert_string_equal(b.p, "1234567890");
}

static void messages_read_back_and_refuse_what_is_cut(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct buf b = buf_new(a, 1000);
    buf_u8(&b, 7);
    buf_u32(&b, 70000);
    buf_u64(&b, 1ull << 40);
    buf_bytes(&b, slice_str("hello"));
    for (size_t len = 0; len <= b.len; len++) {
        struct reader r = {.rest = slice_of(b.p, len)};
        bool same = read_u8(&r) == 7 && read_u32(&r) == 70000 && read_u64(&r) == 1ull << 40;
        same = same && strcmp(read_str(&r, a), "hello") == 0 && !r.bad;
        assert_int_equal(same, len == b.len);
    }
}

static void times_parse_and_format(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t t;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},          {"2026-11-21", 1795219200},
        {"2024-02-29T23:59:59Z", 1709251199}, {"2029-03-15T01:00:00+01:00", 1868227200},
        {"2000-03-01T00:00:00z", 951868800},
    };
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13-01",
                                      "2025-02-29",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01T00:00:00Zx",
                                      "2026-01-01 00:00:00Z",
                                      "2026-01-01T00:00:60Z",
                                      "1900-02-29"};
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t t, again;
        assert_ok(time_parse(good[i].text, &t, "at", &e), e);
        assert_int_equal(t, good[i].t);
        assert_ok(time_parse(time_format(a, t), &again, "at", &e), e);
        assert_int_equal(again, t);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t t;
        assert_fails(time_parse(bad[i], &t, "at", &e), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, "at");
    }
}

static void ids_sort_by_time_and_have_one_shape(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *first = id_new(a, "cert", 1795219200), *second = id_new(a, "cert", 1795219201);
    assert_true(strcmp(first, second) < 0);
    assert_true(id_valid(first, "cert"));
    assert_false(id_valid(first, "ord"));
    assert_false(id_valid("cert_../../etc/passwd", "cert"));
}

/* "Newest first" is by id. */
static void ids_of_one_second_sort_as_they_were_made(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *before = id_new(a, "prb", 1795219200);
    for (int i = 0; i < 1000; i++) {
        const char *next = id_new(a, "prb", 1795219200);
        assert_true(strcmp(before, next) < 0);
        assert_true(id_valid(next, "prb"));
        before = next;
    }
    assert_true(strcmp(before, id_floor(a, "prb", 1795219201)) < 0);
}

/* As two processes are, which made their last id in another second. */
static void ids_of_one_second_begin_anywhere(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *ids[2];
    for (int i = 0; i < 2; i++) {
        id_new(a, "prb", 1);
        ids[i] = id_new(a, "prb", 1795219200);
    }
    assert_int_not_equal(strncmp(ids[0] + strlen("prb_") + 7, ids[1] + strlen("prb_") + 7, 6), 0);
}

static void seeded_randomness_repeats(void **state) {
    (void)state;
    uint64_t first[2], second[2];
    rand_seed(1);
    rand_bytes(first, sizeof first);
    rand_seed(1);
    rand_bytes(second, sizeof second);
    assert_memory_equal(first, second, sizeof first);
    for (int i = 0; i < 1000; i++)
        assert_true(rand_below(10) < 10);
}

static void files_are_written_whole_with_their_mode(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    char folder[] = "/tmp/tenure-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(a, "%s/key.pem", folder);
    assert_ok(file_write_new(path, 0600, slice_str("one"), &e), e);
    assert_fails(file_write_new(path, 0600, slice_str("two"), &e), e, ERR_ALREADY_EXISTS);
    assert_ok(file_replace(path, 0640, slice_str("three"), &e), e);
    struct slice content;
    assert_ok(file_read(a, path, 100, &content, &e), e);
    assert_string_equal(content.p, "three");
    assert_fails(file_read(a, path, 4, &content, &e), e, ERR_BODY_TOO_LARGE);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    unlink(path);
    assert_fails(file_read(a, path, 4, &content, &e), e, ERR_NOT_FOUND);
    assert_int_equal(rmdir(folder), 0); /* no temporary is left */
}

/* Somebody who feeds it may never come. */
static void a_fifo_is_no_file_but_a_pipe_is_read(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice content;
    int ends[2];
    char folder[] = "/tmp/tenure-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(a, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10);
    assert_fails(file_read(a, path, 100, &content, &e), e, ERR_BAD_REQUEST);
    alarm(0);
    unlink(path);
    rmdir(folder);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "one", 3), 3);
    close(ends[1]);
    assert_ok(file_read(a, arena_printf(a, "/proc/self/fd/%d", ends[0]), 100, &content, &e), e);
    assert_string_equal((const char *)content.p, "one");
    close(ends[0]);
}

static void children_end_at_their_deadline(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    assert_ok(child_run(a, (const char *[]){"sh", "-c", "echo $A; exit 3", NULL},
                        (const char *[]){"A=b", NULL}, 5000, &r, &e),
              e);
    assert_int_equal(r.exit_status, 3);
    assert_string_equal(r.output, "b\n");
    assert_ok(child_run(a, (const char *[]){"sh", "-c", "sleep 30 & sleep 30", NULL}, NULL, 100, &r, &e), e);
    assert_true(r.timed_out);
    assert_ok(child_run(a, (const char *[]){"sh", "-c", "exec >&- 2>&-; sleep 30", NULL}, NULL, 100, &r, &e),
              e);
    assert_true(r.timed_out);
    assert_false(child_run(a, (const char *[]){"/nonexistent", NULL}, NULL, 100, &r, &e));
}

/* The number of the process that it left behind, which it has printed. */
static pid_t left_behind(const struct child_result *r) {
    assert_false(r->timed_out);
    assert_int_equal(r->exit_status, 0);
    long pid = strtol(r->output, NULL, 10);
    assert_true(pid > 1);
    return (pid_t)pid;
}

static void what_a_child_leaves_running_is_not_waited_for(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    const char *const leaves[] = {"sh", "-c", "sleep 30 & echo $!", NULL};
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what it leaves is ours to reap */
    assert_ok(child_run(a, leaves, NULL, 20000, &r, &e), e);
    assert_int_equal(kill(left_behind(&r), SIGKILL), 0); /* it was still there */
    assert_ok(child_run_alone(a, leaves, NULL, 20000, &r, &e), e);
    pid_t pid = left_behind(&r);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void the_output_of_children_is_bounded_and_told_apart(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    assert_ok(child_run(a, (const char *[]){"sh", "-c", "echo out; echo err >&2; exit 1", NULL}, NULL, 5000,
                        &r, &e),
              e);
    assert_string_equal(r.printed, "out\n");
    assert_true(strstr(r.output, "out\n") && strstr(r.output, "err\n") && !r.cut);
    assert_ok(
        child_run(a, (const char *[]){"head", "-c", "10000000", "/dev/zero", NULL}, NULL, 20000, &r, &e), e);
    assert_int_equal(r.exit_status, 0);
    assert_int_equal(strlen(r.output), CHILD_OUTPUT_MAX);
    assert_string_equal(child_last_words(a, "one\ntwo \xe4\xb8\xad\xe6\x96\x87\n\n", 5), "\xe6\x96\x87");
    assert_string_equal(child_last_words(a, "one\n", 5), "one");
    assert_string_equal(child_last_words(a, "\n", 5), "");
    assert_true(r.cut);
}

static void the_environment_of_a_child_can_replace_ours(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    assert_ok(child_run(a, (const char *[]){"/usr/bin/env", NULL},
                        (const char *[]){"LANG=zh_CN", "PATHX=1", NULL}, 5000, &r, &e),
              e);
    assert_string_equal(r.output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=zh_CN\nPATHX=1\n");
}

static void secrets_are_taken_out_of_texts(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *const secrets[] = {"hunter2", "er2-more", "short", "", NULL};
    assert_string_equal(redact(a, "key=hunter2; hunter2hunter2", false, secrets), "key=***; ***");
    assert_string_equal(redact(a, "hunter2-more", false, secrets), "***");
    assert_string_equal(redact(a, "a short text, hunte", false, secrets), "a short text, hunte");
    assert_string_equal(redact(a, "a short text, hunte", true, secrets), "a short text, ***");
    assert_string_equal(redact(a, "", true, secrets), "");
    assert_string_equal(redact(a, "as it is", true, NULL), "as it is");
}

static void errors_speak_both_languages(void **state) {
    (void)state;
    struct error e = {0};
    assert_false(fail(&e, ERR_NOT_FOUND, "no certificate '%s'", "没有证书“%s”", "cert_1"));
    assert_string_equal(e.detail[LANG_ZH], "没有证书“cert_1”");
    for (int id = 1; id < ERR_COUNT; id++) {
        const struct error_row *row = error_row((enum error_id)id);
        assert_int_equal(error_by_code(row->code), id);
        for (int lang = 0; lang < LANG_COUNT; lang++)
            assert_true(*row->title.in[lang] && *row->remedy.in[lang]);
    }
    assert_int_equal(lang_from("en;q=0.5, zh-CN"), LANG_ZH);
    assert_int_equal(lang_from("en-US,en;q=0.9,zh;q=0.8"), LANG_EN);
    assert_int_equal(lang_from("zh_CN.UTF-8"), LANG_ZH);
    assert_int_equal(lang_from(NULL), LANG_EN);
}

static void secrets_compare(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct secret *one = secret_new(a, "abc", 3), *two = secret_new(a, "abd", 3),
                  *same = secret_new(a, "abc", 3);
    assert_true(secret_equal(one, same));
    assert_false(secret_equal(one, two));
}

static void money_has_the_decimals_of_its_currency(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const struct {
        struct money money;
        const char *text;
    } cases[] = {
        {{123456, "CNY"}, "1234.56 CNY"}, {{5, "USD"}, "0.05 USD"},     {{0, "CNY"}, "0.00 CNY"},
        {{-5, "CNY"}, "-0.05 CNY"},       {{1234, "JPY"}, "1234 JPY"},  {{0, "JPY"}, "0 JPY"},
        {{1234, "BHD"}, "1.234 BHD"},     {{-100, "EUR"}, "-1.00 EUR"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(money_text(a, &cases[i].money), cases[i].text);
}

static void money_is_exact_everywhere(void **state) {
    (void)state;
    static const struct money good[] = {{MONEY_MAX, "CNY"}, {-MONEY_MAX, "USD"}, {0, "XAF"}};
    static const struct money bad[] = {{MONEY_MAX + 1, "CNY"},
                                       {INT64_MIN, "CNY"},
                                       {1, NULL},
                                       {1, "CN"},
                                       {1, "CN1"},
                                       {1, "cny"},
                                       {1, ""},
                                       {1, "CNYX"}};
    struct error e;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(money_check(&good[i], &e), e);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(money_check(&bad[i], &e), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, i < 2 ? "amount" : "currency");
    }
}

TEST_MAIN(base, test(arena_gives_zeroed_memory_and_runs_cleanups_once), test(buf_stops_at_its_maximum),
          test(messages_read_back_and_refuse_what_is_cut), test(times_parse_and_format),
          test(ids_sort_by_time_and_have_one_shape), test(ids_of_one_second_sort_as_they_were_made),
          test(ids_of_one_second_begin_anywhere), test(seeded_randomness_repeats),
          test(files_are_written_whole_with_their_mode), test(a_fifo_is_no_file_but_a_pipe_is_read),
          test(children_end_at_their_deadline), test(what_a_child_leaves_running_is_not_waited_for),
          test(the_output_of_children_is_bounded_and_told_apart),
          test(the_environment_of_a_child_can_replace_ours), test(secrets_are_taken_out_of_texts),
          test(errors_speak_both_languages), test(secrets_compare),
          test(money_has_the_decimals_of_its_currency), test(money_is_exact_everywhere))
