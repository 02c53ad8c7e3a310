#include <string.h>
#include "tests/unit/suite.h"
#include "worker/ctl/email.h"


START_TEST(usual_addresses_are_valid)
{
    size_t i;
    static const char *const good[] = { "anna@example.org", "a+b@localhost",
                                        "änna@exämple.org" };

    for (i = 0; i < COUNT(good); i++) {
        ck_assert_msg(email_valid(good[i]), "%s was refused", good[i]);
    }
}
END_TEST


START_TEST(what_has_not_the_form_of_an_address_is_refused)
{
    size_t i;
    static const char *const bad[] = { "",       "anna",  "@b",    "a@",
                                       "a@b@c",  "a b@c", "a@.b",  "a@b.",
                                       "a@b..c", "<a@b>", "a@b\n", "a,b@c" };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(!email_valid(bad[i]), "\"%s\" was taken", bad[i]);
    }
}
END_TEST


START_TEST(an_address_has_at_most_64_and_254_bytes)
{
    char local[65 + 3] = "", whole[255 + 1] = "a@";

    memset(local, 'a', 65);
    strcpy(local + 65, "@b");
    ck_assert_int_eq(email_valid(local), 0);

    memset(whole + 2, 'b', 253);
    ck_assert_int_eq(email_valid(whole), 0);
}
END_TEST


RUN("worker/ctl/email", usual_addresses_are_valid,
    what_has_not_the_form_of_an_address_is_refused,
    an_address_has_at_most_64_and_254_bytes)
