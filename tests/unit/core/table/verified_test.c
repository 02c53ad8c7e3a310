#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>
#include "core/table/verified.h"
#include "tests/unit/suite.h"

#define NOW 1000
#define SIZE 65536
#define ONE_SET 256 /* room for a header and one set of four */


static verified_t *
make(size_t size, size_t *capacity)
{
    void *mem = malloc(size);
    size_t count;

    ck_assert_ptr_nonnull(mem);
    memset(mem, 0xa5, size);
    count = verified_init(mem, size);
    ck_assert_uint_gt(count, 0);

    if (capacity != NULL) {
        *capacity = count;
    }

    return mem;
}


static const unsigned char *
digest(unsigned n)
{
    static unsigned char out[VERIFIED_DIGEST_SIZE];

    SHA256((const unsigned char *) &n, sizeof(n), out);

    return out;
}


START_TEST(an_empty_table_finds_nothing)
{
    verified_t *table = make(SIZE, NULL);
    unsigned char zeros[VERIFIED_DIGEST_SIZE] = { 0 };

    ck_assert_int_eq(verified_find(table, digest(1), NOW), 0);
    ck_assert_int_eq(verified_find(table, zeros, NOW), 0);
    free(table);
}
END_TEST


START_TEST(what_was_put_in_is_found)
{
    verified_t *table = make(SIZE, NULL);

    verified_put(table, digest(1), NOW + 10, NOW);
    ck_assert_int_eq(verified_find(table, digest(1), NOW), 1);
    ck_assert_int_eq(verified_find(table, digest(2), NOW), 0);
    free(table);
}
END_TEST


START_TEST(a_digest_that_differs_in_any_byte_is_another)
{
    verified_t *table = make(ONE_SET, NULL);
    unsigned char other[VERIFIED_DIGEST_SIZE];
    unsigned i;

    verified_put(table, digest(1), NOW + 10, NOW);

    for (i = 0; i < VERIFIED_DIGEST_SIZE; i++) {
        memcpy(other, digest(1), sizeof(other));
        other[i] ^= 1;
        ck_assert_int_eq(verified_find(table, other, NOW), 0);
    }

    free(table);
}
END_TEST


START_TEST(it_is_found_until_the_second_before_it_expires)
{
    verified_t *table = make(SIZE, NULL);

    verified_put(table, digest(1), NOW + 10, NOW);
    ck_assert_int_eq(verified_find(table, digest(1), NOW + 9), 1);
    ck_assert_int_eq(verified_find(table, digest(1), NOW + 10), 0);
    free(table);
}
END_TEST


START_TEST(what_has_expired_is_not_put_in)
{
    verified_t *table = make(SIZE, NULL);

    verified_put(table, digest(1), NOW, NOW);
    ck_assert_int_eq(verified_find(table, digest(1), NOW - 1), 0);
    free(table);
}
END_TEST


START_TEST(in_a_full_set_what_was_put_in_first_makes_room)
{
    size_t capacity;
    verified_t *table = make(ONE_SET, &capacity);
    unsigned i;

    ck_assert_uint_eq(capacity, 4);

    for (i = 0; i < 4; i++) {
        verified_put(table, digest(i), NOW + 100 - i, NOW);
    }

    verified_put(table, digest(0), NOW + 100, NOW);
    verified_put(table, digest(9), NOW + 1, NOW);

    ck_assert_int_eq(verified_find(table, digest(0), NOW), 1);
    ck_assert_int_eq(verified_find(table, digest(1), NOW), 0);
    ck_assert_int_eq(verified_find(table, digest(2), NOW), 1);
    ck_assert_int_eq(verified_find(table, digest(3), NOW), 1);
    ck_assert_int_eq(verified_find(table, digest(9), NOW), 1);
    free(table);
}
END_TEST


START_TEST(what_has_expired_makes_room_before_what_is_older)
{
    verified_t *table = make(ONE_SET, NULL);
    unsigned i;

    for (i = 0; i < 4; i++) {
        verified_put(table, digest(i), i == 2 ? NOW + 1 : NOW + 100, NOW);
    }

    verified_put(table, digest(9), NOW + 100, NOW + 1);

    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(verified_find(table, digest(i), NOW), i != 2);
    }

    free(table);
}
END_TEST


START_TEST(a_digest_put_in_twice_takes_one_place)
{
    verified_t *table = make(ONE_SET, NULL);
    unsigned i;

    verified_put(table, digest(1), NOW + 10, NOW);

    for (i = 0; i < 10; i++) {
        verified_put(table, digest(2), NOW + 10, NOW);
    }

    ck_assert_int_eq(verified_find(table, digest(1), NOW), 1);
    free(table);
}
END_TEST


START_TEST(nearly_as_many_as_there_is_room_for_are_kept)
{
    size_t capacity, found = 0;
    verified_t *table = make(SIZE, &capacity);
    unsigned i, count = (unsigned) capacity * 4;

    for (i = 0; i < count; i++) {
        verified_put(table, digest(i), NOW + 10, NOW);
    }

    for (i = 0; i < count; i++) {
        found += (size_t) verified_find(table, digest(i), NOW);
    }

    ck_assert_uint_le(found, capacity);
    ck_assert_uint_ge(found, capacity * 9 / 10);
    free(table);
}
END_TEST


START_TEST(a_copy_at_another_address_goes_on_alone)
{
    verified_t *table = make(SIZE, NULL);
    verified_t *copy = make(SIZE, NULL);

    verified_put(table, digest(1), NOW + 10, NOW);
    memcpy(copy, table, SIZE);
    memset(table, 0x5a, SIZE);
    free(table);

    ck_assert_int_eq(verified_valid(copy), 1);
    ck_assert_int_eq(verified_find(copy, digest(1), NOW), 1);
    verified_put(copy, digest(2), NOW + 10, NOW);
    ck_assert_int_eq(verified_find(copy, digest(2), NOW), 1);
    free(copy);
}
END_TEST


START_TEST(memory_that_is_too_small_is_refused)
{
    uint64_t mem[ONE_SET / 8];
    size_t size, smallest = 0;

    for (size = 0; size <= sizeof(mem); size++) {
        if (verified_init(mem, size) > 0) {
            smallest = size;
            break;
        }
    }

    ck_assert_uint_gt(smallest, 4 * VERIFIED_DIGEST_SIZE);
}
END_TEST


START_TEST(memory_with_something_else_is_no_table)
{
    uint64_t mem[ONE_SET / 8] = { 0 };

    ck_assert_int_eq(verified_valid(mem), 0);
}
END_TEST


RUN("core/verified", an_empty_table_finds_nothing, what_was_put_in_is_found,
    a_digest_that_differs_in_any_byte_is_another,
    it_is_found_until_the_second_before_it_expires,
    what_has_expired_is_not_put_in,
    in_a_full_set_what_was_put_in_first_makes_room,
    what_has_expired_makes_room_before_what_is_older,
    a_digest_put_in_twice_takes_one_place,
    nearly_as_many_as_there_is_room_for_are_kept,
    a_copy_at_another_address_goes_on_alone,
    memory_that_is_too_small_is_refused, memory_with_something_else_is_no_table)
