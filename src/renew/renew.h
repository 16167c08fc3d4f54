/*
 * What the engine does next for one certificate, and when. Decided purely from facts: nothing is read or
 * changed here, so the whole life of a certificate can be tested, explained and simulated.
 */
#pragma once
#include "policy/policy.h"

/* 0 is "not" or "not yet" for every time. */
struct renew_facts {
    bool ordered;          /* through Tenure; otherwise it was brought in and is only watched */
    bool auto_versions;    /* versions inside the coverage are renewed by themselves */
    bool waits_for_person; /* no version is asked for before a submission, a correction or a letter came, or a
                              gate opened */
    bool at_gate;          /* nor before its validation or review, which goes on elsewhere */
    bool
        next_term; /* a next term or a successor is paid, and may come in the place of a last short version */
    enum order_kind order_kind;
    int64_t term;                     /* within the order, the first is 1 */
    int64_t cancelled_at, revoked_at; /* asked for, or done */
    int64_t paid_at, active_at;
    int64_t coverage_end;
    int64_t not_before, version_end; /* of the current version */
    int64_t next_issue_at; /* stored: the regular moment with its jitter, or any other that was asked for */
    int64_t window_at, end_at; /* where its state changes */
    int64_t threshold_at;      /* when its coming end is told next */
    /* What it follows; all 0 if it follows nothing. */
    struct {
        bool exists;
        int64_t revoked_at, not_before, version_end, window_at,
            end_at; /* end_at: of its coverage where versions are automatic */
    } predecessor;
};

enum renew_action {
    RENEW_NONE,          /* nothing by itself: only an action of a person or of the flow changes that */
    RENEW_WAIT,          /* ask again at `at` */
    RENEW_ISSUE_VERSION, /* now */
    RENEW_ACTIVATE,      /* now */
    RENEW_FLAG,          /* a person must act now, the certificate is at risk; ask again at `at`, 0: never */
};

struct renew_reason {
    const char *code;
    struct text text;
};

struct renew_decision {
    enum renew_action action;
    int64_t at;
    const struct renew_reason *reason;
};

/* `profile`: that of the order. */
struct renew_decision renew_next(const struct renew_facts *facts, const struct profile *profile, int64_t now);

/* How much earlier than the regular moment a next version is issued: at most lead / 10, so that a fleet that
 * was issued at once is not renewed at once. */
int64_t renew_jitter(int64_t lead, uint64_t random);
