#include <string.h>
#include <zlib.h>
#include "tests/unit/suite.h"
#include "zip_made.h"

static char unpacked[1 << 16];
static size_t unpacked_len;


static int
keep(void *data, const char *more, size_t size)
{
    (void) data;

    if (size > sizeof(unpacked) - 1 - unpacked_len) {
        return -1;
    }
    memcpy(unpacked + unpacked_len, more, size);
    unpacked_len += size;
    unpacked[unpacked_len] = '\0';
    return 0;
}


static int
drop(void *data, const char *more, size_t size)
{
    (void) data;
    (void) more;
    (void) size;
    return 0;
}


/* Unpacks the first file. */
static zip_rc_t
unpack(void)
{
    zip_t zip;
    zip_entry_t entry;

    unpacked_len = 0;
    if (zip_open(&zip, made, made_len) != 0 || zip_next(&zip, &entry) != 1) {
        return ZIP_DAMAGED;
    }
    return zip_unpack(&zip, &entry, sizeof(unpacked) - 1, keep, NULL);
}


static void
unpacks(const char *text)
{
    ck_assert_int_eq(unpack(), ZIP_OK);
    ck_assert_str_eq(unpacked, text);
}


START_TEST(files_are_stored_or_deflated)
{
    made_begin();
    made_add("a", "the text", 8, 0);
    made_end();
    unpacks("the text");

    made_begin();
    made_add("a", "the text", 8, 1);
    made_end();
    unpacks("the text");
}
END_TEST


START_TEST(the_directory_is_read_in_its_order)
{
    zip_t zip;
    zip_entry_t entry;

    made_begin();
    made_add("first", "", 0, 0);
    made_add("second", "", 0, 0);
    made_end();

    ck_assert_int_eq(zip_open(&zip, made, made_len), 0);
    ck_assert_int_eq(zip_next(&zip, &entry), 1);
    ck_assert_mem_eq(entry.name, "first", entry.name_len);
    ck_assert_int_eq(zip_next(&zip, &entry), 1);
    ck_assert_mem_eq(entry.name, "second", entry.name_len);
    ck_assert_int_eq(zip_next(&zip, &entry), 0);
}
END_TEST


START_TEST(bytes_behind_the_end_do_not_count)
{
    made_begin();
    made_add("a", "the text", 8, 1);
    made_end();
    memcpy(made + made_len, "PK\5\6\r\n", 6);
    made_len += 6;
    unpacks("the text");
}
END_TEST


START_TEST(sizes_and_places_may_be_those_of_zip64)
{
    made_begin();
    made_add64("a", "the text", 8);
    made_end64();
    unpacks("the text");
}
END_TEST


START_TEST(a_zip64_that_leads_outside_is_refused)
{
    size_t i, whole;

    made_begin();
    made_add64("a", "the text", 8);
    made_end64();
    whole = made_len;
    for (i = 1; i < whole; i++) {
        made[whole - i] ^= 0x55;
        (void) unpack();
        made[whole - i] ^= 0x55;
        made_len = whole - i;
        ck_assert_int_ne(unpack(), ZIP_OK);
        made_len = whole;
    }
}
END_TEST


START_TEST(a_zip_that_is_cut_or_changed_is_refused)
{
    size_t whole, i;

    made_begin();
    made_put(made_add("s.xml", "the score", 9, 0) + 16, 1, 4);
    made_end();
    ck_assert_int_eq(unpack(), ZIP_DAMAGED);

    whole = made_len;
    for (i = 0; i < whole; i++) {
        made_len = i;
        ck_assert_int_eq(unpack(), ZIP_DAMAGED);
    }
}
END_TEST


START_TEST(an_entry_that_leads_outside_is_refused)
{
    static const struct {
        size_t at, value;
        int size;
    } lies[] = { { 42, 0xffffffff, 4 },
                 { 42, 1, 4 },
                 { 20, 0xffffffff, 4 },
                 { 28, 0xffff, 2 } };
    size_t i;

    for (i = 0; i < COUNT(lies); i++) {
        made_begin();
        made_put(made_add("a", "b", 1, 0) + lies[i].at, lies[i].value,
                 lies[i].size);
        made_end();
        ck_assert_int_eq(unpack(), ZIP_DAMAGED);
    }
}
END_TEST


START_TEST(what_is_encrypted_is_called_so)
{
    made_begin();
    made_add("a", "b", 1, 0)[8] = 1;
    made_end();
    ck_assert_int_eq(unpack(), ZIP_ENCRYPTED);

    made_begin();
    made_add("a", "b", 1, 0)[10] = 99;
    made_end();
    ck_assert_int_eq(unpack(), ZIP_ENCRYPTED);
}
END_TEST


START_TEST(what_is_packed_otherwise_is_refused)
{
    made_begin();
    made_add("a", "b", 1, 0)[10] = 93;
    made_end();
    ck_assert_int_eq(unpack(), ZIP_ODD);
}
END_TEST


START_TEST(a_bomb_is_refused_before_it_has_unpacked)
{
    zip_t zip;
    zip_entry_t entry;
    size_t size = 32 << 20;
    char *zeroes = calloc(1, size);

    made_begin();
    made_add("a", zeroes, size, 1);
    made_end();
    free(zeroes);

    ck_assert_int_eq(zip_open(&zip, made, made_len), 0);
    ck_assert_int_eq(zip_next(&zip, &entry), 1);
    ck_assert_int_eq(zip_unpack(&zip, &entry, size - 1, drop, NULL), ZIP_LARGE);
    ck_assert_int_eq(zip_unpack(&zip, &entry, 2 * size, drop, NULL), ZIP_LARGE);
    entry.full = 1; /* it promised less */
    ck_assert_int_eq(zip_unpack(&zip, &entry, 65536, drop, NULL), ZIP_LARGE);
}
END_TEST


START_TEST(who_wants_no_more_gets_no_more)
{
    zip_t zip;
    zip_entry_t entry;

    made_begin();
    made_add("a", "the text", 8, 1);
    made_end();
    ck_assert_int_eq(zip_open(&zip, made, made_len), 0);
    ck_assert_int_eq(zip_next(&zip, &entry), 1);
    unpacked_len = sizeof(unpacked) - 4;
    ck_assert_int_eq(zip_unpack(&zip, &entry, 8, keep, NULL), ZIP_ENOUGH);
}
END_TEST


RUN("worker/zip", files_are_stored_or_deflated,
    the_directory_is_read_in_its_order, bytes_behind_the_end_do_not_count,
    sizes_and_places_may_be_those_of_zip64,
    a_zip64_that_leads_outside_is_refused,
    a_zip_that_is_cut_or_changed_is_refused,
    an_entry_that_leads_outside_is_refused, what_is_encrypted_is_called_so,
    what_is_packed_otherwise_is_refused,
    a_bomb_is_refused_before_it_has_unpacked, who_wants_no_more_gets_no_more)
