#include <string.h>
#include "core/base/base32.h"
#include "tests/unit/suite.h"

/* RFC 4648, section 10, without the padding */
static const struct {
    const char *bytes, *text;
} vectors[] = { { "", "" },
                { "f", "MY" },
                { "fo", "MZXQ" },
                { "foo", "MZXW6" },
                { "foob", "MZXW6YQ" },
                { "fooba", "MZXW6YTB" },
                { "foobar", "MZXW6YTBOI" } };


static ssize_t
decode(const char *text, char bytes[16])
{
    return base32_decode(bytes, 16, text, strlen(text));
}


START_TEST(the_vectors_are_written_and_read)
{
    size_t i, n;
    char text[32], bytes[16];

    for (i = 0; i < COUNT(vectors); i++) {
        n = base32_encode(text, vectors[i].bytes, strlen(vectors[i].bytes));
        ck_assert_uint_eq(n, base32_encoded_size(strlen(vectors[i].bytes)));
        ck_assert_uint_eq(n, strlen(vectors[i].text));
        ck_assert_mem_eq(text, vectors[i].text, n);

        ck_assert_int_eq(decode(vectors[i].text, bytes),
                         (ssize_t) strlen(vectors[i].bytes));
        ck_assert_mem_eq(bytes, vectors[i].bytes, strlen(vectors[i].bytes));
    }
}
END_TEST


START_TEST(people_may_write_it_small_and_in_groups)
{
    char bytes[16];

    ck_assert_int_eq(decode("mzxw-6ytb oi", bytes), 6);
    ck_assert_mem_eq(bytes, "foobar", 6);
}
END_TEST


START_TEST(what_is_none_is_refused)
{
    size_t i;
    char bytes[16];
    static const char *const bad[] = { "M",      "MZX", "MZXW6Y", "MZ",
                                       "M0",     "M1",  "M8",     "MY======",
                                       "M\xc3Y", "M_",  "M\nY" };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(decode(bad[i], bytes) == -1, "%s", bad[i]);
    }
}
END_TEST


START_TEST(no_more_is_written_than_there_is_room)
{
    char bytes[6] = "xxxxx";

    ck_assert_int_eq(base32_decode(bytes, 5, "MZXW6YTBOI", 10), -1);
    ck_assert_int_eq(bytes[5], '\0');
    ck_assert_int_eq(base32_decode(bytes, 5, "MZXW6YTB", 8), 5);
}
END_TEST


RUN("core/base32", the_vectors_are_written_and_read,
    people_may_write_it_small_and_in_groups, what_is_none_is_refused,
    no_more_is_written_than_there_is_room)
