#include <string.h>
#include "core/table/revocation.h"
#include "flat.h"


static revocation_t *
make(void)
{
    return flat_make(revocation_init);
}


static int
put(revocation_t *table, const char *id, int64_t exp)
{
    return revocation_put(table, REVOCATION_JTI, id, strlen(id), 0, exp, NOW);
}


static int
find(revocation_t *table, const char *id, int64_t now)
{
    return revocation_find(table, REVOCATION_JTI, id, strlen(id), NOW, now);
}


static int
put_user(revocation_t *table, int64_t before, int64_t exp)
{
    return revocation_put(table, REVOCATION_SUB, "ann", 3, before, exp, NOW);
}


static int
find_user(revocation_t *table, int64_t iat)
{
    return revocation_find(table, REVOCATION_SUB, "ann", 3, iat, NOW);
}


/* Puts links in until one overflows, and answers its number. */
static unsigned
fill(revocation_t *table, int64_t exp)
{
    unsigned i;

    for (i = 0; put(table, name(i), exp) == 0; i++) {
        ck_assert_uint_lt(i, SIZE);
    }

    return i;
}


START_TEST(nothing_is_revoked_in_an_empty_table)
{
    revocation_t *table = make();

    ck_assert_int_eq(find(table, "a", NOW), 0);
    ck_assert_int_eq(find(table, "", NOW), 0);
    ck_assert_int_eq(find_user(table, 0), 0);
    free(table);
}
END_TEST


START_TEST(a_link_that_was_revoked_is_found)
{
    revocation_t *table = make();

    ck_assert_int_eq(put(table, "a", NOW + 10), 0);
    ck_assert_int_eq(find(table, "a", NOW), 1);
    ck_assert_int_eq(find(table, "b", NOW), 0);
    ck_assert_int_eq(find(table, "a ", NOW), 0);
    free(table);
}
END_TEST


START_TEST(the_same_id_of_another_kind_is_not_revoked)
{
    revocation_t *table = make();
    revocation_kind_t put_kind, kind;

    for (put_kind = REVOCATION_JTI; put_kind <= REVOCATION_SUB; put_kind++) {
        revocation_init(table, SIZE, key);
        revocation_put(table, put_kind, "a", 1, 0, NOW + 10, NOW);

        for (kind = REVOCATION_JTI; kind <= REVOCATION_SUB; kind++) {
            ck_assert_int_eq(revocation_find(table, kind, "a", 1, NOW, NOW),
                             kind == put_kind);
        }
    }

    free(table);
}
END_TEST


START_TEST(a_revocation_ends_when_the_token_would_have)
{
    revocation_t *table = make();

    put(table, "a", NOW + 10);
    ck_assert_int_eq(find(table, "a", NOW + 9), 1);
    ck_assert_int_eq(find(table, "a", NOW + 10), 0);
    free(table);
}
END_TEST


START_TEST(what_has_expired_takes_no_place)
{
    revocation_t *table = make();

    ck_assert_int_eq(put(table, "a", NOW), 0);
    ck_assert_uint_eq(revocation_used(table, NOW - 1), 0);
    free(table);
}
END_TEST


START_TEST(of_a_user_what_was_issued_until_that_second_is_revoked)
{
    revocation_t *table = make();

    put_user(table, 500, NOW + 10);
    ck_assert_int_eq(find_user(table, 499), 1);
    ck_assert_int_eq(find_user(table, 500), 1);
    ck_assert_int_eq(find_user(table, 501), 0);
    free(table);
}
END_TEST


START_TEST(of_a_user_what_does_not_say_when_it_was_issued_is_revoked)
{
    revocation_t *table = make();

    put_user(table, 500, NOW + 10);
    ck_assert_int_eq(find_user(table, 0), 1);
    free(table);
}
END_TEST


START_TEST(of_a_user_everything_is_revoked_without_a_second)
{
    revocation_t *table = make();

    put_user(table, 0, NOW + 10);
    ck_assert_int_eq(find_user(table, NOW + 5), 1);
    free(table);
}
END_TEST


START_TEST(a_session_is_revoked_whenever_its_token_was_issued)
{
    revocation_t *table = make();

    revocation_put(table, REVOCATION_SID, "s", 1, 500, NOW + 10, NOW);
    ck_assert_int_eq(revocation_find(table, REVOCATION_SID, "s", 1, 501, NOW),
                     1);
    free(table);
}
END_TEST


START_TEST(the_later_second_is_kept)
{
    revocation_t *table = make();

    put_user(table, 500, NOW + 10);
    put_user(table, 600, NOW + 10);
    put_user(table, 400, NOW + 10);
    ck_assert_int_eq(find_user(table, 600), 1);
    ck_assert_int_eq(find_user(table, 601), 0);

    put_user(table, 0, NOW + 10);
    put_user(table, 700, NOW + 10);
    ck_assert_int_eq(find_user(table, 701), 1);
    free(table);
}
END_TEST


START_TEST(the_later_expiry_is_kept)
{
    revocation_t *table = make();

    put(table, "a", NOW + 10);
    put(table, "a", NOW + 20);
    put(table, "a", NOW + 5);
    ck_assert_int_eq(find(table, "a", NOW + 19), 1);
    ck_assert_int_eq(find(table, "a", NOW + 20), 0);
    free(table);
}
END_TEST


START_TEST(an_expired_second_says_nothing_for_the_next)
{
    revocation_t *table = make();

    put_user(table, 0, NOW + 1);
    revocation_put(table, REVOCATION_SUB, "ann", 3, 500, NOW + 9, NOW + 1);
    ck_assert_int_eq(
        revocation_find(table, REVOCATION_SUB, "ann", 3, 501, NOW + 1), 0);
    free(table);
}
END_TEST


START_TEST(a_revocation_put_twice_takes_one_place)
{
    revocation_t *table = make();

    put(table, "a", NOW + 10);
    put(table, "a", NOW + 20);
    ck_assert_uint_eq(revocation_used(table, NOW), 1);
    free(table);
}
END_TEST


START_TEST(the_generation_changes_with_what_is_new)
{
    revocation_t *table = make();
    uint64_t was;

    was = revocation_generation(table);
    ck_assert_uint_ne(was, 0);
    put_user(table, 500, NOW + 10);
    ck_assert_uint_ne(revocation_generation(table), was);

    was = revocation_generation(table);
    put_user(table, 600, NOW + 10);
    ck_assert_uint_ne(revocation_generation(table), was);

    was = revocation_generation(table);
    put_user(table, 600, NOW + 20);
    ck_assert_uint_ne(revocation_generation(table), was);
    free(table);
}
END_TEST


START_TEST(the_generation_stays_when_nothing_is_new)
{
    revocation_t *table = make();
    uint64_t was;

    put_user(table, 500, NOW + 10);
    was = revocation_generation(table);
    put_user(table, 500, NOW + 10);
    put_user(table, 400, NOW + 5);
    put(table, "a", NOW);
    find(table, "a", NOW);
    ck_assert_uint_eq(revocation_generation(table), was);
    free(table);
}
END_TEST


START_TEST(expired_places_are_used_again)
{
    revocation_t *table = make();
    unsigned round, i;

    for (round = 0; round < 10; round++) {
        for (i = 0; i < revocation_capacity(table) / 2; i++) {
            ck_assert_int_eq(revocation_put(table, REVOCATION_JTI,
                                            name(round * 10000 + i),
                                            strlen(name(round * 10000 + i)), 0,
                                            NOW + round + 1, NOW + round),
                             0);
        }
    }

    ck_assert_uint_eq(revocation_overflowed(table), 0);
    free(table);
}
END_TEST


START_TEST(eight_tenths_of_the_places_are_taken_before_one_overflows)
{
    revocation_t *table = make();

    fill(table, NOW + 10);
    ck_assert_uint_ge(revocation_used(table, NOW),
                      revocation_capacity(table) * 8 / 10);
    free(table);
}
END_TEST


START_TEST(what_overflows_is_revoked_too)
{
    revocation_t *table = make();
    unsigned i, count;

    count = fill(table, NOW + 10) + 200;

    for (i = 0; i < count; i++) {
        put(table, name(i), NOW + 10);
    }

    for (i = 0; i < count; i++) {
        ck_assert_int_eq(find(table, name(i), NOW), 1);
    }

    ck_assert_uint_gt(revocation_overflowed(table), 0);
    free(table);
}
END_TEST


START_TEST(a_user_who_overflows_is_revoked_altogether)
{
    revocation_t *table = make();
    unsigned i;

    /* more users than places: some are in the filter */
    for (i = 0; i < 2 * revocation_capacity(table); i++) {
        if (revocation_put(table, REVOCATION_SUB, name(i), strlen(name(i)), 500,
                           NOW + 10, NOW)
            != 0) {
            break;
        }
    }

    ck_assert_int_eq(revocation_find(table, REVOCATION_SUB, name(i),
                                     strlen(name(i)), 501, NOW),
                     1);
    free(table);
}
END_TEST


START_TEST(an_overflow_changes_the_generation_once)
{
    revocation_t *table = make();
    unsigned last;
    uint64_t was;

    last = fill(table, NOW + 10);
    was = revocation_generation(table);
    ck_assert_uint_eq(was, last + 2); /* each that was put, and the overflow */

    ck_assert_int_eq(put(table, name(last), NOW + 10), -1);
    ck_assert_uint_eq(revocation_generation(table), was);
    ck_assert_uint_eq(revocation_overflowed(table), 1);
    free(table);
}
END_TEST


START_TEST(an_overflow_refuses_few_others)
{
    revocation_t *table = make();
    unsigned i, wrong = 0;

    fill(table, NOW + 10);

    for (i = 0; i < revocation_capacity(table); i++) {
        put(table, name(100000 + i), NOW + 10);
    }

    for (i = 0; i < 10000; i++) {
        wrong += (unsigned) find(table, name(200000 + i), NOW);
    }

    ck_assert_uint_lt(wrong, 100);
    free(table);
}
END_TEST


START_TEST(an_overflow_ends_with_the_last_of_it)
{
    revocation_t *table = make();
    unsigned last;
    uint64_t was;

    last = fill(table, NOW + 10);
    put(table, name(last), NOW + 20);
    put(table, name(last), NOW + 15);

    ck_assert_int_eq(find(table, name(last), NOW + 19), 1);
    was = revocation_generation(table);
    ck_assert_int_eq(find(table, name(last), NOW + 20), 0);
    ck_assert_uint_ne(revocation_generation(table), was);
    free(table);
}
END_TEST


START_TEST(a_table_is_as_full_after_the_same_revocations)
{
    revocation_t *one = make(), *two = make();

    ck_assert_uint_eq(fill(one, NOW + 10), fill(two, NOW + 10));
    ck_assert_mem_eq(one, two, SIZE);
    free(one);
    free(two);
}
END_TEST


START_TEST(a_table_with_another_key_fills_otherwise)
{
    static const unsigned char other[SIPHASH_KEY_SIZE] = "x123456789abcde";
    revocation_t *one = make(), *two = make();

    revocation_init(two, SIZE, other);
    ck_assert_uint_ne(fill(one, NOW + 10), fill(two, NOW + 10));
    free(one);
    free(two);
}
END_TEST


START_TEST(a_copy_at_another_address_goes_on_alone)
{
    revocation_t *table = make(), *copy = make();
    unsigned last, i;

    last = fill(table, NOW + 10);
    memcpy(copy, table, SIZE);
    memset(table, 0x5a, SIZE);
    free(table);

    ck_assert_int_eq(revocation_valid(copy), 1);

    for (i = 0; i <= last; i++) {
        ck_assert_int_eq(find(copy, name(i), NOW), 1);
    }

    ck_assert_int_eq(find(copy, name(last + 5), NOW), 0);
    ck_assert_int_eq(
        revocation_put(copy, REVOCATION_JTI, "new", 3, 0, NOW + 20, NOW + 10),
        0);
    ck_assert_int_eq(find(copy, "new", NOW + 10), 1);
    free(copy);
}
END_TEST


START_TEST(no_size_is_written_past)
{
    size_t size;
    unsigned char *mem;
    unsigned i;

    for (size = 0; size < 4096; size += 8) {
        mem = malloc(size ? size : 1);

        if (revocation_init(mem, size, key) > 0) {
            for (i = 0; i < 300; i++) {
                put((revocation_t *) mem, name(i), NOW + 10);
            }

            ck_assert_int_eq(find((revocation_t *) mem, name(299), NOW), 1);
        }

        free(mem);
    }
}
END_TEST


START_TEST(memory_with_something_else_is_no_table)
{
    uint64_t mem[512] = { 0 };

    ck_assert_int_eq(revocation_valid(mem), 0);
}
END_TEST


RUN("core/revocation", nothing_is_revoked_in_an_empty_table,
    a_link_that_was_revoked_is_found,
    the_same_id_of_another_kind_is_not_revoked,
    a_revocation_ends_when_the_token_would_have,
    what_has_expired_takes_no_place,
    of_a_user_what_was_issued_until_that_second_is_revoked,
    of_a_user_what_does_not_say_when_it_was_issued_is_revoked,
    of_a_user_everything_is_revoked_without_a_second,
    a_session_is_revoked_whenever_its_token_was_issued,
    the_later_second_is_kept, the_later_expiry_is_kept,
    an_expired_second_says_nothing_for_the_next,
    a_revocation_put_twice_takes_one_place,
    the_generation_changes_with_what_is_new,
    the_generation_stays_when_nothing_is_new, expired_places_are_used_again,
    eight_tenths_of_the_places_are_taken_before_one_overflows,
    what_overflows_is_revoked_too, a_user_who_overflows_is_revoked_altogether,
    an_overflow_changes_the_generation_once, an_overflow_refuses_few_others,
    an_overflow_ends_with_the_last_of_it,
    a_table_is_as_full_after_the_same_revocations,
    a_table_with_another_key_fills_otherwise,
    a_copy_at_another_address_goes_on_alone, no_size_is_written_past,
    memory_with_something_else_is_no_table)
