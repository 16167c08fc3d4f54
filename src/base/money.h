/* Amounts of money: whole minor units (cents, fen; yen have none) of one currency. */
#pragma once
#include "base/error.h"

/* The largest amount, both ways: exact in the numbers of every JSON reader. */
#define MONEY_MAX INT64_C(9007199254740991)

struct money {
    int64_t amount;
    const char *currency; /* ISO 4217: "CNY"; NULL: no amount at all */
};

/* Three capital letters. */
bool currency_valid(const char *currency);
/* The currency is three capital letters, the amount within MONEY_MAX; ERR_BAD_FIELD naming "currency" or
 * "amount". */
bool money_check(const struct money *money, struct error *e);
/* "12.34 CNY", with as many decimals as the currency has. */
const char *money_text(struct arena *a, const struct money *money);
