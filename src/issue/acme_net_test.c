/* acme_net and accounts, against a CA that answers from a list. */
#include "issue/acme_account.h"
#include "issue/fixture.h"
int main(void) {
    (void)issue_now, (void)begin_at, (void)close_world, (void)open_world, (void)bought;
    return 0;
}
