/* Public CAs as data: profiles/issuers.yaml, compiled in. */
#include "base/embedded.h"
#include "base/yaml.h"
#include "catalog/issuer.h"

extern const struct embedded embedded_issuers[];

enum { NAMES_SHOWN_MAX = 300 };

struct limit_row {
    const char *name, *per, *exempt;
    int64_t count, seconds;
};

struct preset {
    const char *id, *directory, *caa_domains, *profile, *grades, *key_algorithms;
    struct text title;
    bool takes_not_after, public_names;
    int64_t days_max, names_max, finalize_seconds;
    struct limit_row *limits;
    unsigned limits_count;
};

static const cyaml_schema_field_t limit_fields[] = {
    YAML_TEXT("name", struct limit_row, name),
    YAML_TEXT("per", struct limit_row, per),
    YAML_INT("count", struct limit_row, count),
    YAML_INT("seconds", struct limit_row, seconds),
    YAML_OPTIONAL_TEXT("exempt", struct limit_row, exempt),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t limit_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct limit_row, limit_fields)};
static const cyaml_schema_field_t preset_fields[] = {
    YAML_TEXT("id", struct preset, id),
    YAML_MAPPING("title", struct preset, title, yaml_text_fields),
    YAML_TEXT("directory", struct preset, directory),
    YAML_OPTIONAL_TEXT("caa_domains", struct preset, caa_domains),
    YAML_OPTIONAL_TEXT("profile", struct preset, profile),
    YAML_OPTIONAL_TEXT("grades", struct preset, grades),
    YAML_OPTIONAL_BOOL("public_names", struct preset, public_names),
    YAML_OPTIONAL_TEXT("key_algorithms", struct preset, key_algorithms),
    YAML_OPTIONAL_BOOL("takes_not_after", struct preset, takes_not_after),
    YAML_OPTIONAL_INT("days_max", struct preset, days_max),
    YAML_OPTIONAL_INT("names_max", struct preset, names_max),
    YAML_OPTIONAL_INT("finalize_seconds", struct preset, finalize_seconds),
    CYAML_FIELD_SEQUENCE("limits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct preset, limits,
                         &limit_schema, 0, 20),
    CYAML_FIELD_END,
};

struct file {
    struct preset *issuers;
    unsigned issuers_count;
};

static const cyaml_schema_value_t preset_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct preset, preset_fields)};
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("issuers", CYAML_FLAG_POINTER, struct file, issuers, &preset_schema, 1, 100),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

static const char *limits_json(struct arena *a, const struct preset *p) {
    json_t *list = json_keep(a, json_array());
    for (unsigned i = 0; i < p->limits_count; i++) {
        const struct limit_row *l = &p->limits[i];
        json_array_append_new(list, json_pack("{s:s,s:s,s:I,s:I,s:o}", "name", l->name, "per", l->per,
                                              "count", (json_int_t)l->count, "seconds",
                                              (json_int_t)l->seconds, "exempt", json_words(a, l->exempt)));
    }
    return p->limits_count ? json_text(a, list, false) : NULL;
}

static void fill(struct arena *a, const struct preset *p, struct issuer *issuer) {
    issuer->preset = p->id;
    issuer->title_en = p->title.in[LANG_EN];
    issuer->title_zh = p->title.in[LANG_ZH];
    issuer->directory = p->directory;
    issuer->caa_domains = p->caa_domains;
    issuer->profile = p->profile;
    issuer->key_algorithms = p->key_algorithms;
    issuer->grades = p->grades;
    issuer->public_names = p->public_names;
    issuer->takes_not_after = p->takes_not_after;
    issuer->days_max = p->days_max;
    issuer->names_max = p->names_max;
    issuer->limits = limits_json(a, p);
    if (p->finalize_seconds)
        issuer->finalize_seconds = p->finalize_seconds;
}

bool issuer_preset(struct arena *a, const char *name, struct issuer *issuer, struct error *e) {
    const struct slice text = slice_of(embedded_issuers[0].content, embedded_issuers[0].len);
    struct buf names = buf_new(a, NAMES_SHOWN_MAX);
    struct file *file;
    if (!yaml_load(a, embedded_issuers[0].name, text, &file_schema, (void **)&file, e))
        return false;
    for (unsigned i = 0; i < file->issuers_count; i++) {
        if (strcmp(file->issuers[i].id, name) == 0)
            return fill(a, &file->issuers[i], issuer), true;
        buf_printf(&names, "%s%s", i ? ", " : "", file->issuers[i].id);
    }
    return fail_field(e, "preset", ERR_BAD_FIELD, "there is no preset '%.60s'; there are %s",
                      "没有名为“%.60s”的预设;可用:%s", name, names.p);
}
