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


static void
is_written(const char *text, const char *wanted)
{
    char out[64];
    size_t len = origin_write(text, strlen(text), out);

    ck_assert_msg(len == strlen(wanted) && memcmp(out, wanted, len) == 0,
                  "%s: %.*s", text, (int) len, out);
}


START_TEST(an_origin_is_written_as_browsers_do)
{
    is_written("https://app.example.org", "https://app.example.org");
    is_written("HTTPS://App.Example.ORG:443", "https://app.example.org");
    is_written("http://app.example.org:80", "http://app.example.org");
    is_written("http://app.example.org:443", "http://app.example.org:443");
    is_written("http://localhost:008080", "http://localhost:8080");
    is_written("http://[::1]:80", "http://[::1]");
    is_written("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443");
}
END_TEST


START_TEST(what_browsers_would_not_write_is_none)
{
    static const char *const texts[] = { "",
                                         "null",
                                         "*",
                                         "a.example.org",
                                         "https://",
                                         "ftp://a",
                                         "https://a/",
                                         "https://a/x",
                                         "https://*",
                                         "https://*.a",
                                         "https://a b",
                                         "https://a\tb",
                                         "https://",
                                         "https://u@a",
                                         "https://a?",
                                         "https://a#",
                                         "https://[",
                                         "https://[]",
                                         "https://::1",
                                         "https://[a]b",
                                         "https://a:",
                                         "https://a:65536",
                                         "https://\xc3\xa9.fr" };
    char out[64];
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_msg(origin_write(texts[i], strlen(texts[i]), out) == 0, "%s",
                      texts[i]);
    }
}
END_TEST


RUN("core/origin", an_origin_is_written_as_browsers_do,
    what_browsers_would_not_write_is_none, an_origin_is_itself,
    case_and_a_default_port_do_not_count,
    another_scheme_host_or_port_is_another_origin,
    what_is_no_origin_is_the_same_as_nothing)
