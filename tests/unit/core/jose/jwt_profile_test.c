/* What each kind of token may look like, and the steps of opening one. */

#include <stdio.h>
#include "core/jose/jwt.h"
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"

#define SET(keys) "{\"keys\":[" keys "]}"
#define NAMELESS "{\"kty\":\"oct\",\"k\":\"" KEYS_SECRET "\"}"
#define OTHER_NAMELESS "{\"kty\":\"oct\",\"k\":\"" KEYS_D "AAAAAAAAAAAA\"}"

static const jwt_profile_t *const profiles[] = { &jwt_grant, &jwt_access,
                                                 &jwt_foreign,
                                                 &jwt_load_balancer, &jws_any };


/* What becomes of HS256 with this header under a profile that takes HS256 and
   these typs. */
static jwt_result_t
typ(const char *const *typs, const char *member)
{
    const jwt_profile_t profile = { JWA_BIT(JWA_HS256), typs, 0, 0 };
    jwk_set_t *set = keys_parse(SET(KEYS_OCT));
    char header[128], *token;
    jwt_result_t rc;
    json_t *claims;

    snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"kid\":\"a1\"%s}",
             member);
    token = keys_forge(header, strlen(header), "{}", 2);
    rc = jwt_verify(set, &profile, token, strlen(token), &claims);
    json_decref(claims);
    free(token);
    jwk_set_free(set);

    return rc;
}


static jwt_result_t
open_text(const char *set_text, const jwt_profile_t *profile, const char *token)
{
    jwk_set_t *set = keys_parse_as(set_text, JWK_ANY);
    jwt_result_t rc;
    jwt_t jwt;

    rc = jwt_open(set, profile, token, strlen(token), &jwt);
    if (rc == JWT_OK) {
        jwt_close(&jwt);
    }
    jwk_set_free(set);

    return rc;
}


/* The same for a header that nobody signed. */
static jwt_result_t
open_header(const char *set_text, const jwt_profile_t *profile,
            const char *header)
{
    char token[1024];

    strcpy(token + base64url_encode(token, header, strlen(header)),
           ".e30.AAAA");

    return open_text(set_text, profile, token);
}


START_TEST(a_typ_that_may_be_missing_may_be_there)
{
    static const char *const typs[] = { "JWT", "at+jwt", "", NULL };

    ck_assert_int_eq(typ(typs, ""), JWT_OK);
    ck_assert_int_eq(typ(typs, ",\"typ\":\"JWT\""), JWT_OK);
    ck_assert_int_eq(typ(typs, ",\"typ\":\"AT+jwt\""), JWT_OK);
    ck_assert_int_eq(typ(typs, ",\"typ\":\"Application/at+jwt\""), JWT_OK);
}
END_TEST


START_TEST(a_typ_that_may_be_missing_may_not_be_another)
{
    static const char *const typs[] = { "JWT", "", NULL };

    ck_assert_int_eq(typ(typs, ",\"typ\":\"\""), JWT_WRONG_TYPE);
    ck_assert_int_eq(typ(typs, ",\"typ\":\"application/\""), JWT_WRONG_TYPE);
    ck_assert_int_eq(typ(typs, ",\"typ\":\"at+jwt\""), JWT_WRONG_TYPE);
    ck_assert_int_eq(typ(typs, ",\"typ\":\"grant+jwt\""), JWT_WRONG_TYPE);
    ck_assert_int_eq(typ(typs, ",\"typ\":null"), JWT_WRONG_TYPE);
    ck_assert_int_eq(typ(typs, ",\"typ\":[\"JWT\"]"), JWT_WRONG_TYPE);
}
END_TEST


START_TEST(a_typ_that_must_be_there_must_be_there)
{
    static const char *const typs[] = { "JWT", NULL };

    ck_assert_int_eq(typ(typs, ""), JWT_WRONG_TYPE);
}
END_TEST


START_TEST(any_typ_is_any_string_or_none)
{
    ck_assert_int_eq(typ(NULL, ""), JWT_OK);
    ck_assert_int_eq(typ(NULL, ",\"typ\":\"whatever\""), JWT_OK);
    ck_assert_int_eq(typ(NULL, ",\"typ\":1"), JWT_WRONG_TYPE);
}
END_TEST


START_TEST(each_profile_has_its_algorithms)
{
    static const struct {
        const char *header;
        int ok[COUNT(profiles)]; /* in the order of profiles[] */
    } cases[] = {
        { "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\"", { 1, 0, 0, 0, 1 } },
        { "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"", { 0, 1, 1, 0, 1 } },
        { "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"", { 0, 1, 1, 0, 1 } },
        { "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"", { 0, 0, 1, 0, 1 } },
        { "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"", { 0, 0, 0, 0, 1 } },
        { "{\"alg\":\"HS256\",\"typ\":\"JWT\"", { 0, 0, 0, 0, 1 } },
        { "{\"alg\":\"ES256\",\"typ\":\"JWT\"", { 0, 0, 1, 1, 1 } },
        { "{\"alg\":\"ES256\"", { 0, 0, 1, 1, 1 } },
        { "{\"alg\":\"ES384\"", { 0, 0, 1, 0, 1 } },
        { "{\"alg\":\"RS384\"", { 0, 0, 1, 0, 1 } },
        { "{\"alg\":\"RS512\"", { 0, 0, 1, 0, 1 } },
        { "{\"alg\":\"PS256\"", { 0, 0, 1, 0, 1 } },
        { "{\"alg\":\"ES256\",\"typ\":\"grant+jwt\"", { 0, 0, 0, 0, 1 } },
    };
    char header[128];
    size_t i, j;

    for (i = 0; i < COUNT(cases); i++) {
        snprintf(header, sizeof(header), "%s,\"kid\":\"x\"}", cases[i].header);

        for (j = 0; j < COUNT(profiles); j++) {
            /* the header is right when nothing but the key is missing */
            ck_assert_msg(
                open_header(SET(KEYS_OCT), profiles[j], header)
                    == (cases[i].ok[j] ? JWT_UNKNOWN_KEY : JWT_WRONG_TYPE),
                "%s under profile %zu", header, j);
        }
    }
}
END_TEST


START_TEST(a_foreign_token_is_verified)
{
    jwk_set_t *set = keys_parse_as(SET(FOREIGN_RSA), JWK_PUBLIC);
    json_t *claims;

    ck_assert_int_eq(jwt_verify(set, &jwt_foreign, FOREIGN_PS256,
                                sizeof(FOREIGN_PS256) - 1, &claims),
                     JWT_OK);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "path")), "/a");
    json_decref(claims);
    jwk_set_free(set);
}
END_TEST


START_TEST(only_a_kid_that_is_not_there_is_an_unknown_key)
{
    ck_assert_int_eq(open_header(SET(KEYS_EC), &jwt_access,
                                 "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
                                 "\"kid\":\"b\"}"),
                     JWT_UNKNOWN_KEY);
    ck_assert_int_eq(open_header(SET(KEYS_EC), &jwt_access,
                                 "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\","
                                 "\"kid\":\"a3\"}"),
                     JWT_WRONG_TYPE);
    ck_assert_int_eq(open_header(SET(KEYS_EC), &jwt_access,
                                 "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
                                 "\"kid\":\"b\",\"crit\":[\"exp\"]}"),
                     JWT_WRONG_TYPE);
}
END_TEST


START_TEST(a_missing_kid_is_for_those_who_permit_it)
{
    ck_assert_int_eq(open_text(SET(NAMELESS), &jws_any, RFC7515_A1), JWT_OK);
    ck_assert_int_eq(
        open_header(SET(KEYS_EC), &jwt_foreign, "{\"alg\":\"ES256\"}"),
        JWT_WRONG_TYPE);
}
END_TEST


START_TEST(a_kid_that_is_no_string_is_never_none)
{
    ck_assert_int_eq(open_header(SET(NAMELESS), &jws_any,
                                 "{\"alg\":\"HS256\",\"kid\":null}"),
                     JWT_WRONG_TYPE);
}
END_TEST


START_TEST(a_kid_never_means_a_key_without_one)
{
    ck_assert_int_eq(open_header(SET(NAMELESS), &jws_any,
                                 "{\"alg\":\"HS256\",\"kid\":\"a1\"}"),
                     JWT_UNKNOWN_KEY);
}
END_TEST


START_TEST(without_a_kid_every_key_is_tried)
{
    jwk_set_t *set = keys_parse_as(SET(OTHER_NAMELESS "," NAMELESS), JWK_ANY);
    json_t *claims;

    ck_assert_int_eq(
        jwt_verify(set, &jws_any, RFC7515_A1, sizeof(RFC7515_A1) - 1, &claims),
        JWT_OK);
    json_decref(claims);
    jwk_set_free(set);

    set = keys_parse_as(SET(OTHER_NAMELESS), JWK_ANY);
    ck_assert_int_eq(
        jwt_verify(set, &jws_any, RFC7515_A1, sizeof(RFC7515_A1) - 1, &claims),
        JWT_BAD_SIGNATURE);
    jwk_set_free(set);
}
END_TEST


START_TEST(without_a_kid_and_a_key_that_fits_there_is_none)
{
    ck_assert_int_eq(open_text(SET(FOREIGN_RSA), &jws_any, RFC7515_A1),
                     JWT_UNKNOWN_KEY);
}
END_TEST


/* {"alg":"HS256","typ":"grant+jwt","kid":"a1"} . {} with the paddings of
   either */
static jwt_result_t
padded(int tolerated, const char *after_header, const char *after_payload,
       const char *after_signature)
{
    static const char *const typs[] = { "JWT", "", NULL };
    const jwt_profile_t profile = { JWA_BIT(JWA_HS256), typs, tolerated, 0 };
    /* 41 and 8 bytes: the first needs "=", the second too */
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":"
                                 "\"a1\"   }";
    static const char payload[] = "{\"a\":12}";
    unsigned char secret[64], mac[32];
    char token[256], *p = token;
    jwk_set_t *set = keys_parse(SET(KEYS_OCT));
    jwt_result_t rc;
    json_t *claims;
    size_t n;

    p += base64url_encode(p, header, sizeof(header) - 1);
    p += sprintf(p, "%s.", after_header);
    p += base64url_encode(p, payload, sizeof(payload) - 1);
    p += sprintf(p, "%s", after_payload);

    ck_assert_int_eq(
        base64url_decode(secret, KEYS_SECRET, sizeof(KEYS_SECRET) - 1), 64);
    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret,
                                    64, (unsigned char *) token,
                                    (size_t) (p - token), mac, 32, &n));
    *p++ = '.';
    p += base64url_encode(p, mac, 32);
    p += sprintf(p, "%s", after_signature);

    rc = jwt_verify(set, &profile, token, (size_t) (p - token), &claims);
    json_decref(claims);
    jwk_set_free(set);

    return rc;
}


START_TEST(padding_is_for_those_who_permit_it)
{
    ck_assert_int_eq(padded(1, "=", "=", "="), JWT_OK);
    ck_assert_int_eq(padded(0, "=", "=", "="), JWT_MALFORMED);
    ck_assert_int_eq(padded(0, "", "=", ""), JWT_MALFORMED);
    ck_assert_int_eq(padded(0, "", "", "="), JWT_MALFORMED);
}
END_TEST


START_TEST(padding_may_be_left_out_where_it_is_permitted)
{
    ck_assert_int_eq(padded(1, "", "", ""), JWT_OK);
}
END_TEST


START_TEST(padding_that_does_not_fill_up_is_refused)
{
    ck_assert_int_eq(padded(1, "==", "=", "="), JWT_MALFORMED);
    ck_assert_int_eq(padded(1, "=", "=====", "="), JWT_MALFORMED);
    ck_assert_int_eq(padded(1, "=", "=", "=="), JWT_MALFORMED);
}
END_TEST


START_TEST(only_the_load_balancer_pads)
{
    size_t i;

    for (i = 0; i < COUNT(profiles); i++) {
        ck_assert_int_eq(profiles[i]->padded,
                         profiles[i] == &jwt_load_balancer);
    }
}
END_TEST


START_TEST(an_opened_token_has_its_header_and_key)
{
    jwk_set_t *set = keys_parse_as(SET(FOREIGN_P256), JWK_PUBLIC);
    jwt_t jwt;

    ck_assert_int_eq(jwt_open(set, &jwt_foreign, FOREIGN_ES256,
                              sizeof(FOREIGN_ES256) - 1, &jwt),
                     JWT_OK);
    ck_assert_ptr_eq(jwt.key, jwk_set_key(set, 0));
    ck_assert_int_eq(jwt.alg, JWA_ES256);
    ck_assert_str_eq(json_string_value(json_object_get(jwt.header, "typ")),
                     "JWT");
    jwt_close(&jwt);
    jwk_set_free(set);
}
END_TEST


START_TEST(a_payload_that_is_no_json_is_read_as_bytes)
{
    jwk_set_t *set = keys_parse_as(
        SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}"),
        JWK_ANY);
    json_t *claims;
    char *bytes;
    size_t len;
    jwt_t jwt;

    ck_assert_int_eq(
        jwt_open(set, &jws_any, RFC8037_A4, sizeof(RFC8037_A4) - 1, &jwt),
        JWT_OK);
    ck_assert_int_eq(jwt_check(&jwt), JWT_OK);
    ck_assert_int_eq(jwt_payload(&jwt, &bytes, &len), JWT_OK);
    ck_assert_uint_eq(len, strlen("Example of Ed25519 signing"));
    ck_assert_str_eq(bytes, "Example of Ed25519 signing");
    ck_assert_int_eq(jwt_claims(&jwt, &claims), JWT_MALFORMED);
    ck_assert_ptr_null(claims);
    free(bytes);
    jwt_close(&jwt);
    jwk_set_free(set);
}
END_TEST


START_TEST(the_key_behind_the_first_signs_when_asked)
{
    char err[64];
    char *json = jwk_set_rotate(KEYS_BOTH, strlen(KEYS_BOTH), err, sizeof(err));
    jwk_set_t *set = keys_parse(json), *old = keys_parse(KEYS_BOTH);
    json_t *claims;
    char *token;
    unsigned nth;

    for (nth = 0; nth < 2; nth++) {
        token = jwt_sign(set, &jwt_grant, nth, "{}", 2);
        ck_assert_int_eq(
            jwt_verify(old, &jwt_grant, token, strlen(token), &claims),
            nth ? JWT_OK : JWT_UNKNOWN_KEY);
        json_decref(claims);
        free(token);
    }
    jwk_set_free(old);
    jwk_set_free(set);
    free(json);
}
END_TEST


START_TEST(eddsa_signs_access_tokens)
{
    char *json = jwk_set_generate(JWA_EDDSA), *token;
    jwk_set_t *set = keys_parse(json);
    json_t *claims;

    token = jwt_sign(set, &jwt_access, 0, "{}", 2);
    ck_assert_int_eq(
        jwt_verify(set, &jwt_access, token, strlen(token), &claims), JWT_OK);
    json_decref(claims);
    free(token);
    jwk_set_free(set);
    free(json);
}
END_TEST


START_TEST(without_typs_a_header_has_no_typ)
{
    jwk_set_t *set = keys_parse(SET(KEYS_EC));
    char *token = jwt_sign(set, &jws_any, 0, "{}", 2), header[128];
    ssize_t n;

    n = base64url_decode(header, token, strcspn(token, "."));
    ck_assert_int_gt(n, 0);
    header[n] = '\0';
    ck_assert_str_eq(header, "{\"alg\":\"ES256\",\"kid\":\"a3\"}");
    free(token);
    jwk_set_free(set);
}
END_TEST


RUN("core/jwt: profiles", a_typ_that_may_be_missing_may_be_there,
    a_typ_that_may_be_missing_may_not_be_another,
    a_typ_that_must_be_there_must_be_there, any_typ_is_any_string_or_none,
    each_profile_has_its_algorithms, a_foreign_token_is_verified,
    only_a_kid_that_is_not_there_is_an_unknown_key,
    a_missing_kid_is_for_those_who_permit_it,
    a_kid_that_is_no_string_is_never_none, a_kid_never_means_a_key_without_one,
    without_a_kid_every_key_is_tried,
    without_a_kid_and_a_key_that_fits_there_is_none,
    padding_is_for_those_who_permit_it,
    padding_may_be_left_out_where_it_is_permitted,
    padding_that_does_not_fill_up_is_refused, only_the_load_balancer_pads,
    an_opened_token_has_its_header_and_key,
    a_payload_that_is_no_json_is_read_as_bytes,
    the_key_behind_the_first_signs_when_asked, eddsa_signs_access_tokens,
    without_typs_a_header_has_no_typ)
