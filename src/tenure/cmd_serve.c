/* `tenure serve`: the daemon. */
#include "base/clock.h"
#include "tenure/command.h"
#include "tenure/role.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct serve_options {
    const char *config, *data, *clock;
    bool one_process;
};

enum { KEY_CONFIG = 'c', KEY_DATA = 'd', KEY_ONE_PROCESS = 1000, KEY_CLOCK };

static const struct option_row options[] = {
    {"config", KEY_CONFIG, "FILE",
     TEXT("configuration (/etc/tenure/tenure.yaml)", "配置文件(/etc/tenure/tenure.yaml)")},
    {"data", KEY_DATA, "FOLDER", TEXT("data folder (/var/lib/tenure)", "数据目录(/var/lib/tenure)")},
    {"one-process", KEY_ONE_PROCESS, NULL,
     TEXT("run all roles in one process, for tests and the debugger",
          "在单个进程中运行所有角色,用于测试和调试")},
#ifdef TENURE_TEST_CLOCK
    {"clock", KEY_CLOCK, "TIME",
     TEXT("begin at this time, moved by POST /v1/test/clock", "从该时间开始,由 POST /v1/test/clock 推进")},
#endif
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct serve_options *o = state->input;
    switch (key) {
    case KEY_CONFIG:
        return o->config = arg, 0;
    case KEY_DATA:
        return o->data = arg, 0;
    case KEY_ONE_PROCESS:
        return o->one_process = true, 0;
    case KEY_CLOCK:
        return o->clock = arg, 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct command_line line = {
    .options = options,
    .parser = parse,
    .arguments = TEXT("", ""),
    .summary = TEXT("Runs the daemon until it is told to end (SIGTERM, Ctrl-C).",
                    "运行服务,直到收到结束信号(SIGTERM、Ctrl-C)。"),
};

/* Who may write here may put another database or master key in place of ours. */
static bool check_data_folder(const char *data, struct error *e) {
    struct stat st;
    if (stat(".", &st) < 0)
        return fail_errno(e, ERR_SYSTEM, data);
    if (st.st_uid != geteuid())
        return fail(e, ERR_BAD_CONFIG, "the data folder %s belongs to another user",
                    "数据目录 %s 属于其他用户", data);
    return !(st.st_mode & 022) ||
           fail(e, ERR_BAD_CONFIG, "the data folder %s can be written to by others; run: chmod 700 %s",
                "其他用户可以写入数据目录 %s;请运行:chmod 700 %s", data, data);
}

/* Everything the daemon keeps lies in the data folder; names there are relative from here on. */
static bool enter_data_folder(const char *data, struct error *e) {
    umask(077);
    if (mkdir(data, 0700) < 0 && errno != EEXIST)
        return fail_errno(e, ERR_SYSTEM, data);
    return chdir(data) == 0 ? check_data_folder(data, e) : fail_errno(e, ERR_SYSTEM, data);
}

int cmd_serve(int argc, char **argv, enum lang lang) {
    struct serve_options o = {0};
    struct config config;
    struct error e = {0};
    int64_t clock_start = 0;
    AUTO_ARENA a = arena_new();
    command_parse(&line, lang, argc, argv, &o);
    if (!config_load(a, o.config, o.data, &config, &e) ||
        (o.clock && !time_parse(o.clock, &clock_start, "clock", &e)) || !enter_data_folder(config.data, &e)) {
        command_report(&e, lang, false);
        return error_row(e.id)->exit;
    }
    return o.one_process || clock_start ? role_all(&config, clock_start) : supervisor_run(&config);
}
