#include <string.h>
#include "core/jose/base64url.h"
#include "tests/unit/suite.h"

/* RFC 4648, section 10, without the padding */
static const struct {
    const char *plain;
    const char *coded;
} vectors[] = { { "", "" },
                { "f", "Zg" },
                { "fo", "Zm8" },
                { "foo", "Zm9v" },
                { "foob", "Zm9vYg" },
                { "fooba", "Zm9vYmE" },
                { "foobar", "Zm9vYmFy" } };


static ssize_t
decode(const char *coded)
{
    char dst[256];

    return base64url_decode(dst, coded, strlen(coded));
}


START_TEST(the_vectors_of_rfc_4648_encode)
{
    char dst[16];
    size_t i, n;

    for (i = 0; i < COUNT(vectors); i++) {
        n = base64url_encode(dst, vectors[i].plain, strlen(vectors[i].plain));
        ck_assert_uint_eq(n, strlen(vectors[i].coded));
        ck_assert_mem_eq(dst, vectors[i].coded, n);
    }
}
END_TEST


START_TEST(the_vectors_of_rfc_4648_decode)
{
    char dst[16];
    size_t i;
    ssize_t n;

    for (i = 0; i < COUNT(vectors); i++) {
        n = base64url_decode(dst, vectors[i].coded, strlen(vectors[i].coded));
        ck_assert_int_eq(n, (ssize_t) strlen(vectors[i].plain));
        ck_assert_mem_eq(dst, vectors[i].plain, (size_t) n);
    }
}
END_TEST


START_TEST(the_bytes_of_rfc_7515_appendix_c_use_the_url_alphabet)
{
    char dst[8];

    ck_assert_uint_eq(base64url_encode(dst, "\x03\xec\xff\xe0\xc1", 5), 7);
    ck_assert_mem_eq(dst, "A-z_4ME", 7);
}
END_TEST


START_TEST(every_byte_at_every_place_comes_back)
{
    unsigned char bytes[256 + 3], back[256 + 3];
    char text[base64url_encoded_size(256 + 3)];
    size_t len, i, n;

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char) (i * 7);
    }

    for (len = 0; len <= sizeof(bytes); len++) {
        n = base64url_encode(text, bytes, len);
        ck_assert_uint_eq(n, base64url_encoded_size(len));
        ck_assert_uint_eq(base64url_decoded_size(n), len);
        ck_assert_int_eq(base64url_decode(back, text, n), (ssize_t) len);
        ck_assert_mem_eq(back, bytes, len);
    }
}
END_TEST


START_TEST(the_standard_alphabet_is_refused)
{
    ck_assert_int_eq(decode("Zm9+"), -1);
    ck_assert_int_eq(decode("Zm9/"), -1);
}
END_TEST


START_TEST(padding_is_refused)
{
    ck_assert_int_eq(decode("Zg=="), -1);
    ck_assert_int_eq(decode("Zm8="), -1);
}
END_TEST


START_TEST(a_character_alone_in_its_group_is_refused)
{
    ck_assert_int_eq(decode("Z"), -1);
    ck_assert_int_eq(decode("Zm9vY"), -1);
}
END_TEST


START_TEST(stray_bits_in_the_last_character_are_refused)
{
    ck_assert_int_eq(decode("Zh"), -1);
    ck_assert_int_eq(decode("Zm9"), -1);
}
END_TEST


START_TEST(all_but_64_characters_are_refused_at_each_place)
{
    char text[4], dst[4];
    size_t place;
    int c, taken;

    for (place = 0; place < 4; place++) {
        for (c = 0, taken = 0; c < 256; c++) {
            memcpy(text, "AAAA", 4);
            text[place] = (char) c;
            taken += (base64url_decode(dst, text, 4) == 3);
        }

        ck_assert_int_eq(taken, 64);
    }
}
END_TEST


START_TEST(foreign_characters_are_refused_in_a_short_last_group)
{
    ck_assert_int_eq(decode(" A"), -1);
    ck_assert_int_eq(decode("A "), -1);
    ck_assert_int_eq(decode("AA\n"), -1);
    ck_assert_int_eq(decode("A\xc3\xa4"), -1);
}
END_TEST


RUN("core/base64url", the_vectors_of_rfc_4648_encode,
    the_vectors_of_rfc_4648_decode,
    the_bytes_of_rfc_7515_appendix_c_use_the_url_alphabet,
    every_byte_at_every_place_comes_back, the_standard_alphabet_is_refused,
    padding_is_refused, a_character_alone_in_its_group_is_refused,
    stray_bits_in_the_last_character_are_refused,
    all_but_64_characters_are_refused_at_each_place,
    foreign_characters_are_refused_in_a_short_last_group)
