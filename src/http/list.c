/* Lists: their parameters and their answer. */
#include "http/list.h"
#include "base/rand.h"
#include <errno.h>
#include <stdlib.h>

bool query_number(struct request *rq, const char *name, int64_t missing, int64_t min, int64_t max,
                  int64_t *value, struct error *e) {
    const char *text = rq->query(rq, name);
    char *end = NULL;
    errno = 0;
    *value = text ? strtoll(text, &end, 10) : missing;
    bool digits = !text || (text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0);
    if (digits && (!text || (*value >= min && *value <= max)))
        return true;
    return fail_field(e, name, ERR_BAD_FIELD, "%s must be a whole number from %lld to %lld",
                      "%s 必须是 %lld 到 %lld 的整数", name, (long long)min, (long long)max);
}

bool list_page(struct request *rq, struct list_page *page, struct error *e) {
    int64_t limit;
    if (!query_number(rq, "limit", LIST_LIMIT_DEFAULT, 1, LIST_LIMIT_MAX, &limit, e))
        return false;
    *page = (struct list_page){.limit = (size_t)limit, .cursor = rq->query(rq, "cursor")};
    return true;
}

bool list_page_by_id(struct request *rq, const char *prefix, struct list_page *page, struct error *e) {
    return list_page(rq, page, e) &&
           (!page->cursor || id_valid(page->cursor, prefix) ||
            fail_field(e, "cursor", ERR_BAD_FIELD, "'%s' is not a cursor of this list",
                       "“%s”不是此列表的游标", page->cursor));
}

void list_reply(struct request *rq, const struct field *fields, size_t size, const void *rows, size_t count,
                const char *next) {
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, json_from_row(rq->arena, fields, (const char *)rows + i * size));
    rq->reply = json_object();
    json_object_set_new(rq->reply, "items", items);
    json_object_set_new(rq->reply, "next", json_string_of(rq->arena, next));
}

void list_reply_text(struct request *rq, const struct field *fields, size_t size, const void *rows,
                     size_t count, const char *next) {
    struct buf text = buf_new(rq->arena, SIZE_MAX / 4);
    buf_str(&text, "{\"items\":[");
    for (size_t i = 0; i < count; i++) {
        buf_str(&text, i ? "," : "");
        json_write_row(&text, fields, (const char *)rows + i * size);
    }
    buf_str(&text, "],\"next\":");
    json_write_string(&text, next);
    buf_char(&text, '}');
    rq->raw = buf_slice(&text);
    rq->content_type = "application/json";
}
