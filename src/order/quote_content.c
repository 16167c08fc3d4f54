/* A quote as it is kept and as it is shown: one set of tables for both, but for the language of its notes. */
#include "order/quote.h"

const struct field quote_line_fields[] = {
    FIELD(TEXT, quote_line, item, FIELD_COLUMN, "A specification, or managed_use", "规格或 managed_use"),
    FIELD(TEXT, quote_line, source, FIELD_COLUMN, "quota: there already; paid: bought with the order",
          "quota:已有额度;paid:随订单购买"),
    FIELD(INT, quote_line, count, FIELD_COLUMN, "How many", "数量"),
    FIELD(MONEY, quote_line, unit_price, 0, "Price of one; none from quota and within a package",
          "单价;来自额度或资源包时为空"),
    FIELD(MONEY, quote_line, amount, 0, "Amount", "金额"),
    FIELD_END,
};

static const struct field quota_fields[] = {
    FIELD(TEXT, quote_quota, item, 0, "A specification, or managed_use", "规格或 managed_use"),
    FIELD(INT, quote_quota, left, 0, "What is left now", "当前剩余"),
    FIELD(INT, quote_quota, left_after, 0, "What is left with the order", "下单后剩余"),
    FIELD_END,
};

static const struct field version_of_quote[] = {
    FIELD(TIME, quote_version, issue_at, 0, "Planned issue", "计划签发时间"),
    FIELD(TIME, quote_version, end_at, 0, "The first second that is no longer covered",
          "到期时间(不再覆盖的第一秒)"),
    FIELD(INT, quote_version, days, 0, "Whole days", "天数"),
    FIELD(TEXT, quote_version, limited_by, 0, "Why it ends then: coverage, cap, issuer",
          "受限于:coverage、cap、issuer"),
    FIELD_END,
};

static const struct field certificate_of_quote[] = {
    FIELD(INT, quote_certificate, term, FIELD_COLUMN, "Which year of the order", "第几期"),
    FIELD(TEXT, quote_certificate, state, FIELD_COLUMN, "State, once the order is paid", "支付后的状态"),
    FIELD(TEXT, quote_certificate, predecessor_id, 0,
          "The certificate that the first one follows; the others follow each other",
          "首张证书的前一张;其余依次相接"),
    FIELD(TIME, quote_certificate, issue_at, FIELD_COLUMN, "Planned issue", "计划签发时间"),
    FIELD(TIME, quote_certificate, coverage_end, FIELD_COLUMN, "End of its coverage", "覆盖期结束"),
    FIELD(INT, quote_certificate, carried_seconds, 0, "Carried over, in seconds", "结转秒数"),
    FIELD(INT, quote_certificate, carried_days, FIELD_COLUMN, "Carried over, in whole days", "结转天数"),
    FIELD(INT, quote_certificate, bonus_days, 0, "Bonus days", "赠送天数"),
    FIELD_ROWS_OF(version_of_quote, quote_certificate, versions, version_count, 0, "Its versions", "各版本"),
    FIELD_END,
};

static const struct field choice_fields[] = {
    FIELD(WORDS, quote_choice, names, 0, "Names", "域名"),
    FIELD(TEXT, quote_choice, grade, 0, "Grade", "等级"),
    FIELD(TEXT, quote_choice, domain_type, 0, "Domain type", "域名类型"),
    FIELD(TEXT, quote_choice, key_algorithm, 0, "Key algorithm", "密钥算法"),
    FIELD(TEXT, quote_choice, key_family, 0, "Key family", "密钥类型"),
    FIELD(TEXT, quote_choice, csr_choice, 0, "Key: automatic, own, keep", "CSR 方式"),
    FIELD(TEXT, quote_choice, csr, 0, "Own certificate request", "自有 CSR"),
    FIELD(TEXT, quote_choice, contact_id, 0, "Contact", "联系人"),
    FIELD(TEXT, quote_choice, organization_id, 0, "Organisation", "组织"),
    FIELD(TEXT, quote_choice, validation_method, 0, "Method of validation: dns, file; empty: dns",
          "验证方式:dns、file;空表示 dns"),
    FIELD(TEXT, quote_choice, package, 0, "Package of quota", "资源包"),
    FIELD(INT, quote_choice, certificates, 0, "Certificates of quota", "购买的证书额度"),
    FIELD(INT, quote_choice, managed_uses, 0, "Managed-service uses of quota", "购买的托管服务次数"),
    FIELD_END,
};

#define NOTES(of_, name_, member, en, zh)                                                                    \
    {                                                                                                        \
        .name = (name_), .type = FIELD_ROWS, .offset = offsetof(struct quote, member.items),                 \
        .label = TEXT(en, zh), .of = (of_), .size = sizeof(struct quote_note),                               \
        .count_offset = offsetof(struct quote, member.count)                                                 \
    }
/* budget: what a quote consists of, but for its notes */
#define CONTENT                                                                                              \
    FIELD_OBJECT_OF(choice_fields, quote, chosen, 0, "What was chosen, completed from the old certificate",  \
                    "所选内容,其余取自原证书"),                                                              \
        FIELD_ROWS_OF(quote_line_fields, quote, lines, line_count, 0,                                        \
                      "What is taken from quota, then what is paid", "先使用额度,不足部分付费"),             \
        FIELD_ROWS_OF(quota_fields, quote, quota, quota_count, 0, "Quota before and after", "额度变化"),     \
        FIELD_ROWS_OF(certificate_of_quote, quote, certificates, certificate_count, 0,                       \
                      "What will be created", "将创建的证书")

static const struct field kept_note[] = {
    FIELD(TEXT, quote_note, code, 0, "Code", "代码"),
    FIELD(TEXT, quote_note, text_en, 0, "In English", "英文"),
    FIELD(TEXT, quote_note, text_zh, 0, "In Chinese", "中文"),
    FIELD_END,
};

static const struct field kept_fields[] = {
    CONTENT,
    NOTES(kept_note, "explanations", explanations, "Explanations", "说明"),
    NOTES(kept_note, "warnings", warnings, "Warnings", "提示"),
    FIELD_END,
};

static const struct field shown_note[] = {
    FIELD(TEXT, quote_note, code, 0, "Code", "代码"),
    FIELD(TEXT, quote_note, text, 0, "Sentence", "说明"),
    FIELD_END,
};

const struct field quote_fields[] = {
    FIELD(TEXT, quote, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, quote, kind, FIELD_COLUMN,
          "Kind of the order: purchase, renewal, early_renewal, replacement, quota", "订单类型"),
    FIELD(INT, quote, years, FIELD_COLUMN, "Years; 0 for quota", "年限;购买额度时为 0"),
    FIELD(TEXT, quote, brand, FIELD_COLUMN, "Brand", "品牌"),
    FIELD(TEXT, quote, profile, 0, "Policy profile", "策略"),
    FIELD(INT, quote, profile_version, 0, "Version of the policy profile", "策略版本"),
    FIELD(TEXT, quote, old_certificate_id, 0, "Renewed or replaced certificate", "原证书"),
    FIELD(MONEY, quote, due, 0, "Amount due", "应付金额"),
    CONTENT,
    NOTES(shown_note, "explanations", explanations, "Why it costs and gives this", "费用与内容说明"),
    NOTES(shown_note, "warnings", warnings, "What to know before paying", "支付前须知"),
    FIELD(TEXT, quote, created_by, 0, "Asked for by", "操作者"),
    FIELD(TIME, quote, created_at, 0, "Made", "创建时间"),
    FIELD(TIME, quote, expires_at, FIELD_COLUMN, "It holds until then", "失效时间"),
    FIELD(TEXT, quote, order_id, 0, "The order that was made from it", "由此产生的订单"),
    FIELD_END,
};

void quote_write_content(struct arena *a, struct quote *q) {
    q->content = json_text(a, json_keep(a, json_from_row(a, kept_fields, q)), false);
}

bool quote_read_content(struct arena *a, struct quote *q, struct error *e) {
    json_t *content;
    return json_read(a, slice_str(q->content), &content, e) && json_to_row(a, content, kept_fields, q, e);
}

static struct quote_notes in_language(struct arena *a, const struct quote_notes *notes, enum lang lang) {
    struct quote_notes copy = {ARENA_ARRAY(a, notes->count + 1, struct quote_note), notes->count};
    for (size_t i = 0; i < notes->count; i++) {
        copy.items[i] = notes->items[i];
        copy.items[i].text = lang == LANG_ZH ? notes->items[i].text_zh : notes->items[i].text_en;
    }
    return copy;
}

json_t *quote_json(struct arena *a, const struct quote *q, enum lang lang) {
    struct quote shown = *q;
    shown.explanations = in_language(a, &q->explanations, lang);
    shown.warnings = in_language(a, &q->warnings, lang);
    return json_from_row(a, quote_fields, &shown);
}
