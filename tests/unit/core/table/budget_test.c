#include <string.h>
#include "core/table/budget.h"
#include "flat.h"

#define EXP 1010
#define LARGEST (UINT64_C(1) << 53)

static budget_t *
make(void)
{
    return flat_make(budget_init);
}


static uint64_t
take_of(budget_t *table, const char *owner, const void *id, size_t len,
        uint64_t want, uint64_t limit, int64_t exp, int64_t now)
{
    budget_link_t link = { id, len, owner, owner ? strlen(owner) : 0, exp };

    return budget_take(table, &link, want, limit, now);
}


/* 1 or 0 uses that are left, or -1 without room. */
static int
use_of(budget_t *table, const char *owner, const char *id)
{
    uint64_t taken = take_of(table, owner, id, strlen(id), 1, 1, EXP, NOW);

    return taken == BUDGET_NO_ROOM ? -1 : (int) taken;
}


static int
use_at(budget_t *table, const char *id, uint64_t limit, int64_t exp,
       int64_t now)
{
    uint64_t taken = take_of(table, NULL, id, strlen(id), 1, limit, exp, now);

    return taken == BUDGET_NO_ROOM ? -1 : (int) taken;
}


static int
use(budget_t *table, const char *id, uint64_t limit)
{
    return use_at(table, id, limit, EXP, NOW);
}


static uint64_t
take(budget_t *table, uint64_t want, uint64_t limit)
{
    return take_of(table, NULL, "a", 1, want, limit, EXP, NOW);
}


/* Uses links until one finds no room, and answers its number. */
static unsigned
fill(budget_t *table)
{
    unsigned i;

    for (i = 0; use(table, name(i), 1) == 1; i++) {
        ck_assert_uint_lt(i, SIZE);
    }

    return i;
}


START_TEST(a_link_is_used_as_often_as_its_limit_says)
{
    budget_t *table = make();

    ck_assert_int_eq(use(table, "a", 2), 1);
    ck_assert_int_eq(use(table, "a", 2), 1);
    ck_assert_int_eq(use(table, "a", 2), 0);
    ck_assert_int_eq(use(table, "a", 2), 0);
    free(table);
}
END_TEST


START_TEST(a_limit_of_no_uses_opens_nothing)
{
    budget_t *table = make();

    ck_assert_int_eq(use(table, "a", 0), 0);
    free(table);
}
END_TEST


START_TEST(each_link_is_counted_alone)
{
    budget_t *table = make();

    ck_assert_int_eq(use(table, "a", 1), 1);
    ck_assert_int_eq(use(table, "b", 1), 1);
    ck_assert_int_eq(use(table, "a", 1), 0);
    free(table);
}
END_TEST


START_TEST(an_id_may_have_any_bytes)
{
    budget_t *table = make();

    ck_assert_uint_eq(take_of(table, NULL, "a\0b", 3, 1, 1, EXP, NOW), 1);
    ck_assert_uint_eq(take_of(table, NULL, "a\0c", 3, 1, 1, EXP, NOW), 1);
    ck_assert_uint_eq(take_of(table, NULL, "a\0b", 3, 1, 1, EXP, NOW), 0);
    free(table);
}
END_TEST


START_TEST(the_last_bytes_of_a_budget_are_fewer_than_wanted)
{
    budget_t *table = make();

    ck_assert_uint_eq(take(table, 60, 100), 60);
    ck_assert_uint_eq(take(table, 60, 100), 40);
    ck_assert_uint_eq(take(table, 60, 100), 0);
    free(table);
}
END_TEST


START_TEST(a_budget_is_taken_to_the_last_byte)
{
    budget_t *table = make();

    ck_assert_uint_eq(take(table, 101, 100), 100);
    ck_assert_uint_eq(take(table, 1, 100), 0);
    free(table);
}
END_TEST


START_TEST(a_budget_of_no_bytes_gives_none)
{
    budget_t *table = make();

    ck_assert_uint_eq(take(table, 1, 0), 0);
    free(table);
}
END_TEST


START_TEST(the_largest_budget_does_not_overflow)
{
    budget_t *table = make();

    ck_assert_uint_eq(take(table, LARGEST - 1, LARGEST), LARGEST - 1);
    ck_assert_uint_eq(take(table, UINT64_MAX, LARGEST), 1);
    ck_assert_uint_eq(take(table, UINT64_MAX, LARGEST), 0);
    free(table);
}
END_TEST


START_TEST(bytes_given_back_can_be_taken_again)
{
    budget_t *table = make();

    take(table, 100, 100);
    budget_give(table, "a", 1, 30);
    ck_assert_uint_eq(take(table, 60, 100), 30);
    free(table);
}
END_TEST


START_TEST(more_than_was_taken_cannot_be_given_back)
{
    budget_t *table = make();

    take(table, 10, 100);
    budget_give(table, "a", 1, 50);
    ck_assert_uint_eq(take(table, 200, 100), 100);
    free(table);
}
END_TEST


START_TEST(giving_back_for_an_unknown_link_takes_no_place)
{
    budget_t *table = make();

    budget_give(table, "a", 1, 50);
    ck_assert_uint_eq(budget_used(table, NOW), 0);
    free(table);
}
END_TEST


START_TEST(uses_and_bytes_of_a_link_are_counted_apart)
{
    budget_t *table = make();

    ck_assert_int_eq(use(table, "u:a", 1), 1);
    ck_assert_uint_eq(take_of(table, NULL, "b:a", 3, 5, 5, EXP, NOW), 5);
    ck_assert_int_eq(use(table, "u:a", 1), 0);
    ck_assert_uint_eq(budget_used(table, NOW), 2);
    free(table);
}
END_TEST


START_TEST(a_spent_link_gives_nothing_more)
{
    budget_t *table = make();

    take(table, 10, 100);
    budget_spend(table, "a", 1, EXP, NOW);
    budget_give(table, "a", 1, 10);

    ck_assert_uint_eq(take(table, 10, 100), 0);
    free(table);
}
END_TEST


START_TEST(only_a_spent_link_is_spent)
{
    budget_t *table = make();

    use(table, "a", 9);
    budget_spend(table, "b", 1, EXP, NOW);
    ck_assert_int_eq(use(table, "a", 9), 1);
    ck_assert_int_eq(use(table, "b", 9), 0);
    ck_assert_int_eq(use_at(table, "b", 9, EXP + 10, EXP - 1), 0);
    free(table);
}
END_TEST


START_TEST(a_link_is_remembered_until_it_expires)
{
    budget_t *table = make();

    use(table, "a", 1);
    ck_assert_int_eq(use_at(table, "a", 1, EXP, EXP - 1), 0);
    ck_assert_uint_eq(budget_used(table, EXP), 0);
    free(table);
}
END_TEST


START_TEST(the_later_expiry_is_kept)
{
    budget_t *table = make();

    use(table, "a", 1);
    ck_assert_int_eq(use_at(table, "a", 1, EXP + 10, NOW), 0);
    ck_assert_int_eq(use_at(table, "a", 1, EXP, NOW), 0);
    ck_assert_int_eq(use_at(table, "a", 1, EXP + 10, EXP + 9), 0);
    free(table);
}
END_TEST


/* All places that one owner can have. */
static unsigned
flood(budget_t *table, const char *owner)
{
    unsigned i, full = 0;

    for (i = 0; i < 20000; i++) {
        full += use_of(table, owner, name(i)) == 1;
    }

    return full;
}


START_TEST(a_full_table_has_room_for_everybody_else)
{
    budget_t *table = make();
    char id[32];
    unsigned i;

    ck_assert_uint_gt(flood(table, "greedy"), 0);

    for (i = 0; i < 500; i++) {
        snprintf(id, sizeof(id), "modest-%u", i);
        ck_assert_int_eq(use_of(table, id, id), 1);
        ck_assert_int_eq(use_of(table, id, id), 0);
    }
    free(table);
}
END_TEST


START_TEST(a_link_that_lost_its_place_is_not_counted_anew)
{
    budget_t *table = make();
    char id[32];
    unsigned i, again = 0;

    flood(table, "greedy");

    for (i = 0; i < 500; i++) {
        snprintf(id, sizeof(id), "modest-%u", i);
        use_of(table, "modest", id);
    }

    for (i = 0; i < 20000; i++) {
        again += use_of(table, "greedy", name(i)) == 1;
    }

    ck_assert_uint_eq(again, 0);
    ck_assert_uint_gt(budget_overflowed(table), 0);
    free(table);
}
END_TEST


START_TEST(two_owners_do_not_push_each_other_out_for_ever)
{
    budget_t *table = make();
    uint64_t moved;

    flood(table, "one");
    flood(table, "other");
    moved = budget_overflowed(table);
    flood(table, "one");
    flood(table, "other");

    ck_assert_uint_lt(moved, budget_capacity(table));
    ck_assert_uint_eq(budget_overflowed(table), moved);
    free(table);
}
END_TEST


START_TEST(a_link_that_passed_without_a_place_is_not_counted_later)
{
    budget_t *table = make();
    budget_link_t link = { "a", 1, "one", 3, EXP };

    budget_pass(table, &link);

    ck_assert_int_eq(use_of(table, "one", "a"), -1);
    ck_assert_int_eq(use_of(table, "one", "b"), -1);
    ck_assert_int_eq(use_of(table, "other", "c"), 1);
    ck_assert_int_eq(take_of(table, "one", "d", 1, 1, 1, EXP + 9, EXP), 1);
    free(table);
}
END_TEST


START_TEST(a_full_table_opens_nothing_new)
{
    budget_t *table = make();
    unsigned last;

    last = fill(table);
    ck_assert_int_eq(use(table, name(last), 1), -1);
    ck_assert_uint_eq(
        take_of(table, NULL, name(last), strlen(name(last)), 1, 9, EXP, NOW),
        BUDGET_NO_ROOM);
    budget_spend(table, name(last), strlen(name(last)), EXP, NOW);
    ck_assert_int_eq(use(table, name(last), 1), -1);
    free(table);
}
END_TEST


START_TEST(a_full_table_forgets_nobody)
{
    budget_t *table = make();
    unsigned last, i;

    last = fill(table);

    for (i = 0; i < 1000; i++) {
        use(table, name(100000 + i), 1);
    }

    for (i = 0; i < last; i++) {
        ck_assert_int_eq(use(table, name(i), 1), 0);
    }

    free(table);
}
END_TEST


START_TEST(eight_tenths_of_the_places_are_taken_before_one_finds_no_room)
{
    budget_t *table = make();

    ck_assert_uint_ge(fill(table), budget_capacity(table) * 8 / 10);
    free(table);
}
END_TEST


START_TEST(expired_places_are_used_again_with_fresh_counts)
{
    budget_t *table = make();
    unsigned last, i;

    last = fill(table);

    for (i = 0; i < last; i++) {
        ck_assert_int_eq(use_at(table, name(i), 1, EXP + 10, EXP), 1);
    }

    free(table);
}
END_TEST


START_TEST(a_copy_at_another_address_goes_on_alone)
{
    budget_t *table = make(), *copy = make();

    use(table, "b", 2);
    take(table, 60, 100);
    memcpy(copy, table, SIZE);
    memset(table, 0x5a, SIZE);
    free(table);

    ck_assert_int_eq(budget_valid(copy), 1);
    ck_assert_int_eq(use(copy, "b", 2), 1);
    ck_assert_int_eq(use(copy, "b", 2), 0);
    ck_assert_uint_eq(take(copy, 60, 100), 40);
    free(copy);
}
END_TEST


START_TEST(no_size_is_written_past)
{
    size_t size;
    void *mem;
    unsigned i;

    for (size = 0; size < 4096; size += 8) {
        mem = malloc(size ? size : 1);

        if (budget_init(mem, size, key) > 0) {
            for (i = 0; i < 200; i++) {
                use(mem, name(i), 1);
            }

            ck_assert_int_eq(use(mem, name(0), 1), 0);
        }

        free(mem);
    }
}
END_TEST


START_TEST(memory_with_something_else_is_no_table)
{
    uint64_t mem[512] = { 0 };

    ck_assert_int_eq(budget_valid(mem), 0);
}
END_TEST


RUN("core/budget", a_link_is_used_as_often_as_its_limit_says,
    a_limit_of_no_uses_opens_nothing, each_link_is_counted_alone,
    an_id_may_have_any_bytes, the_last_bytes_of_a_budget_are_fewer_than_wanted,
    a_budget_is_taken_to_the_last_byte, a_budget_of_no_bytes_gives_none,
    the_largest_budget_does_not_overflow, bytes_given_back_can_be_taken_again,
    more_than_was_taken_cannot_be_given_back,
    giving_back_for_an_unknown_link_takes_no_place,
    uses_and_bytes_of_a_link_are_counted_apart, a_spent_link_gives_nothing_more,
    only_a_spent_link_is_spent, a_link_is_remembered_until_it_expires,
    the_later_expiry_is_kept, a_full_table_has_room_for_everybody_else,
    a_link_that_lost_its_place_is_not_counted_anew,
    two_owners_do_not_push_each_other_out_for_ever,
    a_link_that_passed_without_a_place_is_not_counted_later,
    a_full_table_opens_nothing_new, a_full_table_forgets_nobody,
    eight_tenths_of_the_places_are_taken_before_one_finds_no_room,
    expired_places_are_used_again_with_fresh_counts,
    a_copy_at_another_address_goes_on_alone, no_size_is_written_past,
    memory_with_something_else_is_no_table)
