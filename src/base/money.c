/* Amounts of money. */
#include "base/money.h"
#include <inttypes.h>
#include <stdlib.h>

enum { CURRENCY_LEN = 3 };

/* ISO 4217: the currencies whose minor unit is not a hundredth. */
static const struct {
    const char *currencies;
    int decimals;
} odd[] = {
    {"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0},
    {"BHD IQD JOD KWD LYD OMR TND", 3},
};

static int decimals_of(const char *currency) {
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (strstr(odd[i].currencies, currency))
            return odd[i].decimals;
    return 2;
}

bool currency_valid(const char *currency) {
    return strlen(currency) == CURRENCY_LEN && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CURRENCY_LEN;
}

bool money_check(const struct money *money, struct error *e) {
    const char *currency = money->currency ? money->currency : "";
    if (!currency_valid(currency))
        return fail_field(e, "currency", ERR_BAD_FIELD, "'%s' is not a currency such as CNY",
                          "“%s”不是货币代码,例如 CNY", currency);
    if (money->amount > MONEY_MAX || money->amount < -MONEY_MAX)
        return fail_field(e, "amount", ERR_BAD_FIELD, "an amount is at most %" PRId64 " minor units",
                          "金额最多为 %" PRId64 " 个最小货币单位", MONEY_MAX);
    return true;
}

const char *money_text(struct arena *a, const struct money *money) {
    int decimals = decimals_of(money->currency);
    const char *sign = money->amount < 0 ? "-" : "";
    const char *digits = arena_printf(a, "%0*lld", decimals + 1, llabs(money->amount));
    int whole = (int)strlen(digits) - decimals;
    return arena_printf(a, "%s%.*s%s%s %s", sign, whole, digits, decimals ? "." : "", digits + whole,
                        money->currency);
}
