/* `tenure test-ca`: a CA to rehearse with, in one process with a data folder of its own. */
#include "acme/base64url.h"
#include "acmeserver/acmeserver.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "issue/issue.h"
#include "signer/signer.h"
#include "tenure/command.h"
#include "validate/validate.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAULTS_MAX = 32, KEY_FILE_MAX = 4096, LOOK_MS = 5000, TURNS_MAX = 16, PAUSE_MS = 200 };

/* Not those of the daemon: a folder of one is never taken for the other's. */
#define TEST_CA_DATABASE   "test-ca.db"
#define TEST_CA_MASTER_KEY "test-ca.key"
#define TEST_CA_LOCK       "test-ca.lock"

enum {
    KEY_DATA = 'd',
    KEY_LISTEN = 'l',
    KEY_HTTP_PORT = 1000,
    KEY_TLS_PORT,
    KEY_DNS,
    KEY_ALWAYS_VALID,
    KEY_FAULT,
    KEY_SEED,
    KEY_LIFETIME,
    KEY_REUSE,
    KEY_EAB,
    KEY_BLOCK,
    KEY_MAX_ORDERS,
    KEY_MAX_ACCOUNTS,
    KEY_SUGGEST,
    KEY_ABANDONED,
    KEY_CLOCK,
};

struct test_ca_options {
    const char *data, *listen, *dns;
    int64_t http_port, tls_port;
    const char *faults[FAULTS_MAX];
    size_t fault_count;
    const char *external[EXTERNAL_KEYS_MAX];
    struct acmeserver_settings settings;
    struct arena *arena;
    struct error error; /* of a value that is none; id ERR_NONE: all are good */
};

static const struct option_row options[] = {
    {"data", KEY_DATA, "FOLDER", TEXT("data folder (./tenure-test-ca)", "数据目录(./tenure-test-ca)")},
    {"listen", KEY_LISTEN, "ADDRESS:PORT",
     TEXT("where it answers, on this machine (127.0.0.1:14000)", "本机监听地址(127.0.0.1:14000)")},
    {"http-port", KEY_HTTP_PORT, "PORT",
     TEXT("where http-01 is looked for (5002)", "http-01 验证端口(5002)")},
    {"tls-port", KEY_TLS_PORT, "PORT",
     TEXT("where tls-alpn-01 is looked for (5001)", "tls-alpn-01 验证端口(5001)")},
    {"dns", KEY_DNS, "ADDRESS:PORT",
     TEXT(
         "the DNS server to ask about every name, as if it were authoritative; without it as the system does",
         "查询所有域名的 DNS 服务器(视为权威服务器);默认使用系统设置")},
    {"always-valid", KEY_ALWAYS_VALID, NULL,
     TEXT("take every challenge as met, without a look", "不检查,视所有验证为已满足")},
    {"fault", KEY_FAULT, "NAME=PERCENT",
     TEXT("how many requests of a hundred go wrong in that way; may be repeated",
          "以该方式出错的请求百分比;可重复")},
    {"seed", KEY_SEED, "NUMBER", TEXT("of the faults (0)", "故障的随机种子(0)")},
    {"lifetime", KEY_LIFETIME, "SECONDS", TEXT("of certificates (90 days)", "证书有效期,秒(默认 90 天)")},
    {"reuse", KEY_REUSE, "PERCENT",
     TEXT("how many valid authorizations are used again (100)", "重复使用有效授权的百分比(100)")},
    {"eab", KEY_EAB, "KID:FILE",
     TEXT(
         "accounts must be bound to an external account, whose key the file has as base64url; may be repeated",
         "账号须绑定外部账号,文件内容为其 base64url 密钥;可重复")},
    {"block", KEY_BLOCK, "NAME",
     TEXT("refuse this name and those below; may be repeated", "拒绝该域名及其子域名;可重复")},
    {"max-orders", KEY_MAX_ORDERS, "COUNT/SECONDS",
     TEXT("how many new orders an account may make", "每个账号的新订单限额")},
    {"max-accounts", KEY_MAX_ACCOUNTS, "COUNT/SECONDS",
     TEXT("how many new accounts there may be", "新账号限额")},
    {"suggest-after", KEY_SUGGEST, "SECONDS",
     TEXT("Retry-After of renewal windows (6 hours); 0: there are none",
          "续期窗口的 Retry-After,秒(默认 6 小时);0:不提供窗口")},
    {"abandoned-after", KEY_ABANDONED, "SECONDS",
     TEXT("when an open order counts as abandoned (600)", "未完成订单视为废弃的秒数(600)")},
#ifdef TENURE_TEST_CLOCK
    {"clock", KEY_CLOCK, "TIME",
     TEXT("begin at this time, moved by POST /test/clock", "从该时间开始,由 POST /test/clock 推进")},
#endif
    {0},
};

/* ---- values ---- */

/* Digits alone, `max` at most; the rest of the text is returned. */
static const char *read_number(const char *text, int64_t max, int64_t *value) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *text < '0' || *text > '9' || errno || number > max)
        return NULL;
    *value = number;
    return end;
}

static void take_number(struct test_ca_options *o, const char *name, const char *text, int64_t max,
                        int64_t *value) {
    const char *rest = read_number(text, max, value);
    if (!rest || *rest)
        fail(&o->error, ERR_USAGE, "--%s: '%s' is no number up to %lld", "--%s:“%s”不是不超过 %lld 的数字",
             name, text, (long long)max);
}

static void take_limit(struct test_ca_options *o, const char *name, const char *text,
                       struct request_limit *limit) {
    const char *rest = read_number(text, INT32_MAX, &limit->count);
    if (!rest || *rest != '/' || !(rest = read_number(rest + 1, INT32_MAX, &limit->seconds)) || *rest)
        fail(&o->error, ERR_USAGE, "--%s: '%s' is not COUNT/SECONDS", "--%s:“%s”不是 数量/秒", name, text);
}

/* One more; those over the maximum are an error. */
static void take_one(struct test_ca_options *o, const char *text, const char **list, size_t max,
                     size_t *count) {
    if (*count < max)
        list[(*count)++] = text;
    else
        fail(&o->error, ERR_USAGE, "'%s' is one option too many: %zu are taken", "选项“%s”过多:最多 %zu 个",
             text, max);
}

/* Numbers and lists; false for keys that are neither. */
static bool take_value(int key, char *arg, struct test_ca_options *o) {
    struct acmeserver_settings *s = &o->settings;
    int64_t seed = 0;
    switch (key) {
    case KEY_HTTP_PORT:
        return take_number(o, "http-port", arg, UINT16_MAX, &o->http_port), true;
    case KEY_TLS_PORT:
        return take_number(o, "tls-port", arg, UINT16_MAX, &o->tls_port), true;
    case KEY_SEED:
        take_number(o, "seed", arg, INT64_MAX, &seed);
        return s->seed = (uint64_t)seed, true;
    case KEY_LIFETIME:
        return take_number(o, "lifetime", arg, (int64_t)10 * 365 * DAY, &s->lifetime_seconds), true;
    case KEY_REUSE:
        return take_number(o, "reuse", arg, 100, &s->reuse_percent), true;
    case KEY_SUGGEST:
        return take_number(o, "suggest-after", arg, INT32_MAX, &s->suggest_seconds), true;
    case KEY_ABANDONED:
        return take_number(o, "abandoned-after", arg, INT32_MAX, &s->abandoned_seconds), true;
    case KEY_MAX_ORDERS:
        return take_limit(o, "max-orders", arg, &s->orders), true;
    case KEY_MAX_ACCOUNTS:
        return take_limit(o, "max-accounts", arg, &s->accounts), true;
    case KEY_FAULT:
        return take_one(o, arg, o->faults, FAULTS_MAX, &o->fault_count), true;
    case KEY_EAB:
        return take_one(o, arg, o->external, EXTERNAL_KEYS_MAX, &s->external_count), true;
    case KEY_BLOCK:
        return take_one(o, arg, s->blocked, BLOCKED_MAX, &s->blocked_count), true;
    default:
        return false;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct test_ca_options *o = state->input;
    switch (key) {
    case KEY_DATA:
        return o->data = arg, 0;
    case KEY_LISTEN:
        return o->listen = arg, 0;
    case KEY_DNS:
        return o->dns = arg, 0;
    case KEY_CLOCK:
        return time_parse(arg, &o->settings.clock, "clock", &o->error), 0;
    case KEY_ALWAYS_VALID:
        return o->settings.always_valid = true, 0;
    default:
        return take_value(key, arg, o) ? 0 : ARGP_ERR_UNKNOWN;
    }
}

static const struct command_line line = {
    .options = options,
    .parser = parse,
    .arguments = TEXT("", ""),
    .summary =
        TEXT("Runs a CA for rehearsals that speaks ACME over plain HTTP on this machine, and can misbehave "
             "on purpose. Nobody should trust what it signs.",
             "在本机以 HTTP 运行用于演练的 ACME CA,可故意出错。不应信任其签发的证书。"),
};

/* KID:FILE; read before the data folder is entered. */
static bool read_external(struct test_ca_options *o, size_t i, struct error *e) {
    const char *text = o->external[i], *colon = strchr(text, ':');
    struct external_key *key = &o->settings.external[i];
    struct slice content;
    if (!colon || colon == text)
        return fail(e, ERR_USAGE, "--eab: '%s' is not KID:FILE", "--eab:“%s”不是 KID:文件", text);
    if (!file_read(o->arena, colon + 1, KEY_FILE_MAX, &content, e))
        return false;
    key->kid = arena_strndup(o->arena, text, (size_t)(colon - text));
    const char *base64 = (const char *)content.p;
    return base64_any_bytes(o->arena, arena_strndup(o->arena, base64, strcspn(base64, "\r\n")),
                            &key->mac_key) ||
           fail(e, ERR_USAGE, "--eab: %s is not base64url", "--eab:%s 不是 base64url", colon + 1);
}

/* ---- running ---- */

struct test_ca {
    struct arena *arena;
    struct services services;
    struct issue_settings issue;
    struct dns_settings dns;
    struct dns_zone everything;
    struct validator validator;
    struct acmeserver *server;
    struct server *web;
    struct engine engine;
};

/* Plain HTTP is for this machine alone. */
static bool listen_on(struct test_ca *ca, const char *text, int *fd, struct error *e) {
    struct dns_server place;
    struct error ignored;
    if (!dns_server_parse(ca->arena, text, &place, &ignored) || !address_is_loopback(&place.address))
        return fail(e, ERR_USAGE, "--listen: '%s' is no address of this machine such as 127.0.0.1:14000",
                    "--listen:“%s”不是本机地址,例如 127.0.0.1:14000", text);
    char address[INET6_ADDRSTRLEN];
    address_text(&place.address, address);
    ca->issue.public_url = arena_printf(ca->arena, strchr(address, ':') ? "http://[%s]:%u" : "http://%s:%u",
                                        address, place.port);
    return server_listen(address, place.port, fd, e);
}

static bool set_validator(struct test_ca *ca, const struct test_ca_options *o, struct error *e) {
    ca->validator = validator_network;
    ca->validator.dns = &ca->dns;
    ca->validator.policy = &outbound_anywhere;
    ca->validator.http_port = (uint16_t)o->http_port;
    ca->validator.tls_port = (uint16_t)o->tls_port;
    ca->validator.http_timeout_ms = LOOK_MS;
    ca->dns = (struct dns_settings){.policy = &outbound_anywhere, .timeout_ms = LOOK_MS};
    if (!o->dns)
        return true;
    ca->everything = (struct dns_zone){.name = "", .servers.count = 1};
    ca->dns.zones = &ca->everything;
    ca->dns.zone_count = 1;
    ca->dns.outside_refused = true;
    ca->everything.servers.list[0].configured = true;
    return dns_server_parse(ca->arena, o->dns, &ca->everything.servers.list[0], e);
}

static bool open_all(struct test_ca *ca, struct test_ca_options *o, int64_t now, struct error *e) {
    struct secret *key;
    if (!db_open(&ca->services.db, TEST_CA_DATABASE, DB_WORKER, e) || !db_migrate(ca->services.db, now, e) ||
        !master_key_load(ca->arena, TEST_CA_MASTER_KEY, true, &key, e))
        return false;
    ca->services.signer = signer_local(ca->arena, key);
    ca->services.outbound = &outbound_anywhere;
    ca->services.issue = &ca->issue;
    ca->services.validator = &ca->validator;
    ca->services.public_url = o->settings.url = ca->issue.public_url;
    if (!acmeserver_open(&ca->server, ca->arena, &ca->services, &o->settings, now, e))
        return false;
    for (size_t i = 0; i < o->fault_count; i++)
        if (!acmeserver_set_fault(ca->server, o->faults[i], e))
            return false;
    ca->engine = flow_engine(&ca->services, "test-ca");
    ca->engine.table = acmeserver_steps;
    return work_give_back(ca->services.db, ca->engine.owner, e);
}

static bool start(struct test_ca *ca, struct test_ca_options *o, int listen_fd, struct error *e) {
    struct server_options web = server_defaults;
    if (!open_all(ca, o, o->settings.clock ? o->settings.clock : clock_now(), e))
        return false;
    web.listen_fd = listen_fd;
    web.context = ca->server;
    web.body_max = acmeserver_body_max;
    web.handle = acmeserver_handle;
    return server_start(&ca->web, &web, e);
}

static int64_t now_of(const struct test_ca *ca) {
    return acmeserver_now(ca->server, clock_now());
}

/* What has been answered leaves before anything else is looked at: whoever waits for it may be who is asked.
 */
static void serve(struct test_ca *ca) {
    int turns = 0;
    do
        server_run(ca->web, now_of(ca));
    while (server_timeout_ms(ca->web) == 0 && ++turns < TURNS_MAX);
}

static void run(struct test_ca *ca) {
    printf("%s/directory\n", ca->issue.public_url);
    fflush(stdout);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    AUTO_FD term = signalfd(-1, &set, SFD_CLOEXEC);
    struct pollfd fds[] = {{.fd = server_poll_fd(ca->web), .events = POLLIN}, {.fd = term, .events = POLLIN}};
    while (!fds[1].revents) {
        struct error e = {0};
        int timeout = server_timeout_ms(ca->web);
        poll(fds, 2, timeout < 0 || timeout > PAUSE_MS ? PAUSE_MS : timeout);
        serve(ca);
        if (!flow_run_all(&ca->engine, now_of(ca), &e))
            log_failure("work is held up", &e, ca->engine.owner);
    }
    flow_end(&ca->engine);
}

static bool enter_folder(const char *data, struct error *e) {
    umask(077);
    if ((mkdir(data, 0700) < 0 && errno != EEXIST) || chdir(data) < 0)
        return fail_errno(e, ERR_SYSTEM, data);
    return true;
}

/* Two of them on one folder would not know each other's nonces. */
static bool lock_folder(const char *data, int *lock, struct error *e) {
    *lock = open(TEST_CA_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0)
        return fail_errno(e, ERR_SYSTEM, TEST_CA_LOCK);
    return flock(*lock, LOCK_EX | LOCK_NB) == 0 ||
           fail(e, ERR_CONFLICT, "another test CA uses the data folder %s",
                "另一个测试 CA 正在使用数据目录 %s", data);
}

/* Who is told that an option is wrong has no new folder. */
static bool prepare(struct test_ca *ca, struct test_ca_options *o, int *listen_fd, struct error *e) {
    if (o->error.id)
        return *e = o->error, false;
    for (size_t i = 0; i < o->settings.external_count; i++)
        if (!read_external(o, i, e))
            return false;
    return set_validator(ca, o, e) && listen_on(ca, o->listen, listen_fd, e);
}

int cmd_test_ca(int argc, char **argv, enum lang lang) {
    AUTO_ARENA a = arena_new();
    struct test_ca ca = {.arena = a, .issue = {.ca_algorithm = KEY_P256}};
    struct test_ca_options o = {.data = "tenure-test-ca",
                                .listen = "127.0.0.1:14000",
                                .http_port = 5002,
                                .tls_port = 5001,
                                .settings = acmeserver_defaults,
                                .arena = a};
    struct error e = {0};
    AUTO_FD lock = -1;
    int listen_fd = -1; /* the server closes it */
    command_parse(&line, lang, argc, argv, &o);
    signal(SIGPIPE, SIG_IGN);
    log_setup("test-ca", LOG_INFO);
    bool started = prepare(&ca, &o, &listen_fd, &e) && enter_folder(o.data, &e) &&
                   lock_folder(o.data, &lock, &e) && start(&ca, &o, listen_fd, &e);
    if (started)
        run(&ca);
    else
        command_report(&e, lang, false);
    server_free(ca.web);
    db_close(ca.services.db);
    return started ? EXIT_OK : error_row(e.id)->exit;
}
