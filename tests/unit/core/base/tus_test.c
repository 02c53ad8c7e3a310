#include <string.h>
#include "core/base/tus.h"
#include "tests/unit/suite.h"

#define PATH "/api/uploads"
#define ONE "01999999-9999-7999-8999-000000000001"
#define TWO "01999999-9999-7999-8999-000000000002"


static int
size_of(const char *text, int64_t *size)
{
    return tus_size(text, strlen(text), size);
}


START_TEST(a_size_is_digits_up_to_2_53)
{
    int64_t size;

    ck_assert_int_eq(size_of("0", &size), 0);
    ck_assert_int_eq(size, 0);
    ck_assert_int_eq(size_of("9007199254740992", &size), 0);
    ck_assert_int_eq(size, INT64_C(1) << 53);
}
END_TEST


START_TEST(what_is_no_size_is_refused)
{
    static const char *const bad[] = { "",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "0x10",
                                       "1e3",
                                       "9007199254740993",
                                       "18446744073709551617",
                                       "99999999999999999999999999999999999" };
    int64_t size;
    size_t i;

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_int_eq(size_of(bad[i], &size), -1);
    }
}
END_TEST


static int
metadata(const char *text)
{
    return tus_metadata_check(text, strlen(text));
}


START_TEST(metadata_is_pairs)
{
    ck_assert_int_eq(metadata(""), 0);
    ck_assert_int_eq(metadata("filename ZmlsbS5tcDQ="), 0);
    ck_assert_int_eq(metadata("filename ZmlsbS5tcDQ=,is_confidential"), 0);
    ck_assert_int_eq(metadata("filename ZmlsbS5tcDQ=, type dg=="), 0);
    ck_assert_int_eq(metadata("empty ,other"), 0);
}
END_TEST


START_TEST(what_is_no_metadata_is_refused)
{
    static const char *const bad[] = {
        ",",         "a Yg==,",       "a Yg==,,b Yg==", "a Yg",
        "a Yg=",     "a Y===",        "a Yh==",         "a Yg==Yg==",
        "a Y g=",    "a =",           "a Yg== ",        "a Yg==,a Yg==",
        "\x01 Yg==", "\xc3\xa4 Yg==", "a Yg-_",         "a\tYg=="
    };
    size_t i;

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(metadata(bad[i]) == -1, "%s", bad[i]);
    }
}
END_TEST


START_TEST(metadata_has_bounds)
{
    char text[TUS_METADATA_MAX + 5];
    unsigned i;

    memset(text, 'A', sizeof(text));
    memcpy(text, "key ", 4);
    ck_assert_int_eq(tus_metadata_check(text, TUS_METADATA_MAX), 0);
    ck_assert_int_eq(tus_metadata_check(text, TUS_METADATA_MAX + 4), -1);

    for (i = 0; i <= TUS_METADATA_KEYS_MAX; i++) {
        text[3 * i] = (char) ('a' + i / 10);
        text[3 * i + 1] = (char) ('a' + i % 10);
        text[3 * i + 2] = ',';
    }

    ck_assert_int_eq(tus_metadata_check(text, 3 * TUS_METADATA_KEYS_MAX - 1),
                     0);
    ck_assert_int_eq(tus_metadata_check(text, 3 * TUS_METADATA_KEYS_MAX + 2),
                     -1);
}
END_TEST


START_TEST(a_value_is_found_and_decoded)
{
    static const char text[] = "name Yg==,filename ZmlsbS5tcDQ=,empty";
    char value[16];

    ck_assert_int_eq(
        tus_metadata_find(text, strlen(text), "filename", value, sizeof(value)),
        8);
    ck_assert_mem_eq(value, "film.mp4", 8);
    ck_assert_int_eq(
        tus_metadata_find(text, strlen(text), "empty", value, sizeof(value)),
        0);
    ck_assert_int_eq(
        tus_metadata_find(text, strlen(text), "file", value, sizeof(value)),
        -1);
    ck_assert_int_eq(
        tus_metadata_find(text, strlen(text), "filename", value, 7), -1);
}
END_TEST


static int
concat(const char *text, tus_parts_t *parts)
{
    return tus_concat(text, strlen(text), PATH, parts);
}


START_TEST(a_partial_upload_says_so)
{
    tus_parts_t parts;

    ck_assert_int_eq(concat("partial", &parts), 0);
    ck_assert_int_eq(parts.kind, TUS_PARTIAL);
}
END_TEST


START_TEST(a_final_upload_names_its_parts_by_path_or_url)
{
    tus_parts_t parts;

    ck_assert_int_eq(concat("final;" PATH "/" ONE
                            " https://media.example.org" PATH "/" TWO,
                            &parts),
                     0);
    ck_assert_int_eq(parts.kind, TUS_FINAL);
    ck_assert_uint_eq(parts.count, 2);
    ck_assert_str_eq(parts.ids[0], ONE);
    ck_assert_str_eq(parts.ids[1], TWO);
}
END_TEST


START_TEST(other_words_for_parts_are_refused)
{
    static const char *const bad[] = { "",
                                       "whole",
                                       "partial ",
                                       "final",
                                       "final;",
                                       "final; ",
                                       "final;" ONE,
                                       "final;/" ONE,
                                       "final;/api/other/" ONE,
                                       "final;" PATH "/x",
                                       "final;" PATH "/" ONE "/",
                                       "final;" PATH
                                       "/01999999-9999-7999-8999-00000000000G",
                                       "final;" PATH "/" ONE " " PATH "/" ONE };
    tus_parts_t parts;
    size_t i;

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(concat(bad[i], &parts) == -1, "%s", bad[i]);
    }
}
END_TEST


START_TEST(parts_have_a_bound)
{
    char text[(TUS_PARTS_MAX + 1) * (sizeof(PATH) + UUID_TEXT_SIZE) + 16];
    tus_parts_t parts;
    size_t at;
    unsigned i;

    at = (size_t) sprintf(text, "final;");

    for (i = 0; i <= TUS_PARTS_MAX; i++) {
        ck_assert_int_eq(tus_concat(text, at, PATH, &parts), i ? 0 : -1);
        at += (size_t) sprintf(text + at,
                               "%s" PATH "/01999999-9999-7999-8999-%012x",
                               i ? " " : "", i);
    }

    ck_assert_int_eq(tus_concat(text, at, PATH, &parts), -1);
}
END_TEST


static int
checksum(const char *text, const char *bytes)
{
    int good;
    tus_checksum_t sum;

    if (tus_checksum_begin(text, strlen(text), &sum) != 0) {
        return -1;
    }

    ck_assert_int_eq(tus_checksum_update(&sum, bytes, strlen(bytes)), 0);
    good = tus_checksum_good(&sum);
    tus_checksum_free(&sum);

    return good;
}


/* printf '123456789' | openssl sha1 -binary | base64, and so on */

START_TEST(a_checksum_is_that_of_the_bytes)
{
    static const char *const texts[] = {
        "sha1 98O8HYCOBHMq32eZZczDTKeuNEE=",
        "sha256 FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=", "crc32 y/Q5Jg=="
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(checksum(texts[i], "123456789") == 1, "%s", texts[i]);
        ck_assert_int_eq(checksum(texts[i], "123456788"), 0);
    }
}
END_TEST


START_TEST(what_is_no_checksum_is_refused)
{
    static const char *const bad[] = { "",
                                       "sha1",
                                       "sha1 ",
                                       "md5 y/Q5Jg==",
                                       "crc32 y/Q5",
                                       "crc32 y/Q5JiY=",
                                       "CRC32 y/Q5Jg==",
                                       "crc32  y/Q5Jg==",
                                       "sha256 98O8HYCOBHMq32eZZczDTKeuNEE=" };
    size_t i;

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(checksum(bad[i], "") == -1, "%s", bad[i]);
    }
}
END_TEST


RUN("core/tus", a_size_is_digits_up_to_2_53, what_is_no_size_is_refused,
    metadata_is_pairs, what_is_no_metadata_is_refused, metadata_has_bounds,
    a_value_is_found_and_decoded, a_partial_upload_says_so,
    a_final_upload_names_its_parts_by_path_or_url,
    other_words_for_parts_are_refused, parts_have_a_bound,
    a_checksum_is_that_of_the_bytes, what_is_no_checksum_is_refused)
