/* The confirmation letter: what it says, the page, and the fonts. */
#include "apply/letter_pdf.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include <cairo-pdf.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <unistd.h>

/* A4, in points. */
static const double page_width = 595.28, page_height = 841.89;
static const double margin = 56, top = 56, bottom = 780, footer = 800;
static const double label_width = 170, column_gap = 12;
/* What is signed stands together. */
static const double signature_height = 230, seal_width = 200, seal_height = 110;

enum { SIZE_TITLE = 18, SIZE_HEADING = 12, SIZE_TEXT = 10, SIZE_FOOTER = 8 };

struct page {
    struct arena *arena;
    const struct letter *letter;
    enum letter_language language;
    cairo_t *cairo;
    PangoContext *context;
    const char *family;
    double y;
    int number;
};

/* ---- fonts ---- */

/*
 * The first of these that is there, and no other: the machine's fontconfig would search all fonts, write
 * caches, and make the letter depend on what else is installed. Each has Latin and Chinese.
 */
static const struct {
    const char *path, *family;
} fonts[] = {
    {"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", "WenQuanYi Zen Hei"},
    {"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "WenQuanYi Micro Hei"},
    {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"},
};

/* Bitmaps inside a font have other widths than its outlines. */
static const char font_rules[] = "<fontconfig><match target=\"font\">"
                                 "<edit name=\"embeddedbitmap\" mode=\"assign\"><bool>false</bool></edit>"
                                 "<edit name=\"hinting\" mode=\"assign\"><bool>false</bool></edit>"
                                 "</match></fontconfig>";

static void config_free(void *config) {
    FcConfigSetCurrent(NULL);
    FcConfigDestroy(config);
}

static void object_free(void *object) {
    g_object_unref(object);
}

/*
 * Makes this configuration the current one. Pango's thread initialises fontconfig, which reads the machine's
 * unless there is one; given to the font map it would never be released (Pango 1.50).
 */
static bool font_config(struct arena *a, const char **family, struct error *e) {
    size_t i = 0;
    while (i < sizeof fonts / sizeof *fonts && access(fonts[i].path, R_OK) != 0)
        i++;
    if (i == sizeof fonts / sizeof *fonts)
        return fail(
            e, ERR_SYSTEM,
            "no font for letters is installed: install the package fonts-wqy-zenhei or fonts-noto-cjk",
            "未安装确认函所需的字体:请安装软件包 fonts-wqy-zenhei 或 fonts-noto-cjk");
    *family = fonts[i].family;
    FcConfig *config = FcConfigCreate();
    arena_defer(a, config_free, config);
    if (FcConfigParseAndLoadFromMemory(config, (const FcChar8 *)font_rules, FcTrue) &&
        FcConfigAppFontAddFile(config, (const FcChar8 *)fonts[i].path) && FcConfigSetCurrent(config))
        return true;
    return fail(e, ERR_SYSTEM, "the font %s cannot be used", "无法使用字体 %s", fonts[i].path);
}

static bool font_context(struct page *page, struct error *e) {
    if (!font_config(page->arena, &page->family, e))
        return false;
    PangoFontMap *map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    arena_defer(page->arena, object_free, map);
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
    page->context = pango_font_map_create_context(map);
    arena_defer(page->arena, object_free, page->context);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(page->context, options);
    cairo_font_options_destroy(options);
    /* Not the machine's: the language chooses between Chinese and Japanese shapes. */
    pango_context_set_language(page->context, pango_language_from_string("zh-cn"));
    return true;
}

/* ---- the page ---- */

static PangoLayout *layout_of(const struct page *page, const char *text, int size, double width) {
    PangoLayout *layout = pango_layout_new(page->context);
    arena_defer(page->arena, object_free, layout);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, page->family);
    pango_font_description_set_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    /* A line break inside a name must not look like another row. */
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static double height_of(PangoLayout *layout) {
    int height;
    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

static void draw_at(const struct page *page, PangoLayout *layout, double x, double y) {
    cairo_move_to(page->cairo, x, y);
    pango_cairo_show_layout(page->cairo, layout);
}

/* A text in the language of the letter. */
static const char *said(const struct page *page, const struct text *text) {
    if (page->language == LETTER_BOTH)
        return arena_printf(page->arena, "%s %s", text->in[LANG_ZH], text->in[LANG_EN]);
    return text->in[page->language == LETTER_ZH ? LANG_ZH : LANG_EN];
}

/* Every sheet that is signed says what it belongs to. */
static void page_end(struct page *page) {
    static const struct text belongs = TEXT("Application", "申请");
    const char *text = arena_printf(page->arena, "%s %lld  %s  ·  %d", said(page, &belongs),
                                    (long long)page->letter->application_number,
                                    page->letter->application ? page->letter->application : "", page->number);
    draw_at(page, layout_of(page, text, SIZE_FOOTER, page_width - 2 * margin), margin, footer);
    cairo_show_page(page->cairo);
}

/* Room for so much: on the next page if this one has none. */
static void page_need(struct page *page, double height) {
    if (page->y + height <= bottom || page->y == top)
        return;
    page_end(page);
    page->number++;
    page->y = top;
}

/* Line by line: what is longer than a page goes on on the next one. */
static void add_lines(struct page *page, PangoLayout *layout, double x) {
    for (int i = 0; i < pango_layout_get_line_count(layout); i++) {
        PangoLayoutLine *line = pango_layout_get_line_readonly(layout, i);
        PangoRectangle box; /* from the base line */
        pango_layout_line_get_extents(line, NULL, &box);
        page_need(page, (double)box.height / PANGO_SCALE);
        cairo_move_to(page->cairo, x, page->y - (double)box.y / PANGO_SCALE);
        pango_cairo_show_layout_line(page->cairo, line);
        page->y += (double)box.height / PANGO_SCALE;
    }
}

static void add_text(struct page *page, const char *text, int size, double space) {
    add_lines(page, layout_of(page, text, size, page_width - 2 * margin), margin);
    page->y += space;
}

static void add_heading(struct page *page, const struct text *text) {
    page->y += 8;
    page_need(page, 60); /* never the last line of a page */
    add_text(page, said(page, text), SIZE_HEADING, 4);
}

/* Both languages: one paragraph each. */
static void add_paragraph(struct page *page, const struct text *text) {
    if (page->language != LETTER_EN)
        add_text(page, text->in[LANG_ZH], SIZE_TEXT, 6);
    if (page->language != LETTER_ZH)
        add_text(page, text->in[LANG_EN], SIZE_TEXT, 6);
}

static void add_row(struct page *page, const char *label, const char *value) {
    if (!value || !*value)
        return;
    double x = margin + label_width + column_gap;
    PangoLayout *left = layout_of(page, label, SIZE_TEXT, label_width);
    PangoLayout *right = layout_of(page, value, SIZE_TEXT, page_width - margin - x);
    bool fits = height_of(right) < bottom - top;
    page_need(page, height_of(fits ? right : left));
    draw_at(page, left, margin, page->y);
    double below = page->y + height_of(left);
    int number = page->number;
    add_lines(page, right, x);
    if (page->number == number && page->y < below)
        page->y = below;
    page->y += 3;
}

static void add_rule(const struct page *page, double x, double y, double width) {
    cairo_move_to(page->cairo, x, y);
    cairo_line_to(page->cairo, x + width, y);
    cairo_stroke(page->cairo);
}

/* ---- what it says ---- */

/* A row of texts: where in the struct its value is. */
struct row {
    struct text label;
    size_t offset;
};

static void add_rows(struct page *page, const struct row *rows, size_t count, const void *values) {
    for (size_t i = 0; i < count; i++) {
        const char *value;
        memcpy(&value, (const char *)values + rows[i].offset, sizeof value);
        add_row(page, said(page, &rows[i].label), value);
    }
}

static void add_application(struct page *page) {
    static const struct text heading = TEXT("Application", "申请信息");
    static const struct text number = TEXT("Application number", "申请编号");
    static const struct text date = TEXT("Date of this letter", "制函日期");
    static const struct row rows[] = {
        {TEXT("Application id", "申请 ID"), offsetof(struct letter, application)},
        {TEXT("Order", "订单"), offsetof(struct letter, order)},
        {TEXT("Certificate id", "证书 ID"), offsetof(struct letter, certificate)},
    };
    const struct letter *letter = page->letter;
    add_heading(page, &heading);
    add_row(page, said(page, &number),
            arena_printf(page->arena, "%lld", (long long)letter->application_number));
    add_rows(page, rows, sizeof rows / sizeof *rows, letter);
    add_row(page, said(page, &date), time_format_date(page->arena, letter->date));
}

static void add_certificate(struct page *page) {
    static const struct text heading = TEXT("Certificate", "证书规格");
    static const struct text years = TEXT("Years", "购买年限");
    static const struct text names = TEXT("Names", "域名");
    static const struct row rows[] = {
        {TEXT("Brand", "品牌"), offsetof(struct letter, brand)},
        {TEXT("Grade", "证书等级"), offsetof(struct letter, grade)},
        {TEXT("Kind of names", "域名类型"), offsetof(struct letter, domain_type)},
        {TEXT("Key algorithm", "密钥算法"), offsetof(struct letter, key_algorithm)},
    };
    const struct letter *letter = page->letter;
    add_heading(page, &heading);
    add_rows(page, rows, sizeof rows / sizeof *rows, letter);
    if (letter->years)
        add_row(page, said(page, &years), arena_printf(page->arena, "%lld", (long long)letter->years));
    for (size_t i = 0; i < letter->name_count; i++)
        add_row(page, i == 0 ? said(page, &names) : "", letter->names[i]);
}

static void add_organization(struct page *page) {
    static const struct text heading = TEXT("Organisation", "申请单位");
    static const struct row rows[] = {
        {TEXT("Name", "单位名称"), offsetof(struct letter_organization, name)},
        {TEXT("Registration number", "登记号码"), offsetof(struct letter_organization, registration_number)},
        {TEXT("Country", "国家/地区"), offsetof(struct letter_organization, country)},
        {TEXT("Province", "省份"), offsetof(struct letter_organization, province)},
        {TEXT("City", "城市"), offsetof(struct letter_organization, city)},
        {TEXT("Address", "地址"), offsetof(struct letter_organization, address)},
        {TEXT("Postal code", "邮政编码"), offsetof(struct letter_organization, postal_code)},
        {TEXT("Telephone", "电话"), offsetof(struct letter_organization, phone)},
    };
    add_heading(page, &heading);
    add_rows(page, rows, sizeof rows / sizeof *rows, &page->letter->organization);
}

static void add_contacts(struct page *page) {
    static const struct text heading = TEXT("Contact", "联系人");
    static const struct row rows[] = {
        {TEXT("Name", "姓名"), offsetof(struct letter_contact, name)},
        {TEXT("Position", "职务"), offsetof(struct letter_contact, title)},
        {TEXT("E-mail", "电子邮件"), offsetof(struct letter_contact, email)},
        {TEXT("Mobile", "手机"), offsetof(struct letter_contact, mobile)},
    };
    for (size_t i = 0; i < page->letter->contact_count; i++) {
        add_heading(page, &heading);
        add_rows(page, rows, sizeof rows / sizeof *rows, &page->letter->contacts[i]);
    }
}

static void add_signature(struct page *page) {
    static const struct text heading = TEXT("Signature and seal", "签字盖章");
    static const struct text lines[] = {
        TEXT("Name of the signatory", "签字人姓名"),
        TEXT("Position", "职务"),
        TEXT("Signature", "签字"),
        TEXT("Date", "日期"),
    };
    static const struct text seal = TEXT("Seal of the organisation", "单位公章");
    page_need(page, signature_height);
    add_heading(page, &heading);
    cairo_set_line_width(page->cairo, 0.5);
    double x = page_width - margin - seal_width, y = page->y + 6;
    cairo_rectangle(page->cairo, x, y, seal_width, seal_height);
    cairo_stroke(page->cairo);
    draw_at(page, layout_of(page, said(page, &seal), SIZE_TEXT, seal_width - 8), x + 4, y + 4);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        draw_at(page, layout_of(page, said(page, &lines[i]), SIZE_TEXT, x - margin - 20), margin, y);
        add_rule(page, margin, y + 38, x - margin - 20);
        y += 44;
    }
    page->y = y;
}

static void add_all(struct page *page) {
    static const struct text title = TEXT("Confirmation letter for a certificate", "数字证书申请确认函");
    static const struct text statement = TEXT(
        "The organisation named below has applied for the certificate described in this letter. It confirms that these "
        "data are true and complete, that it has the right to use the names listed, and that the contact named may act "
        "for it in this matter by telephone, by e-mail and in writing.",
        "下列单位已申请本函所述的数字证书，并确认：所列信息真实、完整；本单位有权使用所列域名；所列联系人有权代表"
        "本单位通过电话、电子邮件及书面方式办理本次申请。");
    static const struct text request = TEXT(
        "Please print all pages, sign and seal them, scan them into one file (PDF, PNG or JPEG, at most 10 MiB) and upload "
        "it to the application.",
        "请打印全部页面，签字并加盖公章，扫描为一个文件（PDF、PNG 或 JPEG，不超过 10 MiB）后上传至该申请。");
    add_text(page, said(page, &title), SIZE_TITLE, 10);
    add_paragraph(page, &statement);
    add_application(page);
    add_certificate(page);
    add_organization(page);
    add_contacts(page);
    add_signature(page);
    page->y += 8;
    add_paragraph(page, &request);
    page_end(page);
}

/* ---- the file ---- */

static cairo_status_t write_to(void *buf, const unsigned char *data, unsigned length) {
    buf_add(buf, data, length);
    return ((struct buf *)buf)->overflow ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* Cairo would take the date of creation from the clock. */
static void set_metadata(cairo_surface_t *surface, struct page *page) {
    const char *title = arena_printf(page->arena, "确认函 / Confirmation letter %lld",
                                     (long long)page->letter->application_number);
    const char *date = time_format(page->arena, page->letter->date);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Tenure");
}

bool letter_pdf(struct arena *a, const struct letter *letter, enum letter_language language,
                struct slice *pdf, struct error *e) {
    /* Layouts and fonts end with the letter, not with the caller's work. */
    AUTO_ARENA own = arena_new();
    struct page page = {.arena = own, .letter = letter, .language = language, .y = top, .number = 1};
    if (!font_context(&page, e))
        return false;
    struct buf buf = buf_new(a, LETTER_PDF_MAX);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(write_to, &buf, page_width, page_height);
    set_metadata(surface, &page);
    page.cairo = cairo_create(surface);
    add_all(&page);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_status(page.cairo);
    status = status ? status : cairo_surface_status(surface);
    cairo_destroy(page.cairo);
    cairo_surface_destroy(surface);
    if (status)
        return fail(e, ERR_INTERNAL, "the letter of application %lld cannot be drawn: %s",
                    "无法生成申请 %lld 的确认函:%s", (long long)letter->application_number,
                    cairo_status_to_string(status));
    *pdf = buf_slice(&buf);
    return true;
}
