#include "core/base/origin.h"
#include "tests/unit/suite.h"

#include <string.h>


static int
same(const char *a, const char *b)
{
    return origin_same(a, strlen(a), b, strlen(b));
}


START_TEST(an_origin_is_itself)
{
    ck_assert(same("https://media.example.org", "https://media.example.org"));
    ck_assert(same("http://[::1]:8080", "http://[::1]:8080"));
}
END_TEST


START_TEST(case_and_a_default_port_do_not_count)
{
    ck_assert(
        same("https://Media.Example.org", "HTTPS://media.example.org:443"));
    ck_assert(same("http://[::1]", "http://[::1]:80"));
}
END_TEST


START_TEST(another_scheme_host_or_port_is_another_origin)
{
    ck_assert(!same("https://media.example.org", "http://media.example.org"));
    ck_assert(!same("https://media.example.org", "https://example.org"));
    ck_assert(!same("https://media.example.org",
                    "https://media.example.org.evil.test"));
    ck_assert(
        !same("https://media.example.org", "https://media.example.org:444"));
    ck_assert(!same("http://[::1]", "http://[::2]"));
}
END_TEST


START_TEST(what_is_no_origin_is_the_same_as_nothing)
{
    static const char *const texts[] = { "",
                                         "null",
                                         "media.example.org",
                                         "https://",
                                         "ftp://media.example.org",
                                         "https://a/",
                                         "https://a:",
                                         "https://a:0",
                                         "https://a:65536",
                                         "https://a:99999999999",
                                         "https://a:4x",
                                         "https://:443",
                                         "https://evil@a",
                                         "https://a?",
                                         "https://a#" };
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_msg(!same(texts[i], texts[i]), "%s", texts[i]);
    }
}
END_TEST


RUN("core/origin", an_origin_is_itself, case_and_a_default_port_do_not_count,
    another_scheme_host_or_port_is_another_origin,
    what_is_no_origin_is_the_same_as_nothing)
