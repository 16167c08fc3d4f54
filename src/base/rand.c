/* Randomness and the ids made of it. */
#include "base/rand.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static struct {
    bool seeded;
    uint64_t state;
} source;

/* The ids of one second, counted on from a random number: those of one process sort as they were made. */
static struct {
    int64_t second;
    uint32_t number;
} count;

void rand_seed(uint64_t seed) {
    source.seeded = true;
    source.state = seed;
    count.second = INT64_MIN;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next_seeded(void) {
    uint64_t z = source.state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static void fill_seeded(uint8_t *p, size_t len) {
    while (len) {
        uint64_t v = next_seeded();
        size_t n = len < sizeof v ? len : sizeof v;
        memcpy(p, &v, n);
        p += n;
        len -= n;
    }
}

void rand_bytes(void *p, size_t len) {
    if (source.seeded) {
        fill_seeded(p, len);
        return;
    }
    uint8_t *next = p;
    while (len) {
        ssize_t n = getrandom(next, len, 0);
        if (n < 0 && errno != EINTR)
            abort();
        if (n > 0) {
            next += n;
            len -= (size_t)n;
        }
    }
}

uint64_t rand_below(uint64_t limit) {
    if (limit == 0)
        return 0;
    uint64_t v, bias = -limit % limit; /* values below 2^64 mod limit would be drawn once too often */
    do
        rand_bytes(&v, sizeof v);
    while (v < bias);
    return v % limit;
}

enum { TIME_CHARS = 7, COUNT_CHARS = 6, ID_CHARS = 26 };
static const char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void put_number(char *text, int chars, uint64_t number) {
    for (int i = chars - 1; i >= 0; i--, number >>= 5)
        text[i] = base32[number & 31];
}

static void put_seconds(char *text, int64_t t) {
    put_number(text, TIME_CHARS, (uint64_t)t);
}

/* The highest bit is left to counting: no second has ids enough to come round. */
static uint32_t next_number(int64_t now) {
    if (now != count.second)
        count.number = (uint32_t)rand_below(UINT32_C(1) << (5 * COUNT_CHARS - 1));
    count.second = now;
    return ++count.number;
}

const char *id_floor(struct arena *a, const char *prefix, int64_t t) {
    char text[TIME_CHARS + 1] = {0};
    put_seconds(text, t);
    return arena_printf(a, "%s_%s", prefix, text);
}

const char *id_new(struct arena *a, const char *prefix, int64_t now) {
    char text[ID_CHARS + 1] = {0};
    put_seconds(text, now);
    put_number(text + TIME_CHARS, COUNT_CHARS, next_number(now));
    uint8_t random[ID_CHARS - TIME_CHARS - COUNT_CHARS];
    rand_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        text[TIME_CHARS + COUNT_CHARS + i] = base32[random[i] & 31];
    return arena_printf(a, "%s_%s", prefix, text);
}

bool id_valid(const char *s, const char *prefix) {
    size_t len = strlen(prefix);
    return strncmp(s, prefix, len) == 0 && s[len] == '_' && strlen(s + len + 1) == ID_CHARS &&
           strspn(s + len + 1, base32) == ID_CHARS;
}
