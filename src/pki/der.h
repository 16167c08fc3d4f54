/*
 * DER (X.690): a small writer of nested values into a struct buf, and a strict reader.
 * The writer is the fast path of everything the local CA signs; the reader looks at the same structures
 * before they are signed, and finds the parts of what OpenSSL has decoded.
 */
#pragma once
#include "base/buf.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};

/* Context-specific tags: a primitive one, and one that holds other values. */
#define DER_CONTEXT(n)  ((uint8_t)(0x80 | (n)))
#define DER_EXPLICIT(n) ((uint8_t)(0xa0 | (n)))

/* Bytes known at compile time: `DER_BYTES("\x55\x1d\x11")`. */
#define DER_BYTES(literal) slice_of(literal, sizeof(literal) - 1)
/* The same in the initialiser of a static table. */
#define DER_INIT(literal)                                                                                    \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }

/* A value whose length is not known yet: `size_t mark = der_open(b, DER_SEQUENCE); … der_close(b, mark);` */
size_t der_open(struct buf *b, uint8_t tag);
void der_close(struct buf *b, size_t mark);
void der_put(struct buf *b, uint8_t tag, struct slice content);
/* Bytes that are DER already. */
void der_add(struct buf *b, struct slice der);
/* A non-negative integer, big-endian, with or without leading zeros. */
void der_put_unsigned(struct buf *b, struct slice big_endian);
void der_put_bits(struct buf *b, struct slice bits);
/* UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
void der_put_time(struct buf *b, int64_t t);

struct der {
    uint8_t tag;
    struct slice content, whole;
};

/* Takes one value off the front; false at the end and for everything that is not DER with a one-byte tag. */
bool der_next(struct slice *rest, struct der *value);
/* The same for a value that must have this tag; nothing is taken if it has another. */
bool der_take(struct slice *rest, uint8_t tag, struct slice *content);
/* The content of the one value that `der` consists of. */
bool der_only(struct slice der, uint8_t tag, struct slice *content);
/* The octets of an INTEGER, which may be negative, in their shortest form. */
bool der_take_integer(struct slice *rest, struct slice *octets);
/* A BIT STRING of whole octets. */
bool der_take_bits(struct slice *rest, struct slice *bits);
/* UTCTime or GeneralizedTime in the only form that RFC 5280 allows. */
bool der_take_time(struct slice *rest, int64_t *t);
