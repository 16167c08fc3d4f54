/*
 * What each role may do to the machine: one row a role (folders by Landlock where the kernel has it, system
 * calls by seccomp). Entered after the role's libraries are warm; inherited by children, which is why
 * commands are run by the runner, whose row is empty.
 */
#pragma once
#include "base/error.h"

enum role_kind {
    KIND_INIT,
    KIND_WEB,
    KIND_WORKER,
    KIND_SIGNER,
    KIND_SIGNER_SLOW,
    KIND_RUNNER,
    KIND_RESPONDER,
    KIND_COUNT
};

const char *role_kind_name(enum role_kind kind);
/* `data` is the data folder. Without Landlock in the kernel that half is left out, and the log says so once.
 * Sanitizer builds (TENURE_NO_SANDBOX) enter nothing. */
bool sandbox_enter(enum role_kind kind, const char *data, struct error *e);
