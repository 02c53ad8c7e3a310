#include <stdio.h>
#include "tests/unit/suite.h"
#include "worker/issuer/issuer_plan.h"

#define EVERY 3600      /* s */
#define TENTH 360000    /* ms */
#define NOW 1000000     /* ms; any moment */
#define NO_JITTER TENTH /* the middle of what chance may give */
#define JITTERS (2 * TENTH + 1)

static issuer_plan_t plan;


static void
fresh(int64_t age)
{
    issuer_plan_init(&plan, EVERY, age, NOW, NO_JITTER);
}


static void
fetch(int ok, int64_t now)
{
    issuer_plan_begin(&plan, now);
    issuer_plan_end(&plan, ok, now, NO_JITTER);
}


/* A fetch for `kid`, which it does not bring. */
static void
fetch_in_vain(const char *kid, int64_t now)
{
    issuer_plan_ask(&plan, kid, now);
    issuer_plan_begin(&plan, now);
    issuer_plan_settle(&plan, kid, 0, now);
    issuer_plan_end(&plan, 1, now, NO_JITTER);
}


START_TEST(without_keys_a_fetch_is_due_at_once)
{
    fresh(-1);
    ck_assert_int_eq(plan.due, NOW);
}
END_TEST


START_TEST(with_keys_that_are_too_old_a_fetch_is_due_at_once)
{
    fresh(EVERY);
    ck_assert_int_eq(plan.due, NOW);
}
END_TEST


START_TEST(with_fresh_keys_the_rest_of_their_time_is_waited)
{
    fresh(600);
    ck_assert_int_eq(plan.due, NOW + (EVERY - 600) * 1000);
}
END_TEST


START_TEST(a_fetch_is_followed_by_one_within_a_tenth_of_its_time)
{
    fresh(-1);

    issuer_plan_end(&plan, 1, NOW, 0);
    ck_assert_int_eq(plan.due, NOW + EVERY * 1000 - TENTH);
    issuer_plan_end(&plan, 1, NOW, JITTERS - 1);
    ck_assert_int_eq(plan.due, NOW + EVERY * 1000 + TENTH);
}
END_TEST


START_TEST(failures_are_tried_again_ever_later_up_to_the_schedule)
{
    int i;
    int64_t delay = 5000;

    fresh(-1);

    for (i = 0; i < 40; i++) {
        fetch(0, NOW);
        ck_assert_int_eq(plan.due,
                         NOW + (delay < EVERY * 1000 ? delay : EVERY * 1000));
        delay = delay < EVERY * 1000 ? delay * 2 : delay;
    }
}
END_TEST


START_TEST(a_success_ends_a_row_of_failures)
{
    fresh(-1);
    fetch(0, NOW);
    fetch(0, NOW);
    fetch(1, NOW);
    fetch(0, NOW);
    ck_assert_int_eq(plan.due, NOW + 5000);
}
END_TEST


START_TEST(an_unknown_kid_makes_a_fetch_due_at_once)
{
    fresh(0);
    ck_assert_int_eq(issuer_plan_ask(&plan, "a", NOW), ISSUER_PLAN_SOON);
    ck_assert_int_eq(plan.due, NOW);
}
END_TEST


START_TEST(a_fetch_on_schedule_does_not_delay_one_for_a_kid)
{
    fresh(-1);
    fetch(1, NOW);
    issuer_plan_ask(&plan, "a", NOW + 1);
    ck_assert_int_eq(plan.due, NOW + 1);
}
END_TEST


START_TEST(a_second_unknown_kid_waits_until_30_seconds_are_over)
{
    fresh(0);
    fetch_in_vain("a", NOW);

    ck_assert_int_eq(issuer_plan_ask(&plan, "b", NOW + 1), ISSUER_PLAN_LATER);
    ck_assert_int_eq(plan.due, NOW + ISSUER_PLAN_PAUSE);
}
END_TEST


START_TEST(when_30_seconds_are_over_a_kid_is_looked_for_at_once)
{
    fresh(0);
    fetch_in_vain("a", NOW);
    issuer_plan_ask(&plan, "b", NOW + ISSUER_PLAN_PAUSE);
    ck_assert_int_eq(plan.due, NOW + ISSUER_PLAN_PAUSE);
}
END_TEST


START_TEST(a_kid_that_was_looked_for_in_vain_brings_nothing_forward)
{
    int64_t due;

    fresh(0);
    fetch_in_vain("a", NOW);
    due = plan.due;

    ck_assert_int_eq(issuer_plan_ask(&plan, "a", NOW + ISSUER_PLAN_ABSENT - 1),
                     ISSUER_PLAN_IGNORED);
    ck_assert_int_eq(plan.due, due);
}
END_TEST


START_TEST(after_5_minutes_it_is_looked_for_again)
{
    fresh(0);
    fetch_in_vain("a", NOW);
    ck_assert_int_eq(issuer_plan_ask(&plan, "a", NOW + ISSUER_PLAN_ABSENT),
                     ISSUER_PLAN_SOON);
}
END_TEST


START_TEST(a_kid_brings_a_new_try_forward_while_the_issuer_fails)
{
    int i;

    fresh(0);
    for (i = 0; i < 10; i++) {
        fetch(0, NOW);
    }

    issuer_plan_ask(&plan, "a", NOW + 1);
    ck_assert_int_eq(plan.due, NOW + 1);
}
END_TEST


START_TEST(the_kid_that_is_asked_for_longest_comes_first)
{
    fresh(0);
    issuer_plan_ask(&plan, "a", NOW);
    issuer_plan_ask(&plan, "b", NOW + 1);

    ck_assert_str_eq(issuer_plan_asked(&plan, NOW + 2), "a");
    issuer_plan_settle(&plan, "a", 1, NOW + 2);
    ck_assert_str_eq(issuer_plan_asked(&plan, NOW + 2), "b");
    issuer_plan_settle(&plan, "b", 1, NOW + 2);
    ck_assert_ptr_null(issuer_plan_asked(&plan, NOW + 2));
}
END_TEST


START_TEST(more_kids_than_are_remembered_do_no_harm)
{
    char kid[16];
    int i, found = 0;

    fresh(0);
    for (i = 0; i < 3 * ISSUER_PLAN_KIDS; i++) {
        snprintf(kid, sizeof(kid), "kid-%d", i);
        issuer_plan_ask(&plan, kid, NOW + i);
    }

    while (issuer_plan_asked(&plan, NOW + i) != NULL) {
        snprintf(kid, sizeof(kid), "%s", issuer_plan_asked(&plan, NOW + i));
        issuer_plan_settle(&plan, kid, 0, NOW + i);
        found++;
    }
    ck_assert_int_eq(found, ISSUER_PLAN_KIDS);
    ck_assert_str_eq(kid, "kid-191");
}
END_TEST


START_TEST(a_load_balancer_is_asked_only_for_kids)
{
    issuer_plan_init(&plan, 0, -1, NOW, 0);
    ck_assert_int_eq(plan.due, ISSUER_PLAN_NEVER);

    fetch_in_vain("a", NOW);
    ck_assert_int_eq(plan.due, ISSUER_PLAN_NEVER);
}
END_TEST


START_TEST(a_load_balancer_that_fails_is_tried_again_while_a_kid_waits)
{
    issuer_plan_init(&plan, 0, -1, NOW, 0);
    issuer_plan_ask(&plan, "a", NOW);
    fetch(0, NOW);
    ck_assert_int_eq(plan.due, NOW + 5000);

    fetch(0, NOW + ISSUER_PLAN_ABSENT);
    ck_assert_int_eq(plan.due, ISSUER_PLAN_NEVER);
}
END_TEST


START_TEST(what_there_was_no_time_for_comes_after_the_pause)
{
    issuer_plan_init(&plan, 0, -1, NOW, 0);
    issuer_plan_ask(&plan, "a", NOW);
    issuer_plan_ask(&plan, "b", NOW);

    issuer_plan_begin(&plan, NOW);
    issuer_plan_settle(&plan, "a", 1, NOW);
    issuer_plan_end(&plan, 1, NOW, 0);
    ck_assert_int_eq(plan.due, NOW + ISSUER_PLAN_PAUSE);
}
END_TEST


RUN("worker/issuer_plan", without_keys_a_fetch_is_due_at_once,
    with_keys_that_are_too_old_a_fetch_is_due_at_once,
    with_fresh_keys_the_rest_of_their_time_is_waited,
    a_fetch_is_followed_by_one_within_a_tenth_of_its_time,
    failures_are_tried_again_ever_later_up_to_the_schedule,
    a_success_ends_a_row_of_failures, an_unknown_kid_makes_a_fetch_due_at_once,
    a_fetch_on_schedule_does_not_delay_one_for_a_kid,
    a_second_unknown_kid_waits_until_30_seconds_are_over,
    when_30_seconds_are_over_a_kid_is_looked_for_at_once,
    a_kid_that_was_looked_for_in_vain_brings_nothing_forward,
    after_5_minutes_it_is_looked_for_again,
    a_kid_brings_a_new_try_forward_while_the_issuer_fails,
    the_kid_that_is_asked_for_longest_comes_first,
    more_kids_than_are_remembered_do_no_harm,
    a_load_balancer_is_asked_only_for_kids,
    a_load_balancer_that_fails_is_tried_again_while_a_kid_waits,
    what_there_was_no_time_for_comes_after_the_pause)
