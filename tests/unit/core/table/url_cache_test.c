#include <stdio.h>
#include <string.h>
#include "core/table/url_cache.h"
#include "tests/unit/suite.h"

#define URL "/a.mp4?Expires=1&Signature=abc&Key-Pair-Id=K"

static int64_t nbf, exp_;


static int
find(const url_cache_t *cache, const char *url)
{
    return url_cache_find(cache, url, strlen(url), &nbf, &exp_);
}


START_TEST(a_url_is_found_with_its_times)
{
    url_cache_t *cache = url_cache_create(8);

    ck_assert_int_eq(find(cache, URL), 0);
    url_cache_put(cache, URL, strlen(URL), 5, 7);
    ck_assert_int_eq(find(cache, URL), 1);
    ck_assert_int_eq(nbf, 5);
    ck_assert_int_eq(exp_, 7);
    url_cache_free(cache);
}
END_TEST


START_TEST(a_url_that_differs_anywhere_is_another)
{
    url_cache_t *cache = url_cache_create(1);
    char url[sizeof(URL)];
    size_t i;

    url_cache_put(cache, URL, strlen(URL), 0, 7);

    for (i = 0; i < strlen(URL); i++) {
        strcpy(url, URL);
        url[i] ^= 1;
        ck_assert_int_eq(find(cache, url), 0);
    }

    ck_assert_int_eq(find(cache, URL "x"), 0);
    ck_assert_int_eq(url_cache_find(cache, URL, strlen(URL) - 1, &nbf, &exp_),
                     0);
    url_cache_free(cache);
}
END_TEST


START_TEST(a_newer_url_takes_the_place_of_an_older)
{
    url_cache_t *cache = url_cache_create(1);

    url_cache_put(cache, "/old", 4, 0, 1);
    url_cache_put(cache, "/new", 4, 0, 2);
    ck_assert_int_eq(find(cache, "/old"), 0);
    ck_assert_int_eq(find(cache, "/new"), 1);
    url_cache_free(cache);
}
END_TEST


START_TEST(a_url_put_in_twice_has_its_last_times)
{
    url_cache_t *cache = url_cache_create(4);

    url_cache_put(cache, URL, strlen(URL), 0, 1);
    url_cache_put(cache, URL, strlen(URL), 0, 2);
    ck_assert_int_eq(find(cache, URL), 1);
    ck_assert_int_eq(exp_, 2);
    url_cache_free(cache);
}
END_TEST


START_TEST(a_url_over_2048_bytes_is_not_remembered)
{
    url_cache_t *cache = url_cache_create(4);
    char url[URL_CACHE_MAX + 1];

    memset(url, 'u', sizeof(url));
    url_cache_put(cache, url, sizeof(url), 0, 1);
    ck_assert_int_eq(url_cache_find(cache, url, sizeof(url), &nbf, &exp_), 0);
    url_cache_put(cache, url, sizeof(url) - 1, 0, 1);
    ck_assert_int_eq(url_cache_find(cache, url, sizeof(url) - 1, &nbf, &exp_),
                     1);
    url_cache_free(cache);
}
END_TEST


START_TEST(a_thousand_urls_find_their_places)
{
    url_cache_t *cache = url_cache_create(65536);
    char url[128];
    int i, found = 0;

    for (i = 0; i < 1000; i++) {
        sprintf(url, "/a.mp4?Signature=%d&Key-Pair-Id=KEY", i);
        url_cache_put(cache, url, strlen(url), 0, i);
    }

    for (i = 0; i < 1000; i++) {
        sprintf(url, "/a.mp4?Signature=%d&Key-Pair-Id=KEY", i);
        found += find(cache, url) && exp_ == i;
    }

    ck_assert_int_gt(found, 950);
    url_cache_free(cache);
}
END_TEST


START_TEST(a_table_that_is_too_large_is_not_made)
{
    ck_assert_ptr_null(url_cache_create((size_t) 1 << 40));
    url_cache_free(NULL);
}
END_TEST


RUN("core/url_cache", a_url_is_found_with_its_times,
    a_url_that_differs_anywhere_is_another,
    a_newer_url_takes_the_place_of_an_older,
    a_url_put_in_twice_has_its_last_times,
    a_url_over_2048_bytes_is_not_remembered, a_thousand_urls_find_their_places,
    a_table_that_is_too_large_is_not_made)
