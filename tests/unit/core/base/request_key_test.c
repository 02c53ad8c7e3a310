#include <string.h>
#include "core/base/request_key.h"
#include "tests/unit/suite.h"

#define LONGEST 255


static int
takes(const char *value, unsigned char digest[SHA256_SIZE])
{
    return request_key_read(value, strlen(value), digest) == 0;
}


START_TEST(a_key_is_the_same_in_quotes)
{
    unsigned char bare[SHA256_SIZE], quoted[SHA256_SIZE];

    ck_assert(takes("8e03978e-40d5", bare));
    ck_assert(takes("\"8e03978e-40d5\"", quoted));
    ck_assert_mem_eq(bare, quoted, SHA256_SIZE);
}
END_TEST


START_TEST(two_keys_differ)
{
    unsigned char a[SHA256_SIZE], b[SHA256_SIZE];

    ck_assert(takes("a", a));
    ck_assert(takes("b", b));
    ck_assert_mem_ne(a, b, SHA256_SIZE);
}
END_TEST


START_TEST(a_key_has_255_characters_at_most)
{
    char key[LONGEST + 4];
    unsigned char digest[SHA256_SIZE];

    memset(key, 'k', sizeof(key));
    ck_assert_int_eq(request_key_read(key, LONGEST, digest), 0);
    ck_assert_int_eq(request_key_read(key, LONGEST + 1, digest), -1);

    key[0] = '"';
    key[LONGEST + 1] = '"';
    ck_assert_int_eq(request_key_read(key, LONGEST + 2, digest), 0);
    key[LONGEST + 1] = 'k';
    key[LONGEST + 2] = '"';
    ck_assert_int_eq(request_key_read(key, LONGEST + 3, digest), -1);
}
END_TEST


START_TEST(what_is_no_key_is_refused)
{
    size_t i;
    unsigned char digest[SHA256_SIZE];
    static const char *const wrong[] = {
        "",     "\"",   "\"\"", "a b",  "\"a",      "a\"",
        "a\"b", "a\\b", "\ta",  "\x7f", "\xc3\xa9", "\"a\"b\""
    };

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(!takes(wrong[i], digest), "%s", wrong[i]);
    }
}
END_TEST


RUN("core/base/request_key", a_key_is_the_same_in_quotes, two_keys_differ,
    a_key_has_255_characters_at_most, what_is_no_key_is_refused)
