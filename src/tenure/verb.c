/* Verbs: collecting options, finding the daemon, calling it, printing. */
#include "tenure/verb.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/money.h"
#include "tenure/client_config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CALL_TIMEOUT_MS = 60000, KEY_JSON = 'j', KEY_URL = 900 };

static const struct option_row common_options[] = {
    {"json", KEY_JSON, NULL, TEXT("print the daemon's answer as JSON", "以 JSON 打印服务端的回答")},
    {"url", KEY_URL, "URL",
     TEXT("the daemon (else TENURE_URL, or what login stored)",
          "服务地址(默认取 TENURE_URL 或登录时保存的地址)")},
    {0},
};

/* ---- options ---- */

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    struct cli *cli = state->input;
    if (cli->arg_count == CLI_ARGS_MAX || cli->all_count == CLI_ARGS_MAX)
        argp_usage(state);
    if (key == ARGP_KEY_ARG) {
        cli->args[cli->arg_count++] = arg;
        return 0;
    }
    if (key <= 0 || key >= CLI_KEYS_MAX)
        return ARGP_ERR_UNKNOWN;
    cli->options[key] = arg ? arg : "";
    cli->all[cli->all_count].key = key;
    cli->all[cli->all_count++].value = cli->options[key];
    return 0;
}

static size_t options_count(const struct option_row *options) {
    size_t n = 0;
    while (options && options[n].name)
        n++;
    return n;
}

static const struct option_row *with_common_options(struct arena *a, const struct verb *verb) {
    const struct option_row *own = verb->options;
    size_t n = options_count(own), common = verb->alone ? 1 : options_count(common_options);
    struct option_row *all = ARENA_ARRAY(a, n + common + 1, struct option_row);
    if (n)
        memcpy(all, own, n * sizeof *all);
    memcpy(all + n, common_options, common * sizeof *all);
    return all;
}

static bool arguments_fit(struct cli *cli, const struct verb *verb) {
    if ((int)cli->arg_count >= verb->args_min && (int)cli->arg_count <= verb->args_max)
        return true;
    return fail(&cli->error, ERR_USAGE, "usage: tenure %s %s", "用法:tenure %s %s", verb->name,
                verb->arguments.in[cli->lang]);
}

/* JSON has no place for other bytes: what holds them would be left out of the request without a word. */
static bool is_utf8(struct cli *cli, const char *value) {
    json_t *text = json_string(value);
    json_decref(text);
    return text || fail(&cli->error, ERR_USAGE, "'%s' is not UTF-8", "“%s”不是 UTF-8 文本", value);
}

static bool texts_can_be_sent(struct cli *cli) {
    for (size_t i = 0; i < cli->arg_count; i++)
        if (!is_utf8(cli, cli->args[i]))
            return false;
    for (size_t i = 0; i < cli->all_count; i++)
        if (!is_utf8(cli, cli->all[i].value))
            return false;
    return true;
}

/* ---- the daemon ---- */

static bool find_daemon(struct cli *cli) {
    struct client_config config;
    if (!client_config_read(cli->arena, &config, &cli->error))
        return false;
    cli->url = cli->options[KEY_URL] ? cli->options[KEY_URL] : config.url;
    if (config.key)
        cli->authorization =
            arena_printf(cli->arena, "Authorization: Bearer %s", (const char *)secret_bytes(config.key));
    return true;
}

int verb_run(const struct verb *verb, int argc, char **argv, enum lang lang) {
    AUTO_ARENA a = arena_new();
    struct cli cli = {.arena = a, .lang = lang, .client = client_new(a, &outbound_anywhere)};
    const struct command_line line = {.options = with_common_options(a, verb),
                                      .parser = parse_option,
                                      .arguments = verb->arguments,
                                      .summary = verb->summary};
    command_parse(&line, lang, argc, argv, &cli);
    cli.json = cli.options[KEY_JSON] != NULL;
    if (!arguments_fit(&cli, verb) || (!verb->alone && (!texts_can_be_sent(&cli) || !find_daemon(&cli))))
        return cli_failed(&cli);
    return verb->run(&cli);
}

/* `type`: the header that says what the body is. */
static bool send_request(struct cli *cli, struct http_request request, const char *path, const char *type,
                         struct http_reply *reply) {
    const char *headers[4] = {type, cli->lang == LANG_ZH ? "Accept-Language: zh" : "Accept-Language: en",
                              cli->authorization, NULL};
    request.url = arena_printf(cli->arena, "%s%s", cli->url, path);
    request.headers = headers;
    request.timeout_ms = CALL_TIMEOUT_MS;
    if (http_call(cli->client, cli->arena, &request, reply, &cli->error))
        return true;
    if (cli->error.id == ERR_UNREACHABLE)
        fail(&cli->error, ERR_UNREACHABLE, "the daemon at %s does not answer; is `tenure serve` running?",
             "%s 上的服务没有响应;`tenure serve` 是否在运行?", cli->url);
    return false;
}

static bool call(struct cli *cli, const char *method, const char *path, json_t *body,
                 struct http_reply *reply) {
    const struct slice text = body ? slice_str(json_text(cli->arena, body, false)) : slice_of(NULL, 0);
    json_decref(body);
    return send_request(cli, (struct http_request){.method = method, .body = text}, path,
                        "Content-Type: application/json", reply);
}

bool cli_upload(struct cli *cli, const char *path, struct slice content) {
    struct http_reply reply;
    return send_request(cli, (struct http_request){.method = "POST", .body = content}, path,
                        "Content-Type: application/octet-stream", &reply) &&
           (reply.status < 300 || problem_read(cli->arena, reply.status, reply.body, &cli->error));
}

bool cli_fetch(struct cli *cli, const char *method, const char *path, json_t *body,
               struct http_reply *reply) {
    if (!call(cli, method, path, body, reply))
        return false;
    return reply->status < 300 || problem_read(cli->arena, reply->status, reply->body, &cli->error);
}

bool cli_call(struct cli *cli, const char *method, const char *path, json_t *body, json_t **answer) {
    struct http_reply reply;
    if (!cli_fetch(cli, method, path, body, &reply))
        return false;
    if (reply.body.len == 0)
        return *answer = json_keep(cli->arena, json_object()), true;
    return json_read(cli->arena, reply.body, answer, &cli->error);
}

int cli_failed(struct cli *cli) {
    command_report(&cli->error, cli->lang, cli->json);
    return error_row(cli->error.id)->exit;
}

/* ---- bodies and queries ---- */

const char *cli_query(struct cli *cli, const struct cli_parameter *parameters) {
    struct buf b = buf_new(cli->arena, 8192);
    for (const struct cli_parameter *p = parameters; p->key; p++)
        if (cli->options[p->key])
            buf_printf(&b, "%c%s=%s", b.len ? '&' : '?', p->name,
                       url_encode(cli->arena, *cli->options[p->key] ? cli->options[p->key] : "true"));
    return b.p;
}

json_t *cli_body(struct cli *cli, const struct cli_parameter *members) {
    json_t *body = json_object();
    for (const struct cli_parameter *m = members; m->key; m++)
        if (cli->options[m->key])
            json_object_set_new(body, m->name, json_string(cli->options[m->key]));
    return body;
}

bool cli_string(struct cli *cli, json_t *body, const char *member, const char *text) {
    (void)cli;
    json_object_set_new(body, member, json_string(text));
    return true;
}

bool cli_words(struct cli *cli, json_t *body, const char *member, const char *text) {
    char *words = arena_strdup(cli->arena, text);
    for (char *p = words; *p; p++)
        if (*p == ',')
            *p = ' ';
    json_object_set_new(body, member, json_words(cli->arena, words));
    return true;
}

bool cli_number(struct cli *cli, json_t *body, const char *member, const char *text) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*text == 0 || *end != 0 || errno != 0)
        return fail(&cli->error, ERR_USAGE, "'%s' is not a whole number", "“%s”不是整数", text);
    json_object_set_new(body, member, json_integer(value));
    return true;
}

bool cli_yes_no(struct cli *cli, json_t *body, const char *member, const char *text) {
    bool yes = strcmp(text, "yes") == 0;
    json_object_set_new(body, member, json_boolean(yes));
    return yes || strcmp(text, "no") == 0 ||
           fail(&cli->error, ERR_USAGE, "'%s' is neither yes nor no", "“%s”不是 yes 或 no", text);
}

bool cli_members(struct cli *cli, json_t *body, const struct cli_member *members) {
    for (const struct cli_member *m = members; m->key; m++)
        if (cli->options[m->key] && !m->set(cli, body, m->name, cli->options[m->key]))
            return false;
    return true;
}

/* ---- printing ---- */

const char *cli_text(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

int cli_show(struct cli *cli, const json_t *answer, void (*print)(struct cli *cli, const json_t *answer)) {
    if (cli->json)
        puts(json_text(cli->arena, answer, true));
    else
        print(cli, answer);
    return EXIT_OK;
}

void cli_silent(struct cli *cli, const json_t *answer) {
    (void)cli, (void)answer;
}

int cli_request(struct cli *cli, const char *method, const char *path, json_t *body,
                void (*print)(struct cli *cli, const json_t *answer)) {
    json_t *answer;
    return cli_call(cli, method, path, body, &answer) ? cli_show(cli, answer, print) : cli_failed(cli);
}

/* A member as text: arrays of texts joined, times as they are, money in its currency. */
static const char *text_of(struct cli *cli, const json_t *object, const char *member) {
    static const struct text yes = TEXT("yes", "是"), no = TEXT("no", "否");
    const json_t *value = json_object_get(object, member);
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        return arena_printf(cli->arena, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return (json_is_true(value) ? yes : no).in[cli->lang];
    const struct money money = {json_integer_value(json_object_get(value, "amount")),
                                json_string_value(json_object_get(value, "currency"))};
    if (money.currency)
        return money_text(cli->arena, &money);
    struct buf b = buf_new(cli->arena, 4096);
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item) {
        buf_str(&b, i ? " " : "");
        buf_str(&b, json_is_string(item) ? json_string_value(item) : "");
    }
    return b.p;
}

static const char *cell(struct cli *cli, const json_t *object, const char *member) {
    return printable(cli->arena, text_of(cli, object, member));
}

/* Columns on a terminal: Chinese characters are two wide. */
static int width_of(const char *s) {
    int width = 0;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        width += c < 0x80 ? 1 : (c & 0xC0) == 0xC0 ? (c >= 0xE2 ? 2 : 1) : 0;
    }
    return width;
}

static void print_padded(const char *s, int width) {
    printf("%s%*s", s, width > width_of(s) ? width - width_of(s) : 0, "");
}

static int column_width(struct cli *cli, const json_t *items, const struct field *f) {
    int width = width_of(f->label.in[cli->lang]);
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item) {
        int w = width_of(cell(cli, item, f->name));
        width = w > width ? w : width;
    }
    return width;
}

enum { COLUMNS_MAX = 32 };

static void print_row(struct cli *cli, const json_t *item, const struct field *const *columns,
                      const int *widths) {
    for (size_t i = 0; columns[i]; i++) {
        print_padded(item ? cell(cli, item, columns[i]->name) : columns[i]->label.in[cli->lang],
                     columns[i + 1] ? widths[i] : 0);
        fputs(columns[i + 1] ? "  " : "\n", stdout);
    }
}

void cli_table(struct cli *cli, const json_t *items, const struct field *fields) {
    const struct field *columns[COLUMNS_MAX + 1] = {NULL};
    int widths[COLUMNS_MAX];
    size_t n = 0, i;
    for (const struct field *f = fields; f->name && n < COLUMNS_MAX; f++)
        if (f->flags & FIELD_COLUMN) {
            widths[n] = column_width(cli, items, f);
            columns[n++] = f;
        }
    print_row(cli, NULL, columns, widths);
    const json_t *item;
    json_array_foreach(items, i, item) print_row(cli, item, columns, widths);
}

void cli_more(struct cli *cli, const json_t *answer) {
    if (*cli_text(answer, "next"))
        printf(cli->lang == LANG_ZH ? "还有更多:--cursor %s\n" : "more: --cursor %s\n",
               cli_text(answer, "next"));
}

void cli_page(struct cli *cli, const json_t *answer, const struct field *fields) {
    cli_table(cli, json_object_get(answer, "items"), fields);
    cli_more(cli, answer);
}

void cli_record(struct cli *cli, const json_t *object, const struct field *fields) {
    int width = 0;
    for (const struct field *f = fields; f->name; f++)
        width = width_of(f->label.in[cli->lang]) > width ? width_of(f->label.in[cli->lang]) : width;
    for (const struct field *f = fields; f->name; f++) {
        const json_t *value = json_object_get(object, f->name);
        if (!value || json_is_null(value) || !*cell(cli, object, f->name))
            continue;
        print_padded(f->label.in[cli->lang], width + 2);
        puts(cell(cli, object, f->name));
    }
}

/* ---- secrets ---- */

static bool read_from_terminal(struct cli *cli, struct text prompt, struct secret **secret) {
    struct termios old, quiet;
    if (tcgetattr(STDIN_FILENO, &old) < 0)
        return fail(&cli->error, ERR_USAGE, "there is no terminal to ask at; give the secret in a file",
                    "没有可用于输入的终端;请通过文件提供密码");
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s: ", prompt.in[cli->lang]);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    *secret = secret_new(cli->arena, NULL, 1024);
    ssize_t n = read(STDIN_FILENO, secret_bytes(*secret), 1023);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    fputc('\n', stderr);
    size_t len = n > 0 ? (size_t)n : 0;
    while (len && (secret_bytes(*secret)[len - 1] == '\n' || secret_bytes(*secret)[len - 1] == '\r'))
        len--;
    *secret = secret_new(cli->arena, secret_bytes(*secret), len);
    return true;
}

bool cli_secret(struct cli *cli, int file_key, struct text prompt, struct secret **secret) {
    struct slice content;
    if (!cli->options[file_key])
        return read_from_terminal(cli, prompt, secret);
    if (!file_read(cli->arena, cli->options[file_key], 4096, &content, &cli->error))
        return false;
    size_t len = strcspn((const char *)content.p, "\r\n");
    *secret = secret_new(cli->arena, content.p, len);
    return true;
}
