/*
 * Structured log: one JSON object a line on stderr, with the journal's priority before it when journald
 * reads.
 *
 *     log_event(LOG_INFO, "certificate issued", LOG_S("certificate", id), LOG_I("days", 199));
 */
#pragma once
#include "base/error.h"

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

struct log_pair {
    const char *key, *text; /* text NULL: the number counts */
    int64_t number;
};

#define LOG_S(key, value)  ((struct log_pair){key, (value) ? (value) : "", 0})
#define LOG_I(key, number) ((struct log_pair){key, NULL, number})

/* Every line of this process carries the role; lines above `level` are dropped. */
void log_setup(const char *role, enum log_level level);
void log_pairs(enum log_level level, const char *message, size_t count, const struct log_pair *pairs);
/* The error's code and English detail are added. */
void log_failure(const char *message, const struct error *e, const char *subject);

#define log_event(level, message, ...)                                                                       \
    log_pairs(level, message, sizeof((struct log_pair[]){{0}, ##__VA_ARGS__}) / sizeof(struct log_pair) - 1, \
              (struct log_pair[]){{0}, ##__VA_ARGS__} + 1)
