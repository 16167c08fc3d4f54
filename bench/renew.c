/*
 * How fast certificates are renewed: bench_renew TENURE FOLDER [COUNT]
 *
 * COUNT certificates are bought and issued in a past from which their next version is due now. Then the real
 * daemon is started on that database: its two workers decide, have the signer process make keys and sign,
 * record and audit, one transaction a batch, synchronous=FULL. Beside it what the machine can do: `openssl
 * speed`, and key making.
 */
#include "audit/audit.h"
#include "base/child.h"
#include "bench/bench.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COUNT = 20000, PATIENCE_SECONDS = 600 };

struct run {
    struct bench bench;
    const char *binary;
    int64_t count;
};

/* ---- what the machine can do ---- */

/* Key pairs a second, in this process. */
static double keygen_rate(void) {
    int64_t begin = bench_us(), made = 0;
    for (; bench_us() - begin < 1000000; made++)
        EVP_PKEY_free(EVP_EC_gen("P-256"));
    return (double)made * 1e6 / (double)(bench_us() - begin);
}

/* The last line of `openssl speed`: times, then rates. */
static void sign_and_verify_rate(struct arena *a, double *sign, double *verify) {
    const char *const argv[] = {"openssl", "speed", "-seconds", "1", "ecdsap256", NULL};
    struct child_result result;
    struct error e = {0};
    bench_must(child_run(a, argv, NULL, 30000, &result, &e), "openssl speed", &e);
    /* "(nistp256)   0.0000s   0.0001s  42316.0  13877.0": two times, then the rates of signing and verifying
     */
    const char *row = strstr(result.output, "(nistp256)");
    char *rates = row ? strrchr(row, 's') : NULL;
    *sign = rates ? strtod(rates + 1, &rates) : 0;
    *verify = rates ? strtod(rates, NULL) : 0;
}

static void report_machine(void) {
    AUTO_ARENA a = arena_new();
    double make = keygen_rate(), sign, verify;
    sign_and_verify_rate(a, &sign, &verify);
    bench_result("one core: P-256 keys made", make, "/s", NULL);
    bench_result("one core: P-256 signatures (openssl speed)", sign, "/s", NULL);
    bench_result("one core: P-256 verifications (openssl speed)", verify, "/s", NULL);
    bench_result("these three, CPU for each renewal", 1e3 / make + 1e3 / sign + 1e3 / verify, "ms", NULL);
}

/* ---- the measurement ---- */

static int64_t versions(const struct run *r) {
    struct error e = {0};
    int64_t count;
    bench_must(db_int(r->bench.services.db, &count, 0, &e, "SELECT count(*) FROM version"), "versions", &e);
    return count;
}

/* Each renewal writes two entries, the second with its version. */
static int64_t audited(const struct run *r) {
    struct error e = {0};
    int64_t sequence;
    bench_must(db_int(r->bench.services.db, &sequence, 0, &e, "SELECT sequence FROM audit_head WHERE id = 1"),
               "audit", &e);
    return sequence;
}

/* Microseconds from the start of the daemon until the last renewal was committed. */
static int64_t wait_for_renewals(const struct run *r, const struct daemon *d, int64_t audited_before) {
    while (audited(r) - audited_before < 2 * r->count) {
        if (bench_us() - d->started_us > PATIENCE_SECONDS * 1000000LL) {
            fprintf(stderr, "only %lld renewals\n", (long long)(audited(r) - audited_before) / 2);
            exit(1);
        }
        usleep(20000);
    }
    return bench_us() - d->started_us;
}

static void check(const struct run *r) {
    struct audit_check audit = {0};
    struct error e = {0};
    bench_must(audit_verify(r->bench.services.db, 0, INT64_MAX, &audit, &e), "audit", &e);
    if (versions(r) == 2 * r->count && audit.intact)
        return;
    fprintf(stderr, "%lld versions instead of %lld, or a broken audit log\n", (long long)versions(r),
            (long long)r->count * 2);
    exit(1);
}

static void measure(const struct run *r) {
    int64_t before = audited(r);
    struct daemon d = daemon_start(r->binary, r->bench.folder);
    double elapsed = (double)wait_for_renewals(r, &d, before) / 1e6;
    struct usage used = daemon_stop(&d);
    check(r);
    bench_result("renewals", (double)r->count / elapsed, "/s", ">= 2500 on two cores");
    bench_result("CPU of all processes for each renewal", used.cpu_seconds * 1e3 / (double)r->count, "ms",
                 "<= 0.7");
    bench_result("written to the disk for each renewal", used.written_bytes / 1024 / (double)r->count, "KiB",
                 NULL);
    bench_result("cores that were busy with it", used.cpu_seconds / elapsed, "", NULL);
}

int main(int argc, char **argv) {
    struct run r = {.count = argc > 3 ? strtoll(argv[3], NULL, 10) : COUNT};
    if (argc < 3 || r.count < 1) {
        fprintf(stderr, "usage: bench_renew TENURE FOLDER [COUNT]\n");
        return 64;
    }
    bench_machine();
    r.binary = realpath(argv[1], NULL);
    bench_open(&r.bench, argv[2]);
    bench_make_due(&r.bench, r.count, clock_now());
    report_machine();
    measure(&r);
    bench_close(&r.bench);
    return 0;
}
