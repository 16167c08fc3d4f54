/* Waiting, and following a certificate. */
#include "tenure/wait.h"
#include "base/clock.h"
#include "deploy/deploy.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 300000, PAUSE_MS = 200, TARGETS_MAX = 256 };

int wait_for(struct cli *cli, const struct wait *wait, const char *id, void *progress) {
    int64_t deadline = clock_monotonic_ms() + wait->patience_ms;
    struct arena *outer = cli->arena;
    int status = WAIT_GOES_ON;
    while (status == WAIT_GOES_ON && clock_monotonic_ms() < deadline) {
        AUTO_ARENA turn = arena_new();
        cli->arena = turn;
        status = wait->look(cli, id, progress);
        fflush(stdout);
        if (status == WAIT_GOES_ON)
            nanosleep(&(struct timespec){.tv_nsec = wait->pause_ms * 1000000}, NULL);
        cli->arena = outer;
    }
    return status;
}

/* ---- a certificate ---- */

/* What was printed last, so that only changes are. */
struct progress {
    char state[64];
    char deployments[TARGETS_MAX][64];
};

static bool changed(char last[64], const char *now) {
    if (strcmp(last, now) == 0)
        return false;
    snprintf(last, 64, "%s", now);
    return true;
}

static void print_deployment(struct cli *cli, const json_t *d) {
    const char *reason = cli_text(d, "reason");
    const char *detail = cli_text(d, cli->lang == LANG_ZH ? "detail_zh" : "detail_en");
    const char *line =
        arena_printf(cli->arena, "%s %s%s%s%s%s", cli_text(d, "target_name"), cli_text(d, "state"),
                     *reason ? ": " : "", reason, *detail ? ": " : "", detail);
    puts(printable(cli->arena, line));
}

struct tally {
    size_t open, failed;
};

/* The newest deployment of each target counts. */
static bool look_at_deployments(struct cli *cli, const char *id, const char *version_id, struct progress *p,
                                struct tally *tally) {
    json_t *answer, *d;
    size_t i;
    const char *path = arena_printf(cli->arena, "/v1/deployments?certificate=%s&limit=%d", id, TARGETS_MAX);
    if (!cli_call(cli, "GET", path, NULL, &answer))
        return false;
    *tally = (struct tally){0};
    json_array_foreach(json_object_get(answer, "items"), i, d) {
        const char *state = cli_text(d, "state");
        bool superseded =
            strcmp(cli_text(d, "reason"), DEPLOYMENT_SUPERSEDED) == 0; /* a newer one is in the list */
        if (strcmp(cli_text(d, "version_id"), version_id) != 0 || superseded || i >= TARGETS_MAX)
            continue;
        if (changed(p->deployments[i], state) && !cli->json)
            print_deployment(cli, d);
        bool failed = strcmp(state, "failed") == 0 || strcmp(state, "rolled_back") == 0;
        tally->failed += failed;
        tally->open += !failed && strcmp(state, "done") != 0;
    }
    return true;
}

static bool waits_for_person(const char *state) {
    return strcmp(state, "pending_payment") == 0 || strcmp(state, "pending_application") == 0 ||
           strcmp(state, "pending_letter") == 0 || strcmp(state, "rejected") == 0;
}

/* An exit status, or WAIT_GOES_ON. */
static int judge(struct cli *cli, const json_t *c, struct progress *p) {
    struct tally tally;
    const char *id = cli_text(c, "id"), *state = cli_text(c, "state"), *version = cli_text(c, "version_id");
    if (waits_for_person(state))
        return EXIT_WAITS_FOR_PERSON;
    if (strcmp(state, "not_activated") == 0)
        return EXIT_OK; /* it activates itself, perhaps in months */
    if (!*version)
        return WAIT_GOES_ON;
    if (!look_at_deployments(cli, id, version, p, &tally))
        return cli_failed(cli);
    if (tally.open)
        return WAIT_GOES_ON;
    return tally.failed ? EXIT_PARTIAL : EXIT_OK;
}

/* One look; as JSON the certificate is printed once, as it is in the end. */
static int look(struct cli *cli, const char *id, void *progress) {
    struct progress *p = progress;
    json_t *c;
    if (!cli_call(cli, "GET", arena_printf(cli->arena, "/v1/certificates/%s", id), NULL, &c))
        return cli_failed(cli);
    const char *state = cli_text(c, "state");
    if (changed(p->state, state) && !cli->json)
        printf("%s %s\n", id, state);
    int status = judge(cli, c, p);
    if (cli->json && status != WAIT_GOES_ON && cli->error.id == ERR_NONE)
        puts(json_text(cli->arena, c, true));
    return status;
}

int wait_for_certificate(struct cli *cli, const char *id) {
    static const struct wait patient = {look, PATIENCE_MS, PAUSE_MS};
    struct progress progress = {0};
    int status = wait_for(cli, &patient, id, &progress);
    if (status != WAIT_GOES_ON)
        return status;
    fail(&cli->error, ERR_TIMED_OUT,
         "certificate %s is not done after five minutes; `tenure explain %s` tells why",
         "证书 %s 五分钟后仍未完成;可用 `tenure explain %s` 查看原因", id, id);
    return cli_failed(cli);
}
