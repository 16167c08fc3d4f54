/* `tenure verify HOST[:PORT]`: looks at any server, also one that Tenure does not manage; needs no daemon. */
#include "base/clock.h"
#include "http/json.h"
#include "tenure/command.h"
#include "verify/verify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, KEY_JSON = 'j', KEY_SERVER_NAME = 's' };

struct verify_options {
    const char *host, *server_name;
    bool json;
};

static const struct option_row options[] = {
    {"server-name", KEY_SERVER_NAME, "NAME",
     TEXT("name to ask for (SNI), if it is not HOST", "请求的服务器名称(SNI),默认为 HOST")},
    {"json", KEY_JSON, NULL, TEXT("print JSON", "打印 JSON")},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct verify_options *o = state->input;
    switch (key) {
    case KEY_SERVER_NAME:
        return o->server_name = arg, 0;
    case KEY_JSON:
        return o->json = true, 0;
    case ARGP_KEY_ARG:
        if (o->host)
            argp_usage(state);
        return o->host = arg, 0;
    case ARGP_KEY_END:
        if (!o->host)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct command_line line = {
    .options = options,
    .parser = parse,
    .arguments = TEXT("HOST[:PORT]", "主机[:端口]"),
    .summary =
        TEXT("Connects to a server and tells what is wrong with the certificate it serves, and what to do.",
             "连接服务器,检查其证书存在的问题并给出处理建议。"),
};

static void print_finding(const struct finding *f, enum lang lang) {
    const struct verdict_row *row = verdict_row(f->verdict);
    AUTO_ARENA a = arena_new();
    printf("%s: %s\n%s\n", row->name, row->title.in[lang], printable(a, f->detail.in[lang]));
    if (f->served_end)
        printf(lang == LANG_ZH ? "有效期:%s 至 %s\n" : "valid from %s to the end of %s\n",
               time_format_date(a, f->served_from), time_format_date(a, f->served_end - 1));
    if (f->protocol && *f->protocol)
        printf("%s %s\n", f->protocol, f->cipher ? f->cipher : "");
    puts(row->remedy.in[lang]);
}

static void print_json(struct arena *a, const struct finding *f, enum lang lang) {
    const struct verdict_row *row = verdict_row(f->verdict);
    json_t *o = json_keep(a, json_object());
    json_object_set_new(o, "verdict", json_string(row->name));
    json_object_set_new(o, "title", json_string(row->title.in[lang]));
    json_object_set_new(o, "detail", json_string(f->detail.in[lang]));
    json_object_set_new(o, "remedy", json_string(row->remedy.in[lang]));
    json_object_set_new(o, "fingerprint",
                        f->served_fingerprint ? json_string(f->served_fingerprint) : json_null());
    json_object_set_new(o, "from_at", json_time(a, f->served_from));
    json_object_set_new(o, "end_at", json_time(a, f->served_end));
    json_object_set_new(o, "protocol", json_string(f->protocol ? f->protocol : ""));
    puts(json_text(a, o, true));
}

int cmd_verify(int argc, char **argv, enum lang lang) {
    struct verify_options o = {0};
    struct finding finding;
    struct error e = {0};
    AUTO_ARENA a = arena_new();
    command_parse(&line, lang, argc, argv, &o);
    const char *address = strchr(o.host, ':') ? o.host : arena_printf(a, "%s:443", o.host);
    const char *name = o.server_name ? o.server_name : arena_strndup(a, o.host, strcspn(o.host, ":"));
    struct prober prober = prober_tls;
    prober.policy = &outbound_anywhere;
    prober.timeout_ms = TIMEOUT_MS;
    if (!verify_host(a, &prober, address, name, clock_now(), &finding, &e)) {
        command_report(&e, lang, o.json);
        return error_row(e.id)->exit;
    }
    if (o.json)
        print_json(a, &finding, lang);
    else
        print_finding(&finding, lang);
    return finding.verdict == VERDICT_OK ? EXIT_OK : error_row(ERR_VERIFICATION_FAILED)->exit;
}
