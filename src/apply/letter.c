/* Which certificates need a letter, what stands in it, and the step that makes it. */
#include "apply/letter.h"
#include "apply/letter_pdf.h"
#include "pki/digest.h"
#include "policy/policy.h"

/* ---- who needs one ---- */

bool letter_wanted(const struct services *services, const struct certificate *c, bool *wanted,
                   struct error *e) {
    const struct profile *profile;
    const struct brand *brand;
    if (!certificate_profile(services->policies, c, &profile, e) || !order_brand(services, c, &brand, e))
        return false;
    bool by_product = profile->letter == LETTER_PER_PRODUCT && brand->letter;
    *wanted = strcmp(c->grade, "dv") != 0 && (profile->letter == LETTER_ALWAYS || by_product);
    return true;
}

/* ---- what stands in it ---- */

static const char *member(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static json_t *object_of(struct arena *a, const char *text) {
    json_t *object;
    struct error e;
    return text && json_read(a, slice_str(text), &object, &e) ? object : NULL;
}

static struct letter_organization organization_of(struct arena *a, const struct application *p) {
    const json_t *o = object_of(a, p->organization);
    return (struct letter_organization){
        .name = member(o, "name"),
        .registration_number = member(o, "registration_number"),
        .country = member(o, "country"),
        .province = member(o, "province"),
        .city = member(o, "city"),
        .address = member(o, "address"),
        .postal_code = member(o, "postal_code"),
        .phone = member(o, "phone"),
    };
}

static struct letter_contact contact_of(struct arena *a, const struct application *p) {
    const json_t *c = object_of(a, p->contact);
    return (struct letter_contact){member(c, "name"), member(c, "title"), member(c, "email"),
                                   member(c, "mobile")};
}

/* Not the whole objects: that an address was confirmed changes nothing of what was signed. */
const char *letter_data_digest(struct arena *a, const struct application *p) {
    const struct letter_organization o = organization_of(a, p);
    const struct letter_contact c = contact_of(a, p);
    const char *const parts[] = {p->names,  p->grade,   p->key_algorithm, o.name,    o.registration_number,
                                 o.country, o.province, o.city,           o.address, o.postal_code,
                                 o.phone,   c.name,     c.title,          c.email,   c.mobile};
    char digest[SHA256_HEX_SIZE];
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        json_array_append_new(list, json_string_of(a, parts[i]));
    digest_sha256_hex(slice_str(json_text(a, json_keep(a, list), false)), digest);
    return arena_strdup(a, digest);
}

static void fill_names(struct arena *a, struct letter *letter, const char *names) {
    letter->name_count = names_count(names);
    const char **list = ARENA_ARRAY(a, letter->name_count, const char *);
    for (size_t i = 0; i < letter->name_count; i++)
        list[i] = names_at(a, names, i);
    letter->names = list;
}

static bool draw(struct work *w, const struct application *p, struct slice *pdf, struct error *e) {
    const struct letter_contact contact = contact_of(w->arena, p);
    const struct brand *brand;
    struct certificate c;
    if (!certificate_get(w->db, w->arena, p->account_id, p->certificate_id, &c, e) ||
        !order_brand(w->services, &c, &brand, e))
        return false;
    struct letter letter = {
        .application = p->id,
        .application_number = p->number,
        .order = c.order_id,
        .certificate = c.id,
        .brand = brand->title.in[LANG_ZH],
        .grade = p->grade,
        .domain_type = c.domain_type,
        .key_algorithm = p->key_algorithm,
        .years = c.years,
        .organization = organization_of(w->arena, p),
        .contacts = &contact,
        .contact_count = 1,
        .date = p->submitted_at,
    };
    fill_names(w->arena, &letter, p->names);
    return letter_pdf(w->arena, &letter, LETTER_BOTH, pdf, e);
}

/* ---- the step ---- */

/* From act to save. */
struct drawn {
    struct application application;
    struct slice pdf; /* p NULL: none is wanted any more */
};

/* The one that is there was made for these data, or for none. */
static bool is_made(struct work *w, const struct application *p, bool *made, struct error *e) {
    struct letter_document letter;
    if (!letter_find(w->db, w->arena, p, LETTER_MADE, &letter, e))
        return false;
    *made = letter.id && strcmp(letter.application_id, p->id) == 0;
    return true;
}

bool letter_make(struct work *w, struct error *e) {
    struct drawn *drawn = w->prepared = ARENA_NEW(w->arena, struct drawn);
    struct application *p = &drawn->application;
    bool made;
    if (!application_get_any(w->db, w->arena, w->item->subject, p, e) || !is_made(w, p, &made, e))
        return false;
    return made || p->closed_at || draw(w, p, &drawn->pdf, e);
}

bool letter_record(struct work *w, struct error *e) {
    const struct drawn *drawn = w->prepared;
    const struct application *p = &drawn->application;
    char digest[SHA256_HEX_SIZE];
    bool made;
    if (!drawn->pdf.p)
        return work_goes(w, OUTCOME_DONE);
    if (!is_made(w, p, &made, e))
        return false;
    digest_sha256_hex(drawn->pdf, digest);
    struct letter_document letter = {.account_id = p->account_id,
                                     .certificate_id = p->certificate_id,
                                     .application_id = p->id,
                                     .side = LETTER_MADE,
                                     .media_type = "application/pdf",
                                     .sha256 = digest,
                                     .data_digest = letter_data_digest(w->arena, p),
                                     .created_at = w->now,
                                     .created_by = "system"};
    return (made || letter_insert(w->db, w->arena, &letter, drawn->pdf, e)) && work_goes(w, OUTCOME_DONE);
}

/* ---- the scan ---- */

static bool check_open(const struct review *r, int64_t now, struct error *e) {
    return !r->application.closed_at ||
           fail_state(e, state_row(certificate_state(&r->certificate, now))->name, ERR_NO_LETTER_NEEDED,
                      "application %s is closed", "申请 %s 已结束", r->application.id);
}

bool letter_upload(const struct services *services, struct arena *a, struct review *r,
                   const struct letter_scan *scan, int64_t now, struct letter_document *letter,
                   struct error *e) {
    const struct application *p = &r->application;
    *letter = (struct letter_document){.account_id = p->account_id,
                                       .certificate_id = p->certificate_id,
                                       .application_id = p->id,
                                       .side = LETTER_UPLOADED,
                                       .media_type = scan->media_type,
                                       .sha256 = scan->sha256,
                                       .data_digest = letter_data_digest(a, p),
                                       .created_at = now,
                                       .created_by = scan->by};
    if (!action_allowed(ACTION_UPLOAD_LETTER, &r->certificate, r->profile, now, e) ||
        !check_open(r, now, e) || !letter_insert(services->db, a, letter, scan->content, e))
        return false;
    r->certificate.letter_at = now;
    return review_begin(services, a, r, now, e) &&
           certificate_store(services->db, a, r->profile, &r->certificate, e);
}
