#include <stdio.h>
#include "core/jose/jwt.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"a1\"}"

/* Made with another implementation: the claims of RFC 7515, A.1, line breaks
   and all, under the keys of A.1 and A.3. */
#define FOREIGN_HS256                                                         \
    "eyJ0eXAiOiJncmFudCtqd3QiLA0KICJhbGciOiJIUzI1NiIsDQogImtpZCI6ImExIn0."    \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmN" \
    "vbS9pc19yb290Ijp0cnVlfQ.DEhzxXXtBw9vYosBttekGYpgJ8hawqPRMRFHq7Vburo"
#define FOREIGN_ES256                                                         \
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImEzIn0."                \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmN" \
    "vbS9pc19yb290Ijp0cnVlfQ.SWGoklBFtxfN6mowFtG-NO15R7Qd0KZqx6arTxiK7nrTF0y" \
    "URORSF0xoFh-En9m6CQhZBe_ULiVCvKnKZ2Yrlg"

static jwk_set_t *keys;


static jwt_result_t
verify(const jwt_profile_t *profile, const char *token, size_t len)
{
    json_t *claims = (json_t *) -1;
    jwt_result_t rc;

    if (keys == NULL) {
        keys = keys_parse(KEYS_BOTH);
    }

    rc = jwt_verify(keys, profile, token, len, &claims);

    if (rc == JWT_OK) {
        ck_assert(json_is_object(claims));
        json_decref(claims);

    } else {
        ck_assert_ptr_null(claims);
    }

    return rc;
}


/* What becomes of a grant with this header and payload and a true MAC. */
static jwt_result_t
forged(const char *header, size_t header_len, const char *payload,
       size_t payload_len)
{
    char *token = keys_forge(header, header_len, payload, payload_len);
    jwt_result_t rc = verify(&jwt_grant, token, strlen(token));

    free(token);

    return rc;
}


static jwt_result_t
forged_header(const char *header)
{
    return forged(header, strlen(header), "{}", 2);
}


static jwt_result_t
forged_payload(const char *payload)
{
    return forged(HEADER, strlen(HEADER), payload, strlen(payload));
}


START_TEST(what_is_signed_verifies)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    static const jwt_profile_t *const kinds[] = { &jwt_grant, &jwt_access };
    char *token;
    size_t i;

    for (i = 0; i < COUNT(kinds); i++) {
        token = jwt_sign(set, kinds[i], 0, "{\"exp\":1}", 9);
        ck_assert_ptr_nonnull(token);
        ck_assert_int_eq(verify(kinds[i], token, strlen(token)), JWT_OK);
        free(token);
    }
    jwk_set_free(set);
}
END_TEST


START_TEST(claims_come_back_as_they_were_signed)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = jwt_sign(set, &jwt_grant, 0, "{\"path\":\"/a\"}", 13);
    json_t *claims;

    ck_assert_int_eq(jwt_verify(set, &jwt_grant, token, strlen(token), &claims),
                     JWT_OK);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "path")), "/a");
    json_decref(claims);
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(the_header_is_compact)
{
    static const char header[] = HEADER;
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = jwt_sign(set, &jwt_grant, 0, "{}", 2);
    char text[sizeof(header)];

    ck_assert_int_eq(
        base64url_decode(text, token, (size_t) (strchr(token, '.') - token)),
        (ssize_t) strlen(header));
    ck_assert_mem_eq(text, header, strlen(header));
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(a_key_is_good_for_many_tokens)
{
    int i;

    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(forged_payload("{}"), JWT_OK);
        ck_assert_int_eq(forged_payload("{\"exp\":1}"), JWT_OK);
    }
}
END_TEST


START_TEST(hs256_of_another_implementation_verifies)
{
    ck_assert_int_eq(
        verify(&jwt_grant, FOREIGN_HS256, sizeof(FOREIGN_HS256) - 1), JWT_OK);
}
END_TEST


START_TEST(es256_of_another_implementation_verifies)
{
    ck_assert_int_eq(
        verify(&jwt_access, FOREIGN_ES256, sizeof(FOREIGN_ES256) - 1), JWT_OK);
}
END_TEST


START_TEST(a_jwt_of_no_kind_of_ours_has_the_wrong_type)
{
    ck_assert_int_eq(verify(&jwt_grant, RFC7515_A1, sizeof(RFC7515_A1) - 1),
                     JWT_WRONG_TYPE);
    ck_assert_int_eq(verify(&jwt_access, RFC7515_A1, sizeof(RFC7515_A1) - 1),
                     JWT_WRONG_TYPE);
}
END_TEST


START_TEST(one_kind_never_passes_for_the_other)
{
    ck_assert_int_eq(
        verify(&jwt_access, FOREIGN_HS256, sizeof(FOREIGN_HS256) - 1),
        JWT_WRONG_TYPE);
    ck_assert_int_eq(
        verify(&jwt_grant, FOREIGN_ES256, sizeof(FOREIGN_ES256) - 1),
        JWT_WRONG_TYPE);
}
END_TEST


/* Flips each character of the part in turn; nothing of it may pass. */
static void
tamper(const char *token, const jwt_profile_t *profile, size_t from, size_t to)
{
    char *copy = strdup(token);
    size_t i;

    for (i = from; i < to; i++) {
        copy[i] = (copy[i] == 'A') ? 'B' : 'A';
        ck_assert_int_ne(verify(profile, copy, strlen(copy)), JWT_OK);
        copy[i] = token[i];
    }

    free(copy);
}


START_TEST(a_tampered_header_is_refused)
{
    tamper(FOREIGN_HS256, &jwt_grant, 0,
           (size_t) (strchr(FOREIGN_HS256, '.') - FOREIGN_HS256));
    tamper(FOREIGN_ES256, &jwt_access, 0,
           (size_t) (strchr(FOREIGN_ES256, '.') - FOREIGN_ES256));
}
END_TEST


START_TEST(a_tampered_payload_is_refused)
{
    tamper(FOREIGN_HS256, &jwt_grant,
           (size_t) (strchr(FOREIGN_HS256, '.') - FOREIGN_HS256) + 1,
           (size_t) (strrchr(FOREIGN_HS256, '.') - FOREIGN_HS256));
    tamper(FOREIGN_ES256, &jwt_access,
           (size_t) (strchr(FOREIGN_ES256, '.') - FOREIGN_ES256) + 1,
           (size_t) (strrchr(FOREIGN_ES256, '.') - FOREIGN_ES256));
}
END_TEST


START_TEST(a_tampered_signature_is_refused)
{
    tamper(FOREIGN_HS256, &jwt_grant,
           (size_t) (strrchr(FOREIGN_HS256, '.') - FOREIGN_HS256) + 1,
           sizeof(FOREIGN_HS256) - 1);
    tamper(FOREIGN_ES256, &jwt_access,
           (size_t) (strrchr(FOREIGN_ES256, '.') - FOREIGN_ES256) + 1,
           sizeof(FOREIGN_ES256) - 1);
}
END_TEST


START_TEST(a_changed_payload_shows_in_the_signature)
{
    char token[] = FOREIGN_HS256;

    strchr(token, '.')[2] = 'z';
    ck_assert_int_eq(verify(&jwt_grant, token, strlen(token)),
                     JWT_BAD_SIGNATURE);
}
END_TEST


START_TEST(a_signature_is_never_cut_short_or_left_out)
{
    size_t len = sizeof(FOREIGN_HS256) - 1;
    size_t cut;

    for (cut = 1; cut <= 43; cut++) {
        ck_assert_int_ne(verify(&jwt_grant, FOREIGN_HS256, len - cut), JWT_OK);
    }

    ck_assert_int_eq(verify(&jwt_grant, FOREIGN_HS256, len - 43),
                     JWT_BAD_SIGNATURE);
}
END_TEST


START_TEST(a_signature_with_more_behind_is_refused)
{
    ck_assert_int_eq(
        verify(&jwt_grant, FOREIGN_HS256 "A", sizeof(FOREIGN_HS256 "A") - 1),
        JWT_BAD_SIGNATURE);
    ck_assert_int_eq(verify(&jwt_access, FOREIGN_ES256 "AAAA",
                            sizeof(FOREIGN_ES256 "AAAA") - 1),
                     JWT_BAD_SIGNATURE);
}
END_TEST


START_TEST(an_es256_signature_of_zeros_is_refused)
{
    size_t start = (size_t) (strrchr(FOREIGN_ES256, '.') - FOREIGN_ES256) + 1;
    char token[] = FOREIGN_ES256;

    memset(token + start, 'A', 86);
    ck_assert_int_eq(verify(&jwt_access, token, strlen(token)),
                     JWT_BAD_SIGNATURE);
    memset(token + start, '_', 85);
    token[start + 85] = 'w';
    ck_assert_int_eq(verify(&jwt_access, token, strlen(token)),
                     JWT_BAD_SIGNATURE);
}
END_TEST


START_TEST(alg_is_exact)
{
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":\"hs256\",\"typ\":\"grant+jwt\",\"kid\":\"a1\"}"),
        JWT_WRONG_TYPE);
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":\"HS512\",\"typ\":\"grant+jwt\",\"kid\":\"a1\"}"),
        JWT_WRONG_TYPE);
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":[\"HS256\"],\"typ\":\"grant+jwt\",\"kid\":\"a1\"}"),
        JWT_WRONG_TYPE);
    ck_assert_int_eq(forged_header("{\"typ\":\"grant+jwt\",\"kid\":\"a1\"}"),
                     JWT_WRONG_TYPE);
}
END_TEST


START_TEST(typ_is_a_media_type)
{
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":\"HS256\",\"typ\":\"Grant+JWT\",\"kid\":\"a1\"}"),
        JWT_OK);
    ck_assert_int_eq(forged_header("{\"alg\":\"HS256\",\"typ\":"
                                   "\"application/grant+jwt\",\"kid\":\"a1\"}"),
                     JWT_OK);
}
END_TEST


START_TEST(another_typ_is_refused)
{
    static const char *const typs[] = { "\"JWT\"",
                                        "\"at+jwt\"",
                                        "\"grant+jw\"",
                                        "\"grant+jwtt\"",
                                        "\"text/grant+jwt\"",
                                        "\"application/\"",
                                        "null",
                                        "1",
                                        "\"\"" };
    char header[128];
    size_t i;

    for (i = 0; i < COUNT(typs); i++) {
        snprintf(header, sizeof(header),
                 "{\"alg\":\"HS256\",\"typ\":%s,\"kid\":\"a1\"}", typs[i]);
        ck_assert_int_eq(forged_header(header), JWT_WRONG_TYPE);
    }

    ck_assert_int_eq(forged_header("{\"alg\":\"HS256\",\"kid\":\"a1\"}"),
                     JWT_WRONG_TYPE);
}
END_TEST


START_TEST(a_kid_is_required)
{
    ck_assert_int_eq(forged_header("{\"alg\":\"HS256\",\"typ\":\"grant+jwt\"}"),
                     JWT_WRONG_TYPE);
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":[\"a1\"]}"),
        JWT_WRONG_TYPE);
}
END_TEST


START_TEST(a_wrong_kid_is_an_unknown_key)
{
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"a2\"}"),
        JWT_UNKNOWN_KEY);
}
END_TEST


START_TEST(an_ec_key_never_verifies_an_hmac)
{
    ck_assert_int_eq(
        forged_header(
            "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"a3\"}"),
        JWT_WRONG_TYPE);
}
END_TEST


START_TEST(keys_that_the_token_brings_along_are_ignored)
{
    ck_assert_int_eq(
        forged_header("{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"a1\","
                      "\"jku\":\"https://example.com/\",\"x5u\":\"x\","
                      "\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}"),
        JWT_OK);
    ck_assert_int_eq(
        forged_header("{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"b\","
                      "\"jwk\":" KEYS_OCT "}"),
        JWT_UNKNOWN_KEY);
}
END_TEST


START_TEST(duplicate_members_in_the_header_are_refused)
{
    ck_assert_int_eq(forged_header("{\"alg\":\"none\",\"alg\":\"HS256\","
                                   "\"typ\":\"grant+jwt\",\"kid\":\"a1\"}"),
                     JWT_MALFORMED);
    ck_assert_int_eq(forged_header("{\"alg\":\"HS256\",\"typ\":\"grant+jwt\","
                                   "\"kid\":\"a1\",\"\\u006bid\":\"a1\"}"),
                     JWT_MALFORMED);
}
END_TEST


START_TEST(duplicate_claims_are_refused)
{
    ck_assert_int_eq(forged_payload("{\"exp\":1,\"exp\":2}"), JWT_MALFORMED);
    ck_assert_int_eq(forged_payload("{\"a\":{\"b\":1,\"b\":2}}"),
                     JWT_MALFORMED);
}
END_TEST


START_TEST(a_header_that_is_no_object_is_refused)
{
    static const char *const headers[] = { "",  "[]",  "\"HS256\"", "1", "null",
                                           "{", "{}x", "{\"alg\":}" };
    size_t i;

    for (i = 0; i < COUNT(headers); i++) {
        ck_assert_int_eq(forged_header(headers[i]), JWT_MALFORMED);
    }
}
END_TEST


START_TEST(claims_that_are_no_object_are_refused)
{
    static const char *const payloads[] = { "",
                                            "[]",
                                            "[{}]",
                                            "\"a\"",
                                            "1",
                                            "null",
                                            "{",
                                            "{}{}",
                                            "{'a':1}",
                                            "{\"a\":NaN}",
                                            "{\"a\":\"\xff\"}",
                                            "{\"a\":1e999}" };
    size_t i;

    for (i = 0; i < COUNT(payloads); i++) {
        ck_assert_int_eq(forged_payload(payloads[i]), JWT_MALFORMED);
    }
}
END_TEST


START_TEST(zero_bytes_are_refused_wherever_they_stand)
{
    ck_assert_int_eq(forged(HEADER, strlen(HEADER), "{}\0", 3), JWT_MALFORMED);
    ck_assert_int_eq(forged(HEADER, strlen(HEADER), "\0{}", 3), JWT_MALFORMED);
    ck_assert_int_eq(forged(HEADER, strlen(HEADER), "{\"a\0\":1}", 8),
                     JWT_MALFORMED);
    ck_assert_int_eq(forged_payload("{\"a\":\"\\u0000\"}"), JWT_MALFORMED);
    ck_assert_int_eq(forged_payload("{\"a\\u0000\":1}"), JWT_MALFORMED);
    ck_assert_int_eq(forged(HEADER, sizeof(HEADER), "{}", 2), JWT_MALFORMED);
}
END_TEST


START_TEST(claims_are_not_looked_at_before_the_signature)
{
    char *token = keys_forge(HEADER, strlen(HEADER), "junk", 4);

    token[strlen(token) - 2] ^= 1;
    ck_assert_int_ne(verify(&jwt_grant, token, strlen(token)), JWT_OK);
    token[strlen(token) - 10] = '!';
    ck_assert_int_eq(verify(&jwt_grant, token, strlen(token)), JWT_MALFORMED);
    free(token);
}
END_TEST


START_TEST(deep_json_is_refused)
{
    char payload[3000];

    memset(payload, '[', sizeof(payload));
    ck_assert_int_eq(forged(HEADER, strlen(HEADER), payload, 2900),
                     JWT_MALFORMED);
}
END_TEST


START_TEST(other_than_three_parts_are_refused)
{
    static const char *const tokens[] = { "",
                                          ".",
                                          "..",
                                          "...",
                                          "e30",
                                          "e30.",
                                          "e30.e30",
                                          "e30..",
                                          ".e30.",
                                          "a.b.c",
                                          "e30.e30.e30.e30.e30",
                                          "e30 .e30.e30",
                                          "e30\n.e30.e30" };
    size_t i;

    for (i = 0; i < COUNT(tokens); i++) {
        ck_assert_int_ne(verify(&jwt_grant, tokens[i], strlen(tokens[i])),
                         JWT_OK);
        ck_assert_int_ne(verify(&jwt_access, tokens[i], strlen(tokens[i])),
                         JWT_OK);
    }
}
END_TEST


START_TEST(a_fourth_part_is_refused)
{
    ck_assert_int_ne(verify(&jwt_grant, FOREIGN_HS256 ".e30",
                            sizeof(FOREIGN_HS256 ".e30") - 1),
                     JWT_OK);
}
END_TEST


/* The claims {"a":"xxx…"} of so many bytes. */
static char *
claims_of(size_t len)
{
    char *text = malloc(len + 1);

    memset(text, 'x', len);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + len - 2, "\"}", 3);

    return text;
}


START_TEST(the_longest_token_is_signed_and_verified)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *text, *token;
    size_t len;

    for (len = JWT_MAX_SIZE, token = NULL; token == NULL; len--) {
        text = claims_of(len);
        token = jwt_sign(set, &jwt_grant, 0, text, len);
        free(text);
    }

    ck_assert_uint_le(strlen(token), JWT_MAX_SIZE);
    ck_assert_uint_ge(strlen(token), JWT_MAX_SIZE - 1);
    ck_assert_int_eq(verify(&jwt_grant, token, strlen(token)), JWT_OK);
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(without_a_key_nothing_is_signed)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_EC_PUBLIC "]}");

    ck_assert_ptr_null(jwt_sign(set, &jwt_grant, 0, "{}", 2));
    ck_assert_ptr_null(jwt_sign(set, &jwt_access, 0, "{}", 2));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_key_that_left_the_set_opens_nothing)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_EC "]}");
    json_t *claims;

    ck_assert_int_eq(jwt_verify(set, &jwt_grant, FOREIGN_HS256,
                                sizeof(FOREIGN_HS256) - 1, &claims),
                     JWT_UNKNOWN_KEY);
    jwk_set_free(set);
}
END_TEST


START_TEST(the_signature_of_another_key_is_bad)
{
    jwk_set_t *set = keys_parse(
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a1\",\"alg\":\"HS256\","
        "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}");
    json_t *claims;

    ck_assert_int_eq(jwt_verify(set, &jwt_grant, FOREIGN_HS256,
                                sizeof(FOREIGN_HS256) - 1, &claims),
                     JWT_BAD_SIGNATURE);
    jwk_set_free(set);
}
END_TEST


START_TEST(every_result_has_a_word_of_its_own)
{
    int a, b;

    for (a = JWT_OK; a <= JWT_INTERNAL; a++) {
        for (b = JWT_OK; b < a; b++) {
            ck_assert_str_ne(jwt_result_word((jwt_result_t) a),
                             jwt_result_word((jwt_result_t) b));
        }
    }

    ck_assert_str_eq(jwt_result_word(JWT_BAD_SIGNATURE), "bad_signature");
}
END_TEST


RUN("core/jwt", what_is_signed_verifies, claims_come_back_as_they_were_signed,
    the_header_is_compact, a_key_is_good_for_many_tokens,
    hs256_of_another_implementation_verifies,
    es256_of_another_implementation_verifies,
    a_jwt_of_no_kind_of_ours_has_the_wrong_type,
    one_kind_never_passes_for_the_other, a_tampered_header_is_refused,
    a_tampered_payload_is_refused, a_tampered_signature_is_refused,
    a_changed_payload_shows_in_the_signature,
    a_signature_is_never_cut_short_or_left_out,
    a_signature_with_more_behind_is_refused,
    an_es256_signature_of_zeros_is_refused, alg_is_exact, typ_is_a_media_type,
    another_typ_is_refused, a_kid_is_required, a_wrong_kid_is_an_unknown_key,
    an_ec_key_never_verifies_an_hmac,
    keys_that_the_token_brings_along_are_ignored,
    duplicate_members_in_the_header_are_refused, duplicate_claims_are_refused,
    a_header_that_is_no_object_is_refused,
    claims_that_are_no_object_are_refused,
    zero_bytes_are_refused_wherever_they_stand,
    claims_are_not_looked_at_before_the_signature, deep_json_is_refused,
    other_than_three_parts_are_refused, a_fourth_part_is_refused,
    the_longest_token_is_signed_and_verified, without_a_key_nothing_is_signed,
    a_key_that_left_the_set_opens_nothing, the_signature_of_another_key_is_bad,
    every_result_has_a_word_of_its_own)
