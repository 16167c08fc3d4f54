/*
 * YAML by schema, in two passes: a walk over libyaml's events beside the schema refuses what libcyaml would
 * take for something else, then libcyaml fills the struct and checks the rest (enumerations, lengths,
 * ranges).
 */
#include "base/yaml.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

/* ---- first pass: the walk ---- */

struct walk {
    struct arena *arena;
    const char *origin;
    struct error *e;
    yaml_parser_t parser;
    yaml_event_t event; /* the one at hand */
};

static bool refuse_at(struct error *e, const char *origin, size_t line, const char *path, struct text what) {
    const char *place = *path ? path : "-";
    return fail_field(e, path, ERR_BAD_CONFIG, "%s, line %zu, %s: %s%.0s", "%s 第 %zu 行,%s:%.0s%s", origin,
                      line, place, what.in[LANG_EN], what.in[LANG_ZH]);
}

static bool refuse(struct walk *w, const char *path, const char *en, const char *zh) {
    return refuse_at(w->e, w->origin, w->event.start_mark.line + 1, path, (struct text)TEXT(en, zh));
}

static bool next_event(struct walk *w, const char *path) {
    yaml_event_delete(&w->event);
    if (!yaml_parser_parse(&w->parser, &w->event)) {
        const char *problem = w->parser.problem ? w->parser.problem : "not YAML";
        return refuse_at(w->e, w->origin, w->parser.problem_mark.line + 1, path,
                         (struct text)TEXT(problem, problem));
    }
    if (w->event.type == YAML_ALIAS_EVENT)
        return refuse(w, path, "aliases are not allowed", "不允许使用别名");
    return true;
}

static const char *scalar_of(const struct walk *w) {
    return (const char *)w->event.data.scalar.value;
}

/* As people write integers. libcyaml would take 010 for 8, and 1.5 or 1x for 1. */
static bool is_integer(const char *s) {
    s += *s == '-';
    size_t digits = strspn(s, "0123456789");
    return digits > 0 && s[digits] == '\0' && (digits == 1 || *s != '0');
}

static bool is_boolean(const char *s) {
    return strcmp(s, "true") == 0 || strcmp(s, "false") == 0;
}

static bool check_scalar(struct walk *w, const cyaml_schema_value_t *schema, const char *path) {
    const char *s = scalar_of(w);
    if (strlen(s) != w->event.data.scalar.length)
        return refuse(w, path, "a NUL character is not allowed", "不允许包含 NUL 字符");
    if ((schema->type == CYAML_INT || schema->type == CYAML_UINT) && !is_integer(s))
        return refuse(w, path, "an integer is expected: decimal digits without leading zeros",
                      "应为整数(十进制,不带前导零)");
    if (schema->type == CYAML_BOOL && !is_boolean(s))
        return refuse(w, path, "true or false is expected", "应为 true 或 false");
    return true;
}

static bool walk_value(struct walk *w, const cyaml_schema_value_t *schema, const char *path);

static const cyaml_schema_field_t *find_field(const cyaml_schema_value_t *mapping, const char *key) {
    for (const cyaml_schema_field_t *f = mapping->mapping.fields; f->key; f++)
        if (strcmp(f->key, key) == 0)
            return f;
    return NULL;
}

static const char *key_path(const struct walk *w, const char *path, const char *key) {
    return arena_printf(w->arena, "%s%s%s", path, *path ? "." : "", key);
}

/* The fields of one mapping that were met. Unknown and repeated keys are refused, so a schema of 64 fills it
 * at most. */
struct keys {
    const cyaml_schema_field_t *seen[64];
    size_t count;
};

static bool has_key(const struct keys *keys, const cyaml_schema_field_t *field) {
    for (size_t i = 0; i < keys->count; i++)
        if (keys->seen[i] == field)
            return true;
    return false;
}

static bool check_complete(struct walk *w, const cyaml_schema_value_t *schema, const struct keys *keys,
                           const char *path) {
    for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key; f++)
        if (!(f->value.flags & CYAML_FLAG_OPTIONAL) && !has_key(keys, f))
            return refuse(w, key_path(w, path, f->key), "this field is missing", "缺少该字段");
    return true;
}

/* `event` is a key. */
static bool walk_field(struct walk *w, const cyaml_schema_value_t *schema, struct keys *keys,
                       const char *path) {
    if (w->event.type != YAML_SCALAR_EVENT)
        return refuse(w, path, "a key must be a single word", "键必须是单个词");
    const char *field_path = key_path(w, path, scalar_of(w));
    const cyaml_schema_field_t *field = find_field(schema, scalar_of(w));
    if (!field || keys->count == sizeof keys->seen / sizeof *keys->seen)
        return refuse(w, field_path, "this key is unknown", "未知的键");
    if (has_key(keys, field))
        return refuse(w, field_path, "this key stands twice", "重复的键");
    keys->seen[keys->count++] = field;
    return next_event(w, field_path) && walk_value(w, &field->value, field_path);
}

static bool walk_mapping(struct walk *w, const cyaml_schema_value_t *schema, const char *path) {
    struct keys keys = {.count = 0};
    for (;;) {
        if (!next_event(w, path))
            return false;
        if (w->event.type == YAML_MAPPING_END_EVENT)
            return check_complete(w, schema, &keys, path);
        if (!walk_field(w, schema, &keys, path))
            return false;
    }
}

/* The words of CYAML_FLAGS are a list too: entry schema NULL. */
static bool walk_sequence(struct walk *w, const cyaml_schema_value_t *entry, const char *path) {
    for (int i = 1;; i++) {
        const char *entry_path = arena_printf(w->arena, "%s[%d]", path, i);
        if (!next_event(w, entry_path))
            return false;
        if (w->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        static const cyaml_schema_value_t word = {.type = CYAML_STRING};
        if (!walk_value(w, entry ? entry : &word, entry_path))
            return false;
    }
}

/* Nothing behind the colon, where the schema lets that mean NULL. */
static bool is_absent(const struct walk *w, const cyaml_schema_value_t *schema) {
    bool may_be = (schema->flags & CYAML_FLAG_POINTER_NULL) == CYAML_FLAG_POINTER_NULL;
    return may_be && w->event.type == YAML_SCALAR_EVENT && w->event.data.scalar.length == 0;
}

/* `event` begins a value: it must have the shape that the schema gives it. */
static bool walk_value(struct walk *w, const cyaml_schema_value_t *schema, const char *path) {
    if (is_absent(w, schema))
        return true;
    bool mapping = schema->type == CYAML_MAPPING;
    bool flags = schema->type == CYAML_FLAGS;
    bool list = schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED || flags;
    if (mapping && w->event.type == YAML_MAPPING_START_EVENT)
        return walk_mapping(w, schema, path);
    if (list && w->event.type == YAML_SEQUENCE_START_EVENT)
        return walk_sequence(w, flags ? NULL : schema->sequence.entry, path);
    if (mapping)
        return refuse(w, path, "keys with values are expected", "应为键值映射");
    if (list)
        return refuse(w, path, "a list is expected", "应为列表");
    if (w->event.type != YAML_SCALAR_EVENT)
        return refuse(w, path, "a single value is expected", "应为单个值");
    return check_scalar(w, schema, path);
}

static bool walk_document(struct walk *w, const cyaml_schema_value_t *schema) {
    if (!next_event(w, "") || !next_event(w, "")) /* the stream, the document */
        return false;
    if (w->event.type != YAML_DOCUMENT_START_EVENT)
        return refuse(w, "", "the file is empty", "文件为空");
    if (!next_event(w, "") || !walk_value(w, schema, ""))
        return false;
    if (!next_event(w, "") || !next_event(w, "")) /* the document's end, the stream's */
        return false;
    if (w->event.type != YAML_STREAM_END_EVENT)
        return refuse(w, "", "only one document is allowed", "只允许一个文档");
    return true;
}

static bool walk_text(struct arena *a, const char *origin, struct slice text,
                      const cyaml_schema_value_t *schema, struct error *e) {
    struct walk w = {.arena = a, .origin = origin, .e = e};
    if (!yaml_parser_initialize(&w.parser))
        abort(); /* out of memory */
    yaml_parser_set_input_string(&w.parser, text.p, text.len);
    bool ok = walk_document(&w, schema);
    yaml_event_delete(&w.event);
    yaml_parser_delete(&w.parser);
    return ok;
}

/* ---- second pass: libcyaml ---- */

/* What libcyaml tells in several log lines. */
struct complaint {
    struct arena *arena;
    const char *what, *path;
    size_t line;
};

/* "  in mapping field 'caps' (line: 3, column: 1)", the innermost first. */
static void note_place(struct complaint *c, const char *row) {
    char name[64] = "";
    const char *line = strstr(row, "(line: ");
    if (c->line == 0 && line)
        c->line = strtoul(line + strlen("(line: "), NULL, 10);
    if (sscanf(row, "  in mapping field '%63[^']'", name) == 1) {
        bool joins = *c->path && *c->path != '[';
        c->path = arena_printf(c->arena, "%s%s%s", name, joins ? "." : "", c->path);
    } else if (sscanf(row, "  in sequence entry '%63[0-9]'", name) == 1) {
        c->path = arena_printf(c->arena, "[%s]%s%s", name, *c->path ? "." : "", c->path);
    }
}

static void log_complaint(cyaml_log_t level, void *context, const char *fmt, va_list args) {
    (void)level;
    struct complaint *c = context;
    char *row = arena_vprintf(c->arena, fmt, args);
    row[strcspn(row, "\n")] = '\0';
    const char *text = strncmp(row, "Load: ", 6) == 0 ? row + 6 : row;
    if (strncmp(text, "  in ", 5) == 0)
        note_place(c, text);
    else if (!c->what)
        c->what = text;
}

/* libcyaml resizes without telling the old size, so that stands before each block. Freed with the arena. */
static void *allocate(void *context, void *p, size_t size) {
    enum { HEAD = 16 };
    if (size == 0)
        return NULL;
    uint8_t *block = arena_alloc(context, HEAD + size);
    memcpy(block, &size, sizeof size);
    if (p) {
        size_t old;
        memcpy(&old, (uint8_t *)p - HEAD, sizeof old);
        memcpy(block + HEAD, p, old < size ? old : size);
    }
    return block + HEAD;
}

/* What libcyaml's errors mean that can still come after the walk; its own words, which name the value, are
 * added. */
static struct text meaning_of(cyaml_err_t err) {
    switch (err) {
    case CYAML_ERR_INVALID_VALUE:
        return (struct text)TEXT("the value is not allowed", "值不被允许");
    case CYAML_ERR_STRING_LENGTH_MIN:
    case CYAML_ERR_STRING_LENGTH_MAX:
        return (struct text)TEXT("the text is too short or too long", "文本过短或过长");
    case CYAML_ERR_SEQUENCE_ENTRIES_MIN:
    case CYAML_ERR_SEQUENCE_ENTRIES_MAX:
        return (struct text)TEXT("the list is too short or too long", "列表过短或过长");
    default:
        return (struct text)TEXT("not understood", "无法理解");
    }
}

bool yaml_load(struct arena *a, const char *origin, struct slice text, const cyaml_schema_value_t *schema,
               void **out, struct error *e) {
    if (text.len > YAML_FILE_MAX)
        return fail(e, ERR_BAD_CONFIG, "%s is larger than %d bytes", "%s 超过 %d 字节", origin,
                    YAML_FILE_MAX);
    if (!walk_text(a, origin, text, schema, e))
        return false;
    struct complaint complaint = {.arena = a, .path = ""};
    const cyaml_config_t config = {.log_fn = log_complaint,
                                   .log_ctx = &complaint,
                                   .log_level = CYAML_LOG_WARNING,
                                   .mem_fn = allocate,
                                   .mem_ctx = a,
                                   .flags = CYAML_CFG_NO_ALIAS};
    *out = NULL;
    cyaml_err_t err = cyaml_load_data(text.p, text.len, &config, schema, out, NULL);
    if (err == CYAML_OK && *out)
        return true;
    struct text what = meaning_of(err);
    const char *detail = complaint.what ? complaint.what : cyaml_strerror(err);
    for (int lang = 0; lang < LANG_COUNT; lang++)
        what.in[lang] = arena_printf(a, "%s (%s)", what.in[lang], detail);
    return refuse_at(e, origin, complaint.line, complaint.path, what);
}

const cyaml_schema_field_t yaml_text_fields[] = {
    YAML_TEXT("en", struct text, in[LANG_EN]),
    YAML_TEXT("zh", struct text, in[LANG_ZH]),
    CYAML_FIELD_END,
};

bool yaml_check_range(const char *origin, const char *field, int64_t value, int64_t min, int64_t max,
                      struct error *e) {
    if (value >= min && value <= max)
        return true;
    return fail_field(e, field, ERR_BAD_CONFIG, "%s, %s: %" PRId64 " is not within %" PRId64 " to %" PRId64,
                      "%s,%s:%" PRId64 " 不在 %" PRId64 " 至 %" PRId64 " 之间", origin, field, value, min,
                      max);
}

bool yaml_check_time(const char *origin, const char *field, const char *text, int64_t *t, struct error *e) {
    if (time_parse(text, t, field, e))
        return true;
    return fail_field(e, field, ERR_BAD_CONFIG, "%s, %s: '%s' is not a date such as 2026-03-15",
                      "%s,%s:“%s”不是有效日期,例如 2026-03-15", origin, field, text);
}
