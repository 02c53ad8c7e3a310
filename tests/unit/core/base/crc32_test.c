#include "core/base/crc32.h"
#include "tests/unit/suite.h"


START_TEST(the_check_value_is_that_of_the_catalogue)
{
    ck_assert_uint_eq(crc32_update(0, "123456789", 9), 0xcbf43926);
}
END_TEST


START_TEST(nothing_sums_to_nothing)
{
    ck_assert_uint_eq(crc32_update(0, "", 0), 0);
}
END_TEST


START_TEST(a_sum_goes_on)
{
    ck_assert_uint_eq(crc32_update(crc32_update(0, "1234", 4), "56789", 5),
                      0xcbf43926);
}
END_TEST


RUN("core/crc32", the_check_value_is_that_of_the_catalogue,
    nothing_sums_to_nothing, a_sum_goes_on)
