#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/config/config.h"

#define REST "redis unix:/r\nmedia /m\nspool /s\nwork /w\n"

static config_t config;
static char err[256];


static int
parse(const char *text)
{
    return config_parse(text, strlen(text), &config, err, sizeof(err));
}


START_TEST(a_value_may_hold_blanks)
{
    ck_assert_int_eq(parse("database host=/run dbname=sluice\n" REST), 0);
    ck_assert_str_eq(config.database, "host=/run dbname=sluice");
}
END_TEST


START_TEST(without_slots_there_is_one)
{
    ck_assert_int_eq(parse("database d\n" REST), 0);
    ck_assert_int_eq(config.slots, 1);
}
END_TEST


START_TEST(comments_empty_lines_and_line_ends_of_windows_are_passed_over)
{
    ck_assert_int_eq(parse("# a\n\n  # b\r\ndatabase d\r\n" REST), 0);
    ck_assert_str_eq(config.database, "d");
}
END_TEST


START_TEST(an_unknown_key_is_named_with_its_line)
{
    ck_assert_int_eq(parse("database d\nslot 3\n" REST), -1);
    ck_assert_ptr_nonnull(strstr(err, "2: there is no \"slot\""));
}
END_TEST


START_TEST(a_missing_key_is_named)
{
    ck_assert_int_eq(parse(REST), -1);
    ck_assert_ptr_nonnull(strstr(err, "\"database\" is missing"));
}
END_TEST


#define ELSEWHERE "database d\nredis unix:/r\nspool /s\nwork /w\n"

START_TEST(media_may_be_in_a_bucket)
{
    ck_assert_int_eq(parse(ELSEWHERE "store s3://films/a  region=x sse=AES256\n"
                                     "originals 5g\n"),
                     0);
    ck_assert(config_has_bucket(&config));
    ck_assert_str_eq(config.store.bucket, "films");
    ck_assert_str_eq(config.store.sse, "AES256");
    ck_assert_str_eq(config.media, "");
    ck_assert_uint_eq(config.originals, 5ULL << 30);
}
END_TEST


START_TEST(a_store_in_a_folder_has_media_in_it)
{
    ck_assert_int_eq(parse(ELSEWHERE "store /srv/sluice\n"), 0);
    ck_assert(!config_has_bucket(&config));
    ck_assert_str_eq(config.media, "/srv/sluice/media");
    ck_assert_uint_eq(config.originals, 20ULL << 30);
}
END_TEST


START_TEST(media_are_in_one_place)
{
    ck_assert_int_eq(parse(ELSEWHERE), -1);
    ck_assert_ptr_nonnull(strstr(err, "\"media\" or \"store\" is missing"));
    ck_assert_int_eq(parse("database d\nstore /s\n" REST), -1);
    ck_assert_ptr_nonnull(strstr(err, "one of them is enough"));
    ck_assert_int_eq(parse(ELSEWHERE "store /s\nstore /t\n"), -1);
    ck_assert_ptr_nonnull(strstr(err, "6: \"store\" stands here twice"));
    ck_assert_int_eq(parse(ELSEWHERE "store s3://films\n"), -1);
    ck_assert_ptr_nonnull(strstr(err, "needs region="));
    ck_assert_int_eq(parse(ELSEWHERE "store /s a b c d e f g h\n"), -1);
    ck_assert_ptr_nonnull(strstr(err, "too many words"));
}
END_TEST


START_TEST(a_key_that_stands_twice_is_refused)
{
    ck_assert_int_eq(parse("database d\ndatabase e\n" REST), -1);
    ck_assert_ptr_nonnull(strstr(err, "twice"));
}
END_TEST


START_TEST(a_key_without_value_is_refused)
{
    ck_assert_int_eq(parse("database\n" REST), -1);
}
END_TEST


START_TEST(slots_may_be_of_two_abilities)
{
    static const char *const wrong[] = {
        "encode=0",    "encode=65",         "encode=1 encode=1",
        "fast=1",      "encode=1 2",        "encode=1,quick=1",
        "=1",          "encode= quick=1",   "encode=60 quick=5",
        "encode=1 4=", "encode=99999999999"
    };
    char text[256];
    size_t i;

    ck_assert_int_eq(parse("slots encode=1  quick=4\ndatabase d\n" REST), 0);
    ck_assert_int_eq(config.slots, 5);
    ck_assert_str_eq(config_ability(&config, 1), "encode");
    ck_assert_str_eq(config_ability(&config, 2), "quick");
    ck_assert_str_eq(config_ability(&config, 5), "quick");
    ck_assert_str_eq(config_ability(&config, 6), "");
    ck_assert_int_eq(parse("slots quick=2\ndatabase d\n" REST), 0);
    ck_assert_int_eq(config.slots, 2);
    ck_assert_str_eq(config_ability(&config, 1), "quick");
    ck_assert_int_eq(parse("slots 3\ndatabase d\n" REST), 0);
    ck_assert_str_eq(config_ability(&config, 1), "");

    for (i = 0; i < COUNT(wrong); i++) {
        snprintf(text, sizeof(text), "slots %s\ndatabase d\n" REST, wrong[i]);
        ck_assert_msg(parse(text) == -1, "%s", wrong[i]);
        ck_assert_msg(strstr(err, "encode=<number> or quick=<number>"), "%s",
                      err);
    }
}
END_TEST


START_TEST(slots_are_a_number_from_1_to_64)
{
    static const char *const wrong[] = { "0", "65", "-1", "two", "2x" };
    char text[256];
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        snprintf(text, sizeof(text), "slots %s\ndatabase d\n" REST, wrong[i]);
        ck_assert_msg(parse(text) == -1, "%s was taken", wrong[i]);
    }
}
END_TEST


START_TEST(patience_is_a_minute_unless_another_is_given)
{
    ck_assert_int_eq(parse("database d\n" REST), 0);
    ck_assert_int_eq(config.patience, 60);
    ck_assert_int_eq(parse("patience 5\ndatabase d\n" REST), 0);
    ck_assert_int_eq(config.patience, 5);
}
END_TEST


START_TEST(patience_is_an_hour_at_most)
{
    ck_assert_int_eq(parse("patience 3601\ndatabase d\n" REST), -1);
    ck_assert_ptr_nonnull(strstr(err, "\"patience\" is 1 to 3600"));
}
END_TEST


START_TEST(a_relative_folder_is_refused)
{
    ck_assert_int_eq(parse("database d\nlog here\n" REST), -1);
}
END_TEST


START_TEST(redis_has_an_address_and_may_have_more)
{
    ck_assert_int_eq(parse("database d\nredis secret@localhost\nmedia /m\n"
                           "spool /s\nwork /w\n"),
                     -1);
    ck_assert_int_eq(parse("database d\nredis [::1]:6379 db=3\nmedia /m\n"
                           "spool /s\nwork /w\n"),
                     0);
}
END_TEST


START_TEST(a_byte_of_zero_is_refused)
{
    static const char text[] = "database a\0b\n" REST;

    ck_assert_int_eq(
        config_parse(text, sizeof(text) - 1, &config, err, sizeof(err)), -1);
}
END_TEST


START_TEST(folders_that_are_not_there_are_named)
{
    char path[] = "/tmp/sluice-config-XXXXXX";
    FILE *file;

    file = fdopen(mkstemp(path), "w");
    fputs("database d\nredis unix:/r\nmedia /nonexistent\nspool /s\nwork /w\n",
          file);
    fclose(file);

    ck_assert_int_eq(config_read(path, &config, err, sizeof(err)), -1);
    remove(path);
    ck_assert_ptr_nonnull(strstr(err, "/nonexistent"));
}
END_TEST


START_TEST(issuers_and_load_balancers_may_stand_several_times)
{
    ck_assert_int_eq(
        parse("database d\nissuer https://a.example /a\n"
              "issuer https://b.example /b every=60\n"
              "load_balancer arn:c /c keys=https://k.example/\n" REST),
        0);
    ck_assert_uint_eq(config.issuer_count, 3);
    ck_assert_str_eq(config.issuers[1].name, "https://b.example");
    ck_assert_int_eq(config.issuers[2].kind, ISSUER_LOAD_BALANCER);
}
END_TEST


START_TEST(two_issuers_with_one_file_are_refused)
{
    ck_assert_int_eq(parse("issuer https://a.example /a\n"
                           "issuer https://b.example /a\ndatabase d\n" REST),
                     -1);
    ck_assert_ptr_nonnull(strstr(err, "2: "));
}
END_TEST


START_TEST(one_issuer_twice_is_refused)
{
    ck_assert_int_eq(parse("issuer https://a.example /a\n"
                           "issuer https://a.example /b\ndatabase d\n" REST),
                     -1);
}
END_TEST


START_TEST(more_than_16_issuers_are_refused)
{
    char text[2048];
    int i;
    size_t len = 0;

    for (i = 0; i <= CONFIG_ISSUERS_MAX; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len,
                                 "issuer https://%d.example /%d\n", i, i);
    }
    snprintf(text + len, sizeof(text) - len, "database d\n" REST);
    ck_assert_int_eq(parse(text), -1);
    ck_assert_ptr_nonnull(strstr(err, "17: "));
}
END_TEST


START_TEST(what_is_kept_free_is_a_gib_unless_another_size_is_given)
{
    ck_assert_int_eq(parse("database d\n" REST), 0);
    ck_assert_uint_eq(config.keep_free, 1ULL << 30);
    ck_assert_int_eq(parse("database d\nkeep_free 5g\n" REST), 0);
    ck_assert_uint_eq(config.keep_free, 5ULL << 30);
    ck_assert_int_eq(parse("database d\nkeep_free 300M\n" REST), 0);
    ck_assert_uint_eq(config.keep_free, 300ULL << 20);
    ck_assert_int_eq(parse("database d\nkeep_free 0\n" REST), 0);
    ck_assert_uint_eq(config.keep_free, 0);
}
END_TEST


START_TEST(a_size_that_is_none_is_refused)
{
    size_t i;
    char text[512];
    static const char *const sizes[] = {
        "-1", "x", "5x", "5gg", "g", "9999999999g", "99999999999999999999"
    };

    for (i = 0; i < COUNT(sizes); i++) {
        snprintf(text, sizeof(text), "database d\nkeep_free %s\n" REST,
                 sizes[i]);
        ck_assert_int_eq(parse(text), -1);
        ck_assert_ptr_nonnull(strstr(err, "\"keep_free\" is a size such as"));
    }
}
END_TEST


START_TEST(noop_is_off_until_it_is_on)
{
    ck_assert_int_eq(parse("database d\n" REST), 0);
    ck_assert_int_eq(config.noop, 0);
    ck_assert_int_eq(parse("database d\nnoop on\n" REST), 0);
    ck_assert_int_eq(config.noop, 1);
    ck_assert_int_eq(parse("database d\nnoop 1\n" REST), -1);
}
END_TEST


RUN("worker/config", a_value_may_hold_blanks, without_slots_there_is_one,
    comments_empty_lines_and_line_ends_of_windows_are_passed_over,
    an_unknown_key_is_named_with_its_line, a_missing_key_is_named,
    media_may_be_in_a_bucket, a_store_in_a_folder_has_media_in_it,
    media_are_in_one_place, a_key_that_stands_twice_is_refused,
    a_key_without_value_is_refused, slots_may_be_of_two_abilities,
    slots_are_a_number_from_1_to_64,
    patience_is_a_minute_unless_another_is_given, patience_is_an_hour_at_most,
    a_relative_folder_is_refused, redis_has_an_address_and_may_have_more,
    a_byte_of_zero_is_refused, folders_that_are_not_there_are_named,
    issuers_and_load_balancers_may_stand_several_times,
    two_issuers_with_one_file_are_refused, one_issuer_twice_is_refused,
    more_than_16_issuers_are_refused,
    what_is_kept_free_is_a_gib_unless_another_size_is_given,
    a_size_that_is_none_is_refused, noop_is_off_until_it_is_on)
