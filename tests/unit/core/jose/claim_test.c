#include <jansson.h>
#include "core/jose/claim.h"
#include "tests/unit/suite.h"


static int
read_time(const char *value, int64_t *t)
{
    char text[64];
    json_t *claims;
    int rc;

    snprintf(text, sizeof(text), "{\"t\":%s}", value);
    claims = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(claims);
    rc = claim_time(claims, "t", t);
    json_decref(claims);

    return rc;
}


START_TEST(a_time_is_a_number_of_seconds)
{
    int64_t t;

    ck_assert_int_eq(read_time("1300819380", &t), 1);
    ck_assert_int_eq(t, 1300819380);
    ck_assert_int_eq(read_time("-1", &t), 1);
    ck_assert_int_eq(t, -1);
}
END_TEST


START_TEST(a_fraction_is_dropped_towards_the_past)
{
    int64_t t;

    ck_assert_int_eq(read_time("1300819380.9", &t), 1);
    ck_assert_int_eq(t, 1300819380);
    ck_assert_int_eq(read_time("-0.5", &t), 1);
    ck_assert_int_eq(t, -1);
    ck_assert_int_eq(read_time("1.5e9", &t), 1);
    ck_assert_int_eq(t, 1500000000);
}
END_TEST


START_TEST(a_time_beyond_2_to_the_53_is_none)
{
    int64_t t;

    ck_assert_int_eq(read_time("9007199254740992", &t), 1);
    ck_assert_int_eq(read_time("9007199254740993", &t), -1);
    ck_assert_int_eq(read_time("-9007199254740993", &t), -1);
    ck_assert_int_eq(read_time("1e300", &t), -1);
    ck_assert_int_eq(read_time("-1e300", &t), -1);
}
END_TEST


START_TEST(what_is_no_number_is_no_time)
{
    static const char *const values[] = { "\"1300819380\"", "null", "true",
                                          "[1]", "{}" };
    int64_t t;
    size_t i;

    for (i = 0; i < COUNT(values); i++) {
        ck_assert_int_eq(read_time(values[i], &t), -1);
    }
}
END_TEST


START_TEST(a_time_that_is_missing_is_left_alone)
{
    json_t *claims = json_object();
    int64_t t = 42;

    ck_assert_int_eq(claim_time(claims, "t", &t), 0);
    ck_assert_int_eq(t, 42);
    json_decref(claims);
}
END_TEST


START_TEST(a_text_is_compared_whole)
{
    json_t *text = json_string("HS256"), *number = json_integer(256);

    ck_assert_int_eq(claim_is(text, "HS256"), 1);
    ck_assert_int_eq(claim_is(text, "HS25"), 0);
    ck_assert_int_eq(claim_is(text, "HS2567"), 0);
    ck_assert_int_eq(claim_is(text, "hs256"), 0);
    ck_assert_int_eq(claim_is(number, "256"), 0);
    ck_assert_int_eq(claim_is(NULL, ""), 0);
    json_decref(number);
    json_decref(text);
}
END_TEST


RUN("core/claim", a_time_is_a_number_of_seconds,
    a_fraction_is_dropped_towards_the_past, a_time_beyond_2_to_the_53_is_none,
    what_is_no_number_is_no_time, a_time_that_is_missing_is_left_alone,
    a_text_is_compared_whole)
