#include <string.h>
#include "core/grant/grant.h"
#include "core/jose/jwt.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define NOW 1800000000
#define TEXT(text) .path = text, .path_len = sizeof(text) - 1


/* The claims of what is signed, or NULL when it is not. */
static json_t *
sign(const grant_claims_t *claims)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = grant_sign(set, 0, claims);
    json_t *json = NULL;

    if (token != NULL) {
        ck_assert_int_eq(
            jwt_verify(set, &jwt_grant, token, strlen(token), &json), JWT_OK);
    }

    free(token);
    jwk_set_free(set);

    return json;
}


static void
signs(const grant_claims_t *claims, const char *expected)
{
    json_t *json = sign(claims);
    char *text = json_dumps(json, JSON_COMPACT);

    ck_assert_str_eq(text, expected);
    free(text);
    json_decref(json);
}


static int
refuses(const grant_claims_t *claims)
{
    json_t *json = sign(claims);

    json_decref(json);

    return json == NULL;
}


START_TEST(what_is_signed_opens)
{
    const grant_claims_t claims = { TEXT("/a/b/"), .exp = NOW + 60,
                                    .jti = "one" };
    json_t *json = sign(&claims);
    grant_t grant;

    ck_assert_int_eq(grant_parse(json, &grant), SLUICE_OK);
    ck_assert_int_eq(grant_decide(&grant, "/a/b/c", 6, GRANT_GET, NULL, NOW),
                     SLUICE_OK);
    ck_assert_str_eq(grant_text(&grant, grant.jti), "one");
    json_decref(json);
}
END_TEST


START_TEST(the_header_names_the_key_and_the_kind)
{
    static const char expected[] =
        "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"a1\"}";
    const grant_claims_t claims = { TEXT("/a"), .exp = NOW };
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = grant_sign(set, 0, &claims);
    char text[sizeof(expected)];

    ck_assert_int_eq(
        base64url_decode(text, token, (size_t) (strchr(token, '.') - token)),
        (ssize_t) strlen(expected));
    ck_assert_mem_eq(text, expected, strlen(expected));
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(a_grant_holds_no_more_than_it_must)
{
    const grant_claims_t claims = { .path = "/a/b and more",
                                    .path_len = 4,
                                    .exp = NOW + 60 };

    signs(&claims, "{\"exp\":1800000060,\"path\":\"/a/b\"}");
}
END_TEST


START_TEST(every_claim_is_written)
{
    static const char *const ip[] = { "10.0.0.0/8", "2001:db8::1" };
    const grant_claims_t claims = {
        TEXT("/a"),
        .exp = NOW + 60,
        .nbf = NOW,
        .iat = NOW - 1,
        .jti = "j",
        .sub = "u",
        .sid = "s",
        .filename = "f.mp4",
        .type = "video/mp4",
        .methods = GRANT_GET | GRANT_HEAD | GRANT_PUT | GRANT_OPTIONS,
        .limits = GRANT_USES | GRANT_BYTES | GRANT_RATE,
        .uses = 0,
        .bytes = 9007199254740992,
        .rate = 1,
        .ip = ip,
        .ip_count = COUNT(ip)
    };
    json_t *json = sign(&claims);
    grant_t grant;

    ck_assert_int_eq(grant_parse(json, &grant), SLUICE_OK);
    json_decref(json);

    signs(&claims, "{\"exp\":1800000060,\"nbf\":1800000000,"
                   "\"iat\":1799999999,\"path\":\"/a\",\"jti\":\"j\","
                   "\"sub\":\"u\",\"sid\":\"s\",\"filename\":\"f.mp4\","
                   "\"type\":\"video/mp4\","
                   "\"methods\":[\"GET\",\"PUT\",\"OPTIONS\"],"
                   "\"ip\":[\"10.0.0.0/8\",\"2001:db8::1\"],"
                   "\"uses\":0,\"bytes\":9007199254740992,\"rate\":1}");
}
END_TEST


START_TEST(head_alone_is_written_as_such)
{
    const grant_claims_t claims = { TEXT("/a"), .exp = 1,
                                    .methods = GRANT_HEAD };

    signs(&claims, "{\"exp\":1,\"path\":\"/a\",\"methods\":[\"HEAD\"]}");
}
END_TEST


START_TEST(limits_that_are_not_named_are_not_written)
{
    const grant_claims_t claims = { TEXT("/a"), .exp = 1, .uses = 7, .bytes = 7,
                                    .rate = 7 };

    signs(&claims, "{\"exp\":1,\"path\":\"/a\"}");
}
END_TEST


START_TEST(texts_that_need_an_escape_come_back_as_they_were)
{
    static const char path[] = "/\"\\\b\f\n\r\t\x01\x1f\x7f/\u00e9 \U0001f3bc";
    const grant_claims_t claims = { TEXT(path), .exp = 1, .jti = "\"\\\"",
                                    .filename = "\\\"a" };
    json_t *json = sign(&claims);

    ck_assert_str_eq(json_string_value(json_object_get(json, "path")), path);
    ck_assert_str_eq(json_string_value(json_object_get(json, "jti")), "\"\\\"");
    ck_assert_str_eq(json_string_value(json_object_get(json, "filename")),
                     "\\\"a");
    json_decref(json);
}
END_TEST


START_TEST(numbers_are_written_to_their_ends)
{
    const grant_claims_t late = { TEXT("/"), .exp = GRANT_NUMBER_MAX };
    const grant_claims_t early = { TEXT("/"), .exp = -GRANT_NUMBER_MAX };
    const grant_claims_t zero = { TEXT("/") };

    signs(&late, "{\"exp\":9007199254740992,\"path\":\"/\"}");
    signs(&early, "{\"exp\":-9007199254740992,\"path\":\"/\"}");
    signs(&zero, "{\"exp\":0,\"path\":\"/\"}");
}
END_TEST


START_TEST(what_would_not_open_is_not_signed)
{
    static const char *const name[] = { "localhost" };
    static const char *const nine[] = { "::1", "::2", "::3", "::4", "::5",
                                        "::6", "::7", "::8", "::9" };
    static const grant_claims_t claims[] = {
        { .path = NULL },
        { TEXT("a") },
        { TEXT("") },
        { TEXT("/../") },
        { TEXT("/\xff") },
        { TEXT("/a\0b") },
        { TEXT("/a"), .exp = GRANT_NUMBER_MAX + 1 },
        { TEXT("/a"), .exp = -GRANT_NUMBER_MAX - 1 },
        { TEXT("/a"), .nbf = GRANT_NUMBER_MAX + 1 },
        { TEXT("/a"), .iat = INT64_MIN },
        { TEXT("/a"), .jti = "" },
        { TEXT("/a"), .jti = "a\nb" },
        { TEXT("/a"), .jti = "\xc3" },
        { TEXT("/a"), .sub = "" },
        { TEXT("/a"), .sub = "\xed\xa0\x80" },
        { TEXT("/a"), .sid = "\t" },
        { TEXT("/a"), .filename = "a/b" },
        { TEXT("/a"), .filename = "\xff" },
        { TEXT("/a"), .type = "video" },
        { TEXT("/a"), .methods = GRANT_OPTIONS << 1 },
        { TEXT("/a"), .ip = name, .ip_count = 1 },
        { TEXT("/a"), .ip = nine, .ip_count = 9 },
        { TEXT("/a"), .limits = GRANT_RATE },
        { TEXT("/a"), .limits = GRANT_USES, .uses = GRANT_NUMBER_MAX + 1 },
        { TEXT("/a"), .limits = GRANT_BYTES, .bytes = UINT64_MAX },
    };
    size_t i;

    for (i = 0; i < COUNT(claims); i++) {
        ck_assert_msg(refuses(&claims[i]), "%zu", i);
    }
}
END_TEST


START_TEST(ids_of_63_bytes_are_signed_and_longer_ones_are_not)
{
    char id[GRANT_JTI_MAX + 1];
    grant_claims_t claims = { TEXT("/a"), .jti = id };

    memset(id, 'j', sizeof(id));
    id[GRANT_JTI_MAX - 1] = '\0';
    ck_assert(!refuses(&claims));

    id[GRANT_JTI_MAX - 1] = 'j';
    id[GRANT_JTI_MAX] = '\0';
    ck_assert(refuses(&claims));
}
END_TEST


START_TEST(the_longest_grants_are_signed_whole)
{
    char path[GRANT_PATH_MAX], sub[GRANT_SUB_MAX];
    grant_claims_t claims = { .path = path,
                              .sub = sub,
                              .sid = "s",
                              .filename = sub,
                              .type = "a/b",
                              .exp = NOW };
    json_t *json;
    grant_t grant;

    /* six characters each in JSON, and then some in base64 */
    memset(path, '\x01', sizeof(path));
    path[0] = '/';
    memset(sub, 's', sizeof(sub));
    sub[GRANT_SUB_MAX - 1] = '\0';

    for (claims.path_len = 800; claims.path_len < GRANT_PATH_MAX;
         claims.path_len++) {
        json = sign(&claims);

        ck_assert_ptr_nonnull(json);
        ck_assert_int_eq(grant_parse(json, &grant), SLUICE_OK);
        ck_assert_uint_eq(grant.path.len, claims.path_len);
        ck_assert_str_eq(grant_text(&grant, grant.type), "a/b");

        json_decref(json);
    }
}
END_TEST


START_TEST(the_key_behind_the_first_signs_when_asked_to)
{
    const grant_claims_t claims = { TEXT("/a"), .exp = NOW };
    jwk_set_t *set = keys_parse(
        "{\"keys\":[" KEYS_OCT "," KEYS_EC
        ",{\"kty\":\"oct\",\"kid\":\"b2\",\"alg\":\"HS256\","
        "\"k\":\"" KEYS_X "\"}]}");
    char *token = grant_sign(set, 1, &claims);
    jwt_t jwt;

    ck_assert_int_eq(jwt_open(set, &jwt_grant, token, strlen(token), &jwt),
                     JWT_OK);
    ck_assert_str_eq(jwt.key->kid, "b2");
    ck_assert_int_eq(jwt_check(&jwt), JWT_OK);
    jwt_close(&jwt);
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(without_a_key_nothing_is_signed)
{
    const grant_claims_t claims = { TEXT("/a"), .exp = NOW };
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_EC "]}");

    ck_assert_ptr_null(grant_sign(set, 0, &claims));
    jwk_set_free(set);
}
END_TEST


RUN("core/grant_sign", what_is_signed_opens,
    the_header_names_the_key_and_the_kind, a_grant_holds_no_more_than_it_must,
    every_claim_is_written, head_alone_is_written_as_such,
    limits_that_are_not_named_are_not_written,
    texts_that_need_an_escape_come_back_as_they_were,
    numbers_are_written_to_their_ends, what_would_not_open_is_not_signed,
    ids_of_63_bytes_are_signed_and_longer_ones_are_not,
    the_longest_grants_are_signed_whole,
    the_key_behind_the_first_signs_when_asked_to,
    without_a_key_nothing_is_signed)
