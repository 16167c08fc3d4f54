/* Rows of issuers. */
#include "catalog/issuer.h"

const struct field issuer_fields[] = {
    FIELD(TEXT, issuer, id, FIELD_COLUMN, "Issuer", "签发机构"),
    FIELD(TEXT, issuer, kind, FIELD_COLUMN, "Kind: local, acme", "类型:local、acme"),
    FIELD(TEXT, issuer, title_en, 0, "Title in English", "英文名称"),
    FIELD(TEXT, issuer, title_zh, 0, "Title in Chinese", "中文名称"),
    FIELD(TEXT, issuer, preset, 0, "Preset that it was made from", "所用预设"),
    FIELD(TEXT, issuer, directory, FIELD_COLUMN, "Directory of the CA", "CA 目录地址"),
    FIELD(TEXT, issuer, tls_roots, 0, "PEM: trusted for talking to it; null: what the system trusts",
          "与其通信时信任的根证书(PEM);null 表示系统信任的根证书"),
    FIELD(TEXT, issuer, chain_roots, 0, "PEM: what its chains must end in; null: any chain that builds",
          "证书链必须终止于的根证书(PEM);null 表示不限"),
    FIELD(WORDS, issuer, contact, 0, "E-mail addresses that the CA may write to", "CA 可联系的邮箱"),
    FIELD(TIME, issuer, terms_agreed_at, 0, "When its terms of service were agreed to", "同意服务条款的时间"),
    FIELD(TEXT, issuer, eab_kid, 0, "Key id of external account binding", "外部账户绑定的密钥标识"),
    FIELD(BLOB, issuer, eab_sealed, FIELD_HIDDEN, "", ""),
    FIELD(BOOL, issuer, eab_reusable, 0, "The external account may bind everybody's accounts",
          "外部账户可用于绑定所有账号的 CA 账户"),
    FIELD(BOOL, issuer, eab, 0, "Has a key of external account binding", "已设置外部账户绑定密钥"),
    FIELD(TEXT, issuer, profile, 0, "Certificate profile that is asked for", "请求的证书配置"),
    FIELD(TEXT, issuer, preferred_chain, 0, "Common name of the top issuer of the chain that is taken",
          "优先选用的证书链的顶级签发者名称"),
    FIELD(WORDS, issuer, caa_domains, 0, "What CAA records may name", "CAA 记录可填写的域名"),
    FIELD(BOOL, issuer, takes_not_after, 0, "Honours the lifetime that an order asks for",
          "是否接受订单指定的有效期"),
    FIELD(BOOL, issuer, takes_not_before, 0, "Honours the beginning that an order asks for",
          "是否接受订单指定的生效时间"),
    FIELD(INT, issuer, days_max, 0, "Longest lifetime of its certificates, in days; 0: as the policy says",
          "证书最长有效期(天);0 表示由策略决定"),
    FIELD(WORDS, issuer, grades, 0, "Grades that it issues; null: as the brand says",
          "可签发的等级;null 表示由品牌决定"),
    FIELD(BOOL, issuer, public_names, 0, "Issues for public names and addresses only",
          "仅为公网域名和地址签发"),
    FIELD(WORDS, issuer, key_algorithms, 0, "Key algorithms that it signs; null: as the brand says",
          "支持的密钥算法;null 表示由品牌决定"),
    FIELD(INT, issuer, names_max, 0, "Most names in one certificate; 0: as the brand says",
          "每张证书的域名上限;0 表示由品牌决定"),
    FIELD(LIST, issuer, limits, 0, "Its rate limits: [{name, per, count, seconds, exempt}]",
          "频率限制:[{name, per, count, seconds, exempt}]"),
    FIELD(INT, issuer, finalize_seconds, 0, "How long an order may be processed, in seconds",
          "订单处理的最长时间(秒)"),
    FIELD(TIME, issuer, withdrawn_at, FIELD_COLUMN, "Withdrawn", "停用时间"),
    FIELD(TIME, issuer, changed_at, 0, "Changed", "更改时间"),
    FIELD(INT, issuer, revision, 0, "Number of changes", "更改次数"),
    FIELD_END,
};

#define COLUMNS                                                                                                     \
    "id, kind, title_en, title_zh, preset, directory, tls_roots, chain_roots, contact, terms_agreed_at, eab_kid, "  \
    "eab_sealed, eab_reusable, profile, preferred_chain, caa_domains, takes_not_after, key_algorithms, names_max, " \
    "limits, finalize_seconds, withdrawn_at, changed_at, revision, days_max, grades, public_names, takes_not_before "

static void complete(struct issuer *issuer) {
    issuer->eab = issuer->eab_sealed.len > 0;
    issuer->withdrawn = issuer->withdrawn_at != 0;
    issuer->terms_agreed = issuer->terms_agreed_at != 0;
}

bool issuer_get(struct db *db, struct arena *a, const char *id, struct issuer *issuer, struct error *e) {
    *issuer = (struct issuer){0};
    if (!db_get(db, a, issuer_fields, issuer, e, "SELECT " COLUMNS "FROM issuer WHERE id = $1", DB_TEXT(id)))
        return e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no issuer '%s'", "没有签发机构“%s”", id);
    complete(issuer);
    return true;
}

/* budget: as the header has it */
bool issuer_list(struct db *db, struct arena *a, const char *after, size_t limit, struct issuer **issuers,
                 size_t *count, struct error *e) {
    if (!db_list(db, a, issuer_fields, sizeof **issuers, issuers, count, e,
                 "SELECT " COLUMNS "FROM issuer WHERE id > $1 ORDER BY id LIMIT $2",
                 DB_TEXT(after ? after : ""), DB_INT((int64_t)limit)))
        return false;
    for (size_t i = 0; i < *count; i++)
        complete(&(*issuers)[i]);
    return true;
}

bool issuer_db_put(struct db *db, const struct issuer *i, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO issuer (id, account_id, kind, title_en, title_zh, preset, directory, tls_roots, chain_roots, "
        "contact, terms_agreed_at, eab_kid, eab_sealed, profile, preferred_chain, caa_domains, takes_not_after, "
        "key_algorithms, names_max, limits, finalize_seconds, withdrawn_at, changed_at, revision, eab_reusable, "
        "days_max, grades, public_names, takes_not_before) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, "
        "$22, $23, $24, $25, $26, $27, $28, $29) ON CONFLICT (id) DO UPDATE SET title_en = $4, "
        "title_zh = $5, tls_roots = $8, chain_roots = $9, contact = $10, terms_agreed_at = $11, eab_kid = $12, "
        "eab_sealed = $13, profile = $14, preferred_chain = $15, caa_domains = $16, takes_not_after = $17, key_algorithms = $18, names_max = $19, "
        "limits = $20, finalize_seconds = $21, withdrawn_at = $22, changed_at = $23, revision = $24, "
        "eab_reusable = $25, days_max = $26, grades = $27, public_names = $28, takes_not_before = $29",
        DB_TEXT(i->id), DB_TEXT(ISSUER_ACCOUNT), DB_TEXT(i->kind), DB_TEXT(i->title_en), DB_TEXT(i->title_zh),
        DB_TEXT(i->preset), DB_TEXT(i->directory), DB_TEXT(i->tls_roots), DB_TEXT(i->chain_roots),
        DB_TEXT(i->contact), DB_TIME(i->terms_agreed_at), DB_TEXT(i->eab_kid), DB_BLOB(i->eab_sealed),
        DB_TEXT(i->profile), DB_TEXT(i->preferred_chain), DB_TEXT(i->caa_domains), DB_INT(i->takes_not_after),
        DB_TEXT(i->key_algorithms), DB_INT(i->names_max), DB_TEXT(i->limits), DB_INT(i->finalize_seconds),
        DB_TIME(i->withdrawn_at), DB_INT(i->changed_at), DB_INT(i->revision), DB_INT(i->eab_reusable),
        DB_INT(i->days_max), DB_TEXT(i->grades), DB_INT(i->public_names), DB_INT(i->takes_not_before));
}
