#include <string.h>
#include "tests/unit/suite.h"
#include "worker/config/url.h"

static char authority[URL_AUTHORITY_SIZE];


START_TEST(a_url_without_port_has_443)
{
    ck_assert_int_eq(url_authority("https://a.example/b?c", authority), 0);
    ck_assert_str_eq(authority, "a.example:443");
}
END_TEST


START_TEST(a_host_is_compared_in_small_letters)
{
    ck_assert_int_eq(url_authority("https://A.Example:8443", authority), 0);
    ck_assert_str_eq(authority, "a.example:8443");
}
END_TEST


START_TEST(an_address_is_a_host_too)
{
    ck_assert_int_eq(url_authority("https://[::1]:8443/", authority), 0);
    ck_assert_str_eq(authority, "[::1]:8443");
}
END_TEST


START_TEST(a_url_that_is_too_long_is_refused)
{
    char url[URL_SIZE + 1];

    memset(url, 'a', sizeof(url));
    memcpy(url, "https://a/", 10);
    url[URL_SIZE] = '\0';
    ck_assert_int_eq(url_authority(url, authority), -1);
    url[URL_SIZE - 1] = '\0';
    ck_assert_int_eq(url_authority(url, authority), 0);
}
END_TEST


RUN("worker/url", a_url_without_port_has_443,
    a_host_is_compared_in_small_letters, an_address_is_a_host_too,
    a_url_that_is_too_long_is_refused)
