#include <string.h>
#include <openssl/evp.h>
#include "core/base/sha256.h"
#include "tests/unit/suite.h"

#define LENGTH 1000


static unsigned char text[LENGTH];


static void
fill(void)
{
    size_t i;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (unsigned char) (i * 7 + i / 256);
    }
}


static void
assert_digest_of(const sha256_t *sha, size_t len)
{
    unsigned char expected[SHA256_SIZE], digest[SHA256_SIZE];

    EVP_Digest(text, len, expected, NULL, EVP_sha256(), NULL);
    sha256_digest(sha, digest);
    ck_assert_mem_eq(digest, expected, SHA256_SIZE);
}


START_TEST(a_digest_is_openssls)
{
    sha256_t sha;

    fill();
    sha256_init(&sha);
    sha256_update(&sha, text, LENGTH);
    assert_digest_of(&sha, LENGTH);
}
END_TEST


START_TEST(a_digest_may_be_asked_for_on_the_way)
{
    sha256_t sha;

    fill();
    sha256_init(&sha);
    sha256_update(&sha, text, 100);
    assert_digest_of(&sha, 100);
    sha256_update(&sha, text + 100, 200);
    assert_digest_of(&sha, 300);
}
END_TEST


START_TEST(a_state_is_taken_up_at_any_length)
{
    size_t cut;
    uint32_t flags;
    sha256_t sha, again;
    unsigned char state[SHA256_STATE_SIZE];

    fill();

    for (cut = 0; cut <= LENGTH; cut++) {
        sha256_init(&sha);
        sha256_update(&sha, text, cut);
        sha256_save(&sha, 5, state);

        memset(&again, 0xa5, sizeof(again));
        ck_assert_int_eq(sha256_load(&again, &flags, state, sizeof(state)), 0);
        ck_assert_uint_eq(flags, 5);
        ck_assert_uint_eq(again.bytes, cut);
        sha256_update(&again, text + cut, LENGTH - cut);
        assert_digest_of(&again, LENGTH);
    }
}
END_TEST


START_TEST(a_state_counts_beyond_4_gib_of_bits_and_bytes)
{
    uint32_t flags;
    sha256_t sha, again;
    unsigned char state[SHA256_STATE_SIZE], one[SHA256_SIZE], two[SHA256_SIZE];

    /* as if so much had been hashed: only the counts matter here */
    sha256_init(&sha);
    sha.bytes = (UINT64_C(5) << 32) + 64;
    sha.ctx.Nl = 64 << 3;
    sha.ctx.Nh = 5 << 3;

    sha256_save(&sha, 0, state);
    ck_assert_int_eq(sha256_load(&again, &flags, state, sizeof(state)), 0);
    sha256_digest(&sha, one);
    sha256_digest(&again, two);
    ck_assert_mem_eq(one, two, SHA256_SIZE);
}
END_TEST


START_TEST(a_damaged_state_is_none)
{
    size_t i;
    uint32_t flags;
    sha256_t sha, again;
    unsigned char state[SHA256_STATE_SIZE];

    fill();
    sha256_init(&sha);
    sha256_update(&sha, text, 77);
    sha256_save(&sha, 0, state);

    for (i = 0; i < sizeof(state); i++) {
        state[i] ^= 0x10;
        ck_assert_int_eq(sha256_load(&again, &flags, state, sizeof(state)), -1);
        state[i] ^= 0x10;
    }

    ck_assert_int_eq(sha256_load(&again, &flags, state, sizeof(state)), 0);
}
END_TEST


START_TEST(a_state_of_another_size_is_none)
{
    uint32_t flags;
    sha256_t sha, again;
    unsigned char state[SHA256_STATE_SIZE + 1] = { 0 };

    sha256_init(&sha);
    sha256_save(&sha, 0, state);
    ck_assert_int_eq(sha256_load(&again, &flags, state, sizeof(state)), -1);
    ck_assert_int_eq(sha256_load(&again, &flags, state, SHA256_STATE_SIZE - 1),
                     -1);
    ck_assert_int_eq(sha256_load(&again, &flags, state, 0), -1);
}
END_TEST


START_TEST(a_digest_is_written_in_lower_case)
{
    unsigned char digest[SHA256_SIZE] = { 0xab, 0x0f };
    char hex[SHA256_HEX_SIZE];

    sha256_hex(digest, hex);
    ck_assert_uint_eq(strlen(hex), 64);
    ck_assert_int_eq(strncmp(hex, "ab0f00", 6), 0);
}
END_TEST


RUN("core/sha256", a_digest_is_written_in_lower_case, a_digest_is_openssls,
    a_digest_may_be_asked_for_on_the_way, a_state_is_taken_up_at_any_length,
    a_state_counts_beyond_4_gib_of_bits_and_bytes, a_damaged_state_is_none,
    a_state_of_another_size_is_none)
