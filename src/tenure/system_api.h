/* Routes of the installation itself: health, description, metrics; in test builds the clock. And explain. */
#pragma once
#include "http/route.h"

extern const struct route system_routes[];
extern const struct route explain_routes[];
