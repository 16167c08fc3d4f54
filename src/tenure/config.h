/*
 * tenure.yaml: read once at the start into this struct; what is absent has the defaults of config.c and of
 * the sections (config_section.h). The roles run in the data folder, so files there have the short names
 * below.
 */
#pragma once
#include "base/log.h"
#include "deploy/deploy.h"
#include "http/mail.h"
#include "http/outbound.h"
#include "order/payment.h"
#include "solve/solve.h"
#include "tenure/responder.h"
#include "validate/validate.h"

#define CONFIG_DATABASE      "tenure.db"
#define CONFIG_MASTER_KEY    "master.key"
#define CONFIG_SIGNER_SOCKET "signer.sock"
#define CONFIG_RUNNER_SOCKET "runner.sock"
#define CONFIG_FIRST_LOGIN   "first-login"

struct config {
    const char *data; /* absolute */
    const char *address;
    int64_t port; /* 0: a free one */
    const char *public_url;
    int64_t web_processes, workers;
    enum log_level log_level;
    const char *profiles; /* folder beside the configuration, or NULL */
    struct deploy_settings deploy;
    struct issue_settings issue;
    struct outbound_policy outbound;
    int64_t probe_timeout_ms;
    struct dns_settings dns;
    struct validator validator;
    struct solve_settings solve;
    struct responder_settings responder;
    struct mail_settings mail;
    struct payment_settings payment;
};

/* `path` NULL: /etc/tenure/tenure.yaml if it is there. `data` NULL: what the file says, or /var/lib/tenure.
 */
bool config_load(struct arena *a, const char *path, const char *data, struct config *config, struct error *e);
