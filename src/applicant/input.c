/* The forms of names, addresses and numbers. */
#include "applicant/input.h"
#include "pki/names.h"
#include <string.h>

enum { LOCAL_PART_MAX = 64, DIGITS_MIN = 7, DIGITS_MAX = 15 };

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* NULL for what is empty then. */
static const char *trimmed(struct arena *a, const char *text) {
    size_t len = text ? strlen(text) : 0;
    while (len && text[len - 1] == ' ')
        len--;
    size_t start = len ? strspn(text, " ") : 0;
    return len ? arena_strndup(a, text + start, len - start) : NULL;
}

static bool check_text(struct arena *a, const struct input_rule *rule, const char **text, struct error *e) {
    *text = trimmed(a, *text);
    if (!*text)
        return !rule->required ||
               fail_field(e, rule->field, ERR_BAD_FIELD, "%s is missing", "缺少 %s", rule->field);
    if (has_control(*text))
        return fail_field(e, rule->field, ERR_BAD_FIELD, "%s holds a control character or a line break",
                          "%s 包含控制字符或换行", rule->field);
    if (characters(*text) > rule->max)
        return fail_field(e, rule->field, ERR_BAD_FIELD, "%s has %zu characters at most",
                          "%s 最多 %zu 个字符", rule->field, rule->max);
    return !rule->take || rule->take(a, rule, text, e);
}

bool input_check(struct arena *a, const struct input_rule *rules, void *row, struct error *e) {
    for (const struct input_rule *rule = rules; rule->field; rule++)
        if (!check_text(a, rule, (const char **)((char *)row + rule->offset), e))
            return false;
    return true;
}

/* ---- e-mail ---- */

/* RFC 5322, dot-atom: what every mail program takes as it stands. */
static bool is_local_part(const char *text, size_t len) {
    static const char also[] = "!#$%&'*+-/=?^_`{|}~.";
    if (len == 0 || len > LOCAL_PART_MAX || text[0] == '.' || text[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i], lower = (char)(c | 0x20);
        bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || strchr(also, c);
        if (!plain || (c == '.' && text[i + 1] == '.'))
            return false;
    }
    return true;
}

static bool is_mail_domain(struct arena *a, const char *typed, const char **domain) {
    struct error why = {0};
    return name_normalise(a, typed, false, domain, &why) && !name_is_ip(*domain) && **domain != '*';
}

bool input_email(struct arena *a, const struct input_rule *rule, const char **text, struct error *e) {
    const char *at = strrchr(*text, '@'), *domain;
    if (!at || !is_local_part(*text, (size_t)(at - *text)) || !is_mail_domain(a, at + 1, &domain))
        return fail_field(e, rule->field, ERR_BAD_FIELD,
                          "'%s' is no e-mail address: what is asked about the application goes there",
                          "“%s”不是有效的电子邮箱地址:申请相关的确认邮件将发送到该地址", *text);
    *text = arena_printf(a, "%.*s@%s", (int)(at - *text), *text, domain);
    return true;
}

/* ---- telephone ---- */

/* The digits, or NULL if there is anything else but what people write between them. */
static const char *digits_of(struct arena *a, const char *text) {
    char *digits = arena_strdup(a, text), *to = digits;
    for (const char *from = text; *from; from++) {
        if (*from >= '0' && *from <= '9')
            *to++ = *from;
        else if (!strchr(" -.()", *from))
            return NULL;
    }
    *to = 0;
    return digits;
}

bool input_telephone(struct arena *a, const struct input_rule *rule, const char **text, struct error *e) {
    const char *digits = **text == '+' ? digits_of(a, *text + 1) : NULL;
    size_t len = digits ? strlen(digits) : 0;
    if (len < DIGITS_MIN || len > DIGITS_MAX || digits[0] == '0')
        return fail_field(e, rule->field, ERR_BAD_FIELD,
                          "'%s' is no telephone number: give it with the code of its country, such as "
                          "+8613800138000; the applicant is called there",
                          "“%s”不是有效的电话号码:请包含国家代码,如 +8613800138000;审核人员将致电该号码",
                          *text);
    *text = arena_printf(a, "+%s", digits);
    return true;
}

/* ---- country ---- */

bool input_country(struct arena *a, const struct input_rule *rule, const char **text, struct error *e) {
    char code[3] = "";
    for (int i = 0; i < 2 && (*text)[i]; i++)
        code[i] = (*text)[i] >= 'a' && (*text)[i] <= 'z' ? (char)((*text)[i] - 'a' + 'A') : (*text)[i];
    if (strlen(*text) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z')
        return fail_field(e, rule->field, ERR_BAD_FIELD,
                          "'%s' is no country: give its two letters, such as CN",
                          "“%s”不是国家代码:请使用两位字母,如 CN", *text);
    *text = arena_strdup(a, code);
    return true;
}
