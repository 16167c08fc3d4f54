/*
 * How fast certificates are renewed by a CA over ACME: bench_acme TENURE FOLDER COUNT GOAL CONFIG ISSUER…
 *
 * COUNT certificates whose next version is due, each by another CA than the first: bench/acme starts that
 * one. GOAL is `issued`, or `open` for a CA that never ends an order: then nothing but the rows of open
 * orders is left, and what counts is the memory. CONFIG is a file with more lines of tenure.yaml; ISSUER is
 * the directory of the CA, and a file with the roots to trust for talking to it. Prints one line: seconds,
 * seconds of CPU, MiB of memory at most.
 */
#include "audit/audit.h"
#include "base/file.h"
#include "bench/bench.h"
#include "catalog/catalog_db.h"
#include "catalog/issuer.h"
#include "solve/solve_db.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A CA that hangs brings no progress. */
enum { PATIENCE_US = 40000000, LOOK_US = 50000, MEMORY_US = 1000000, TEXT_MAX = 65536 };

struct run {
    struct bench bench;
    const char *binary, *config, *directory, *tls_roots;
    int64_t count;
    bool open;   /* the goal */
    long memory; /* KiB, the most that was seen */
};

static const char *read_text(struct arena *a, const char *path) {
    struct error e = {0};
    struct slice text;
    bench_must(file_read(a, path, TEXT_MAX, &text, &e), path, &e);
    return (const char *)text.p;
}

/* ---- the CA, and how names are proven to it ---- */

static bool store_rows(struct run *r, struct error *e) {
    struct services *s = &r->bench.services;
    const struct issuer issuer = {.id = "bench",
                                  .kind = "acme",
                                  .title_en = "bench",
                                  .title_zh = "bench",
                                  .directory = r->directory,
                                  .tls_roots = r->tls_roots,
                                  .terms_agreed_at = clock_now(),
                                  .finalize_seconds = DAY,
                                  .changed_at = clock_now(),
                                  .revision = 1};
    const struct solver solver = {.id = "slv_bench",
                                  .account_id = r->bench.account_id,
                                  .zone = ".",
                                  .type = "http-01",
                                  .kind = "responder",
                                  .settings = "{}",
                                  .doubt_seconds = DOUBT_DEFAULT,
                                  .created_at = clock_now()};
    struct brand brand = *catalog_default(s->catalog);
    brand.issuer = issuer.id;
    brand.origin = "api";
    return db_begin(s->db, e) && issuer_db_put(s->db, &issuer, e) && brand_db_put(s->db, &brand, e) &&
           catalog_db_raise(s->db, e) && solver_insert(s->db, &solver, e) && db_commit(s->db, e);
}

/* ---- the measurement ---- */

static int64_t count_of(const struct run *r) {
    struct error e = {0};
    int64_t count;
    bool ok = r->open ? db_int(r->bench.services.db, &count, 0, &e,
                               "SELECT count(*) FROM acme_order WHERE url IS NOT NULL AND ended_at IS NULL")
                      : db_int(r->bench.services.db, &count, 0, &e,
                               "SELECT count(*) FROM acme_order WHERE outcome = 'issued'");
    bench_must(ok, "orders", &e);
    return count;
}

static void look_at_memory(struct run *r, const struct daemon *d) {
    int processes;
    long kib = daemon_memory(d, &processes);
    r->memory = kib > r->memory ? kib : r->memory;
}

static double wait_for_all(struct run *r, const struct daemon *d) {
    int64_t memory_at = d->started_us, progress_at = d->started_us, before = 0, count;
    while ((count = count_of(r)) < r->count) {
        progress_at = count > before ? bench_us() : progress_at;
        before = count;
        if (bench_us() - progress_at > PATIENCE_US) {
            fprintf(stderr, "only %lld of them\n", (long long)count);
            exit(1);
        }
        if (bench_us() > memory_at) {
            look_at_memory(r, d);
            memory_at = bench_us() + MEMORY_US;
        }
        usleep(LOOK_US);
    }
    double elapsed = (double)(bench_us() - d->started_us) / 1e6;
    look_at_memory(r, d);
    return elapsed;
}

static void measure(struct run *r) {
    struct daemon d = daemon_start_with(r->binary, r->bench.folder, r->config);
    double elapsed = wait_for_all(r, &d);
    struct usage used = daemon_stop(&d);
    printf("%.3f %.3f %.1f\n", elapsed, used.cpu_seconds, (double)r->memory / 1024);
}

int main(int argc, char **argv) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    if (argc != 8) {
        fprintf(stderr, "usage: bench_acme TENURE FOLDER COUNT issued|open CONFIG DIRECTORY ROOTS\n");
        return 64;
    }
    struct run r = {.binary = realpath(argv[1], NULL),
                    .count = strtoll(argv[3], NULL, 10),
                    .open = strcmp(argv[4], "open") == 0,
                    .config = read_text(a, argv[5]),
                    .directory = argv[6],
                    .tls_roots = read_text(a, argv[7])};
    bench_open(&r.bench, argv[2]);
    bench_make_due(&r.bench, r.count, clock_now());
    bench_must(store_rows(&r, &e), "the CA", &e);
    measure(&r);
    bench_close(&r.bench);
    return 0;
}
