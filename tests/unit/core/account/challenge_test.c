#include <string.h>
#include "core/account/challenge.h"
#include "core/account/refresh.h"
#include "core/jose/jwt.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define NOW 1800000000

static const challenge_t half_way = {
    .session = "01890000-0000-7000-8000-0123456789ab",
    .user = "01890000-0000-7000-8000-0123456789ac",
    .print = "00112233445566778899aabbccddeeff",
    .expires = NOW + CHALLENGE_LIFE,
    .remember = 1,
    .cookies = 0,
};


static void
make(const challenge_t *challenge, char text[CHALLENGE_SIZE])
{
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(challenge_write(keys, 0, challenge, text), 0);
    jwk_set_free(keys);
}


static int
reads(const char *text, size_t len, int64_t now, challenge_t *challenge)
{
    int rc;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    rc = challenge_read(keys, text, len, now, challenge);
    jwk_set_free(keys);

    return rc;
}


START_TEST(it_tells_what_was_begun)
{
    int bits;
    char text[CHALLENGE_SIZE];
    challenge_t challenge = half_way, read;

    for (bits = 0; bits < 4; bits++) {
        challenge.remember = bits & 1;
        challenge.cookies = bits >> 1;
        make(&challenge, text);

        ck_assert_uint_eq(strlen(text), CHALLENGE_LEN);
        ck_assert_int_eq(reads(text, CHALLENGE_LEN, NOW, &read), 0);
        ck_assert_str_eq(read.session, half_way.session);
        ck_assert_str_eq(read.user, half_way.user);
        ck_assert_str_eq(read.print, half_way.print);
        ck_assert_int_eq(read.expires, half_way.expires);
        ck_assert_int_eq(read.remember, challenge.remember);
        ck_assert_int_eq(read.cookies, challenge.cookies);
    }
}
END_TEST


START_TEST(it_lives_until_it_expires)
{
    char text[CHALLENGE_SIZE];
    challenge_t read;

    make(&half_way, text);
    ck_assert_int_eq(
        reads(text, CHALLENGE_LEN, NOW + CHALLENGE_LIFE - 1, &read), 0);
    ck_assert_int_eq(reads(text, CHALLENGE_LEN, NOW + CHALLENGE_LIFE, &read),
                     -1);
}
END_TEST


START_TEST(one_of_which_a_character_was_changed_is_none)
{
    size_t i;
    char text[CHALLENGE_SIZE], was;
    challenge_t read;

    make(&half_way, text);

    for (i = 0; i < CHALLENGE_LEN; i++) {
        was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(reads(text, CHALLENGE_LEN, NOW, &read), -1);
        text[i] = was;
    }

    ck_assert_int_eq(reads(text, CHALLENGE_LEN, NOW, &read), 0);
}
END_TEST


START_TEST(one_of_another_length_is_none)
{
    size_t len;
    char text[2 * CHALLENGE_SIZE];
    challenge_t read;

    memset(text, 'A', sizeof(text));
    make(&half_way, text);

    for (len = 0; len < sizeof(text); len++) {
        ck_assert_int_eq(reads(text, len, NOW, &read),
                         len == CHALLENGE_LEN ? 0 : -1);
    }
}
END_TEST


START_TEST(it_is_neither_a_token_nor_a_refresh_token)
{
    char text[CHALLENGE_SIZE];
    json_t *claims;
    refresh_t refresh;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    make(&half_way, text);
    ck_assert_int_eq(jwt_verify(keys, &jws_any, text, CHALLENGE_LEN, &claims),
                     JWT_MALFORMED);
    ck_assert_int_eq(refresh_read(keys, text, CHALLENGE_LEN, &refresh), -1);
    ck_assert_int_eq(refresh_read(keys, text, REFRESH_LEN, &refresh), -1);
    jwk_set_free(keys);
}
END_TEST


START_TEST(what_has_another_form_is_not_written)
{
    size_t i;
    char text[CHALLENGE_SIZE];
    challenge_t bad;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);
    static const char *const prints[] = { "", "0",
                                          "00112233445566778899AABBCCDDEEFF",
                                          "00112233445566778899aabbccddeef",
                                          "00112233445566778899aabbccddee:f" };

    for (i = 0; i < COUNT(prints); i++) {
        bad = half_way;
        strcpy(bad.print, prints[i]);
        ck_assert_int_eq(challenge_write(keys, 0, &bad, text), -1);
    }

    bad = half_way;
    bad.session[0] = 'x';
    ck_assert_int_eq(challenge_write(keys, 0, &bad, text), -1);
    bad = half_way;
    bad.user[0] = '\0';
    ck_assert_int_eq(challenge_write(keys, 0, &bad, text), -1);

    jwk_set_free(keys);
    keys = keys_parse("{\"keys\":[" KEYS_EC "]}");
    ck_assert_int_eq(challenge_write(keys, 0, &half_way, text), -1);
    jwk_set_free(keys);
}
END_TEST


RUN("core/challenge", it_tells_what_was_begun, it_lives_until_it_expires,
    one_of_which_a_character_was_changed_is_none, one_of_another_length_is_none,
    it_is_neither_a_token_nor_a_refresh_token,
    what_has_another_form_is_not_written)
