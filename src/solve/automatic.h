/*
 * Solvers prove names to Tenure itself, as they do to a CA: a solution that belongs to a validation. The
 * contract is validate/automatic.h.
 */
#pragma once
#include "solve/solve.h"
#include "validate/automatic.h"

extern const struct automatic solve_automatic; /* services->automatic */
