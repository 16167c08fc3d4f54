/*
 * Kinds `hook-…`: hooks that were written for other ACME clients, run by the runner as those document it. The
 * commands stand in tenure.yaml (deploy.commands, with `hook`), and their credentials in files that only the
 * runner reads.
 *
 * lego: go-acme.github.io/lego/dns/exec. certbot: eff-certbot.readthedocs.io, "Pre and Post Validation
 * Hooks". dehydrated: docs/examples/hook.sh, with HOOK_CHAIN=no. acme.sh: its wiki, "DNS API Dev Guide".
 */
#include "base/redact.h"
#include "runner/runner.h"
#include "solve/solve.h"

enum { OUTPUT_QUOTED = 300, VARIABLES_MAX = 9, SIGNALLED = 128 };

struct hook_settings {
    const char *command, *cleanup;
    bool raw;
};

#define COMMAND_FIELD                                                                                        \
    FIELD(TEXT, hook_settings, command, FIELD_REQUIRED | FIELD_NOT_NULL, "command of tenure.yaml",           \
          "tenure.yaml 中的命令")

/* ---- what they share ---- */

static bool is_http(const struct solving *s) {
    return strcmp(s->solution->type, challenge_type_name(CHALLENGE_HTTP_01)) == 0;
}

/* What is published: in the file, or in the record. */
static const char *content(const struct solving *s) {
    return is_http(s) ? s->solution->key_authorization : s->solution->value;
}

/*
 * What DNS and CAs say goes to scripts, whose authors may not have thought of it: nothing that means
 * something to a shell is in it. Tokens were looked at when the solution began.
 */
static bool check_name(const char *name, struct error *e) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:";
    return (*name && !name[strspn(name, letters)]) ||
           fail(e, ERR_HOOK_FAILED, "the name '%.200s' is not given to a hook", "名称“%.200s”不能传给钩子",
                name);
}

/* Said when the solver is made, instead of when it is needed. */
static bool check_command(const struct services *services, const char *field, const char *command,
                          const char *hook, struct error *e) {
    const struct runner_command *found;
    if (!command || !services->solve || !services->solve->policy)
        return true;
    if (!runner_command_find(services->solve->policy, command, &found, e)) {
        snprintf(e->field, sizeof e->field, "%s", field);
        return false;
    }
    return (found->hook && strcmp(found->hook, hook) == 0) ||
           fail_field(e, field, ERR_COMMAND_NOT_ALLOWED, "the command '%s' has no 'hook: %s' in tenure.yaml",
                      "命令“%s”在 tenure.yaml 中没有“hook: %s”", command, hook);
}

static const char *without_secrets(const struct solving *s, const struct child_result *result) {
    const struct solution *n = s->solution;
    const char *const secrets[] = {n->token, n->value ? n->value : "", n->key_authorization, NULL};
    const char *text = redact(s->arena, result->output, result->cut, secrets);
    return child_last_words(s->arena, text, OUTPUT_QUOTED);
}

/* Not executable, no interpreter, gone: the hook is at fault, and not this machine. */
static bool start(struct solving *s, const struct runner_call *call, struct child_result *result,
                  struct error *e) {
    if (runner_call(s->services->runner, s->arena, call, result, e))
        return true;
    if (e->id != ERR_SYSTEM)
        return false;
    const struct error why = *e;
    return fail(e, ERR_HOOK_FAILED, "the hook '%s' cannot be run: %s%.0s", "钩子“%s”无法运行:%.0s%s",
                call->command, why.detail[LANG_EN], why.detail[LANG_ZH]);
}

/* A shell that has run it says so of it, too. */
static const char *signal_text(struct arena *a, int status) {
    return status > SIGNALLED ? arena_printf(a, " (signal %d)", status - SIGNALLED) : "";
}

/* Its output is kept, whether it failed or not. */
static bool run(struct solving *s, struct runner_call *call, struct child_result *result, struct error *e) {
    if (!check_name(s->solution->name, e) || (s->solution->place && !check_name(s->solution->place, e)) ||
        !start(s, call, result, e))
        return false;
    const char *output = without_secrets(s, result);
    s->solution->detail_en = s->solution->detail_zh = output;
    if (result->timed_out)
        return fail(e, ERR_HOOK_FAILED, "the hook '%s' took too long: %s", "钩子“%s”超时:%s", call->command,
                    output);
    return result->exit_status == 0 ||
           fail(e, ERR_HOOK_FAILED, "the hook '%s' ended with status %d%s: %s",
                "钩子“%s”的退出状态为 %d%s:%s", call->command, result->exit_status,
                signal_text(s->arena, result->exit_status), output);
}

static bool run_arguments(struct solving *s, const char *hook, const char *const args[], struct error *e) {
    const struct hook_settings *settings = s->settings;
    struct child_result result;
    struct runner_call call = {.command = settings->command, .hook = hook, .args = args};
    return run(s, &call, &result, e);
}

/* ---- lego ---- */

static bool run_lego(struct solving *s, const char *action, struct error *e) {
    const struct hook_settings *settings = s->settings;
    const struct solution *n = s->solution;
    const char *const raw[] = {action, "--", n->name, n->token, n->key_authorization, NULL};
    const char *const usual[] = {action, arena_printf(s->arena, "%s.", n->place), n->value, NULL};
    /* a record without a token is of no challenge */
    return run_arguments(s, "lego", settings->raw && *n->token ? raw : usual, e);
}

static bool check_lego(const struct services *services, const void *settings, struct error *e) {
    return check_command(services, "command", ((const struct hook_settings *)settings)->command, "lego", e);
}

static bool place_lego(struct solving *s, struct error *e) {
    return run_lego(s, "present", e);
}

static bool remove_lego(struct solving *s, struct error *e) {
    return run_lego(s, "cleanup", e);
}

static const struct field lego_settings[] = {
    COMMAND_FIELD,
    FIELD(BOOL, hook_settings, raw, 0, "as with EXEC_MODE=RAW", "等同于 EXEC_MODE=RAW"),
    FIELD_END,
};

const struct solver_ops solve_hook_lego = {
    .kind = "hook-lego",
    .title = TEXT("A program for lego's DNS provider exec", "为 lego 的 exec DNS 提供方编写的程序"),
    .types = 1u << CHALLENGE_DNS_01,
    .shared = true,
    .any_record = true,
    .settings = lego_settings,
    .settings_size = sizeof(struct hook_settings),
    .check = check_lego,
    .place = place_lego,
    .remove = remove_lego,
};

/* ---- dehydrated ---- */

static bool run_dehydrated(struct solving *s, const char *action, struct error *e) {
    const char *const args[] = {action, s->solution->name, s->solution->token, content(s), NULL};
    return run_arguments(s, "dehydrated", args, e);
}

static bool check_dehydrated(const struct services *services, const void *settings, struct error *e) {
    return check_command(services, "command", ((const struct hook_settings *)settings)->command, "dehydrated",
                         e);
}

static bool place_dehydrated(struct solving *s, struct error *e) {
    return run_dehydrated(s, "deploy_challenge", e);
}

static bool remove_dehydrated(struct solving *s, struct error *e) {
    return run_dehydrated(s, "clean_challenge", e);
}

static const struct field one_command[] = {COMMAND_FIELD, FIELD_END};

const struct solver_ops solve_hook_dehydrated = {
    .kind = "hook-dehydrated",
    .title = TEXT("A hook of dehydrated", "dehydrated 的钩子"),
    .types = 1u << CHALLENGE_DNS_01 | 1u << CHALLENGE_HTTP_01,
    .shared = true,
    .settings = one_command,
    .settings_size = sizeof(struct hook_settings),
    .check = check_dehydrated,
    .place = place_dehydrated,
    .remove = remove_dehydrated,
};

/* ---- acme.sh ---- */

static bool run_acmesh(struct solving *s, const char *action, struct error *e) {
    const char *const args[] = {action, s->solution->place, s->solution->value, NULL};
    return run_arguments(s, "acmesh", args, e);
}

static bool check_acmesh(const struct services *services, const void *settings, struct error *e) {
    return check_command(services, "command", ((const struct hook_settings *)settings)->command, "acmesh", e);
}

static bool place_acmesh(struct solving *s, struct error *e) {
    return run_acmesh(s, "add", e);
}

static bool remove_acmesh(struct solving *s, struct error *e) {
    return run_acmesh(s, "rm", e);
}

const struct solver_ops solve_hook_acmesh = {
    .kind = "hook-acmesh",
    .title = TEXT("A DNS script of acme.sh", "acme.sh 的 DNS 脚本"),
    .types = 1u << CHALLENGE_DNS_01,
    .shared = true,
    .any_record = true,
    .settings = one_command,
    .settings_size = sizeof(struct hook_settings),
    .check = check_acmesh,
    .place = place_acmesh,
    .remove = remove_acmesh,
};

/* ---- certbot ---- */

/* The others of the application that this solver has, and those of them that are still to come. */
struct others {
    struct buf names;
    int64_t remaining;
};

static bool is_to_come(const struct solving *s, const struct solution *other) {
    bool placing = !s->solution->unwanted_at;
    return strcmp(other->id, s->solution->id) != 0 && (!placing || !other->placed_at);
}

static bool find_others(const struct solving *s, struct others *others, struct error *e) {
    const struct solution *n = s->solution;
    struct solution *list = NULL;
    size_t count = 0;
    others->names = buf_new(s->arena, RUNNER_VARIABLE_MAX / 2);
    if (n->application_id && !solution_list(s->services->db, s->arena, n->application_id, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool same = n->solver_id && list[i].solver_id && strcmp(list[i].solver_id, n->solver_id) == 0;
        if (same)
            buf_printf(&others->names, "%s%s", others->names.len ? "," : "", list[i].name);
        others->remaining += same && is_to_come(s, &list[i]);
    }
    if (!others->names.len)
        buf_str(&others->names, n->name);
    return true;
}

static bool run_certbot(struct solving *s, const char *command, bool cleaning, struct child_result *result,
                        struct error *e) {
    struct arena *a = s->arena;
    const struct solution *n = s->solution;
    const char *env[VARIABLES_MAX + 1] = {NULL};
    struct others others = {.remaining = 0};
    size_t count = 0;
    if (!find_others(s, &others, e))
        return false;
    env[count++] = arena_printf(a, "CERTBOT_DOMAIN=%s", n->name);
    env[count++] = arena_printf(a, "CERTBOT_IDENTIFIER=%s", n->name);
    env[count++] = arena_printf(a, "CERTBOT_VALIDATION=%s", content(s));
    env[count++] = arena_printf(a, "CERTBOT_ALL_DOMAINS=%s", others.names.p);
    env[count++] = arena_printf(a, "CERTBOT_ALL_IDENTIFIERS=%s", others.names.p);
    env[count++] = arena_printf(a, "CERTBOT_REMAINING_CHALLENGES=%lld", (long long)others.remaining);
    if (is_http(s))
        env[count++] = arena_printf(a, "CERTBOT_TOKEN=%s", n->token);
    if (cleaning)
        env[count++] = arena_printf(a, "CERTBOT_AUTH_OUTPUT=%s", n->handle ? n->handle : "");
    struct runner_call call = {.command = command, .hook = "certbot", .env = env};
    return run(s, &call, result, e);
}

static bool check_certbot(const struct services *services, const void *settings, struct error *e) {
    const struct hook_settings *s = settings;
    return check_command(services, "command", s->command, "certbot", e) &&
           check_command(services, "cleanup", s->cleanup, "certbot", e);
}

static bool place_certbot(struct solving *s, struct error *e) {
    const struct hook_settings *settings = s->settings;
    struct child_result result;
    if (!run_certbot(s, settings->command, false, &result, e))
        return false;
    /* as certbot: stdout alone, without the white space around it */
    const char *text = result.printed + strspn(result.printed, " \t\n");
    size_t len = strlen(text);
    while (len && strchr(" \t\n", text[len - 1]))
        len--;
    s->solution->handle = arena_strndup(s->arena, text, len);
    return true;
}

static bool remove_certbot(struct solving *s, struct error *e) {
    const struct hook_settings *settings = s->settings;
    struct child_result result;
    return !settings->cleanup || run_certbot(s, settings->cleanup, true, &result, e);
}

static const struct field certbot_settings[] = {
    FIELD(TEXT, hook_settings, command, FIELD_REQUIRED | FIELD_NOT_NULL,
          "manual-auth-hook: command of tenure.yaml", "manual-auth-hook:tenure.yaml 中的命令"),
    FIELD(TEXT, hook_settings, cleanup, 0, "manual-cleanup-hook: command of tenure.yaml",
          "manual-cleanup-hook:tenure.yaml 中的命令"),
    FIELD_END,
};

const struct solver_ops solve_hook_certbot = {
    .kind = "hook-certbot",
    .title = TEXT("Manual hooks of certbot", "certbot 的手动验证钩子"),
    .types = 1u << CHALLENGE_DNS_01 | 1u << CHALLENGE_HTTP_01,
    .shared = true,
    .settings = certbot_settings,
    .settings_size = sizeof(struct hook_settings),
    .check = check_certbot,
    .place = place_certbot,
    .remove = remove_certbot,
};
