#include <string.h>
#include "core/grant/scope.h"
#include "tests/unit/suite.h"


START_TEST(each_has_a_name_and_a_bit_of_its_own)
{
    int bit, count = 0;
    const char *name;

    for (bit = 0; bit < 32; bit++) {
        name = scope_name(1u << bit);

        if (name != NULL) {
            ck_assert_uint_eq(scope_from_name(name, strlen(name)), 1u << bit);
            count++;
        }
    }

    ck_assert_int_eq(count, 6);
}
END_TEST


START_TEST(what_is_none_has_none)
{
    size_t i;
    static const char *const names[] = { "",           "media",
                                         "media:",     "media:reads",
                                         "MEDIA:READ", "media:read " };

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_uint_eq(scope_from_name(names[i], strlen(names[i])), 0);
    }

    ck_assert_uint_eq(scope_from_name("media:read", 9), 0);
    ck_assert_ptr_null(scope_name(SCOPE_NONE));
    ck_assert_ptr_null(scope_name(SCOPE_ANY));
    ck_assert_ptr_null(scope_name(SCOPE_MEDIA_READ | SCOPE_MEDIA_WRITE));
}
END_TEST


RUN("core/scope", each_has_a_name_and_a_bit_of_its_own, what_is_none_has_none)
