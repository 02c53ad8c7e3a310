#include "core/base/ip.h"
#include "tests/unit/suite.h"


START_TEST(an_address_is_no_name)
{
    static const char *const names[] = { "",          "db.example", "127.1",
                                         "10.0.0.1:", "[::1]",      "/run" };
    size_t i;

    ck_assert_int_eq(ip_is_address("127.0.0.1"), 1);
    ck_assert_int_eq(ip_is_address("::1"), 1);

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(!ip_is_address(names[i]), "%s", names[i]);
    }
}
END_TEST


RUN("core/ip", an_address_is_no_name)
