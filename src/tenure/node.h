/*
 * What a process needs to do work: an open database and the services of the slices, made after the fork.
 * The roles run in the data folder, so names are short.
 */
#pragma once
#include "doctor/doctor.h"
#include "flow/flow.h"
#include "tenure/config.h"
#include "verify/verify.h"

struct node {
    struct arena *arena; /* for the life of the process */
    struct services services;
    struct policies policies;
    struct catalog catalog;
    struct issue_settings issue;
    struct prober prober;
    struct dns_settings dns;
    struct validator validator;
};

/* `port` is the one that is listened on: the default of public_url. Signer and runner are connected to at
 * first use. */
bool node_open(struct node *node, const struct config *config, enum db_role role, int port, struct error *e);
void node_close(struct node *node);
