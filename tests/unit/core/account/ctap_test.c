#include <string.h>
#include <openssl/crypto.h>
#include "core/account/ctap.h"
#include "tests/unit/suite.h"


/* Of hex: what comes first, or -1. */

static int
first(const char *hex, ctap_item_t *item, unsigned char bytes[512])
{
    size_t len;
    ctap_reader_t reader;

    ck_assert_int_eq(OPENSSL_hexstr2buf_ex(bytes, 512, &len, hex, '\0'), 1);
    reader.bytes = bytes;
    reader.len = len;

    return ctap_next(&reader, item);
}


/* How many bytes are left behind it; -1: refused. */

static long
skipped(const char *hex)
{
    size_t len;
    unsigned char bytes[512];
    ctap_reader_t reader;

    ck_assert_int_eq(
        OPENSSL_hexstr2buf_ex(bytes, sizeof(bytes), &len, hex, '\0'), 1);
    reader.bytes = bytes;
    reader.len = len;

    return ctap_skip(&reader) == 0 ? (long) reader.len : -1;
}


/* RFC 8949, appendix A */

START_TEST(the_examples_of_the_standard)
{
    size_t i;
    ctap_item_t item;
    unsigned char bytes[512];
    static const struct {
        const char *hex;
        int64_t number;
    } numbers[] = { { "00", 0 },
                    { "17", 23 },
                    { "1818", 24 },
                    { "1903e8", 1000 },
                    { "1a000f4240", 1000000 },
                    { "1b000000e8d4a51000", 1000000000000 },
                    { "20", -1 },
                    { "3863", -100 },
                    { "3903e7", -1000 },
                    { "3a000f423f", -1000000 },
                    { "3b7fffffffffffffff", INT64_MIN } };
    static const char *const others[] = { "f4",         "f5",
                                          "f6",         "f93c00",
                                          "fa47c35000", "fb3ff199999999999a" };

    for (i = 0; i < COUNT(numbers); i++) {
        ck_assert_int_eq(first(numbers[i].hex, &item, bytes), 0);
        ck_assert_int_eq(item.kind, CTAP_INT);
        ck_assert(item.number == numbers[i].number);
    }

    for (i = 0; i < COUNT(others); i++) {
        ck_assert_msg(first(others[i], &item, bytes) == 0, "%s", others[i]);
        ck_assert_int_eq(item.kind, CTAP_OTHER);
    }

    ck_assert_int_eq(first("4401020304", &item, bytes), 0);
    ck_assert(item.kind == CTAP_BYTES && item.len == 4);
    ck_assert_mem_eq(item.bytes, "\1\2\3\4", 4);

    ck_assert_int_eq(first("6449455446", &item, bytes), 0);
    ck_assert(item.kind == CTAP_TEXT && item.len == 4);
    ck_assert_mem_eq(item.bytes, "IETF", 4);

    ck_assert_int_eq(first("83010203", &item, bytes), 0);
    ck_assert(item.kind == CTAP_ARRAY && item.len == 3);

    ck_assert_int_eq(first("a201020304", &item, bytes), 0);
    ck_assert(item.kind == CTAP_MAP && item.len == 2);
}
END_TEST


START_TEST(what_no_authenticator_writes_is_refused)
{
    size_t i;
    ctap_item_t item;
    unsigned char bytes[512];
    static const char *const bad[] = {
        "18",                 /* cut */
        "44010203",           /* cut */
        "1bffffffffffffffff", /* more than int64_t */
        "3bffffffffffffffff",
        "5f42010243030405ff", /* of no length */
        "7f657374726561646d696e67ff",
        "9fff",
        "bf61610161629f0203ffff",
        "ff",
        "c074323031332d30332d32315432303a30343a30305a", /* tagged */
        "f7",
        "f0",
        "1c",
        "f818"
    };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(first(bad[i], &item, bytes) == -1, "%s", bad[i]);
    }

    ck_assert_int_eq(skipped(""), -1);
}
END_TEST


START_TEST(one_item_is_passed_over_with_all_that_is_in_it)
{
    ck_assert_int_eq(skipped("0000"), 1);
    ck_assert_int_eq(skipped("8301820203820405"
                             "ffff"),
                     2);
    ck_assert_int_eq(skipped("a26161016162820203"
                             "00"),
                     1);
    ck_assert_int_eq(skipped("a0"), 0);
    ck_assert_int_eq(skipped("8301"), -1);
    ck_assert_int_eq(skipped("a101"), -1);

    /* eight within each other, and nine */

    ck_assert_int_eq(skipped("8181818181818181"
                             "00"),
                     0);
    ck_assert_int_eq(skipped("818181818181818181"
                             "00"),
                     -1);

    /* lengths that are lies */

    ck_assert_int_eq(skipped("9bffffffffffffffff00"), -1);
    ck_assert_int_eq(skipped("bb800000000000000100"), -1);
    ck_assert_int_eq(skipped("5bffffffffffffffff00"), -1);
}
END_TEST


RUN("core/ctap", the_examples_of_the_standard,
    what_no_authenticator_writes_is_refused,
    one_item_is_passed_over_with_all_that_is_in_it)
