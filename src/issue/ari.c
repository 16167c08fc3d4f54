/* What a suggested window means: pure. */
#include "issue/ari.h"

enum {
    MINUTE = 60,
    HOUR = 3600,
    POLL_MIN = MINUTE,
    ERROR_PAUSE = 6 * HOUR,
    TROUBLE_MAX = 3,
    LEAST_AGE = 6 * HOUR, /* of the second in haste; a CA that revokes has to give a day */
    HASTE_MAX = 16,
};

static int64_t within(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static bool same_window(const struct suggestion *s, const struct acme_renewal_info *info) {
    return s->window_start == info->start && s->window_end == info->end;
}

/* Uniform over the part of the window that is not too late. */
static int64_t draw(const struct acme_renewal_info *info, int64_t latest, uint64_t random) {
    int64_t end = info->end < latest ? info->end : latest;
    if (end <= info->start)
        return latest;
    return info->start + (int64_t)(random % (uint64_t)(end - info->start));
}

void ari_take(struct suggestion *s, const struct ari_answer *answer, int64_t latest, uint64_t random) {
    const struct acme_renewal_info *info = &answer->info;
    bool failed = answer->outcome == ARI_TROUBLE || answer->outcome == ARI_ERROR;
    s->failures = failed ? s->failures + 1 : 0;
    if (answer->outcome != ARI_SAID)
        return;
    s->explanation_url = info->explanation_url;
    if (same_window(s, info))
        return;
    s->window_start = info->start;
    s->window_end = info->end;
    s->moment = draw(info, latest, random);
    if (s->moment < s->earliest)
        s->moment = s->earliest;
}

bool ari_held(const struct suggestion *s) {
    return s->earliest && s->moment == s->earliest && s->window_end <= s->earliest;
}

int64_t ari_poll_at(const struct suggestion *s, const struct ari_answer *answer, int64_t now) {
    switch (answer->outcome) {
    case ARI_SAID:
        return now + (answer->retry_after ? within(answer->retry_after, POLL_MIN, DAY) : ERROR_PAUSE);
    case ARI_TROUBLE:
        if (s->failures <= TROUBLE_MAX)
            return now + within(answer->retry_after, work_backoff(s->failures), DAY);
        return now + within(answer->retry_after, ERROR_PAUSE, DAY);
    case ARI_NONE:
        return now + DAY;
    default:
        return now + ERROR_PAUSE;
    }
}

static int64_t lead_of(const struct certificate *c, const struct profile *profile) {
    return policy_lead(profile, c->version_end - c->not_before);
}

int64_t ari_latest(const struct certificate *c, const struct profile *profile) {
    return c->version_end - lead_of(c, profile) / 2;
}

/* How long the policy has a version live before the next one. */
static int64_t planned_age(const struct certificate *c, const struct profile *profile) {
    return c->version_end - c->not_before - lead_of(c, profile);
}

int64_t ari_haste(const struct suggestion *s, const struct certificate *c, const struct profile *profile,
                  int64_t now) {
    bool followed = s->moment && s->set_at == s->moment && c->next_issue_at == s->moment;
    bool early = now - c->not_before < planned_age(c, profile) / 2;
    if (followed && early)
        return s->haste < HASTE_MAX ? s->haste + 1 : HASTE_MAX;
    return s->haste > 0 ? s->haste - 1 : 0;
}

int64_t ari_earliest(int64_t haste, const struct certificate *c, const struct profile *profile, int64_t now) {
    if (!haste)
        return 0;
    return now + within((int64_t)LEAST_AGE << (haste - 1), 0, planned_age(c, profile));
}

/* Nothing, or less than a lead of which a next term takes the place. */
static bool has_no_next_version(const struct certificate *c, const struct profile *profile) {
    int64_t left = c->coverage_end - c->version_end;
    return left <= 0 || (c->successor_id && left < lead_of(c, profile));
}

void ari_apply(const struct suggestion *s, const struct certificate *c, const struct profile *profile,
               int64_t now, int64_t *at) {
    *at = 0;
    if (!s->moment || c->next_issue_at != s->set_at || s->moment == s->set_at || !c->auto_versions)
        return;
    if (c->coverage_end <= now || (s->moment > now && has_no_next_version(c, profile)))
        return;
    *at = s->moment;
}
