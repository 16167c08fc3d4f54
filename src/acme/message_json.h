/* What the readers of message.c and problem.c share. */
#pragma once
#include "acme/message.h"
#include "base/clock.h"
#include "http/json.h"

enum { ACME_TOKEN_MAX = 255 };

void acme_problem_from(struct arena *a, const json_t *value, struct acme_problem *problem);
/* Bounded, one line, no control characters; empty for NULL. */
const char *acme_text_for_people(struct arena *a, const char *text);
