/* Reviews over HTTP: what waits, what was noted, the verdict. */
#include "apply/confirmation.h"
#include "apply/letter.h"
#include "audit/audit.h"
#include "http/list.h"

enum { TEXT_MAX = 2000 };

/* ---- what waits ---- */

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct application *items;
    size_t found;
    if (!list_page_by_id(rq, "app", &page, e))
        return false;
    const struct review_range range = {rq->caller.account_id, page.cursor, page.limit + 1};
    if (!review_list(rq->db, rq->arena, &range, &items, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, application_fields, sizeof *items, items, count,
               found > count ? items[count - 1].id : NULL);
    return true;
}

static void add_object(struct request *rq, const char *name, const char *text) {
    json_t *object = text ? json_loads(text, 0, NULL) : NULL;
    json_object_set_new(rq->reply, name, object ? object : json_null());
}

static json_t *rows(struct arena *a, const struct field *fields, const void *items, size_t size,
                    size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_from_row(a, fields, (const char *)items + i * size));
    return array;
}

static bool add_notes(struct request *rq, const struct application *p, struct error *e) {
    struct review_note *notes;
    struct confirmation *links;
    size_t note_count, link_count;
    if (!review_note_list(rq->db, rq->arena, p->id, &notes, &note_count, e) ||
        !confirmation_list(rq->db, rq->arena, p->id, &links, &link_count, e))
        return false;
    json_object_set_new(rq->reply, "notes",
                        rows(rq->arena, review_note_fields, notes, sizeof *notes, note_count));
    json_object_set_new(rq->reply, "confirmations",
                        rows(rq->arena, confirmation_fields, links, sizeof *links, link_count));
    return true;
}

static bool add_letter(struct request *rq, const struct application *p, const char *side, struct error *e) {
    struct letter_document letter;
    if (!letter_find(rq->db, rq->arena, p, side, &letter, e))
        return false;
    json_object_set_new(json_object_get(rq->reply, "letters"), side,
                        letter.id ? json_from_row(rq->arena, letter_fields, &letter) : json_null());
    return true;
}

static bool reply_review(struct request *rq, const struct review *r, struct error *e) {
    const struct application *p = &r->application;
    rq->reply = json_from_row(rq->arena, application_fields, p);
    json_object_set_new(rq->reply, "certificate",
                        certificate_json(rq->arena, &r->certificate, rq->now, rq->lang));
    json_object_set_new(rq->reply, "letters", json_object());
    add_object(rq, "contact", p->contact);
    add_object(rq, "organization", p->organization);
    return add_letter(rq, p, LETTER_MADE, e) && add_letter(rq, p, LETTER_UPLOADED, e) && add_notes(rq, p, e);
}

static bool of_path(struct request *rq, struct review *r, struct error *e) {
    return review_get(rq->services, rq->arena, rq->caller.account_id, rq->path_args[0], r, e);
}

static bool show(struct request *rq, struct error *e) {
    struct review r;
    return of_path(rq, &r, e) && reply_review(rq, &r, e);
}

/* ---- notes ---- */

static const char *const steps[] = {"telephone", "email", "organization", "letter", "domain", NULL};
static const char *const results[] = {"passed", "failed", "not_reached", NULL};

static const struct field note_body[] = {
    FIELD(TEXT, review_note, step, FIELD_REQUIRED, "telephone, email, organization, letter or domain",
          "telephone(电话)、email(邮件)、organization(组织)、letter(确认函)或 domain(域名)"),
    FIELD(TEXT, review_note, result, FIELD_REQUIRED, "passed, failed or not_reached",
          "passed(通过)、failed(未通过)或 not_reached(未接通)"),
    FIELD(TEXT, review_note, note, 0, "What was found", "核实情况"),
    FIELD_END,
};

static bool check_word(const char *const *words, const char *field, const char *word, struct error *e) {
    for (; *words; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return fail_field(e, field, ERR_BAD_FIELD, "'%s' is not possible here", "“%s”不是可选的值", word);
}

static bool check_text(const char *field, const char *text, struct error *e) {
    return !text || strlen(text) <= TEXT_MAX ||
           fail_field(e, field, ERR_BAD_FIELD, "it has more than %d bytes", "不能超过 %d 字节", TEXT_MAX);
}

static bool check_open(struct request *rq, const struct review *r, struct error *e) {
    bool open = !r->application.closed_at && !r->application.reviewed_at && r->application.review_at;
    return open ||
           fail_state(e, state_row(certificate_state(&r->certificate, rq->now))->name, ERR_NOT_IN_REVIEW,
                      "application %s waits for no reviewer", "申请 %s 无需审核员审核", r->application.id);
}

static bool add_note(struct request *rq, struct error *e) {
    struct review r;
    struct review_note note = {.actor = rq->caller.user_id, .at = rq->now};
    if (!json_to_row(rq->arena, rq->json, note_body, &note, e) || !of_path(rq, &r, e) ||
        !check_word(steps, "step", note.step, e) || !check_word(results, "result", note.result, e) ||
        !check_text("note", note.note, e) || !check_open(rq, &r, e))
        return false;
    note.account_id = r.application.account_id;
    note.application_id = r.application.id;
    if (!review_note_insert(rq->db, rq->arena, &note, e))
        return false;
    rq->status = 201;
    rq->reply = json_from_row(rq->arena, review_note_fields, &note);
    return audit_change(rq, "application.note", r.application.id, NULL, rq->reply, e);
}

/* ---- the verdict ---- */

static bool reply_decided(struct request *rq, const char *action, const struct review *r, struct error *e) {
    struct application after;
    if (!application_get(rq->db, rq->arena, r->application.account_id, r->application.id, &after, e))
        return false;
    rq->reply = json_from_row(rq->arena, application_fields, &after);
    return audit_change(rq, action, after.id, NULL, rq->reply, e);
}

static bool approve(struct request *rq, struct error *e) {
    struct review r;
    const struct review_verdict verdict = {.by = rq->caller.user_id};
    return of_path(rq, &r, e) && review_approve(rq->services, rq->arena, &r, &verdict, rq->now, e) &&
           reply_decided(rq, "application.approve", &r, e);
}

static const struct field reject_body[] = {
    FIELD(
        TEXT, review_verdict, reason, FIELD_REQUIRED,
        "organisation_data, letter_refused, contact_not_reached, domain_security_review, validation_failed, "
        "rejected_caa, rejected_csr or ca_limit",
        "原因:organisation_data、letter_refused、contact_not_reached、domain_security_review、"
        "validation_failed、rejected_caa、rejected_csr 或 ca_limit"),
    FIELD(TEXT, review_verdict, text, 0, "What the applicant must correct", "需要申请人更正的内容"),
    FIELD_END,
};

static bool reject(struct request *rq, struct error *e) {
    struct review r;
    struct review_verdict verdict = {.by = rq->caller.user_id};
    return json_to_row(rq->arena, rq->json, reject_body, &verdict, e) &&
           check_text("text", verdict.text, e) && of_path(rq, &r, e) &&
           review_reject(rq->services, rq->arena, &r, &verdict, rq->now, e) &&
           reply_decided(rq, "application.reject", &r, e);
}

static bool remind(struct request *rq, struct error *e) {
    struct review r;
    if (!of_path(rq, &r, e) || !review_remind(rq->services, rq->arena, &r, rq->now, e))
        return false;
    rq->status = 202;
    rq->reply = certificate_json(rq->arena, &r.certificate, rq->now, rq->lang);
    return audit_change(rq, "application.remind", r.application.id, NULL, rq->reply, e);
}

const struct route review_routes[] = {
    {.method = "GET",
     .path = "/v1/reviews",
     .access = ACCESS_REVIEW,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = application_fields,
     .summary = TEXT("Applications that wait for a reviewer, the oldest first", "等待审核的申请,最早的在前")},
    {.method = "GET",
     .path = "/v1/reviews/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = application_fields,
     .summary =
         TEXT("An application with all that its review is about: contact, organisation, letters, notes, "
              "confirmations",
              "申请的审核详情:联系人、组织、确认函、核实记录和确认链接")},
    {.method = "POST",
     .path = "/v1/applications/{id}/notes",
     .access = ACCESS_REVIEW,
     .flags = ROUTE_WRITES,
     .handle = add_note,
     .body = note_body,
     .answer = review_note_fields,
     .summary = TEXT("Notes what a reviewer has checked", "记录审核员的核实结果")},
    {.method = "POST",
     .path = "/v1/applications/{id}/approve",
     .access = ACCESS_REVIEW,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = approve,
     .answer = application_fields,
     .summary = TEXT("Approves an application; its telephone and e-mail checks must be noted",
                     "审核通过;须已记录电话与邮件核实")},
    {.method = "POST",
     .path = "/v1/applications/{id}/reject",
     .access = ACCESS_REVIEW,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = reject,
     .body = reject_body,
     .answer = application_fields,
     .summary = TEXT("Rejects an application, which can be corrected and submitted again",
                     "审核驳回;申请人更正后可重新提交")},
    {.method = "POST",
     .path = "/v1/applications/{id}/remind",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = remind,
     .answer = certificate_fields,
     .summary =
         TEXT("Reminds the reviewers of an application, once in 24 hours", "催办审核员,24 小时内一次")},
    {.method = NULL},
};
