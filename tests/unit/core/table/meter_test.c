#include "core/table/meter.h"
#include "tests/unit/suite.h"

#include <stdlib.h>


#define NOW 1800000000
#define ROWS 8

static const meter_user_t one = { { 1, 1 } }, other = { { 2, 1 } };


/* With room for so many; free() it. */
static meter_t *
made(size_t many)
{
    size_t size = 65536;
    meter_t *table = malloc(size);

    while (meter_init(table, size) > many) {
        size -= 64;
    }

    return table;
}


static int
counts(meter_t *table, const meter_user_t *user, uint64_t bytes, int64_t now)
{
    return meter_add(table, user, bytes, now)
           || (meter_place(table, user, now) == 0
               && meter_add(table, user, bytes, now));
}


START_TEST(what_was_sent_comes_together_in_a_batch)
{
    meter_t *table = made(64);
    meter_row_t rows[ROWS];
    uint64_t number;

    ck_assert(!meter_due(table));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &number), 0);

    ck_assert(counts(table, &one, 10, NOW));
    ck_assert(counts(table, &one, 5, NOW));
    ck_assert(counts(table, &other, 7, NOW));
    ck_assert(meter_due(table));

    ck_assert_uint_eq(meter_take(table, rows, ROWS, &number), 2);
    ck_assert_uint_eq(rows[0].user.word[0], 1);
    ck_assert_uint_eq(rows[0].bytes, 15);
    ck_assert_uint_eq(rows[1].bytes, 7);

    meter_done(table, number);
    ck_assert(!meter_due(table));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &number), 0);
    ck_assert_uint_eq(meter_counted(table), 22);
    free(table);
}
END_TEST


START_TEST(a_batch_without_an_answer_is_taken_again)
{
    meter_t *table = made(64);
    meter_row_t rows[ROWS];
    uint64_t first, again, next;

    ck_assert(counts(table, &one, 10, NOW));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &first), 1);

    ck_assert(counts(table, &one, 3, NOW));
    ck_assert(counts(table, &other, 3, NOW));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &again), 1);
    ck_assert_uint_eq(again, first);
    ck_assert_uint_eq(rows[0].bytes, 10);

    meter_done(table, first - 1);
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &again), 1);
    ck_assert_uint_eq(again, first);

    meter_done(table, first);
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &next), 2);
    ck_assert_uint_eq(next, first + 1);
    ck_assert_uint_eq(rows[0].bytes, 3);
    free(table);
}
END_TEST


START_TEST(a_batch_has_no_more_users_than_it_may)
{
    meter_t *table = made(64);
    meter_row_t rows[1];
    uint64_t number;

    ck_assert(counts(table, &one, 1, NOW) && counts(table, &other, 2, NOW));

    ck_assert_uint_eq(meter_take(table, rows, 1, &number), 1);
    meter_done(table, number);
    ck_assert(meter_due(table));
    ck_assert_uint_eq(meter_take(table, rows, 1, &number), 1);
    ck_assert_uint_eq(rows[0].bytes, 2);
    free(table);
}
END_TEST


START_TEST(what_was_told_is_known_until_its_time)
{
    meter_t *table = made(64);
    meter_row_t rows[ROWS];
    uint64_t number;
    meter_limits_t limits, told = { NOW + 100, 3, 1 };

    ck_assert(!meter_find(table, &one, NOW, &limits));
    ck_assert(counts(table, &one, 1, NOW));
    ck_assert(meter_find(table, &one, NOW, &limits));
    ck_assert_int_eq(limits.over, 0);
    ck_assert_uint_eq(limits.streams, 0);
    ck_assert_uint_eq(limits.free, 0);

    meter_told(table, &one, &told);
    ck_assert(meter_find(table, &one, NOW, &limits));
    ck_assert_int_eq(limits.over, NOW + 100);
    ck_assert_uint_eq(limits.streams, 3);
    ck_assert_uint_eq(limits.free, 1);
    ck_assert(meter_find(table, &one, NOW + 100, &limits));
    ck_assert_int_eq(limits.over, 0);

    meter_told(table, &other, &told);
    ck_assert(!meter_find(table, &other, NOW, &limits));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &number), 1);
    free(table);
}
END_TEST


START_TEST(who_is_over_and_comes_is_asked_about_again)
{
    meter_t *table = made(64);
    meter_row_t rows[ROWS];
    uint64_t number;
    meter_limits_t limits, told = { NOW + 100, 0, 0 };

    ck_assert(counts(table, &one, 1, NOW));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &number), 1);
    meter_told(table, &one, &told);
    meter_done(table, number);
    ck_assert(!meter_due(table));

    ck_assert(meter_find(table, &one, NOW, &limits));
    ck_assert_uint_eq(meter_take(table, rows, ROWS, &number), 1);
    ck_assert_uint_eq(rows[0].bytes, 0);
    free(table);
}
END_TEST


START_TEST(a_place_is_taken_from_whom_nobody_needs)
{
    meter_t *table = made(8);
    meter_row_t rows[16];
    uint64_t i, number;
    meter_limits_t limits, over = { NOW + 1000, 0, 0 };
    meter_user_t more = { { 100, 100 } };

    for (i = 1; i <= 8; i++) {
        meter_user_t user = { { i, i } };

        ck_assert(counts(table, &user, i, NOW));
    }

    /* all of them are needed */
    ck_assert(!counts(table, &more, 1, NOW + 10));
    ck_assert_uint_eq(meter_take(table, rows, 16, &number), 8);
    ck_assert(!counts(table, &more, 1, NOW + 10));

    meter_told(table, &(meter_user_t){ { 1, 1 } }, &over);
    meter_done(table, number);
    ck_assert(!counts(table, &more, 1, NOW));
    ck_assert(counts(table, &more, 1, NOW + 10));

    /* who is over stays */
    ck_assert(meter_find(table, &(meter_user_t){ { 1, 1 } }, NOW, &limits));
    ck_assert_uint_eq(meter_used(table), 8);
    free(table);
}
END_TEST


START_TEST(a_table_of_another_make_is_not_read)
{
    meter_t *table = made(8);

    ck_assert(meter_valid(table));
    ck_assert_uint_eq(meter_capacity(table), 8);
    ((uint32_t *) table)[1]++;
    ck_assert(!meter_valid(table));
    ck_assert_uint_eq(meter_init(table, 64), 0);
    free(table);
}
END_TEST


START_TEST(what_cannot_be_counted_is_told)
{
    meter_t *table = made(8);

    meter_lose(table, 5);
    meter_lose(table, 6);
    ck_assert_uint_eq(meter_lost(table), 11);
    ck_assert_int_eq(meter_place(table, &(meter_user_t){ { 0, 0 } }, NOW), -1);
    ck_assert(!meter_add(table, &(meter_user_t){ { 0, 0 } }, 1, NOW));
    free(table);
}
END_TEST


RUN("core/meter", what_was_sent_comes_together_in_a_batch,
    a_batch_without_an_answer_is_taken_again,
    a_batch_has_no_more_users_than_it_may,
    what_was_told_is_known_until_its_time,
    who_is_over_and_comes_is_asked_about_again,
    a_place_is_taken_from_whom_nobody_needs,
    a_table_of_another_make_is_not_read, what_cannot_be_counted_is_told)
