/* Letters over HTTP. */
#include "apply/letter.h"
#include "audit/audit.h"
#include "pki/digest.h"

struct letter_query {
    const char *side;
};

static const struct field letter_query[] = {
    FIELD(TEXT, letter_query, side, 0, "made (default) or uploaded", "made(默认)或 uploaded"),
    FIELD_END,
};

static const struct {
    const char *media_type, *ending;
} endings[] = {{"application/pdf", "pdf"}, {"image/png", "png"}, {"image/jpeg", "jpg"}};

static const char *file_name(struct arena *a, const struct letter_document *letter) {
    const char *ending = "bin";
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcmp(endings[i].media_type, letter->media_type) == 0)
            ending = endings[i].ending;
    return arena_printf(a, "letter-%s.%s", letter->application_id, ending);
}

static bool read_side(struct request *rq, const char **side, struct error *e) {
    const char *given = rq->query(rq, "side");
    *side = given && *given ? given : LETTER_MADE;
    return strcmp(*side, LETTER_MADE) == 0 || strcmp(*side, LETTER_UPLOADED) == 0 ||
           fail_field(e, "side", ERR_BAD_FIELD, "'%s' is neither made nor uploaded",
                      "“%s”不是 made 或 uploaded", *side);
}

static bool get(struct request *rq, struct error *e) {
    struct application application;
    struct letter_document letter;
    const char *side;
    if (!read_side(rq, &side, e) ||
        !application_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &application, e) ||
        !letter_find(rq->db, rq->arena, &application, side, &letter, e))
        return false;
    if (!letter.id)
        return fail(e, ERR_NOT_FOUND, "application %s has no such letter: none is needed, or not yet there",
                    "申请 %s 没有该确认函:无需确认函,或尚未生成、上传", application.id);
    rq->content_type = letter.media_type;
    rq->file_name = file_name(rq->arena, &letter);
    return letter_content(rq->db, rq->arena, &letter, &rq->raw, e);
}

/* The type and the digest of so much take their time. */
static bool prepare(struct request *rq, struct error *e) {
    struct letter_scan *scan = rq->prepared = ARENA_NEW(rq->arena, struct letter_scan);
    char digest[SHA256_HEX_SIZE];
    if (!letter_scan_type(rq->body, &scan->media_type, e))
        return false;
    digest_sha256_hex(rq->body, digest);
    scan->sha256 = arena_strdup(rq->arena, digest);
    scan->content = rq->body;
    scan->by = rq->caller.user_id;
    return true;
}

static bool upload(struct request *rq, struct error *e) {
    struct review r;
    struct letter_document letter;
    if (!review_get(rq->services, rq->arena, rq->caller.account_id, rq->path_args[0], &r, e) ||
        !letter_upload(rq->services, rq->arena, &r, rq->prepared, rq->now, &letter, e))
        return false;
    rq->status = 201;
    rq->reply = json_from_row(rq->arena, letter_fields, &letter);
    return audit_change(rq, "letter.upload", r.application.id, NULL, rq->reply, e);
}

const struct route letter_routes[] = {
    {.method = "GET",
     .path = "/v1/applications/{id}/letter",
     .access = ACCESS_READ,
     .flags = ROUTE_RAW,
     .handle = get,
     .query = letter_query,
     .summary =
         TEXT("The confirmation letter of an application, as a PDF to be signed, or as it was uploaded",
              "申请的确认函:待签字盖章的 PDF,或已上传的扫描件")},
    {.method = "POST",
     .path = "/v1/applications/{id}/letter",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES | ROUTE_TEXT_BODY,
     .prepare = prepare,
     .handle = upload,
     .answer = letter_fields,
     .body_max = LETTER_SCAN_MAX,
     .summary = TEXT("Uploads the signed letter: a PDF, PNG or JPEG, told by its content",
                     "上传签字盖章的确认函:PDF、PNG 或 JPEG,按内容判断类型")},
    {.method = NULL},
};
