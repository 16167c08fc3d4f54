/* The page behind a one-time link. What was typed by others is escaped; the address of the page stays here.
 */
#include "apply/confirmation.h"
#include "base/clock.h"

enum { PAGE_MAX = 64 << 10 };

static const char *entity(char c) {
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (entities[i].c == c)
            return entities[i].entity;
    return NULL;
}

static void put_text(struct buf *b, const char *text) {
    for (; text && *text; text++) {
        const char *escaped = entity(*text);
        if (escaped)
            buf_str(b, escaped);
        else
            buf_char(b, *text);
    }
}

static void put_row(struct buf *b, const char *label, const char *value) {
    if (!value || !*value)
        return;
    buf_printf(b, "<dt>%s</dt><dd>", label);
    put_text(b, value);
    buf_str(b, "</dd>\n");
}

static const char *member_of(struct arena *a, const char *object, const char *member) {
    json_t *values;
    struct error e;
    return object && json_read(a, slice_str(object), &values, &e)
               ? json_string_value(json_object_get(values, member))
               : NULL;
}

static void put_end(struct buf *b, const struct confirmation *c, const struct application *application,
                    int64_t now) {
    if (c->used_at)
        buf_printf(b, "<p><strong>This was confirmed at %s; thank you. / 已于 %s 确认,谢谢。</strong></p>\n",
                   time_format(b->arena, c->used_at), time_format(b->arena, c->used_at));
    else if (now >= c->end_at || application->closed_at)
        buf_str(b, "<p><strong>This link is over; ask the applicant for a new one. / "
                   "链接已失效,请联系申请人重新发送。</strong></p>\n");
    else
        buf_str(b, "<form method=\"post\"><p>If this is right, confirm it; if it is not, close this page. / "
                   "如信息属实,请确认;如不属实,请关闭本页。</p>"
                   "<button type=\"submit\">Confirm / 确认</button></form>\n");
}

const char *confirmation_page(struct arena *a, const struct confirmation *c,
                              const struct application *application, int64_t now) {
    struct buf b = buf_new(a, PAGE_MAX);
    buf_str(&b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n"
                "<meta name=\"robots\" content=\"noindex\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; form-action "
                "'self'\">\n<title>Tenure</title>\n</head>\n<body>\n"
                "<h1>Application for a certificate / 证书申请</h1>\n<dl>\n");
    put_row(&b, "Names / 域名", application->names);
    put_row(&b, "Organisation / 组织", member_of(a, application->organization, "name"));
    put_row(&b, "Contact / 联系人", member_of(a, application->contact, "name"));
    put_row(&b, "Application / 申请编号", application->id);
    buf_str(&b, "</dl>\n");
    put_end(&b, c, application, now);
    buf_str(&b, "</body>\n</html>\n");
    return b.overflow ? "" : b.p;
}
