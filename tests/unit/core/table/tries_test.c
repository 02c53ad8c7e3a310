#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/table/tries.h"
#include "tests/unit/suite.h"

#define NOW 1000000
#define MANY 5
#define EVERY 60

static const unsigned char key[SIPHASH_KEY_SIZE] = "0123456789abcde";


static void
make(tries_t *tries)
{
    memset(tries, 0xa5, sizeof(tries_t));
    tries_init(tries, key, MANY, EVERY);
}


static void
miss(tries_t *tries, const char *name, int times)
{
    while (times-- > 0) {
        tries_failed(tries, name, strlen(name), NOW);
    }
}


START_TEST(so_many_may_be_wrong_at_once)
{
    tries_t tries;

    make(&tries);
    miss(&tries, "a", MANY - 1);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW), 0);
    miss(&tries, "a", 1);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW), EVERY);
}
END_TEST


START_TEST(then_there_is_one_each_while)
{
    tries_t tries;

    make(&tries);
    miss(&tries, "a", MANY);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW + EVERY - 1), 1);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW + EVERY), 0);
    tries_failed(&tries, "a", 1, NOW + EVERY);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW + EVERY), EVERY);
}
END_TEST


START_TEST(what_was_long_ago_does_not_count)
{
    tries_t tries;

    make(&tries);
    miss(&tries, "a", MANY);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW + MANY * EVERY), 0);
    tries_failed(&tries, "a", 1, NOW + MANY * EVERY);
    ck_assert_int_eq(tries_wait(&tries, "a", 1, NOW + MANY * EVERY), 0);
}
END_TEST


START_TEST(other_names_have_their_own)
{
    tries_t tries;
    char name[] = "b0";
    int shared = 0;

    make(&tries);
    miss(&tries, "a", MANY);

    for (/* void */; name[1] <= '9'; name[1]++) {
        shared += tries_wait(&tries, name, 2, NOW) != 0;
    }

    ck_assert_int_eq(shared, 0);
}
END_TEST


/* Of a thousand names that are all used up, none takes another one along. */
START_TEST(many_that_are_used_up_leave_the_others_alone)
{
    int i, shared = 0;
    tries_t *tries = malloc(sizeof(tries_t));
    char name[16];

    make(tries);

    for (i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "bad %d", i);
        miss(tries, name, MANY);
    }

    for (i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "good %d", i);
        shared += tries_wait(tries, name, strlen(name), NOW) != 0;
    }

    ck_assert_int_le(shared, 20);
    free(tries);
}
END_TEST


START_TEST(no_clock_that_is_set_back_makes_it_wait_longer)
{
    tries_t tries;

    make(&tries);
    miss(&tries, "a", 100 * MANY);
    ck_assert_int_le(tries_wait(&tries, "a", 1, NOW - 1000000), EVERY);
}
END_TEST


RUN("core/tries", so_many_may_be_wrong_at_once, then_there_is_one_each_while,
    what_was_long_ago_does_not_count, other_names_have_their_own,
    many_that_are_used_up_leave_the_others_alone,
    no_clock_that_is_set_back_makes_it_wait_longer)
