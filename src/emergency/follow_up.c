/* The last stage: a person is told daily until the original specification is in place again. */
#include "emergency/emergency.h"

enum { CANDIDATES = 100, LOOK_SECONDS = 3600 };

bool follow_up_needed(const struct emergency *em) {
    bool same = em->old_certificate_id && strcmp(em->old_certificate_id, em->certificate_id) == 0;
    return em->original_grade && strcmp(em->original_grade, "dv") != 0 && !same;
}

/* Does each target that was there serve this certificate? One that was deleted since does not count. */
static bool served_everywhere(struct work *w, const struct emergency *em, const struct certificate *c,
                              bool *served, struct error *e) {
    json_t *list, *entry;
    size_t i;
    *served = true;
    if (!json_read(w->arena, slice_str(em->targets ? em->targets : "[]"), &list, e))
        return false;
    json_array_foreach(list, i, entry) {
        struct target t;
        const char *id = json_string_value(json_object_get(entry, "id"));
        if (!target_get_any(w->db, w->arena, id ? id : "", &t, e))
            return false;
        bool there = t.certificate_id && strcmp(t.certificate_id, c->id) == 0 && t.version_id &&
                     strcmp(t.version_id, c->version_id) == 0;
        *served &= t.deleted_at || there;
    }
    return true;
}

static bool is_the_original(const struct emergency *em, const struct certificate *c, int64_t now) {
    bool brand = !em->original_brand || (c->brand && strcmp(c->brand, em->original_brand) == 0);
    return brand && certificate_live(c, now) && strcmp(c->grade, em->original_grade) == 0 &&
           names_cover_all(c->names, em->names);
}

/* The certificate that ends it; NULL: it is still to be bought, or to be deployed. */
static bool find_original(struct work *w, const struct emergency *em, const char **id, struct error *e) {
    const struct certificate_filter filter = {
        .name = em->host, .days_left_max = -1, .sort = "created", .limit = CANDIDATES};
    struct certificate *items;
    size_t count;
    const char *next;
    *id = NULL;
    if (!certificate_page(w->db, w->arena, w->services->policies, em->account_id, &filter, w->now, &items,
                          &count, &next, e))
        return false;
    for (size_t i = 0; i < count && !*id; i++) {
        bool served = false;
        if (!is_the_original(em, &items[i], w->now))
            continue;
        if (!served_everywhere(w, em, &items[i], &served, e))
            return false;
        *id = served ? items[i].id : NULL;
    }
    return true;
}

static bool remind(struct work *w, struct emergency *em, struct error *e) {
    if (em->reminded_at && w->now < em->reminded_at + DAY)
        return true;
    em->reminded_at = w->now;
    return tell_follow_up(w, em, e) && emergency_store(w->db, em, e);
}

bool follow_up_save(struct work *w, struct emergency_turn *turn, struct error *e) {
    struct emergency *em = &turn->em;
    const char *id;
    if (!find_original(w, em, &id, e))
        return false;
    if (!id)
        return remind(w, em, e) && work_until(w, w->now + LOOK_SECONDS);
    const struct text detail =
        TEXT(arena_printf(w->arena, "%s is in place", id), arena_printf(w->arena, "%s 已生效", id));
    return stage_ends(w, em, &(struct stage_end){"done", detail, STAGE_CLOSED}, e);
}
