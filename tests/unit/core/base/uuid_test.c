#include <stdio.h>
#include <string.h>
#include <time.h>
#include "core/base/uuid.h"
#include "tests/unit/suite.h"


START_TEST(a_new_one_is_valid)
{
    char text[UUID_TEXT_SIZE];

    ck_assert_int_eq(uuid_v7(text), 0);
    ck_assert_uint_eq(strlen(text), UUID_TEXT_LEN);
    ck_assert_int_eq(uuid_valid(text, UUID_TEXT_LEN), 1);
}
END_TEST


START_TEST(a_new_one_has_version_7_and_the_rfc_variant)
{
    char text[UUID_TEXT_SIZE];

    ck_assert_int_eq(uuid_v7(text), 0);
    ck_assert_int_eq(text[14], '7');
    ck_assert_ptr_nonnull(strchr("89ab", text[19]));
}
END_TEST


START_TEST(it_begins_with_the_milliseconds_of_its_birth)
{
    char text[UUID_TEXT_SIZE];
    struct timespec before, after;
    unsigned long long ms, high, low;

    clock_gettime(CLOCK_REALTIME, &before);
    ck_assert_int_eq(uuid_v7(text), 0);
    clock_gettime(CLOCK_REALTIME, &after);

    ck_assert_int_eq(sscanf(text, "%8llx-%4llx", &high, &low), 2);
    ms = high << 16 | low;

    ck_assert_uint_ge(ms, (unsigned long long) before.tv_sec * 1000
                              + (unsigned long long) before.tv_nsec / 1000000);
    ck_assert_uint_le(ms, (unsigned long long) after.tv_sec * 1000
                              + (unsigned long long) after.tv_nsec / 1000000);
}
END_TEST


START_TEST(two_are_never_the_same)
{
    char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE];

    ck_assert_int_eq(uuid_v7(a), 0);
    ck_assert_int_eq(uuid_v7(b), 0);
    ck_assert_str_ne(a, b);
}
END_TEST


START_TEST(a_later_one_sorts_behind)
{
    char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE];
    struct timespec pause = { 0, 2000000 };

    ck_assert_int_eq(uuid_v7(a), 0);
    nanosleep(&pause, NULL);
    ck_assert_int_eq(uuid_v7(b), 0);
    ck_assert_str_lt(a, b);
}
END_TEST


/* Python: uuid.uuid5(uuid.NAMESPACE_URL, …) */
START_TEST(a_name_has_the_uuid_that_others_compute)
{
    static const char name[] = "https://id.example/pool user";
    char text[UUID_TEXT_SIZE];

    ck_assert_int_eq(uuid_v5(text, "https://www.example.com", 23), 0);
    ck_assert_str_eq(text, "a0787afd-c170-5773-8d60-02739168de9f");
    ck_assert_int_eq(uuid_v5(text, name, sizeof(name) - 1), 0);
    ck_assert_str_eq(text, "2ee3f623-5c90-5573-8935-73bcd90c02a7");
}
END_TEST


START_TEST(one_made_from_a_name_is_valid)
{
    char text[UUID_TEXT_SIZE];

    ck_assert_int_eq(uuid_v5(text, "", 0), 0);
    ck_assert_int_eq(uuid_valid(text, UUID_TEXT_LEN), 1);
    ck_assert_int_eq(text[14], '5');
    ck_assert_ptr_nonnull(strchr("89ab", text[19]));
}
END_TEST


START_TEST(any_version_is_valid)
{
    ck_assert_int_eq(
        uuid_valid("919108f7-52d1-4320-9bac-f847db4148a8", UUID_TEXT_LEN), 1);
    ck_assert_int_eq(
        uuid_valid("00000000-0000-0000-0000-000000000000", UUID_TEXT_LEN), 1);
}
END_TEST


START_TEST(other_forms_are_not_valid)
{
    static const char *const texts[] = {
        "919108F7-52d1-4320-9bac-f847db4148a8",
        "919108f7052d1-4320-9bac-f847db4148a8",
        "919108f7-52d1-4320-9bac-f847db4148ag",
        "919108f7-52d1-4320-9bac-f847db4148a/",
        "919108f-752d1-4320-9bac-f847db4148a8",
        "{19108f7-52d1-4320-9bac-f847db4148a}",
        "../../../../../../../../../../etc/pa"
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_uint_eq(strlen(texts[i]), UUID_TEXT_LEN);
        ck_assert_int_eq(uuid_valid(texts[i], UUID_TEXT_LEN), 0);
    }
}
END_TEST


START_TEST(another_length_is_not_valid)
{
    static const char text[] = "919108f7-52d1-4320-9bac-f847db4148a8a";

    ck_assert_int_eq(uuid_valid(text, UUID_TEXT_LEN + 1), 0);
    ck_assert_int_eq(uuid_valid(text, UUID_TEXT_LEN - 1), 0);
    ck_assert_int_eq(uuid_valid(text, 0), 0);
}
END_TEST


START_TEST(its_bytes_come_back_as_its_text)
{
    unsigned char bytes[UUID_SIZE];
    char text[UUID_TEXT_SIZE];

    ck_assert_int_eq(uuid_read(bytes, "919108f7-52d1-4320-9bac-f847db4148a8"),
                     0);
    ck_assert_mem_eq(bytes,
                     "\x91\x91\x08\xf7\x52\xd1\x43\x20"
                     "\x9b\xac\xf8\x47\xdb\x41\x48\xa8",
                     UUID_SIZE);
    uuid_write(text, bytes);
    ck_assert_str_eq(text, "919108f7-52d1-4320-9bac-f847db4148a8");
}
END_TEST


START_TEST(what_is_none_has_no_bytes)
{
    unsigned char bytes[UUID_SIZE];

    ck_assert_int_eq(uuid_read(bytes, ""), -1);
    ck_assert_int_eq(uuid_read(bytes, "919108f7-52d1-4320-9bac-f847db4148a"),
                     -1);
    ck_assert_int_eq(uuid_read(bytes, "919108F7-52d1-4320-9bac-f847db4148a8"),
                     -1);
}
END_TEST


START_TEST(the_shard_is_the_last_two_digits)
{
    ck_assert_str_eq(uuid_shard("919108f7-52d1-4320-9bac-f847db4148a8"), "a8");
}
END_TEST


RUN("core/uuid", a_new_one_is_valid,
    a_new_one_has_version_7_and_the_rfc_variant,
    it_begins_with_the_milliseconds_of_its_birth, two_are_never_the_same,
    a_later_one_sorts_behind, a_name_has_the_uuid_that_others_compute,
    one_made_from_a_name_is_valid, any_version_is_valid,
    other_forms_are_not_valid, another_length_is_not_valid,
    its_bytes_come_back_as_its_text, what_is_none_has_no_bytes,
    the_shard_is_the_last_two_digits)
