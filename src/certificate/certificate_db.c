/* The rows of certificates. What is derived is derived here, whenever a row is written. */
#include "base/rand.h"
#include "certificate/list.h"
#include "certificate/version.h"

#define CERTIFICATE(type, member, flags, en, zh) FIELD(type, certificate, member, flags, en, zh)

const struct field certificate_fields[] = {
    CERTIFICATE(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    CERTIFICATE(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    CERTIFICATE(INT, number, 0, "Number", "编号"),
    CERTIFICATE(TEXT, kind, FIELD_COLUMN, "Kind: official, uploaded, test, pca, discovered", "类型"),
    CERTIFICATE(TEXT, brand, 0, "Brand", "品牌"),
    CERTIFICATE(TEXT, vendor, 0, "Vendor of the brand", "品牌厂商"),
    CERTIFICATE(TEXT, profile, 0, "Policy profile", "策略"),
    CERTIFICATE(INT, profile_version, 0, "Version of the policy profile", "策略版本"),
    CERTIFICATE(TEXT, grade, 0, "Grade: dv, ov, ev", "等级"),
    CERTIFICATE(TEXT, domain_type, 0, "Domain type: single, wildcard, multi, mixed", "域名类型"),
    CERTIFICATE(TEXT, key_algorithm, 0, "Key algorithm", "密钥算法"),
    CERTIFICATE(WORDS, names, FIELD_COLUMN, "Names, the main name first", "域名"),
    CERTIFICATE(WORDS, tags, FIELD_COLUMN, "Tags", "标签"),
    CERTIFICATE(TIME, created_at, 0, "Created", "创建时间"),
    CERTIFICATE(TEXT, order_id, 0, "Order", "订单"),
    CERTIFICATE(TEXT, order_kind, 0, "Kind of the order", "订单类型"),
    CERTIFICATE(INT, years, 0, "Years of the order", "订单年限"),
    CERTIFICATE(INT, term, 0, "Term within the order", "订单中的第几年"),
    CERTIFICATE(TEXT, predecessor_id, 0, "Predecessor", "原证书"),
    CERTIFICATE(TEXT, successor_id, 0, "Successor", "续费证书"),
    CERTIFICATE(TIME, paid_at, 0, "Paid", "支付时间"),
    CERTIFICATE(TIME, active_at, 0, "Activated", "激活时间"),
    CERTIFICATE(TIME, submitted_at, 0, "Submitted", "提交时间"),
    CERTIFICATE(TIME, rejected_at, 0, "Rejected", "审核失败时间"),
    CERTIFICATE(TEXT, reject_reason, 0, "Reason of the rejection", "审核失败原因"),
    CERTIFICATE(TEXT, waits_for, 0,
                "What it waits for after its submission: validation, review, letter or an error code",
                "提交后等待的事项:validation、review、letter 或错误码"),
    CERTIFICATE(TEXT, waits_detail_en, FIELD_HIDDEN, "What it waits for, in English", "等待的事项(英文)"),
    CERTIFICATE(TEXT, waits_detail_zh, FIELD_HIDDEN, "What it waits for, in Chinese", "等待的事项(中文)"),
    CERTIFICATE(BOOL, in_review, 0, "A reviewer has to decide", "待审核员审核"),
    CERTIFICATE(TIME, reminded_at, FIELD_HIDDEN, "The reviewer was last reminded", "最近催办时间"),
    CERTIFICATE(BOOL, letter_needed, 0, "A confirmation letter is needed", "需要确认函"),
    CERTIFICATE(TIME, letter_at, 0, "Confirmation letter uploaded", "确认函上传时间"),
    CERTIFICATE(TIME, cancelled_at, 0, "Cancelled", "取消时间"),
    CERTIFICATE(TIME, refunded_at, 0, "Refunded", "退款时间"),
    CERTIFICATE(TIME, revoke_asked_at, 0, "Revocation asked for", "申请吊销时间"),
    CERTIFICATE(TIME, revoked_at, 0, "Revoked", "吊销时间"),
    CERTIFICATE(INT, revoke_reason, FIELD_HIDDEN, "RFC 5280 CRLReason", "吊销原因(RFC 5280)"),
    CERTIFICATE(TIME, superseded_at, 0, "All targets serve the successor since", "所有部署目标已切换的时间"),
    CERTIFICATE(BOOL, specification_changed, 0, "The specification differs from the predecessor's",
                "规格与原证书不同"),
    CERTIFICATE(TEXT, csr_choice, 0, "Key: automatic, own, keep", "CSR 方式"),
    CERTIFICATE(TEXT, own_csr, FIELD_HIDDEN, "Own certificate request", "自有 CSR"),
    CERTIFICATE(BOOL, auto_versions, 0, "Versions inside the coverage are renewed by themselves",
                "有效期内自动签发新版本"),
    CERTIFICATE(BOOL, hosted, 0, "Managed service", "已托管"),
    CERTIFICATE(BOOL, auto_renew, 0, "Renewed by itself before its end", "自动续费"),
    CERTIFICATE(BOOL, came_managed, FIELD_HIDDEN, "Activated by the managed service", "由托管服务激活"),
    CERTIFICATE(TIME, last_threshold_at, FIELD_HIDDEN, "Last told of its end", "最近一次到期提醒"),
    CERTIFICATE(TIME, covered_from, 0, "Coverage begins", "有效期开始"),
    CERTIFICATE(TIME, coverage_end, 0, "Coverage ends", "有效期结束"),
    CERTIFICATE(INT, carried_seconds, 0, "Carried over from the predecessor, in seconds", "结转的秒数"),
    CERTIFICATE(TEXT, version_id, 0, "Current version", "当前版本"),
    CERTIFICATE(INT, version_count, 0, "Versions issued so far", "已签发的版本数"),
    CERTIFICATE(TIME, not_before, 0, "Current version begins", "当前版本开始时间"),
    CERTIFICATE(TIME, version_end, 0, "Current version ends (first second not covered)", "当前版本结束时间"),
    CERTIFICATE(TEXT, serial, 0, "Serial number", "序列号"),
    CERTIFICATE(TEXT, fingerprint, 0, "SHA-256 fingerprint", "SHA-256 指纹"),
    CERTIFICATE(BOOL, key_held, 0, "Tenure holds the private key", "已保管私钥"),
    CERTIFICATE(TIME, next_issue_at, 0, "Next version planned", "下一版本的计划时间"),
    CERTIFICATE(INT, target_count, 0, "Targets bound to it", "部署目标数"),
    CERTIFICATE(INT, revision, FIELD_HIDDEN, "Revision of the row", "修订号"),
    CERTIFICATE(INT, phase, FIELD_HIDDEN, "Phase", "阶段"),
    CERTIFICATE(TIME, end_at, 0, "End: of the coverage, or of the version where versions are not renewed",
                "到期时间"),
    CERTIFICATE(TIME, window_at, 0, "About to expire from", "续费窗口开始"),
    CERTIFICATE(TIME, expires_at, FIELD_COLUMN, "Expires: the earlier of the end and the version's end",
                "失效时间"),
    CERTIFICATE(TEXT, state, FIELD_COLUMN, "State", "状态"),
    CERTIFICATE(TEXT, state_title, 0, "State, for people", "状态名称"),
    CERTIFICATE(INT, days_left, FIELD_COLUMN | FIELD_OPTIONAL,
                "Whole days until it expires, null without a version", "剩余天数"),
    CERTIFICATE(BOOL, lapsed, 0, "Expired with coverage left: Tenure keeps trying",
                "已中断:有效期未满,持续重试"),
    CERTIFICATE(TEXT, at_risk, 0, "Why the site may be without a certificate before the coverage ends",
                "风险原因"),
    CERTIFICATE(TEXT, waits_detail, 0, "What it waits for, in a sentence", "等待事项的说明"),
    CERTIFICATE(TEXT, revoked_for, 0, "Reason of the revocation: keyCompromise …", "吊销原因"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, number, kind, brand, vendor, profile, profile_version, grade, domain_type, "            \
    "key_algorithm, names, tags, created_at, order_id, order_kind, years, term, predecessor_id, "            \
    "successor_id, paid_at, active_at, submitted_at, rejected_at, reject_reason, waits_for, "                \
    "waits_detail_en, waits_detail_zh, in_review, reminded_at, letter_needed, refunded_at, "                 \
    "letter_at, cancelled_at, revoke_asked_at, revoked_at, revoke_reason, superseded_at, "                   \
    "specification_changed, csr_choice, own_csr, auto_versions, hosted, auto_renew, came_managed, "          \
    "last_threshold_at, revision, covered_from, coverage_end, "                                              \
    "carried_seconds, version_id, version_count, not_before, version_end, serial, fingerprint, "             \
    "key_held, next_issue_at, target_count, phase, end_at, window_at, expires_at"

/* Unknown and foreign ids are told apart by nobody. */
static bool found(bool ok, const char *id, struct error *e) {
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no certificate '%s'", "没有证书“%s”", id);
}

bool certificate_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                     struct certificate *c, struct error *e) {
    *c = (struct certificate){0};
    bool ok = db_get(db, a, certificate_fields, c, e,
                     "SELECT " COLUMNS " FROM certificate WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                     DB_TEXT(account_id));
    return found(ok, id, e);
}

bool certificate_get_any(struct db *db, struct arena *a, const char *id, struct certificate *c,
                         struct error *e) {
    *c = (struct certificate){0};
    bool ok = db_get(db, a, certificate_fields, c, e, "SELECT " COLUMNS " FROM certificate WHERE id = $1",
                     DB_TEXT(id));
    return found(ok, id, e);
}

/* More than half of what reading a single row costs is not the row. */
#define SEVERAL_ROWS                                                                                         \
    " FROM certificate WHERE account_id = $1 AND id IN "                                                     \
    "($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ORDER BY id"

static bool several_rows(const struct search *s, const char *sql, const char *const *ids,
                         struct certificate **rows, size_t *count, struct error *e) {
    struct db_val vals[1 + CERTIFICATES_AT_ONCE] = {DB_TEXT(s->account_id)};
    for (size_t i = 0; i < CERTIFICATES_AT_ONCE; i++)
        vals[1 + i] = DB_TEXT(ids[i]);
    return db_list_args(s->db, s->arena, certificate_fields, sizeof **rows, rows, count, e, sql,
                        (struct db_args){1 + CERTIFICATES_AT_ONCE, vals});
}

bool search_rows(const struct search *s, const char *const *ids, struct certificate **rows, size_t *count,
                 struct error *e) {
    return several_rows(s, "SELECT " COLUMNS SEVERAL_ROWS, ids, rows, count, e);
}

bool search_worded(const struct search *s, const char *const *ids, struct certificate **rows, size_t *count,
                   struct error *e) {
    return several_rows(s, "SELECT id, kind, brand, names, tags, serial, fingerprint" SEVERAL_ROWS, ids, rows,
                        count, e);
}

bool certificate_profile(const struct policies *policies, const struct certificate *c,
                         const struct profile **profile, struct error *e) {
    *profile = policy_find(policies, c->profile, c->profile_version);
    return *profile || fail(e, ERR_CORRUPT, "the policy '%s', version %d, of %s is gone",
                            "策略“%s”版本 %d(证书 %s)已不存在", c->profile, (int)c->profile_version, c->id);
}

/* Cancelled and revoked successors do not count. */
static bool untie_predecessor(struct db *db, const struct certificate *c, struct error *e) {
    if (!c->predecessor_id || (!c->cancelled_at && !c->revoked_at))
        return true;
    return db_exec(db, e,
                   "UPDATE certificate SET successor_id = NULL, revision = revision + 1 "
                   "WHERE id = $1 AND successor_id = $2",
                   DB_TEXT(c->predecessor_id), DB_TEXT(c->id));
}

/*
 * One statement for the facts of new and known certificates, so that no column is forgotten in one of them.
 * SQLite writes each index anew that has one of these columns, changed or not: what never changes is not
 * here.
 */
static bool write_facts(struct db *db, const struct certificate *c, struct error *e) {
    bool revoked = c->revoke_asked_at || c->revoked_at;
    return db_exec(
        db, e,
        "UPDATE certificate SET key_algorithm = $2, order_id = $3, order_kind = $4, years = $5, term "
        "= $6, successor_id = $7, paid_at = $8, active_at = $9, submitted_at = "
        "$10, rejected_at = $11, reject_reason = $12, letter_needed = $13, letter_at = $14, "
        "cancelled_at = $15, revoke_asked_at = $16, revoked_at = $17, revoke_reason = $18, "
        "superseded_at = $19, specification_changed = $20, csr_choice = $21, own_csr = $22, "
        "auto_versions = $23, hosted = $24, covered_from = $25, coverage_end = $26, carried_seconds = "
        "$27, version_id = $28, version_count = $29, not_before = $30, version_end = $31, serial = "
        "$32, fingerprint = $33, key_held = $34, next_issue_at = $35, target_count = $36, phase = "
        "$37, end_at = $38, window_at = $39, expires_at = $40, expiry_order = COALESCE($40, "
        "253402214400), waits_for = $41, waits_detail_en = $42, waits_detail_zh = $43, in_review = $44, "
        "reminded_at = $45, refunded_at = $46, auto_renew = $47, came_managed = $48, "
        "last_threshold_at = $49, revision = $50 + 1 WHERE id = $1 AND revision = $50",
        DB_TEXT(c->id), DB_TEXT(c->key_algorithm), DB_TEXT(c->order_id), DB_TEXT(c->order_kind),
        DB_INT(c->years), DB_INT(c->term), DB_TEXT(c->successor_id), DB_TIME(c->paid_at),
        DB_TIME(c->active_at), DB_TIME(c->submitted_at), DB_TIME(c->rejected_at), DB_TEXT(c->reject_reason),
        DB_INT(c->letter_needed), DB_TIME(c->letter_at), DB_TIME(c->cancelled_at),
        DB_TIME(c->revoke_asked_at), DB_TIME(c->revoked_at),
        revoked ? DB_INT(c->revoke_reason) : DB_TEXT(NULL), DB_TIME(c->superseded_at),
        DB_INT(c->specification_changed), DB_TEXT(c->csr_choice), DB_TEXT(c->own_csr),
        DB_INT(c->auto_versions), DB_INT(c->hosted), DB_TIME(c->covered_from), DB_TIME(c->coverage_end),
        DB_INT(c->carried_seconds), DB_TEXT(c->version_id), DB_INT(c->version_count), DB_TIME(c->not_before),
        DB_TIME(c->version_end), DB_TEXT(c->serial), DB_TEXT(c->fingerprint), DB_INT(c->key_held),
        DB_TIME(c->next_issue_at), DB_INT(c->target_count), DB_INT(c->phase), DB_TIME(c->end_at),
        DB_TIME(c->window_at), DB_TIME(c->expires_at), DB_TEXT(c->waits_for), DB_TEXT(c->waits_detail_en),
        DB_TEXT(c->waits_detail_zh), DB_INT(c->in_review), DB_TIME(c->reminded_at), DB_TIME(c->refunded_at),
        DB_INT(c->auto_renew), DB_INT(c->came_managed), DB_TIME(c->last_threshold_at), DB_INT(c->revision));
}

/* After a statement that names the revision that was read: it has found its row, or somebody else was first.
 */
static bool was_written(struct db *db, struct certificate *c, struct error *e) {
    int64_t there;
    if (db_changes(db) == 1) {
        c->revision++;
        return true;
    }
    if (!db_int(db, &there, 0, e, "SELECT count(*) FROM certificate WHERE id = $1", DB_TEXT(c->id)))
        return false;
    if (!there)
        return fail(e, ERR_NOT_FOUND, "no certificate '%s'", "没有证书“%s”", c->id);
    return fail(e, ERR_CONFLICT, "%s was changed meanwhile; read it again", "%s 已被他人更改;请重新读取",
                c->id);
}

bool certificate_store(struct db *db, struct arena *a, const struct profile *profile, struct certificate *c,
                       struct error *e) {
    (void)a;
    certificate_derive(c, profile);
    return write_facts(db, c, e) && was_written(db, c, e) && untie_predecessor(db, c, e);
}

static bool insert_row(struct db *db, const struct certificate *c, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO certificate (id, account_id, number, kind, brand, profile, "
        "profile_version, grade, domain_type, key_algorithm, names, tags, created_at, phase, predecessor_id, vendor) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        DB_TEXT(c->id), DB_TEXT(c->account_id), DB_INT(c->number), DB_TEXT(c->kind), DB_TEXT(c->brand),
        DB_TEXT(c->profile), DB_INT(c->profile_version), DB_TEXT(c->grade), DB_TEXT(c->domain_type),
        DB_TEXT(c->key_algorithm), DB_TEXT(c->names), DB_TEXT(c->tags), DB_TIME(c->created_at),
        DB_INT(c->phase), DB_TEXT(c->predecessor_id), DB_TEXT(c->vendor));
}

static void fill_defaults(struct arena *a, int64_t now, struct certificate *c) {
    if (!c->id)
        c->id = id_new(a, "cert", now);
    c->created_at = now;
    c->revision = 0;
    c->domain_type = domain_type_name(domain_type_of(c->names));
    if (!c->tags)
        c->tags = "";
    if (!c->csr_choice)
        c->csr_choice = "automatic";
    if (!c->years)
        c->years = 1;
    if (!c->term)
        c->term = 1;
}

bool certificate_insert(struct db *db, struct arena *a, const struct profile *profile, int64_t now,
                        struct certificate *c, struct error *e) {
    fill_defaults(a, now, c);
    certificate_derive(c, profile);
    return db_sequence(db, "certificate", &c->number, e) && insert_row(db, c, e) &&
           certificate_store(db, a, profile, c, e) && term_update(db, a, NULL, c, e);
}

bool certificate_set_names(struct db *db, struct arena *a, struct certificate *c, const char *names,
                           struct error *e) {
    const struct certificate before = *c;
    c->names = names;
    c->domain_type = domain_type_name(domain_type_of(names));
    return db_exec(db, e,
                   "UPDATE certificate SET names = $2, domain_type = $3, revision = $4 + 1 "
                   "WHERE id = $1 AND revision = $4",
                   DB_TEXT(c->id), DB_TEXT(c->names), DB_TEXT(c->domain_type), DB_INT(c->revision)) &&
           was_written(db, c, e) && term_update(db, a, &before, c, e);
}

bool certificate_set_tags(struct db *db, struct arena *a, struct certificate *c, const char *tags,
                          struct error *e) {
    const struct certificate before = *c;
    c->tags = tags ? tags : "";
    return db_exec(db, e,
                   "UPDATE certificate SET tags = $2, revision = $3 + 1 WHERE id = $1 AND revision = $3",
                   DB_TEXT(c->id), DB_TEXT(c->tags), DB_INT(c->revision)) &&
           was_written(db, c, e) && term_update(db, a, &before, c, e);
}

bool certificate_follow(struct db *db, const char *id, const char *successor_id, bool *done,
                        struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE certificate SET successor_id = $2, revision = revision + 1 "
                      "WHERE id = $1 AND successor_id IS NULL",
                      DB_TEXT(id), DB_TEXT(successor_id));
    *done = ok && db_changes(db) == 1;
    return ok;
}

bool certificate_tie(struct db *db, const char *predecessor_id, const char *id, struct error *e) {
    bool done;
    return db_exec(db, e, "UPDATE certificate SET predecessor_id = $2, revision = revision + 1 WHERE id = $1",
                   DB_TEXT(id), DB_TEXT(predecessor_id)) &&
           (!predecessor_id || certificate_follow(db, predecessor_id, id, &done, e));
}

/* Nothing may point to what is gone. */
static bool untie_neighbours(struct db *db, const struct certificate *c, struct error *e) {
    return db_exec(db, e,
                   "UPDATE certificate SET predecessor_id = NULL, revision = revision + 1 "
                   "WHERE predecessor_id = $1",
                   DB_TEXT(c->id)) &&
           db_exec(db, e,
                   "UPDATE certificate SET successor_id = NULL, revision = revision + 1 "
                   "WHERE id = $1 AND successor_id = $2",
                   DB_TEXT(c->predecessor_id), DB_TEXT(c->id));
}

bool certificate_delete(struct db *db, struct arena *a, const struct certificate *c, struct error *e) {
    return versions_delete(db, c, e) && untie_neighbours(db, c, e) && term_update(db, a, c, NULL, e) &&
           db_exec(db, e, "DELETE FROM certificate WHERE id = $1", DB_TEXT(c->id));
}
