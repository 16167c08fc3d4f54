/* Paying on account: an administrator notes that the money has come, and that it has gone back. */
#include "base/clock.h"
#include "order/payment_ops.h"

const struct payment_ops pay_invoice = {.name = "invoice", .due_seconds = (int64_t)30 * DAY, .by_hand = true};
