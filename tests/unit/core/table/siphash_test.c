#include <string.h>
#include <openssl/evp.h>
#include <openssl/core_names.h>
#include "core/table/siphash.h"
#include "tests/unit/suite.h"

#define SIZE 16


static void
hash(unsigned char out[SIZE], const unsigned char *key, const void *data,
     size_t len)
{
    uint64_t words[2];
    int i;

    siphash_128(key, data, len, words);

    for (i = 0; i < SIZE; i++) {
        out[i] = (unsigned char) (words[i / 8] >> (8 * (i % 8)));
    }
}


static void
count_up(unsigned char *p, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        p[i] = (unsigned char) i;
    }
}


/* vectors_sip128[0] and [15] of the authors' vectors.h: the key is 00 01 … 0f,
   the text 00 01 … as long as the index says. */

START_TEST(the_authors_vector_of_an_empty_text_holds)
{
    static const unsigned char expected[SIZE] = { 0xa3, 0x81, 0x7f, 0x04,
                                                  0xba, 0x25, 0xa8, 0xe6,
                                                  0x6d, 0xf6, 0x72, 0x14,
                                                  0xc7, 0x55, 0x02, 0x93 };
    unsigned char key[SIPHASH_KEY_SIZE], out[SIZE];

    count_up(key, sizeof(key));
    hash(out, key, "", 0);
    ck_assert_mem_eq(out, expected, SIZE);
}
END_TEST


START_TEST(the_authors_vector_of_15_bytes_holds)
{
    static const unsigned char expected[SIZE] = { 0x54, 0x93, 0xe9, 0x99,
                                                  0x33, 0xb0, 0xa8, 0x11,
                                                  0x7e, 0x08, 0xec, 0x0f,
                                                  0x97, 0xcf, 0xc3, 0xd9 };
    unsigned char key[SIPHASH_KEY_SIZE], text[15], out[SIZE];

    count_up(key, sizeof(key));
    count_up(text, sizeof(text));
    hash(out, key, text, sizeof(text));
    ck_assert_mem_eq(out, expected, SIZE);
}
END_TEST


START_TEST(openssl_says_the_same_of_every_length_up_to_300)
{
    unsigned char key[SIPHASH_KEY_SIZE], text[300], out[SIZE], theirs[SIZE];
    EVP_MAC *mac;
    EVP_MAC_CTX *ctx;
    size_t len, size = SIZE;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_END
    };

    count_up(key, sizeof(key));
    count_up(text, sizeof(text));
    key[3] = 0xff;
    mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    ck_assert_ptr_nonnull(mac);
    ctx = EVP_MAC_CTX_new(mac);

    for (len = 0; len <= sizeof(text); len++) {
        ck_assert_int_eq(EVP_MAC_init(ctx, key, sizeof(key), params), 1);
        ck_assert_int_eq(EVP_MAC_update(ctx, text, len), 1);
        ck_assert_int_eq(EVP_MAC_final(ctx, theirs, NULL, SIZE), 1);
        hash(out, key, text, len);
        ck_assert_mem_eq(out, theirs, SIZE);
    }

    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
}
END_TEST


RUN("core/siphash", the_authors_vector_of_an_empty_text_holds,
    the_authors_vector_of_15_bytes_holds,
    openssl_says_the_same_of_every_length_up_to_300)
