/*
 * Is an uploaded file what a scanner makes? Told by its content, never by its name or what the client says of
 * it. The file is not rendered, unpacked or run: only its frame is walked, within its bounds.
 */
#pragma once
#include "base/error.h"

enum { LETTER_SCAN_MAX = 10 * 1024 * 1024 };

/*
 * `*media_type`: application/pdf, image/png or image/jpeg; a constant. ERR_BAD_LETTER for anything else, for
 * one that is cut off, and for an empty one; ERR_BODY_TOO_LARGE above LETTER_SCAN_MAX. What follows the end
 * of a picture is not looked at: telephones add to theirs.
 */
bool letter_scan_type(struct slice content, const char **media_type, struct error *e);
