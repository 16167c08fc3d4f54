/* Records by dynamic updates (RFC 2136) with a key (TSIG): BIND, Knot, PowerDNS, Windows and others. */
#include "dns/update.h"
#include "solve/solve.h"
#include <stdio.h>

enum { TIMEOUT_MS = 5000, TTL_DEFAULT = 60, TTL_MAX = 86400 };
#define ALGORITHM_DEFAULT "hmac-sha256"

struct settings {
    const char *server, *zone, *key_name, *algorithm;
    int64_t ttl;
    bool tcp;
};

static const struct field fields[] = {
    FIELD(TEXT, settings, server, FIELD_REQUIRED, "Address of the primary server, with :PORT if it is not 53",
          "主服务器地址,端口不是 53 时加上 :端口"),
    FIELD(TEXT, settings, key_name, FIELD_REQUIRED, "Name of the key (TSIG)", "密钥名称(TSIG)"),
    FIELD(TEXT, settings, algorithm, 0, "hmac-sha256 (default), hmac-sha512 or hmac-sha1",
          "hmac-sha256(默认)、hmac-sha512 或 hmac-sha1"),
    FIELD(TEXT, settings, zone, 0, "Zone that is changed; else the server is asked",
          "所更改的区域;默认向服务器查询"),
    FIELD(INT, settings, ttl, 0, "Seconds that resolvers keep the record; 0: 60", "记录的缓存秒数;0 表示 60"),
    FIELD(BOOL, settings, tcp, 0, "Never by UDP", "仅使用 TCP"),
    FIELD_END,
};

static bool is_name(const char *text) {
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return length > 0 && length <= DNS_NAME_MAX && !text[length];
}

static bool check_names(const struct settings *s, struct error *e) {
    if (!is_name(s->key_name))
        return fail_field(e, "key_name", ERR_BAD_FIELD, "'%s' is no name of a key", "“%s”不是有效的密钥名称",
                          s->key_name);
    return !s->zone || is_name(s->zone) ||
           fail_field(e, "zone", ERR_BAD_FIELD, "'%s' is no zone", "“%s”不是有效的区域", s->zone);
}

static bool check(const struct services *services, const void *context, struct error *e) {
    const struct settings *s = context;
    struct dns_server server;
    AUTO_ARENA a = arena_new();
    (void)services;
    if (!dns_server_parse(a, s->server, &server, e)) {
        snprintf(e->field, sizeof e->field, "server");
        return false;
    }
    if (s->algorithm && !dns_update_algorithm_known(s->algorithm))
        return fail_field(e, "algorithm", ERR_BAD_FIELD,
                          "'%s' is neither hmac-sha256 nor hmac-sha512 nor hmac-sha1",
                          "“%s”不是 hmac-sha256、hmac-sha512 或 hmac-sha1", s->algorithm);
    if (s->ttl < 0 || s->ttl > TTL_MAX)
        return fail_field(e, "ttl", ERR_BAD_FIELD, "ttl is 0 to %d", "ttl 须为 0 至 %d", TTL_MAX);
    return check_names(s, e);
}

/* Without a final dot: that of "example.com." is the same name. */
static const char *name_text(struct arena *a, const char *name) {
    size_t length = name ? strlen(name) : 0;
    return length && name[length - 1] == '.' ? arena_strndup(a, name, length - 1) : name;
}

/* Solvers are set by operators of an account, not by the administrator: the outbound policy is asked. */
static bool open_update(const struct solving *s, struct dns_update *update, struct error *e) {
    const struct settings *settings = s->settings;
    *update = (struct dns_update){.policy = s->services->outbound,
                                  .zone = name_text(s->arena, settings->zone),
                                  .key_name = name_text(s->arena, settings->key_name),
                                  .algorithm = settings->algorithm ? settings->algorithm : ALGORITHM_DEFAULT,
                                  .key = s->secret,
                                  .tcp = settings->tcp,
                                  .timeout_ms = TIMEOUT_MS};
    if (!dns_server_parse(s->arena, settings->server, &update->server, e))
        return false;
    update->server.configured = false;
    return true;
}

static bool place(struct solving *s, struct error *e) {
    const struct settings *settings = s->settings;
    struct dns_update update;
    return open_update(s, &update, e) &&
           dns_update_add(s->arena, &update, s->solution->place, s->solution->value,
                          settings->ttl ? settings->ttl : TTL_DEFAULT, e);
}

static bool take_away(struct solving *s, struct error *e) {
    struct dns_update update;
    return open_update(s, &update, e) &&
           dns_update_remove(s->arena, &update, s->solution->place, s->solution->value, e);
}

const struct solver_ops solve_rfc2136 = {
    .kind = "rfc2136",
    .title = TEXT("DNS updates with a key (RFC 2136, TSIG)", "带密钥的 DNS 动态更新(RFC 2136、TSIG)"),
    .types = 1 << CHALLENGE_DNS_01 | 1 << CHALLENGE_DNS_PERSIST_01,
    .any_record = true,
    .secret = true,
    .settings = fields,
    .settings_size = sizeof(struct settings),
    .check = check,
    .place = place,
    .remove = take_away,
};
