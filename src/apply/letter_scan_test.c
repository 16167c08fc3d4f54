/* Uploaded letters: real pictures and documents are taken, what only looks like one is not. */
#include "apply/letter_scan.h"
#include "unit.h"

#define BYTES(literal)                                                                                       \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }

/* 1 x 1, grey. */
#define PNG_START "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
#define PNG_DATA  "\0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\2\0\1\x48\xaf\xa4\x71"
#define PNG_END   "\0\0\0\0IEND\xae\x42\x60\x82"

/* As a baseline JPEG is framed: JFIF, a table, the frame, the scan, the end. */
#define JPEG_START "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\0\4\0\1"
#define JPEG_FRAME "\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0"
#define JPEG_SCAN  "\xff\xda\0\x08\1\1\0\0\x3f\0\x12\xff\0\x34"
#define JPEG_END   "\xff\xd9"

#define PDF_START "%PDF-1.4\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>\nstartxref\n0\n"
#define PDF_END   "%%EOF\n"

static void pictures_and_documents_are_taken_by_their_content(void **state) {
    (void)state;
    static const struct {
        const char *type;
        struct slice content;
    } good[] = {
        {"application/pdf", BYTES(PDF_START PDF_END)},
        {"application/pdf", BYTES("%PDF-2.0\n" PDF_END)},
        {"image/png", BYTES(PNG_START PNG_DATA PNG_END)},
        {"image/png", BYTES(PNG_START PNG_DATA PNG_END "more")},
        {"image/jpeg", BYTES(JPEG_START JPEG_FRAME JPEG_SCAN JPEG_END)},
        {"image/jpeg", BYTES(JPEG_START "\xff\xff\xff" JPEG_FRAME JPEG_SCAN JPEG_END "a film")},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *type = NULL;
        struct error e = {0};
        assert_ok(letter_scan_type(good[i].content, &type, &e), e);
        assert_string_equal(type, good[i].type);
    }
}

static void everything_else_is_refused(void **state) {
    (void)state;
    static const struct slice bad[] = {
        {NULL, 0},
        BYTES("hello"),
        BYTES("<html>%PDF-1.4\n%%EOF"),
        BYTES("#!/bin/sh\n"),
        BYTES("PK\3\4"),
        BYTES("GIF89a\1\0\1\0"),
        BYTES("\x7f"
              "ELF"),
        BYTES("<?xml version=\"1.0\"?><svg/>"),
        BYTES("%PDF"),
        BYTES("%PDF-1.4\n"),
        BYTES("\xff\xd8\xff"),
        BYTES("\xff\xd8\xff\xd9"),
        BYTES(JPEG_START JPEG_SCAN JPEG_END),
        BYTES(JPEG_START JPEG_FRAME JPEG_SCAN),
        BYTES(JPEG_START "\xff\xc0\0\0" JPEG_SCAN JPEG_END),
        BYTES(JPEG_START "\xff\xc0\xff\xff" JPEG_SCAN JPEG_END),
        BYTES(JPEG_START "text"),
        BYTES("\x89PNG\r\n\x1a\n"),
        BYTES(PNG_START PNG_DATA),
        BYTES(PNG_START PNG_END),
        BYTES("\x89PNG\r\n\x1a\n" PNG_DATA PNG_END),
        BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55" PNG_DATA PNG_END),
        BYTES(PNG_START "\xff\xff\xff\xffIDAT" PNG_END),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *type = NULL;
        struct error e = {0};
        if (letter_scan_type(bad[i], &type, &e))
            print_error("taken: row %zu as %s\n", i, type);
        assert_int_equal(e.id, ERR_BAD_LETTER);
    }
}

/* Every beginning of a good file lacks its end; copied, so that reading past it is seen. */
static void what_is_cut_off_anywhere_is_refused(void **state) {
    (void)state;
    static const struct slice whole[] = {BYTES(PNG_START PNG_DATA PNG_END),
                                         BYTES(JPEG_START JPEG_FRAME JPEG_SCAN JPEG_END),
                                         BYTES(PDF_START "%%EOF")};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        for (size_t len = 0; len < whole[i].len; len++) {
            const char *type;
            struct error e = {0};
            uint8_t *copy = test_malloc(len ? len : 1);
            memcpy(copy, whole[i].p, len);
            assert_fails(letter_scan_type(slice_of(copy, len), &type, &e), e, ERR_BAD_LETTER);
            test_free(copy);
        }
}

static void ten_mebibytes_are_the_limit(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    uint8_t *content = arena_alloc(a, LETTER_SCAN_MAX + 1);
    const struct slice start = BYTES(PDF_START), end = BYTES(PDF_END);
    memcpy(content, start.p, start.len);
    memcpy(content + LETTER_SCAN_MAX - end.len, end.p, end.len);
    const char *type;
    struct error e = {0};
    assert_ok(letter_scan_type(slice_of(content, LETTER_SCAN_MAX), &type, &e), e);
    assert_fails(letter_scan_type(slice_of(content, LETTER_SCAN_MAX + 1), &type, &e), e, ERR_BODY_TOO_LARGE);
}

TEST_MAIN(letter_scan, test(pictures_and_documents_are_taken_by_their_content),
          test(everything_else_is_refused), test(what_is_cut_off_anywhere_is_refused),
          test(ten_mebibytes_are_the_limit))
