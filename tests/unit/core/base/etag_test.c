#include <string.h>
#include "core/base/etag.h"
#include "tests/unit/suite.h"


/* How many tags a list has, or -1. */
static int
count(const char *list)
{
    const char *p = list, *end = list + strlen(list);
    etag_t etag;
    int rc, many = 0;

    while ((rc = etag_next(&p, end, &etag)) == 1) {
        many++;
    }

    return rc == 0 ? many : -1;
}


START_TEST(a_list_is_read_tag_by_tag)
{
    static const char list[] = "\"a\", W/\"b.c\" ,\t\"\",,\"d e\x80\"";
    const char *p = list, *end = list + strlen(list);
    etag_t etag;

    ck_assert_int_eq(etag_next(&p, end, &etag), 1);
    ck_assert(etag.len == 1 && etag.tag[0] == 'a' && !etag.weak);
    ck_assert_int_eq(etag_next(&p, end, &etag), 1);
    ck_assert(etag.len == 3 && memcmp(etag.tag, "b.c", 3) == 0 && etag.weak);
    ck_assert_int_eq(etag_next(&p, end, &etag), 1);
    ck_assert(etag.len == 0 && !etag.weak);
    ck_assert_int_eq(etag_next(&p, end, &etag), -1); /* a blank inside */
}
END_TEST


START_TEST(empty_members_count_for_nothing)
{
    ck_assert_int_eq(count(""), 0);
    ck_assert_int_eq(count(" , ,"), 0);
    ck_assert_int_eq(count(",\"a\",,\"b\","), 2);
}
END_TEST


START_TEST(what_is_no_tag_is_refused)
{
    static const char *const texts[] = {
        "*",   "a",      "\"",         "\"a",         "w/\"a\"",  "W/",
        "W/a", "W\"a\"", "\"a\"\"b\"", "\"a\" \"b\"", "\"a\", b", "\"a\x7f\""
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(count(texts[i]) == -1, "%s", texts[i]);
    }
}
END_TEST


START_TEST(nothing_behind_the_end_is_read)
{
    static const char list[] = "\"abc\"";
    const char *p = list;
    etag_t etag;

    ck_assert_int_eq(etag_next(&p, list + 4, &etag), -1);
}
END_TEST


static const char *
of_file(const char *path, uint64_t size)
{
    static char out[ETAG_FILE_MAX + 1];

    out[etag_file(path, strlen(path), size, out)] = '\0';
    return out;
}


/* Machines of another version serve the same films: it stays as it is. */

START_TEST(a_file_has_the_same_tag_everywhere)
{
    ck_assert_str_eq(of_file("", 0), "\"0-0\"");
    ck_assert_str_eq(of_file("a", 10), "\"54cda58fef23-a\"");
    ck_assert_str_eq(of_file("/media/cd/x/a.mp4", UINT64_MAX),
                     "\"e72a706d6369-ffffffffffffffff\"");
}
END_TEST


START_TEST(a_file_of_another_path_or_size_has_another_tag)
{
    char first[ETAG_FILE_MAX + 1];

    strcpy(first, of_file("/media/a.mp4", 10));
    ck_assert_str_ne(first, of_file("/media/b.mp4", 10));
    ck_assert_str_ne(first, of_file("/media/a.mp4", 11));
}
END_TEST


RUN("core/etag", a_file_has_the_same_tag_everywhere,
    a_file_of_another_path_or_size_has_another_tag, a_list_is_read_tag_by_tag,
    empty_members_count_for_nothing, what_is_no_tag_is_refused,
    nothing_behind_the_end_is_read)
