/* Targets and deployments over HTTP. */
#include "audit/audit.h"
#include "base/rand.h"
#include "deploy/deploy_db.h"
#include "http/list.h"

/* ---- bodies ---- */

struct target_body {
    struct target target;
    const char *preset;
    bool deploy;
};

#define TARGET_BODY(name_, type_, flags_, en, zh)                                                            \
    {                                                                                                        \
        .name = #name_, .type = FIELD_##type_, .offset = offsetof(struct target_body, target.name_),         \
        .flags = (flags_), .label = TEXT(en, zh)                                                             \
    }

#define CHANGEABLE                                                                                           \
    TARGET_BODY(test_command, TEXT, 0, "Configuration test: name of a command", "配置检测命令的名称"),       \
        TARGET_BODY(reload_command, TEXT, 0, "Reload: name of a command", "重新加载命令的名称"),             \
        TARGET_BODY(probe_address, TEXT, 0, "Where it is probed: ADDRESS:PORT", "检查地址:地址:端口"),       \
        TARGET_BODY(server_name, TEXT, 0, "Server name (SNI) of the probe", "检查时使用的服务器名称(SNI)"),  \
        TARGET_BODY(certificate_id, TEXT, 0, "Certificate that it is to serve", "应部署的证书"),             \
        FIELD(BOOL, target_body, deploy, 0, "Put the certificate there now", "立即部署证书")

#define FILES_EN "Files: path, content (cert, chain, fullchain, key, combined, root), mode, owner"
#define FILES_ZH "文件:path、content(cert、chain、fullchain、key、combined、root)、mode、owner"

static const struct field create_body[] = {
    TARGET_BODY(name, TEXT, FIELD_REQUIRED, "Name", "名称"),
    TARGET_BODY(kind, TEXT, FIELD_NOT_NULL, "Kind: file", "类型:file"),
    TARGET_BODY(files, LIST, FIELD_REQUIRED, FILES_EN, FILES_ZH),
    FIELD(TEXT, target_body, preset, 0,
          "Commands and contents of nginx, apache, haproxy, postfix, dovecot, caddy",
          "预设的命令与内容:nginx、apache、haproxy、postfix、dovecot、caddy"),
    CHANGEABLE,
    FIELD_END,
};

static const struct field change_body[] = {
    TARGET_BODY(name, TEXT, FIELD_NOT_NULL, "Name", "名称"),
    TARGET_BODY(files, LIST, FIELD_NOT_NULL, FILES_EN, FILES_ZH),
    CHANGEABLE,
    FIELD_END,
};

/* ---- what the handlers share ---- */

static bool path_target(struct request *rq, struct target *target, struct error *e) {
    return target_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], target, e);
}

static const json_t *target_json(struct request *rq, const struct target *target) {
    return target ? json_keep(rq->arena, json_from_row(rq->arena, target_fields, target)) : NULL;
}

static bool audit_target(struct request *rq, const char *action, const struct target *before,
                         const struct target *after, struct error *e) {
    return audit_change(rq, action, (after ? after : before)->id, target_json(rq, before),
                        target_json(rq, after), e);
}

static bool reply_target(struct request *rq, const struct target *target) {
    rq->reply = json_from_row(rq->arena, target_fields, target);
    return true;
}

static bool watch_now(struct request *rq, const struct target *target, struct error *e) {
    return work_enqueue(rq->db, target->account_id, target->id, "watch", rq->now, e);
}

static bool refuse_under_way(struct request *rq, const struct target *target, struct error *e) {
    bool under_way;
    return deployment_under_way(rq->db, rq->arena, target->id, &under_way, e) &&
           (!under_way || fail(e, ERR_CONFLICT, "a deployment to '%s' is under way; wait for its end",
                               "目标“%s”的部署正在进行,请等待其结束", target->name));
}

/* May the certificate be deployed, and which version? */
static bool deployable(struct request *rq, const char *certificate_id, struct version *version,
                       struct error *e) {
    struct certificate c;
    const struct profile *profile;
    return certificate_get(rq->db, rq->arena, rq->caller.account_id, certificate_id, &c, e) &&
           certificate_profile(rq->services->policies, &c, &profile, e) &&
           action_allowed(ACTION_DEPLOY, &c, profile, rq->now, e) &&
           version_get(rq->db, rq->arena, c.account_id, c.version_id, version, e);
}

/* ---- targets ---- */

static bool deploy_if_asked(struct request *rq, const struct target_body *body, struct error *e) {
    struct version version;
    struct deployment ignored;
    if (!body->deploy || !body->target.certificate_id)
        return true;
    return deployable(rq, body->target.certificate_id, &version, e) &&
           deployment_create(rq->db, rq->arena, &version, &body->target, "requested", rq->now, &ignored, e);
}

static bool create_target(struct request *rq, struct error *e) {
    struct target_body body = {.target = {.kind = "file"}};
    struct target *target = &body.target;
    if (!json_to_row(rq->arena, rq->json, create_body, &body, e) ||
        (body.preset && !target_apply_preset(rq->arena, body.preset, target, e)))
        return false;
    target->id = id_new(rq->arena, "tgt", rq->now);
    target->account_id = rq->caller.account_id;
    target->created_at = rq->now;
    rq->status = 201;
    const char *certificate_id = target->certificate_id;
    target->certificate_id = NULL;
    return target_check(rq->services->deploy, rq->arena, target, e) &&
           target_bind(rq->services, rq->arena, target, certificate_id, e) &&
           target_insert(rq->db, target, e) && target_take_files(rq->db, rq->arena, target, e) &&
           deploy_if_asked(rq, &body, e) && watch_now(rq, target, e) &&
           audit_target(rq, "target.create", NULL, target, e) && reply_target(rq, target);
}

static bool differs(const char *one, const char *other) {
    return !one != !other || (one && strcmp(one, other) != 0);
}

/* What is bound anew was never seen there, and what was on its way is not wanted any more. */
static bool rebind(struct request *rq, const struct target *before, struct target *target, struct error *e) {
    static const struct text rebound =
        TEXT("the target was bound to another certificate", "该目标已绑定到其他证书");
    const char *certificate_id = target->certificate_id;
    if (!differs(before->certificate_id, certificate_id))
        return true;
    target->certificate_id = before->certificate_id;
    target->version_id = NULL;
    return deployment_give_up(rq->db, rq->arena, target->id, &rebound, rq->now, e) &&
           target_bind(rq->services, rq->arena, target, certificate_id, e);
}

/* Perhaps the change is the remedy that a failed deployment waits for. */
static bool wake_deployment(struct request *rq, const struct target *target, struct error *e) {
    struct deployment d;
    return deployment_newest(rq->db, rq->arena, target->id, &d, e) &&
           (!d.id || d.finished_at || work_enqueue(rq->db, d.account_id, d.id, "put", rq->now, e));
}

static bool change_target(struct request *rq, struct error *e) {
    struct target_body body = {.deploy = false};
    struct target *target = &body.target;
    if (!path_target(rq, target, e))
        return false;
    const struct target before = *target;
    return json_to_row(rq->arena, rq->json, change_body, &body, e) && refuse_under_way(rq, target, e) &&
           target_check(rq->services->deploy, rq->arena, target, e) && rebind(rq, &before, target, e) &&
           target_store(rq->db, target, e) && target_take_files(rq->db, rq->arena, target, e) &&
           deploy_if_asked(rq, &body, e) && wake_deployment(rq, target, e) && watch_now(rq, target, e) &&
           audit_target(rq, "target.update", &before, target, e) && reply_target(rq, target);
}

static bool delete_target(struct request *rq, struct error *e) {
    static const struct text deleted = TEXT("the target was deleted", "该目标已删除");
    struct target target;
    if (!path_target(rq, &target, e) || !refuse_under_way(rq, &target, e) ||
        !deployment_give_up(rq->db, rq->arena, target.id, &deleted, rq->now, e))
        return false;
    const struct target before = target;
    target.deleted_at = rq->now;
    rq->status = 204;
    return target_bind(rq->services, rq->arena, &target, NULL, e) && target_store(rq->db, &target, e) &&
           target_take_files(rq->db, rq->arena, &target, e) &&
           audit_target(rq, "target.delete", &before, NULL, e);
}

static bool get_target(struct request *rq, struct error *e) {
    struct target target;
    return path_target(rq, &target, e) && reply_target(rq, &target);
}

static bool check_target(struct request *rq, struct error *e) {
    struct target target;
    rq->status = 202;
    return path_target(rq, &target, e) && watch_now(rq, &target, e) && reply_target(rq, &target);
}

static bool list_targets(struct request *rq, struct error *e) {
    struct list_page page;
    struct target *targets;
    size_t found;
    if (!list_page_by_id(rq, "tgt", &page, e) ||
        !target_list(rq->db, rq->arena, rq->caller.account_id, page.cursor, page.limit + 1, &targets, &found,
                     e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, target_fields, sizeof *targets, targets, count,
               found > count ? targets[count - 1].id : NULL);
    return true;
}

/* ---- deployments ---- */

struct deploy_body {
    const char *target_id;
};

static const struct field deploy_body[] = {
    FIELD(TEXT, deploy_body, target_id, 0, "To this target alone", "仅部署到该目标"),
    FIELD_END,
};

static bool pick_targets(struct request *rq, const char *target_id, struct target **targets, size_t *count,
                         struct error *e) {
    const char *certificate_id = rq->path_args[0];
    if (!target_list_of(rq->db, rq->arena, certificate_id, targets, count, e))
        return false;
    for (size_t i = 0; target_id && i < *count; i++)
        if (strcmp((*targets)[i].id, target_id) == 0) {
            *targets += i;
            *count = 1;
            return true;
        }
    if (target_id)
        return fail_field(e, "target_id", ERR_NOT_FOUND, "'%s' is no target of %s", "“%s”不是 %s 的部署目标",
                          target_id, certificate_id);
    return *count ||
           fail(e, ERR_NOT_FOUND, "certificate %s has no targets", "证书 %s 没有部署目标", certificate_id);
}

static bool deploy(struct request *rq, struct error *e) {
    struct deploy_body body = {.target_id = NULL};
    struct version version;
    struct target *targets;
    size_t count;
    if (!json_to_row(rq->arena, rq->json, deploy_body, &body, e) ||
        !deployable(rq, rq->path_args[0], &version, e) ||
        !pick_targets(rq, body.target_id, &targets, &count, e))
        return false;
    struct deployment *made = ARENA_ARRAY(rq->arena, count, struct deployment);
    for (size_t i = 0; i < count; i++)
        if (!deployment_create(rq->db, rq->arena, &version, &targets[i], "requested", rq->now, &made[i], e))
            return false;
    rq->status = 202;
    list_reply(rq, deployment_fields, sizeof *made, made, count, NULL);
    return audit_change(rq, "certificate.deploy", rq->path_args[0], NULL, rq->reply, e);
}

static bool get_deployment(struct request *rq, struct error *e) {
    struct deployment d;
    if (!deployment_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &d, e))
        return false;
    rq->reply = json_from_row(rq->arena, deployment_fields, &d);
    return true;
}

struct deployment_query {
    const char *certificate, *target;
};

static const struct field deployment_query[] = {
    FIELD(TEXT, deployment_query, certificate, 0, "Only of this certificate", "仅该证书的部署"),
    FIELD(TEXT, deployment_query, target, 0, "Only to this target", "仅到该目标的部署"),
    FIELD_END,
};

static bool list_deployments(struct request *rq, struct error *e) {
    struct list_page page;
    struct deployment *list;
    size_t found;
    if (!list_page_by_id(rq, "dep", &page, e))
        return false;
    const struct deployment_filter filter = {.account_id = rq->caller.account_id,
                                             .certificate_id = rq->query(rq, "certificate"),
                                             .target_id = rq->query(rq, "target"),
                                             .cursor = page.cursor,
                                             .limit = page.limit + 1};
    if (!deployment_list(rq->db, rq->arena, &filter, &list, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, deployment_fields, sizeof *list, list, count, found > count ? list[count - 1].id : NULL);
    return true;
}

const struct route deploy_routes[] = {
    {.method = "POST",
     .path = "/v1/targets",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = create_target,
     .body = create_body,
     .answer = target_fields,
     .summary = TEXT("Makes a target: a place where a certificate must be served", "创建部署目标")},
    {.method = "GET",
     .path = "/v1/targets",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_targets,
     .answer = target_fields,
     .summary = TEXT("The targets of the account", "账号的部署目标")},
    {.method = "GET",
     .path = "/v1/targets/{id}",
     .access = ACCESS_READ,
     .handle = get_target,
     .answer = target_fields,
     .summary = TEXT("One target", "查看部署目标")},
    {.method = "PATCH",
     .path = "/v1/targets/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = change_target,
     .body = change_body,
     .answer = target_fields,
     .summary = TEXT("Changes a target, or binds it to another certificate", "修改部署目标或绑定其他证书")},
    {.method = "DELETE",
     .path = "/v1/targets/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = delete_target,
     .summary = TEXT("Forgets a target; nothing is changed there", "删除部署目标记录,不改动目标本身")},
    {.method = "POST",
     .path = "/v1/targets/{id}/check",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = check_target,
     .answer = target_fields,
     .summary = TEXT("Probes a target now, and repairs drift", "立即检查部署目标,并修复偏差")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/deploy",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES | ROUTE_LIST,
     .handle = deploy,
     .body = deploy_body,
     .answer = deployment_fields,
     .summary =
         TEXT("Puts the current version to the targets of a certificate", "将当前版本部署到证书的目标")},
    {.method = "GET",
     .path = "/v1/deployments",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_deployments,
     .query = deployment_query,
     .answer = deployment_fields,
     .summary = TEXT("Deployments, newest first", "部署记录,按时间倒序")},
    {.method = "GET",
     .path = "/v1/deployments/{id}",
     .access = ACCESS_READ,
     .handle = get_deployment,
     .answer = deployment_fields,
     .summary = TEXT("One deployment", "查看部署")},
    {.method = NULL},
};
