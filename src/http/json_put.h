/* Members as JSON text, for json.c: one function for each type of field that holds no other fields. `p` is
 * the member. */
#pragma once
#include "http/json.h"

/* Bytes of the UTF-8 character at `s` (RFC 3629), 0 if it is none. */
size_t json_utf8_len(const unsigned char *s);

void json_put_text(struct buf *b, const struct field *f, const void *p);
void json_put_int(struct buf *b, const struct field *f, const void *p);
void json_put_time(struct buf *b, const struct field *f, const void *p);
void json_put_bool(struct buf *b, const struct field *f, const void *p);
void json_put_words(struct buf *b, const struct field *f, const void *p);
