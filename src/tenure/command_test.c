/* What a terminal is given of texts from outside. */
#include "tenure/command.h"
#include "unit.h"

static void a_terminal_is_never_given_orders(void **state) {
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"shop.example.com", "shop.example.com"},
        {"证书 – ü 😀", "证书 – ü 😀"},
        {"\033[31mred\033[0m", "?[31mred?[0m"},
        {"one\ntwo\tthree\r", "one two three?"},
        {"\xc2\x9b"
         "31mred",
         "?31mred"},
        {"\xe2\x80\xae"
         "moc.elpmaxe\xe2\x80\xac",
         "?moc.elpmaxe?"},
        {"\xe2\x81\xa6"
         "a\xe2\x81\xa9\x7f",
         "?a??"},
        {"\xc2\xa0\xe2\x80\xa6", "\xc2\xa0\xe2\x80\xa6"}, /* neighbours of what is taken out */
        {"\xe2", "\xe2"},                                 /* cut in two */
        {"", ""},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(printable(a, cases[i].text), cases[i].shown);
}

TEST_MAIN(command, test(a_terminal_is_never_given_orders))
