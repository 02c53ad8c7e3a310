#include "tests/unit/suite.h"
#include "worker/role/role_plan.h"


START_TEST(they_are_renewed_well_before_they_end)
{
    ck_assert_int_eq(role_plan_renewal(6 * 3600, 0), 3600000);
    ck_assert_int_eq(role_plan_renewal(3600, 0), (3600 - 900) * 1000);
    ck_assert_int_eq(role_plan_renewal(1800, 0), 900000);
    ck_assert_int_eq(role_plan_renewal(900, 0), 450000);
    ck_assert_int_eq(role_plan_renewal(1, 0), ROLE_PLAN_LEAST);
    ck_assert_int_eq(role_plan_renewal(-5, 7), ROLE_PLAN_LEAST);
}
END_TEST


START_TEST(chance_brings_it_forward_by_a_tenth_at_most)
{
    ck_assert_int_eq(role_plan_renewal(1800, 90000), 810000);
    ck_assert_int_eq(role_plan_renewal(1800, 90001), 900000);
}
END_TEST


START_TEST(after_failures_it_is_tried_later_and_later)
{
    unsigned i;
    int64_t ms;
    static const int64_t most[] = {
        1000, 2000, 4000, 8000, 16000, 32000, 60000
    };

    for (i = 1; i < 100; i++) {
        ms = most[i <= COUNT(most) ? i - 1 : COUNT(most) - 1];
        ck_assert_int_eq(role_plan_retry(i, 0), ms);
        ck_assert_int_eq(role_plan_retry(i, (uint32_t) ms / 2), ms / 2);
    }
}
END_TEST


RUN("worker/role_plan", after_failures_it_is_tried_later_and_later,
    chance_brings_it_forward_by_a_tenth_at_most,
    they_are_renewed_well_before_they_end)
