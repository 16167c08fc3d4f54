/* PEM blocks. */
#include "pki/pem.h"
#include <openssl/evp.h>

static const char begin[] = "-----BEGIN ", end_mark[] = "-----END ", dashes[] = "-----";
enum { LINE_OCTETS = 48, LINE_CHARS = 64 };

static const uint8_t *find(struct slice text, struct slice what) {
    return text.len ? memmem(text.p, text.len, what.p, what.len) : NULL;
}

static void advance(struct pem_reader *r, const uint8_t *to) {
    for (; r->rest.p < to; r->rest = slice_of(r->rest.p + 1, r->rest.len - 1))
        r->line += *r->rest.p == '\n';
}

static void skip_space(struct pem_reader *r) {
    const uint8_t *p = r->rest.p, *end = p + r->rest.len;
    while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
        p++;
    advance(r, p);
}

bool pem_is(struct slice text) {
    return find(text, slice_str(begin)) != NULL;
}

/* The label between "-----BEGIN " and "-----", on one line. */
static bool read_label(struct slice text, struct slice *label) {
    const uint8_t *start = text.p + strlen(begin);
    struct slice rest = slice_of(start, text.len - strlen(begin));
    const uint8_t *close = find(rest, slice_str(dashes));
    if (!close || memchr(start, '\n', (size_t)(close - start)))
        return false;
    *label = slice_of(start, (size_t)(close - start));
    return true;
}

/* From behind the first line to the "-----END label-----", which `text` then includes. */
static bool read_body(const uint8_t *start, const uint8_t *end, struct pem_block *block) {
    const uint8_t *body = block->label.p + block->label.len + strlen(dashes);
    const uint8_t *mark = find(slice_of(body, (size_t)(end - body)), slice_str(end_mark));
    if (!mark)
        return false;
    const uint8_t *p = mark + strlen(end_mark);
    size_t need = block->label.len + strlen(dashes);
    if ((size_t)(end - p) < need || memcmp(p, block->label.p, block->label.len) != 0 ||
        memcmp(p + block->label.len, dashes, strlen(dashes)) != 0)
        return false;
    block->body = slice_of(body, (size_t)(mark - body));
    block->text = slice_of(start, (size_t)(p + need - start));
    return true;
}

bool pem_next(struct pem_reader *r, struct pem_block *block) {
    const uint8_t *start = r->bad ? NULL : find(r->rest, slice_str(begin));
    if (!start) {
        skip_space(r);
        r->bad = r->bad || r->rest.len > 0;
        return false;
    }
    advance(r, start);
    block->line = r->line;
    r->bad = !read_label(r->rest, &block->label) || !read_body(start, start + r->rest.len, block);
    if (!r->bad)
        advance(r, start + block->text.len);
    return !r->bad;
}

bool pem_has_label(const struct pem_block *block, const char *label) {
    return slice_equal(block->label, slice_str(label));
}

bool pem_decode(struct arena *a, const struct pem_block *block, struct slice *der) {
    const uint8_t *body = block->label.p + block->label.len + strlen(dashes);
    const uint8_t *end =
        block->text.p + block->text.len - block->label.len - strlen(end_mark) - strlen(dashes);
    uint8_t *out = arena_alloc(a, (size_t)(end - body) + 1);
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    int len = 0, last = 0;
    EVP_DecodeInit(context);
    bool good = EVP_DecodeUpdate(context, out, &len, block->body.p, (int)block->body.len) >= 0 &&
                EVP_DecodeFinal(context, out + len, &last) == 1;
    EVP_ENCODE_CTX_free(context);
    *der = slice_of(out, (size_t)len + (size_t)last);
    return good;
}

size_t pem_size(const char *label, size_t der_len) {
    size_t lines = (der_len + LINE_OCTETS - 1) / LINE_OCTETS;
    size_t frame = strlen(begin) + strlen(end_mark) + 2 * (strlen(label) + strlen(dashes) + 1);
    return frame + lines + (der_len + 2) / 3 * 4 + 1;
}

/* Into the caller's memory of pem_size octets, which may be wiped later: a growing buffer would leave copies.
 */
static char *put(char *out, const char *text) {
    return mempcpy(out, text, strlen(text));
}

static char *put_frame(char *out, const char *mark, const char *label) {
    return put(put(put(put(out, mark), label), dashes), "\n");
}

void pem_write(const char *label, struct slice der, char *out) {
    out = put_frame(out, begin, label);
    for (size_t at = 0; at < der.len; at += LINE_OCTETS) {
        size_t len = der.len - at < LINE_OCTETS ? der.len - at : LINE_OCTETS;
        out += EVP_EncodeBlock((unsigned char *)out, der.p + at, (int)len);
        *out++ = '\n';
    }
    *put_frame(out, end_mark, label) = 0;
}
