#include "core/table/streams.h"
#include "tests/unit/suite.h"


#define NOW 1800000000

static _Alignas(8) unsigned char memory[16384];
static streams_t *table = (streams_t *) memory;


static stream_t
stream(uint64_t user, uint64_t device, uint64_t title)
{
    return (stream_t){ { { user, user } }, device, title };
}

static int
takes(uint64_t user, uint64_t device, uint64_t title, uint32_t limit,
      int64_t now)
{
    stream_t s = stream(user, device, title);

    return streams_take(table, &s, limit, now);
}

static void
ends(uint64_t user, uint64_t device, uint64_t title, int64_t now)
{
    stream_t s = stream(user, device, title);

    streams_end(table, &s, now);
}


START_TEST(a_user_has_as_many_as_he_may)
{
    streams_init(memory, sizeof(memory));

    ck_assert(takes(1, 1, 1, 2, NOW));
    ck_assert(takes(1, 2, 1, 2, NOW));
    ck_assert(!takes(1, 3, 1, 2, NOW));
    ck_assert(takes(2, 3, 1, 2, NOW));
    ck_assert_uint_eq(streams_count(table, NOW), 3);
}
END_TEST


START_TEST(many_requests_for_one_are_one)
{
    streams_init(memory, sizeof(memory));

    ck_assert(takes(1, 1, 1, 1, NOW));
    ck_assert(takes(1, 1, 1, 1, NOW));
    ends(1, 1, 1, NOW);
    ck_assert(takes(1, 1, 1, 1, NOW));
    ck_assert_uint_eq(streams_count(table, NOW), 1);
}
END_TEST


START_TEST(one_lasts_for_a_while_after_its_last_request)
{
    streams_init(memory, sizeof(memory));

    ck_assert(takes(1, 1, 1, 1, NOW));
    ends(1, 1, 1, NOW);
    ck_assert(!takes(1, 2, 1, 1, NOW + STREAMS_IDLE - 1));
    ck_assert(takes(1, 2, 1, 1, NOW + STREAMS_IDLE));
}
END_TEST


START_TEST(one_that_nobody_ends_is_over_by_itself)
{
    streams_init(memory, sizeof(memory));

    ck_assert(takes(1, 1, 1, 1, NOW));
    ck_assert(takes(1, 1, 1, 1, NOW + STREAMS_OPEN - 1));
    ck_assert(!takes(1, 2, 1, 1, NOW + STREAMS_OPEN));
    ck_assert(takes(1, 2, 1, 1, NOW + 2 * STREAMS_OPEN));
    ck_assert(!takes(1, 1, 1, 1, NOW + 2 * STREAMS_OPEN));
}
END_TEST


START_TEST(a_device_that_begins_another_has_left_the_first)
{
    streams_init(memory, sizeof(memory));

    ck_assert(takes(1, 1, 1, 1, NOW));
    ck_assert(!takes(1, 1, 2, 1, NOW));
    ends(1, 1, 1, NOW);
    ck_assert(!takes(1, 2, 2, 1, NOW));
    ck_assert(takes(1, 1, 2, 1, NOW));
    ck_assert(!takes(1, 1, 1, 1, NOW));
    ck_assert_uint_eq(streams_count(table, NOW), 1);
}
END_TEST


START_TEST(what_has_no_place_is_not_counted)
{
    uint64_t i, many;

    many = streams_init(memory, sizeof(memory));

    for (i = 1; i <= many + 1; i++) {
        ck_assert(takes(i, i, i, 1, NOW));
    }

    ck_assert(streams_count(table, NOW) <= many);
    ends(many + 1, 9, 9, NOW);
}
END_TEST


START_TEST(a_table_of_another_make_is_not_read)
{
    ck_assert_uint_eq(streams_init(memory, 64), 0);
    ck_assert_uint_ne(streams_init(memory, sizeof(memory)), 0);
    ck_assert(streams_valid(memory));
    ((uint32_t *) memory)[1]++;
    ck_assert(!streams_valid(memory));
}
END_TEST


RUN("core/streams", a_user_has_as_many_as_he_may, many_requests_for_one_are_one,
    one_lasts_for_a_while_after_its_last_request,
    one_that_nobody_ends_is_over_by_itself,
    a_device_that_begins_another_has_left_the_first,
    what_has_no_place_is_not_counted, a_table_of_another_make_is_not_read)
