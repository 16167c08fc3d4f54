/* The frames of PDF (ISO 32000-1, 7.5), PNG (RFC 2083) and JPEG (ITU-T T.81, annex B). */
#include "apply/letter_scan.h"

static bool begins_with(struct slice s, const char *bytes, size_t len) {
    return s.len >= len && memcmp(s.p, bytes, len) == 0;
}

static struct slice skip(struct slice s, size_t len) {
    return len <= s.len ? slice_of(s.p + len, s.len - len) : slice_of(s.p + s.len, 0);
}

static uint32_t big_endian(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* ---- PDF: a header, and the end mark in the last kilobyte, as every reader looks for it ---- */

static bool pdf_is_meant(struct slice s) {
    return begins_with(s, "%PDF-1.", 7) || begins_with(s, "%PDF-2.", 7);
}

static bool pdf_is_whole(struct slice s) {
    size_t from = s.len > 1024 ? s.len - 1024 : 0;
    return memmem(s.p + from, s.len - from, "%%EOF", 5) != NULL;
}

/* ---- PNG: chunks from IHDR to IEND, with picture data ---- */

static bool png_is_meant(struct slice s) {
    return begins_with(s, "\x89PNG\r\n\x1a\n", 8);
}

static bool png_header(struct slice chunk) {
    return begins_with(chunk, "\0\0\0\rIHDR", 8) && chunk.len >= 25 && big_endian(chunk.p + 8, 4) > 0 &&
           big_endian(chunk.p + 12, 4) > 0;
}

static bool png_is_whole(struct slice s) {
    enum { FRAME = 12 }; /* length, type, check sum */
    s = skip(s, 8);
    bool data = false;
    if (!png_header(s))
        return false;
    while (s.len >= FRAME) {
        size_t len = big_endian(s.p, 4);
        if (len > s.len - FRAME)
            return false;
        if (memcmp(s.p + 4, "IEND", 4) == 0)
            return data;
        data = data || memcmp(s.p + 4, "IDAT", 4) == 0;
        s = skip(s, len + FRAME);
    }
    return false;
}

/* ---- JPEG: segments up to the scan, among them a frame header; then an end mark ---- */

enum {
    JPEG_SOF0 = 0xc0,
    JPEG_DHT = 0xc4,
    JPEG_JPG = 0xc8,
    JPEG_DAC = 0xcc,
    JPEG_SOF15 = 0xcf,
    JPEG_SOS = 0xda
};

static bool jpeg_is_meant(struct slice s) {
    return begins_with(s, "\xff\xd8\xff", 3);
}

static bool jpeg_is_frame(uint8_t marker) {
    return marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT && marker != JPEG_JPG &&
           marker != JPEG_DAC;
}

/* Between the marks of a scan 0xff is always followed by a zero or a restart mark. */
static bool jpeg_is_whole(struct slice s) {
    bool frame = false;
    s = skip(s, 2);
    while (s.len >= 4 && s.p[0] == 0xff) {
        uint8_t marker = s.p[1];
        size_t len = big_endian(s.p + 2, 2);
        if (marker == 0xff) { /* filling */
            s = skip(s, 1);
            continue;
        }
        if (len < 2 || len > s.len - 2)
            return false;
        frame = frame || jpeg_is_frame(marker);
        s = skip(s, len + 2);
        if (marker == JPEG_SOS)
            return frame && memmem(s.p, s.len, "\xff\xd9", 2) != NULL;
    }
    return false;
}

static const struct {
    const char *media_type, *name;
    bool (*is_meant)(struct slice s);
    bool (*is_whole)(struct slice s);
} types[] = {
    {"application/pdf", "PDF", pdf_is_meant, pdf_is_whole},
    {"image/png", "PNG", png_is_meant, png_is_whole},
    {"image/jpeg", "JPEG", jpeg_is_meant, jpeg_is_whole},
};

bool letter_scan_type(struct slice content, const char **media_type, struct error *e) {
    if (content.len > LETTER_SCAN_MAX)
        return fail(e, ERR_BODY_TOO_LARGE, "the letter has %zu bytes; at most %d are taken",
                    "确认函有 %zu 字节;最多接受 %d 字节", content.len, LETTER_SCAN_MAX);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!types[i].is_meant(content))
            continue;
        *media_type = types[i].media_type;
        return types[i].is_whole(content) ||
               fail(e, ERR_BAD_LETTER, "the letter begins as %s, but is cut off or damaged",
                    "确认函以 %s 格式开头,但文件不完整或已损坏", types[i].name);
    }
    return fail(e, ERR_BAD_LETTER, "the letter is not PDF, PNG or JPEG", "确认函不是 PDF、PNG 或 JPEG 文件");
}
