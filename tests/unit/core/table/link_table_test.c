#include <stdio.h>
#include <string.h>
#include "core/table/link_table.h"
#include "tests/unit/suite.h"

#define URL "/a.mp4?Expires=1&Signature=abc&Key-Pair-Id=K"

static int64_t nbf, exp_;


static int
find(const link_table_t *table, const char *url)
{
    return link_table_find(table, url, strlen(url), &nbf, &exp_);
}


START_TEST(a_url_is_found_with_its_times)
{
    link_table_t *table = link_table_create(8);

    ck_assert_int_eq(find(table, URL), 0);
    link_table_put(table, URL, strlen(URL), 5, 7);
    ck_assert_int_eq(find(table, URL), 1);
    ck_assert_int_eq(nbf, 5);
    ck_assert_int_eq(exp_, 7);
    link_table_free(table);
}
END_TEST


START_TEST(a_url_that_differs_anywhere_is_another)
{
    link_table_t *table = link_table_create(1);
    char url[sizeof(URL)];
    size_t i;

    link_table_put(table, URL, strlen(URL), 0, 7);

    for (i = 0; i < strlen(URL); i++) {
        strcpy(url, URL);
        url[i] ^= 1;
        ck_assert_int_eq(find(table, url), 0);
    }

    ck_assert_int_eq(find(table, URL "x"), 0);
    ck_assert_int_eq(link_table_find(table, URL, strlen(URL) - 1, &nbf, &exp_),
                     0);
    link_table_free(table);
}
END_TEST


START_TEST(a_newer_url_takes_the_place_of_an_older)
{
    link_table_t *table = link_table_create(1);

    link_table_put(table, "/old", 4, 0, 1);
    link_table_put(table, "/new", 4, 0, 2);
    ck_assert_int_eq(find(table, "/old"), 0);
    ck_assert_int_eq(find(table, "/new"), 1);
    link_table_free(table);
}
END_TEST


START_TEST(a_url_put_in_twice_has_its_last_times)
{
    link_table_t *table = link_table_create(4);

    link_table_put(table, URL, strlen(URL), 0, 1);
    link_table_put(table, URL, strlen(URL), 0, 2);
    ck_assert_int_eq(find(table, URL), 1);
    ck_assert_int_eq(exp_, 2);
    link_table_free(table);
}
END_TEST


START_TEST(a_url_over_2048_bytes_is_not_remembered)
{
    link_table_t *table = link_table_create(4);
    char url[LINK_TABLE_MAX + 1];

    memset(url, 'u', sizeof(url));
    link_table_put(table, url, sizeof(url), 0, 1);
    ck_assert_int_eq(link_table_find(table, url, sizeof(url), &nbf, &exp_), 0);
    link_table_put(table, url, sizeof(url) - 1, 0, 1);
    ck_assert_int_eq(link_table_find(table, url, sizeof(url) - 1, &nbf, &exp_),
                     1);
    link_table_free(table);
}
END_TEST


START_TEST(a_thousand_urls_find_their_places)
{
    link_table_t *table = link_table_create(65536);
    char url[128];
    int i, found = 0;

    for (i = 0; i < 1000; i++) {
        sprintf(url, "/a.mp4?Signature=%d&Key-Pair-Id=KEY", i);
        link_table_put(table, url, strlen(url), 0, i);
    }

    for (i = 0; i < 1000; i++) {
        sprintf(url, "/a.mp4?Signature=%d&Key-Pair-Id=KEY", i);
        found += find(table, url) && exp_ == i;
    }

    ck_assert_int_gt(found, 950);
    link_table_free(table);
}
END_TEST


START_TEST(a_table_that_is_too_large_is_not_made)
{
    ck_assert_ptr_null(link_table_create((size_t) 1 << 40));
    link_table_free(NULL);
}
END_TEST


RUN("core/link_table", a_url_is_found_with_its_times,
    a_url_that_differs_anywhere_is_another,
    a_newer_url_takes_the_place_of_an_older,
    a_url_put_in_twice_has_its_last_times,
    a_url_over_2048_bytes_is_not_remembered, a_thousand_urls_find_their_places,
    a_table_that_is_too_large_is_not_made)
