/* Ids, titles and numbers of the catalogue's entries. */
#include "catalog/entry.h"
#include <string.h>

enum { TITLE_MAX = 200 };

bool entry_is_id(const char *id) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t len = strlen(id);
    return len > 0 && len <= ENTRY_ID_MAX && strspn(id, allowed) == len && id[0] != '.';
}

bool entry_has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

bool entry_check_id(const char *id, struct error *e) {
    return entry_is_id(id) ||
           fail_field(e, "id", ERR_BAD_FIELD, "an id has 1 to %d letters, digits, '-', '_' or '.'",
                      "ID 只能是 1 至 %d 个字母、数字、“-”、“_”或“.”", ENTRY_ID_MAX);
}

bool entry_check_title(const char *field, const char *title, struct error *e) {
    size_t len = strlen(title);
    if (entry_has_control(title))
        return fail_field(e, field, ERR_BAD_FIELD, "'%s' has a control character", "“%s”含有控制字符", field);
    return (len > 0 && len <= TITLE_MAX) || fail_field(e, field, ERR_BAD_FIELD, "'%s' has 1 to %d bytes",
                                                       "“%s”长度为 1 至 %d 字节", field, TITLE_MAX);
}

bool entry_check_number(const char *field, int64_t value, int64_t min, int64_t max, struct error *e) {
    return (value >= min && value <= max) ||
           fail_field(e, field, ERR_BAD_FIELD, "'%s' must be %lld to %lld", "“%s”必须在 %lld 至 %lld 之间",
                      field, (long long)min, (long long)max);
}
