/* Verbs about payments and refunds: what came and went, and what an administrator says of it. */
#include "order/refund.h"
#include "tenure/verb.h"

enum {
    KEY_LIMIT = 'l',
    KEY_REFERENCE = 'r',
    KEY_CURSOR = 690,
};

static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static const struct option_row reference_options[] = {
    {"reference", KEY_REFERENCE, "TEXT", TEXT("what the money is called outside", "外部凭据")},
    {0},
};

static const char *path_of(struct cli *cli, const char *before, const char *behind) {
    return arena_printf(cli->arena, "%s/%s%s", before, url_encode(cli->arena, cli->args[0]), behind);
}

static int list(struct cli *cli, const char *path, void (*print)(struct cli *cli, const json_t *answer)) {
    static const struct cli_parameter page[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "%s%s", path, cli_query(cli, page)), NULL, print);
}

static json_t *reference_body(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_REFERENCE, "reference"}, {0}};
    return cli_body(cli, members);
}

/* ---- payments ---- */

static void print_payments(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), payment_fields);
}

static void print_payment(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, payment_fields);
}

static int payment_list_verb(struct cli *cli) {
    return list(cli, "/v1/payments", print_payments);
}

static int payment_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/payments", ""), NULL, print_payment);
}

static int payment_confirm_verb(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/payments", "/confirm"), reference_body(cli),
                       print_payment);
}

/* ---- refunds ---- */

static void print_refunds(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), refund_fields);
}

static void print_refund(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, refund_fields);
}

static int order_refund_verb(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/certificates", "/refund"), NULL, print_refund);
}

static int refund_list_verb(struct cli *cli) {
    return list(cli, "/v1/refunds", print_refunds);
}

static int refund_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/refunds", ""), NULL, print_refund);
}

static int refund_done(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/refunds", "/done"), reference_body(cli), print_refund);
}

const struct verb payment_verbs[] = {
    {"payment list", TEXT("payments, newest first", "支付记录,最新的在前"), TEXT("", ""), 0, 0, page_options,
     payment_list_verb},
    {"payment show", TEXT("one payment", "查看支付记录"), TEXT("PAYMENT", "支付ID"), 1, 1, NULL,
     payment_show},
    {"payment confirm", TEXT("note that the money of an invoice has come", "确认发票款项已到账"),
     TEXT("PAYMENT", "支付ID"), 1, 1, reference_options, payment_confirm_verb},
    {"order refund", TEXT("give back what was paid for a certificate", "退还为证书支付的款项与额度"),
     TEXT("CERTIFICATE", "证书ID"), 1, 1, NULL, order_refund_verb},
    {"refund list", TEXT("refunds, newest first", "退款记录,最新的在前"), TEXT("", ""), 0, 0, page_options,
     refund_list_verb},
    {"refund show", TEXT("one refund", "查看退款记录"), TEXT("REFUND", "退款ID"), 1, 1, NULL, refund_show},
    {"refund done", TEXT("note that the money of an invoice has gone back", "确认发票款项已退回"),
     TEXT("REFUND", "退款ID"), 1, 1, reference_options, refund_done},
    {0},
};
