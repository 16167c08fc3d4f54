/* The certificate that a CA has made, with the chain that is preferred (RFC 8555, section 7.4.2). */
#include "base/log.h"
#include "issue/acme_run.h"

enum { LOOKS_MAX = 5 };

/* A chain as it was downloaded, and built anew: what is not needed is dropped, and so is a root. */
struct answer {
    struct cert leaf;
    const struct cert *chain;
    size_t count;
    bool rooted; /* a root was among them */
};

static bool read_answer(struct acme_run *run, struct answer *answer, struct error *e) {
    struct arena *a = run->w->arena;
    struct cert *certs;
    size_t count;
    if (!acme_read_chain(a, run->reply.body, &certs, &count, e))
        return false;
    answer->leaf = certs[0];
    bool complete = cert_chain_build(a, &certs[0], certs + 1, count - 1, &answer->chain, &answer->count);
    answer->rooted = complete && answer->count;
    if (answer->rooted)
        answer->count--;
    return true;
}

static bool fetch(struct acme_run *run, const char *url, struct answer *answer, struct error *e) {
    return acme_run_post(run, url, NULL, e) && read_answer(run, answer, e);
}

/* "CN=Name" is one of the parts of an RFC 2253 name, whatever stands beside it. */
static bool has_common_name(const char *subject, const char *name) {
    size_t len = strlen(name);
    for (const char *at = subject; (at = strstr(at, "CN=")); at += 3) {
        bool begins = at == subject || at[-1] == ',' || at[-1] == '+';
        char end = strncmp(at + 3, name, len) == 0 ? at[3 + len] : 'x';
        if (begins && (end == 0 || end == ',' || end == '+'))
            return true;
    }
    return false;
}

static bool is_preferred(const struct answer *answer, const char *name) {
    const struct cert *top = answer->count ? &answer->chain[answer->count - 1] : &answer->leaf;
    return has_common_name(top->issuer, name);
}

/* ---- which chain ---- */

static bool is_good(struct acme_run *run, const struct answer *answer) {
    struct error ignored = {0};
    const struct issued issued = {.leaf = answer->leaf,
                                  .chain = answer->chain,
                                  .chain_count = answer->count,
                                  .chain_roots = run->issuer.chain_roots};
    return issue_check_foreign_chain(run->w->arena, &issued, &ignored);
}

static bool is_wanted(struct acme_run *run, const struct answer *answer) {
    const char *name = run->issuer.preferred_chain;
    return (!name || is_preferred(answer, name)) && is_good(run, answer);
}

/* None is preferred: the one that the CA prefers, if it is a chain; else any alternate that is one. An
 * alternate that cannot be had is passed over. */
static void choose(struct acme_run *run, struct answer *answer) {
    struct acme_reply first = run->reply;
    bool good = is_good(run, answer);
    if (is_wanted(run, answer))
        return;
    for (size_t i = 0; i < first.alternate_count; i++) {
        struct answer other;
        struct error ignored = {0};
        bool fetched = fetch(run, first.alternates[i], &other, &ignored);
        if (ignored.retry_after > first.retry_after)
            first.retry_after = ignored.retry_after; /* should it be looked for again */
        if (!fetched || !slice_equal(other.leaf.der, answer->leaf.der) || !is_good(run, &other))
            continue;
        bool wanted = is_wanted(run, &other);
        if (wanted || !good)
            *answer = other;
        if (wanted)
            break;
        good = true;
    }
    run->reply = first;
}

static void note_preference(const struct acme_run *run, const struct answer *answer) {
    const char *name = run->issuer.preferred_chain;
    if (name && !is_preferred(answer, name))
        log_event(LOG_INFO, "the CA offers no chain of the preferred issuer", LOG_S("issuer", run->issuer.id),
                  LOG_S("preferred", name));
}

/* The certificate is good, and costs an order: its chain is looked for a few times more. */
static bool looks_again(struct acme_run *run, const struct answer *answer) {
    const struct application *p = run->application;
    bool ours = slice_equal(answer->leaf.spki, p->spki) && names_same(answer->leaf.names, p->names);
    if (!ours || is_good(run, answer) || run->order.polls >= LOOKS_MAX)
        return false;
    acme_wait_a_little(run);
    return true;
}

bool acme_do_download(struct acme_run *run, size_t index, struct issued *issued, struct error *e) {
    struct answer answer;
    (void)index;
    if (!acme_run_open(run, e) || !fetch(run, run->order.certificate_url, &answer, e))
        return false;
    choose(run, &answer);
    if (looks_again(run, &answer))
        return true;
    note_preference(run, &answer);
    issued->leaf = answer.leaf;
    issued->chain = answer.chain;
    issued->chain_count = answer.count;
    issued->rooted = answer.rooted;
    run->order.fingerprint = answer.leaf.fingerprint;
    run->order.certificate_end_at = answer.leaf.end;
    return true;
}
