/* Kind `manual`: a person adds the record, and takes it away again. */
#include "solve/solve.h"

const struct solver_ops solve_manual = {
    .kind = "manual",
    .title = TEXT("A TXT record that a person adds", "由人工添加 TXT 记录"),
    .types = 1u << CHALLENGE_DNS_01,
    .by_person = true,
};
