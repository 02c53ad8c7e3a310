#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/crc32.h"
#include "core/grant/service_key.h"
#include "core/jose/jwt.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define NOW 1800000000

static const service_key_t shop = {
    .id = "01890000-0000-7000-8000-0123456789ab",
    .user = "01890000-0000-7000-8000-0123456789ac",
    .role = ROLE_EDITOR,
    .scopes = SCOPE_LINKS_MINT | SCOPE_MEDIA_READ,
    .issued = NOW,
    .expires = NOW + 3600,
};


static void
make_with(const jwk_set_t *keys, const service_key_t *key,
          char text[SERVICE_KEY_SIZE])
{
    const jwk_t *signer;

    ck_assert_int_eq(service_key_write(keys, 0, key, text, &signer), 0);
    ck_assert_uint_eq(strlen(text), SERVICE_KEY_LEN);
}


static void
make(char text[SERVICE_KEY_SIZE])
{
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    make_with(keys, &shop, text);
    jwk_set_free(keys);
}


static int
reads(const char *text, size_t len, service_key_t *key)
{
    int rc;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    rc = service_key_read(keys, text, len, key);
    jwk_set_free(keys);

    return rc;
}


/* A set of keys that others have. */
static jwk_set_t *
others(jwa_t alg)
{
    char *json = jwk_set_generate(alg);
    jwk_set_t *keys = keys_parse(json);

    free(json);

    return keys;
}


START_TEST(it_tells_what_was_written)
{
    size_t i;
    char text[SERVICE_KEY_SIZE];
    jwk_set_t *keys;
    service_key_t key = shop, read;
    static const jwa_t algs[] = { JWA_ES256, JWA_EDDSA };
    static const int64_t times[] = { 0, NOW, INT64_MAX, INT64_MIN, -1 };

    for (i = 0; i < COUNT(times) * COUNT(algs); i++) {
        keys = others(algs[i % COUNT(algs)]);
        key.issued = times[i / COUNT(algs)];
        key.expires = times[COUNT(times) - 1 - i / COUNT(algs)];
        key.scopes = i % 2 ? SCOPE_ANY : SCOPE_MEDIA_WRITE;
        make_with(keys, &key, text);

        ck_assert_int_eq(service_key_read(keys, text, SERVICE_KEY_LEN, &read),
                         0);
        ck_assert_str_eq(read.id, key.id);
        ck_assert_str_eq(read.user, key.user);
        ck_assert_int_eq(read.role, key.role);
        ck_assert_uint_eq(read.scopes, key.scopes);
        ck_assert_int_eq(read.issued, key.issued);
        ck_assert_int_eq(read.expires, key.expires);
        jwk_set_free(keys);
    }
}
END_TEST


START_TEST(one_of_which_a_character_was_changed_is_not_whole)
{
    size_t i;
    char text[SERVICE_KEY_SIZE], was;
    service_key_t key;

    make(text);

    for (i = 0; i < SERVICE_KEY_LEN; i++) {
        was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(service_key_whole(text, SERVICE_KEY_LEN), 0);
        ck_assert_int_eq(reads(text, SERVICE_KEY_LEN, &key), -1);
        text[i] = was;
    }

    ck_assert_int_eq(service_key_whole(text, SERVICE_KEY_LEN), 1);
    ck_assert_int_eq(reads(text, SERVICE_KEY_LEN, &key), 0);
}
END_TEST


/* The sum anew, as anybody can. */
static void
sum(char text[SERVICE_KEY_SIZE])
{
    int i;
    uint32_t crc = crc32_update(0, text, SERVICE_KEY_SUM);

    for (i = 5; i >= 0; i--, crc /= 62) {
        text[SERVICE_KEY_SUM + (size_t) i] =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                [crc % 62];
    }
}


START_TEST(one_of_which_a_character_was_changed_and_the_sum_is_none)
{
    size_t i;
    char text[SERVICE_KEY_SIZE], again[SERVICE_KEY_SIZE], was;
    service_key_t key;

    make(text);
    strcpy(again, text);
    sum(again);
    ck_assert_str_eq(again, text);

    for (i = SERVICE_KEY_PREFIX_LEN; i < SERVICE_KEY_SUM; i++) {
        was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        sum(text);
        ck_assert_int_eq(service_key_whole(text, SERVICE_KEY_LEN), 1);
        ck_assert_int_eq(reads(text, SERVICE_KEY_LEN, &key), -1);
        text[i] = was;
    }
}
END_TEST


START_TEST(one_of_another_length_is_none)
{
    size_t len;
    char text[2 * SERVICE_KEY_SIZE];
    service_key_t key;

    memset(text, 'A', sizeof(text));
    make(text);
    text[SERVICE_KEY_LEN] = 'A';

    for (len = 0; len < sizeof(text); len++) {
        ck_assert_int_eq(reads(text, len, &key),
                         len == SERVICE_KEY_LEN ? 0 : -1);
    }
}
END_TEST


START_TEST(the_first_key_of_its_kind_signs_and_each_of_them_verifies)
{
    char text[SERVICE_KEY_SIZE];
    char *one = jwk_set_generate(JWA_ES256), *two, err[128];
    const jwk_t *signer;
    jwk_set_t *keys = keys_parse(one);
    service_key_t read;

    make_with(keys, &shop, text);
    jwk_set_free(keys);

    two = jwk_set_rotate(one, strlen(one), err, sizeof(err));
    keys = keys_parse(two);
    ck_assert_int_eq(service_key_read(keys, text, SERVICE_KEY_LEN, &read), 0);
    ck_assert_int_eq(service_key_write(keys, 0, &shop, text, &signer), 0);
    ck_assert_ptr_eq(signer, jwk_set_signer(keys, JWA_ACCESS, 0));
    jwk_set_free(keys);

    keys = keys_parse(one);
    ck_assert_int_eq(service_key_read(keys, text, SERVICE_KEY_LEN, &read), -1);
    jwk_set_free(keys);
    free(one);
    free(two);
}
END_TEST


START_TEST(without_a_key_for_access_tokens_none_is_made_or_read)
{
    char text[SERVICE_KEY_SIZE];
    const jwk_t *signer;
    service_key_t read;
    jwk_set_t *keys = keys_parse("{\"keys\":[" KEYS_OCT "]}");

    ck_assert_int_eq(service_key_write(keys, 0, &shop, text, &signer), -1);
    make(text);
    ck_assert_int_eq(service_key_read(keys, text, SERVICE_KEY_LEN, &read), -1);
    jwk_set_free(keys);
}
END_TEST


START_TEST(what_is_public_verifies_and_makes_none)
{
    char text[SERVICE_KEY_SIZE], again[SERVICE_KEY_SIZE];
    const jwk_t *signer;
    service_key_t read;
    jwk_set_t *keys = keys_parse_as("{\"keys\":[" KEYS_EC_PUBLIC "]}",
                                    JWK_PUBLIC);

    make(text);
    ck_assert_int_eq(service_key_read(keys, text, SERVICE_KEY_LEN, &read), 0);
    ck_assert_int_eq(service_key_write(keys, 0, &shop, again, &signer), -1);
    jwk_set_free(keys);
}
END_TEST


START_TEST(one_of_no_role_that_a_user_may_have_is_none)
{
    unsigned role;
    char text[SERVICE_KEY_SIZE];
    service_key_t key = shop, read;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    for (role = 0; role < 256; role++) {
        key.role = (role_t) role;
        make_with(keys, &key, text);
        ck_assert_int_eq(service_key_read(keys, text, SERVICE_KEY_LEN, &read),
                         role >= ROLE_VIEWER && role <= ROLE_ADMIN ? 0 : -1);
    }

    jwk_set_free(keys);
}
END_TEST


START_TEST(what_is_no_id_is_not_written)
{
    char text[SERVICE_KEY_SIZE];
    const jwk_t *signer;
    service_key_t bad = shop;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    bad.id[0] = 'x';
    ck_assert_int_eq(service_key_write(keys, 0, &bad, text, &signer), -1);
    bad = shop;
    bad.user[0] = '\0';
    ck_assert_int_eq(service_key_write(keys, 0, &bad, text, &signer), -1);
    jwk_set_free(keys);
}
END_TEST


START_TEST(it_is_no_token)
{
    char text[SERVICE_KEY_SIZE];
    json_t *claims;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    make(text);
    ck_assert_int_eq(jwt_verify(keys, &jws_any, text, SERVICE_KEY_LEN, &claims),
                     JWT_MALFORMED);
    jwk_set_free(keys);
}
END_TEST


RUN("core/service_key", it_tells_what_was_written,
    one_of_which_a_character_was_changed_is_not_whole,
    one_of_which_a_character_was_changed_and_the_sum_is_none,
    one_of_another_length_is_none,
    the_first_key_of_its_kind_signs_and_each_of_them_verifies,
    without_a_key_for_access_tokens_none_is_made_or_read,
    what_is_public_verifies_and_makes_none,
    one_of_no_role_that_a_user_may_have_is_none, what_is_no_id_is_not_written,
    it_is_no_token)
