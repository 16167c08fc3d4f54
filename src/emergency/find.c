/* The first stage: what is served, which certificate that was, and where its files are. */
#include "emergency/emergency.h"
#include "issue/ca.h"

enum { CANDIDATES = 100 };

/* ---- looking ---- */

static const char *place_of(struct work *w, const struct emergency *em) {
    const char *host = em->address ? em->address : em->host;
    const char *format = strchr(host, ':') ? "[%s]:%lld" : "%s:%lld";
    return arena_printf(w->arena, format, host, (long long)em->port);
}

/* Our own intermediate among what is served: the site's clients trust our root. */
static bool leads_to_us(struct work *w, const struct emergency *em, const struct tls_seen *seen) {
    const struct cert *cert;
    struct error ignored = {0};
    for (size_t i = 1; i < seen->count; i++)
        if (ca_certificate(w->services, w->arena, em->account_id, seen->chain[i].der, &cert, &ignored))
            return true;
    return false;
}

bool emergency_probe(struct work *w, const struct emergency *em, const struct expectation *expected,
                     struct emergency_turn *turn, struct error *e) {
    const struct prober *prober = w->services->prober;
    struct tls_seen *seen;
    size_t count;
    if (!prober->look(prober, w->arena, place_of(w, em), em->host, &seen, &count, e))
        return false;
    verify_judge(w->arena, seen, count, expected, w->now, &turn->finding);
    turn->looked = true;
    for (size_t i = 0; i < count && !turn->served_names; i++)
        if (seen[i].count) {
            turn->served_names = seen[i].chain[0].names;
            turn->local_chain = leads_to_us(w, em, &seen[i]);
        }
    return true;
}

bool find_look(struct work *w, struct emergency_turn *turn, struct error *e) {
    struct expectation expected = {.server_name = turn->em.host};
    struct cert *roots;
    if (!ca_roots(w->db, w->arena, turn->em.account_id, &roots, &expected.root_count, e))
        return false;
    expected.roots = roots;
    return emergency_probe(w, &turn->em, &expected, turn, e);
}

/* ---- the old certificate ---- */

/* What is served there says most, then where targets are. */
static int rank(const struct certificate *c, const char *served) {
    bool is_served = served && c->fingerprint && strcmp(served, c->fingerprint) == 0;
    if (!c->version_count || c->cancelled_at)
        return 0;
    return 1 + 4 * is_served + 2 * (c->target_count > 0);
}

/* The best of those that cover the host; `*c` without id if there is none. */
static bool find_old(struct work *w, const struct emergency_turn *turn, struct certificate *c,
                     struct error *e) {
    const struct certificate_filter filter = {
        .name = turn->em.host, .days_left_max = -1, .sort = "created", .limit = CANDIDATES};
    struct certificate *items;
    size_t count;
    const char *next;
    int best = 1; /* one that is neither served nor anywhere tells nothing */
    *c = (struct certificate){.id = NULL};
    if (!certificate_page(w->db, w->arena, w->services->policies, turn->em.account_id, &filter, w->now,
                          &items, &count, &next, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (rank(&items[i], turn->finding.served_fingerprint) > best) {
            best = rank(&items[i], turn->finding.served_fingerprint);
            *c = items[i];
        }
    return true;
}

static json_t *paths_of(struct arena *a, const struct target *target) {
    struct error ignored = {0};
    json_t *paths = json_array(), *files, *file;
    size_t i;
    if (!json_read(a, slice_str(target->files), &files, &ignored))
        return paths;
    json_array_foreach(files, i, file) json_array_append(paths, json_object_get(file, "path"));
    return paths;
}

static bool list_targets(struct work *w, const struct certificate *old, struct emergency *em,
                         struct error *e) {
    struct target *targets = NULL;
    size_t count = 0;
    json_t *list = json_keep(w->arena, json_array());
    if (old->id && !target_list_of(w->db, w->arena, old->id, &targets, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:o}", "id", targets[i].id, "name", targets[i].name,
                                              "paths", paths_of(w->arena, &targets[i])));
    em->targets = json_text(w->arena, list, false);
    return true;
}

size_t emergency_target_count(struct arena *a, const struct emergency *em) {
    struct error ignored = {0};
    json_t *list;
    return em->targets && json_read(a, slice_str(em->targets), &list, &ignored) ? json_array_size(list) : 0;
}

/* ---- what comes of it ---- */

/* The local CA only where it was used before (SPEC section 14): for others the site would stay down. */
static bool is_trusted(struct work *w, const struct emergency_turn *turn, const struct certificate *old,
                       bool *trusted, struct error *e) {
    struct version v = {.ca_id = NULL};
    bool ours = old->version_id != NULL && old->brand != NULL;
    if (ours && !version_get(w->db, w->arena, old->account_id, old->version_id, &v, e))
        return false;
    *trusted = turn->em.force || turn->local_chain || v.ca_id;
    return true;
}

static struct text told(struct work *w, const struct emergency_turn *turn, const struct certificate *old) {
    const struct emergency *em = &turn->em;
    const struct text *seen = &turn->finding.detail;
    size_t targets = emergency_target_count(w->arena, em);
    struct arena *a = w->arena;
    if (!old->id)
        return (struct text)TEXT(
            arena_printf(a, "%s; no target of %s is known: install the stopgap by hand", seen->in[LANG_EN],
                         em->host),
            arena_printf(a, "%s;未找到 %s 的部署目标:请手动安装应急证书", seen->in[LANG_ZH], em->host));
    return (struct text)TEXT(arena_printf(a, "%s; it is certificate %s (%s), on %zu targets: %s",
                                          seen->in[LANG_EN], old->id, old->grade, targets, em->targets),
                             arena_printf(a, "%s;对应证书 %s(%s),部署目标 %zu 个:%s", seen->in[LANG_ZH],
                                          old->id, old->grade, targets, em->targets));
}

/* Those of the old certificate; of what is served if that is for the host; else the host itself. */
static const char *names_for(const struct emergency_turn *turn, const struct certificate *old) {
    const char *served = turn->served_names ? turn->served_names : "";
    if (old->id)
        return old->names;
    return names_cover(served, turn->em.host) ? served : turn->em.host;
}

static void remember(struct emergency_turn *turn, const struct certificate *old) {
    struct emergency *em = &turn->em;
    em->verdict = verdict_row(turn->finding.verdict)->name;
    em->served_fingerprint = turn->finding.served_fingerprint;
    em->served_end_at = turn->finding.served_end;
    em->old_certificate_id = old->id;
    em->original_brand = old->brand;
    em->original_grade = old->id ? old->grade : NULL;
    em->names = names_for(turn, old);
}

bool find_save(struct work *w, struct emergency_turn *turn, struct error *e) {
    static const struct text untrusted = TEXT(
        "the old certificate did not come from the CA of Tenure, which the site's clients may not trust: declare it "
        "again with force, or get a certificate from a CA that they trust.",
        "原证书不是由 Tenure 的 CA 签发,客户端可能不信任该 CA:请使用强制选项重新发起,或从受信任的 CA 获取证书。");
    struct emergency *em = &turn->em;
    struct certificate old;
    bool trusted;
    if (!find_old(w, turn, &old, e) || !list_targets(w, &old, em, e) ||
        !is_trusted(w, turn, &old, &trusted, e))
        return false;
    remember(turn, &old);
    const struct text detail = told(w, turn, &old);
    if (turn->finding.verdict == VERDICT_OK && !em->force)
        return stage_ends(w, em, &(struct stage_end){"nothing_wrong", detail, STAGE_CLOSED}, e);
    if (!trusted)
        return stage_waits_for_person(w, em, "issuer_not_trusted", untrusted, e);
    return stage_ends(w, em, &(struct stage_end){"found", detail, STAGE_ISSUE}, e);
}
