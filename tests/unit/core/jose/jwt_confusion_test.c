/* Tokens that try to pass for what they are not: RFC 8725, section 2. */

#include <ctype.h>
#include <stdio.h>
#include "core/jose/jwt.h"
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"

#define SET(keys) "{\"keys\":[" keys "]}"
#define ED25519                                                             \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"o\",\"x\":\"" RFC8037_X \
    "\"}"

static const jwt_profile_t *const profiles[] = { &jwt_grant, &jwt_access,
                                                 &jwt_foreign,
                                                 &jwt_load_balancer, &jws_any };


/* Under no profile may the token be good. */
static void
refused(const char *json, jwk_origin_t origin, const char *token, size_t len)
{
    jwk_set_t *set = keys_parse_as(json, origin);
    json_t *claims;
    size_t i;

    for (i = 0; i < COUNT(profiles); i++) {
        ck_assert_msg(jwt_verify(set, profiles[i], token, len, &claims)
                          != JWT_OK,
                      "taken under profile %zu: %.*s", i, (int) len, token);
    }
    jwk_set_free(set);
}


/* Grants with a true MAC and this in their header. */
static void
headers_refused(const char *kid, const char *const *members, size_t count)
{
    char header[512], *token;
    size_t i;

    for (i = 0; i < count; i++) {
        snprintf(header, sizeof(header),
                 "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\"%s,%s}", kid,
                 members[i]);
        token = keys_forge(header, strlen(header), "{}", 2);
        refused(KEYS_BOTH, JWK_OWN, token, strlen(token));
        free(token);
    }
}


/* A token under HS256 with a secret that everybody knows. */
static void
hmac_refused(const char *set, const char *typ, const void *secret, size_t len)
{
    unsigned char mac[32];
    char header[128], token[512], *p = token;
    size_t n;

    snprintf(header, sizeof(header),
             "{\"alg\":\"HS256\",\"typ\":\"%s\","
             "\"kid\":\"f\"}",
             typ);
    p += base64url_encode(p, header, strlen(header));
    p += sprintf(p, ".e30");
    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret,
                                    len, (unsigned char *) token,
                                    (size_t) (p - token), mac, 32, &n));
    *p++ = '.';
    p += base64url_encode(p, mac, 32);

    refused(set, JWK_PUBLIC, token, (size_t) (p - token));
}


START_TEST(a_public_key_is_no_secret_for_hmac)
{
    static const char *const typs[] = { "grant+jwt", "at+jwt", "JWT" };
    unsigned char n[256], point[65];
    size_t i;

    ck_assert_int_eq(base64url_decode(n, FOREIGN_N, strlen(FOREIGN_N)), 256);
    point[0] = 4;
    ck_assert_int_eq(
        base64url_decode(point + 1, FOREIGN_P256_X, strlen(FOREIGN_P256_X)),
        32);
    ck_assert_int_eq(
        base64url_decode(point + 33, FOREIGN_P256_Y, strlen(FOREIGN_P256_Y)),
        32);

    for (i = 0; i < COUNT(typs); i++) {
        hmac_refused(SET(FOREIGN_RSA), typs[i], FOREIGN_RSA_PEM,
                     strlen(FOREIGN_RSA_PEM));
        hmac_refused(SET(FOREIGN_RSA), typs[i], n, sizeof(n));
        hmac_refused(SET(FOREIGN_RSA), typs[i], FOREIGN_N, strlen(FOREIGN_N));
        hmac_refused(SET(FOREIGN_RSA), typs[i], FOREIGN_RSA,
                     strlen(FOREIGN_RSA));
        hmac_refused(SET(FOREIGN_P256), typs[i], FOREIGN_P256_PEM,
                     strlen(FOREIGN_P256_PEM));
        hmac_refused(SET(FOREIGN_P256), typs[i], point, sizeof(point));
        hmac_refused(SET(FOREIGN_P256), typs[i], "", 0);
    }
}
END_TEST


START_TEST(alg_none_is_refused_in_all_cases)
{
    static const char *const ends[] = { "", "AA", "e30" };
    char header[128], token[256], alg[5];
    unsigned mask;
    size_t i, j, n;

    for (mask = 0; mask < 16; mask++) {
        for (i = 0; i < 4; i++) {
            alg[i] = (char) ((mask >> i & 1) ? toupper("none"[i]) : "none"[i]);
        }
        alg[4] = '\0';

        for (i = 0; i < COUNT(ends); i++) {
            for (j = 0; j < 2; j++) {
                snprintf(header, sizeof(header), "{\"alg\":\"%s\"%s}", alg,
                         j ? ",\"typ\":\"grant+jwt\",\"kid\":\"a1\"" : "");
                n = base64url_encode(token, header, strlen(header));
                n += (size_t) sprintf(token + n, ".e30.%s", ends[i]);
                refused(KEYS_BOTH, JWK_OWN, token, n);
            }
        }
    }
}
END_TEST


START_TEST(an_algorithm_of_another_key_is_refused)
{
    /* the signature is good, the key is not meant for it */
    refused(SET("{\"kty\":\"RSA\",\"kid\":\"f\",\"alg\":\"RS256\",\"e\":"
                "\"AQAB\",\"n\":\"" FOREIGN_N "\"}"),
            JWK_PUBLIC, FOREIGN_PS256, sizeof(FOREIGN_PS256) - 1);
    refused(SET("{\"kty\":\"RSA\",\"kid\":\"f\",\"alg\":\"PS256\",\"e\":"
                "\"AQAB\",\"n\":\"" FOREIGN_N "\"}"),
            JWK_PUBLIC, FOREIGN_RS256, sizeof(FOREIGN_RS256) - 1);
}
END_TEST


START_TEST(a_kid_is_never_more_than_a_name)
{
    static const char *const kids[] = {
        "\"kid\":\"../../../../dev/null\"",
        "\"kid\":\"/proc/sys/kernel/randomize_va_space\"",
        "\"kid\":\"a1' or '1'='1\"",
        "\"kid\":\"x' union select 'AA'--\"",
        "\"kid\":\"a1\\u0000\"",
        "\"kid\":\"a1 \"",
        "\"kid\":\"%61%31\"",
        "\"kid\":\"a1|id\"",
        "\"kid\":\"\"",
        "\"kid\":\"*\"",
    };

    headers_refused("", kids, COUNT(kids));
}
END_TEST


START_TEST(a_key_that_the_token_points_to_is_not_fetched)
{
    static const char *const members[] = {
        "\"jwk\":" KEYS_OCT,
        "\"jku\":\"https://attacker.example/jwks.json\"",
        "\"x5u\":\"file:///etc/ssl/certs/ca.pem\"",
        "\"x5c\":[\"MIIB\"]",
        "\"x5t#S256\":\"AA\"",
    };

    headers_refused(",\"kid\":\"b\"", members, COUNT(members));
}
END_TEST


START_TEST(a_critical_extension_is_refused)
{
    static const char *const members[] = {
        "\"crit\":[\"b64\"],\"b64\":false",
        "\"crit\":[\"b64\"],\"b64\":true",
        "\"crit\":[\"exp\"],\"exp\":1",
        "\"crit\":[]",
        "\"crit\":[\"alg\"]",
        "\"crit\":\"\"",
    };

    headers_refused(",\"kid\":\"a1\"", members, COUNT(members));
}
END_TEST


START_TEST(a_token_within_a_token_is_no_claims)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\","
                                 "\"cty\":\"JWT\",\"kid\":\"a1\"}";
    char *inner, *outer;
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    json_t *claims;

    inner = jwt_sign(set, &jwt_grant, 0, "{\"path\":\"/\"}", 12);
    outer = keys_forge(header, sizeof(header) - 1, inner, strlen(inner));
    ck_assert_int_eq(jwt_verify(set, &jwt_grant, outer, strlen(outer), &claims),
                     JWT_MALFORMED);
    free(outer);
    free(inner);
    jwk_set_free(set);
}
END_TEST


START_TEST(other_serializations_are_refused)
{
    static const char *const tokens[] = {
        "{\"payload\":\"e30\",\"protected\":\"e30\",\"signature\":\"AA\"}",
        "{\"payload\":\"e30\",\"signatures\":[{\"protected\":\"e30\","
        "\"signature\":\"AA\"}]}",
        "e30.e30.e30.e30.e30", /* a JWE has five parts */
    };
    size_t i;

    for (i = 0; i < COUNT(tokens); i++) {
        refused(KEYS_BOTH, JWK_OWN, tokens[i], strlen(tokens[i]));
    }
}
END_TEST


START_TEST(a_mebibyte_is_too_long_whatever_it_holds)
{
    static const char first[] = "A.{.";
    char *token = malloc(1 << 20);
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    json_t *claims;
    size_t i, j;

    for (i = 0; i < strlen(first); i++) {
        memset(token, first[i], 1 << 20);
        for (j = 0; j < COUNT(profiles); j++) {
            ck_assert_int_eq(
                jwt_verify(set, profiles[j], token, 1 << 20, &claims),
                JWT_TOO_LONG);
        }
    }
    jwk_set_free(set);
    free(token);
}
END_TEST


START_TEST(one_character_too_many_is_too_long)
{
    char token[JWT_MAX_SIZE + 1];
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    json_t *claims;

    memset(token, 'A', sizeof(token));
    ck_assert_int_eq(jwt_verify(set, &jwt_grant, token, sizeof(token), &claims),
                     JWT_TOO_LONG);
    ck_assert_int_eq(jwt_verify(set, &jwt_grant, token, JWT_MAX_SIZE, &claims),
                     JWT_MALFORMED);
    jwk_set_free(set);
}
END_TEST


/* As deep as 8192 characters allow, and by far less. */
START_TEST(deep_json_in_a_token_is_refused)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\","
                                 "\"kid\":\"a1\"}";
    static const int depths[] = { 32, 100, 2800 };
    char deep[6000], *token;
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    json_t *claims;
    size_t i, n;

    for (i = 0; i < COUNT(depths); i++) {
        n = (size_t) sprintf(deep, "{\"a\":");
        memset(deep + n, '[', (size_t) depths[i]);
        n += (size_t) depths[i];
        memset(deep + n, ']', (size_t) depths[i]);
        n += (size_t) depths[i];
        deep[n++] = '}';

        token = keys_forge(header, sizeof(header) - 1, deep, n);
        ck_assert_int_eq(
            jwt_verify(set, &jwt_grant, token, strlen(token), &claims),
            JWT_MALFORMED);
        free(token);

        token = keys_forge(deep, n, "{}", 2);
        ck_assert_int_eq(
            jwt_verify(set, &jwt_grant, token, strlen(token), &claims),
            JWT_MALFORMED);
        free(token);
    }
    jwk_set_free(set);
}
END_TEST


START_TEST(a_set_of_10000_levels_is_refused)
{
    char json[20100];
    int n;

    n = sprintf(json, "{\"keys\":[{\"kid\":");
    memset(json + n, '[', 10000);
    memset(json + n + 10000, ']', 10000);
    strcpy(json + n + 20000, "}]}");
    keys_refused(json, JWK_OWN, "JSON", "line 1");
    keys_refused(json, JWK_PUBLIC, "JSON", "line 1");
}
END_TEST


/* S = 0 and R = A satisfy the equation when A is the neutral element; such a
   key never gets that far. */
START_TEST(a_signature_of_zeros_fits_no_ed25519_key)
{
    static const char header[] = "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\","
                                 "\"kid\":\"o\"}";
    unsigned char signature[64] = { 0 };
    char token[512], *p;
    int first;

    for (first = 0; first < 2; first++) {
        signature[0] = (unsigned char) first;
        p = token + base64url_encode(token, header, sizeof(header) - 1);
        p += sprintf(p, ".e30.");
        p += base64url_encode(p, signature, sizeof(signature));
        refused(SET(ED25519), JWK_PUBLIC, token, (size_t) (p - token));
    }
}
END_TEST


RUN("core/jwt: confusion", a_public_key_is_no_secret_for_hmac,
    alg_none_is_refused_in_all_cases, an_algorithm_of_another_key_is_refused,
    a_kid_is_never_more_than_a_name,
    a_key_that_the_token_points_to_is_not_fetched,
    a_critical_extension_is_refused, a_token_within_a_token_is_no_claims,
    other_serializations_are_refused, a_mebibyte_is_too_long_whatever_it_holds,
    one_character_too_many_is_too_long, deep_json_in_a_token_is_refused,
    a_set_of_10000_levels_is_refused, a_signature_of_zeros_fits_no_ed25519_key)
