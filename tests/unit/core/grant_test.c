#include <stdio.h>
#include "grant.h"
#include "jwt.h"
#include "keys.h"
#include "suite.h"

#define NOW 1800000000


static sluice_status_t
parse(const char *text, grant_t *grant)
{
    json_t *claims = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    sluice_status_t status;

    ck_assert_msg(claims != NULL, "%s", text);
    status = grant_parse(claims, grant);
    json_decref(claims);

    return status;
}


static sluice_status_t
parse_path(const char *path)
{
    char text[256];
    grant_t grant;

    snprintf(text, sizeof(text), "{\"exp\":1800000060,\"path\":\"%s\"}", path);

    return parse(text, &grant);
}


/* Adds one claim to a good grant. */
static sluice_status_t
parse_with(const char *claim, grant_t *grant)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"exp\":1800000060,\"path\":\"/a/b\",%s}",
             claim);

    return parse(text, grant);
}


static sluice_status_t
decide(const char *claims, const char *path, unsigned method, int64_t now)
{
    grant_t grant;

    ck_assert_int_eq(parse(claims, &grant), SLUICE_OK);

    return grant_decide(&grant, path, strlen(path), method, now);
}


#define EXACT "{\"exp\":1800000060,\"path\":\"/a/b\"}"
#define PREFIX "{\"exp\":1800000060,\"path\":\"/a/b/\"}"
#define WINDOW "{\"exp\":1800000060,\"nbf\":1800000000,\"path\":\"/a/b\"}"


START_TEST(exp_and_path_are_enough)
{
    grant_t grant;

    ck_assert_int_eq(parse(EXACT, &grant), SLUICE_OK);
    ck_assert_int_eq(grant.exp, NOW + 60);
    ck_assert_int_eq(grant.nbf, 0);
    ck_assert_uint_eq(grant.methods, GRANT_GET | GRANT_HEAD);
    ck_assert_uint_eq(grant.path_len, 4);
    ck_assert_str_eq(grant.path, "/a/b");
    ck_assert_int_eq(grant.prefix, 0);
    ck_assert_str_eq(grant.jti, "");
}
END_TEST


START_TEST(without_exp_or_path_there_is_no_grant)
{
    grant_t grant;

    ck_assert_int_eq(parse("{}", &grant), SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse("{\"exp\":1}", &grant), SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse("{\"path\":\"/a\"}", &grant), SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(claims_of_the_wrong_type_are_refused)
{
    static const char *const texts[] = {
        "{\"exp\":\"1800000060\",\"path\":\"/a\"}",
        "{\"exp\":null,\"path\":\"/a\"}",
        "{\"exp\":1e99,\"path\":\"/a\"}",
        "{\"exp\":1,\"path\":[\"/a\"]}",
        "{\"exp\":1,\"path\":1}",
        "{\"exp\":1,\"path\":\"/a\",\"nbf\":\"0\"}",
        "{\"exp\":1,\"path\":\"/a\",\"nbf\":null}",
        "{\"exp\":1,\"path\":\"/a\",\"jti\":1}",
        "{\"exp\":1,\"path\":\"/a\",\"methods\":\"GET\"}",
        "{\"exp\":1,\"path\":\"/a\",\"methods\":null}",
        "{\"exp\":1,\"path\":\"/a\",\"methods\":{\"GET\":1}}"
    };
    grant_t grant;
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_int_eq(parse(texts[i], &grant), SLUICE_GRANT_INVALID);
    }
}
END_TEST


START_TEST(normalized_paths_are_taken)
{
    static const char *const paths[] = { "/",    "/a",      "/a/",  "/a/b.mp4",
                                         "/.a",  "/..a",    "/a..", "/a/.../",
                                         "/a b", "/%2e%2e", "/a?b", "/\\u00e9",
                                         "/~x",  "/a.",     "/...", "/a./b" };
    size_t i;

    for (i = 0; i < COUNT(paths); i++) {
        ck_assert_msg(parse_path(paths[i]) == SLUICE_OK, "%s", paths[i]);
    }
}
END_TEST


START_TEST(other_paths_are_refused)
{
    static const char *const paths[] = {
        "",        "a",        "a/b",  "//",       "//a",     "/a//b", "/a//",
        "/.",      "/..",      "/./",  "/../",     "/a/.",    "/a/..", "/a/./b",
        "/a/../b", "/a/b/../", "../a", "http://x", "/a/b/..", " /a"
    };
    size_t i;

    for (i = 0; i < COUNT(paths); i++) {
        ck_assert_msg(parse_path(paths[i]) == SLUICE_GRANT_INVALID, "%s",
                      paths[i]);
    }
}
END_TEST


START_TEST(a_path_may_have_1023_bytes)
{
    char path[GRANT_PATH_MAX + 1];
    json_t *claims;
    grant_t grant;

    memset(path, 'a', sizeof(path));
    path[0] = '/';
    claims = json_pack("{s:i, s:s#}", "exp", 1, "path", path,
                       GRANT_PATH_MAX - 1);
    ck_assert_int_eq(grant_parse(claims, &grant), SLUICE_OK);
    json_decref(claims);

    claims = json_pack("{s:i, s:s#}", "exp", 1, "path", path, GRANT_PATH_MAX);
    ck_assert_int_eq(grant_parse(claims, &grant), SLUICE_GRANT_INVALID);
    json_decref(claims);
}
END_TEST


START_TEST(restrictions_that_nobody_checks_do_not_open)
{
    static const char *const claims[] = {
        "\"ip\":[\"10.0.0.0/8\"]", "\"uses\":1",    "\"bytes\":1000",
        "\"rate\":1000",           "\"sub\":\"x\"", "\"sid\":\"x\"",
        "\"aud\":\"x\"",           "\"ip\":null"
    };
    grant_t grant;
    size_t i;

    for (i = 0; i < COUNT(claims); i++) {
        ck_assert_int_eq(parse_with(claims[i], &grant), SLUICE_GRANT_INVALID);
    }
}
END_TEST


START_TEST(claims_that_restrict_nothing_are_let_be)
{
    grant_t grant;

    ck_assert_int_eq(
        parse_with("\"iat\":1,\"iss\":\"x\",\"x\":{\"y\":[1]}", &grant),
        SLUICE_OK);
}
END_TEST


START_TEST(a_jti_of_63_bytes_is_kept)
{
    char claim[128];
    grant_t grant;

    snprintf(claim, sizeof(claim), "\"jti\":\"%063d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_OK);
    ck_assert_uint_eq(strlen(grant.jti), 63);

    snprintf(claim, sizeof(claim), "\"jti\":\"%064d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(a_jti_that_is_empty_or_breaks_log_lines_is_refused)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"jti\":\"\"", &grant), SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse_with("\"jti\":\"a\\nb\"", &grant),
                     SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse_with("\"jti\":\"\\u007f\"", &grant),
                     SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(get_brings_head_along)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"methods\":[\"GET\"]", &grant), SLUICE_OK);
    ck_assert_uint_eq(grant.methods, GRANT_GET | GRANT_HEAD);
    ck_assert_int_eq(parse_with("\"methods\":[\"HEAD\"]", &grant), SLUICE_OK);
    ck_assert_uint_eq(grant.methods, GRANT_HEAD);
}
END_TEST


START_TEST(methods_add_up)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"methods\":[\"PUT\",\"PATCH\",\"DELETE\","
                                "\"POST\",\"OPTIONS\",\"PUT\"]",
                                &grant),
                     SLUICE_OK);
    ck_assert_uint_eq(grant.methods, GRANT_PUT | GRANT_PATCH | GRANT_DELETE
                                         | GRANT_POST | GRANT_OPTIONS);
}
END_TEST


START_TEST(unknown_methods_are_refused)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"methods\":[]", &grant),
                     SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse_with("\"methods\":[\"get\"]", &grant),
                     SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse_with("\"methods\":[\"GET\",\"TRACE\"]", &grant),
                     SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse_with("\"methods\":[\"GET\",1]", &grant),
                     SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(an_exact_path_opens_itself_only)
{
    static const char *const others[] = { "/a/b/", "/a/b/c", "/a/bc",
                                          "/a",    "/a/",    "/",
                                          "",      "/A/b",   "/a/c" };
    size_t i;

    ck_assert_int_eq(decide(EXACT, "/a/b", GRANT_GET, NOW), SLUICE_OK);

    for (i = 0; i < COUNT(others); i++) {
        ck_assert_int_eq(decide(EXACT, others[i], GRANT_GET, NOW),
                         SLUICE_GRANT_PATH);
    }
}
END_TEST


START_TEST(a_prefix_opens_all_below_it)
{
    ck_assert_int_eq(decide(PREFIX, "/a/b/", GRANT_GET, NOW), SLUICE_OK);
    ck_assert_int_eq(decide(PREFIX, "/a/b/x", GRANT_GET, NOW), SLUICE_OK);
    ck_assert_int_eq(decide(PREFIX, "/a/b/x/y.mp4", GRANT_GET, NOW), SLUICE_OK);
}
END_TEST


START_TEST(a_prefix_opens_nothing_beside_it)
{
    static const char *const others[] = { "/a/b", "/a/bc", "/a/bc/", "/a/",
                                          "/",    "",      "/x/a/b/" };
    size_t i;

    for (i = 0; i < COUNT(others); i++) {
        ck_assert_int_eq(decide(PREFIX, others[i], GRANT_GET, NOW),
                         SLUICE_GRANT_PATH);
    }
}
END_TEST


START_TEST(the_root_opens_everything)
{
    ck_assert_int_eq(
        decide("{\"exp\":1800000060,\"path\":\"/\"}", "/x/y", GRANT_GET, NOW),
        SLUICE_OK);
}
END_TEST


START_TEST(at_exp_it_is_over)
{
    ck_assert_int_eq(decide(WINDOW, "/a/b", GRANT_GET, NOW + 59), SLUICE_OK);
    ck_assert_int_eq(decide(WINDOW, "/a/b", GRANT_GET, NOW + 60),
                     SLUICE_GRANT_EXPIRED);
    ck_assert_int_eq(decide(WINDOW, "/a/b", GRANT_GET, NOW + 61),
                     SLUICE_GRANT_EXPIRED);
}
END_TEST


START_TEST(at_nbf_it_begins)
{
    ck_assert_int_eq(decide(WINDOW, "/a/b", GRANT_GET, NOW - 1),
                     SLUICE_GRANT_NOT_YET);
    ck_assert_int_eq(decide(WINDOW, "/a/b", GRANT_GET, NOW), SLUICE_OK);
}
END_TEST


START_TEST(times_before_1970_have_passed)
{
    ck_assert_int_eq(
        decide("{\"exp\":-1,\"path\":\"/a\"}", "/a", GRANT_GET, NOW),
        SLUICE_GRANT_EXPIRED);
    ck_assert_int_eq(
        decide("{\"exp\":0,\"path\":\"/a\"}", "/a", GRANT_GET, NOW),
        SLUICE_GRANT_EXPIRED);
}
END_TEST


START_TEST(methods_that_were_not_granted_are_refused)
{
    static const char post[] =
        "{\"exp\":1800000060,\"path\":\"/a/b\",\"methods\":[\"POST\"]}";

    ck_assert_int_eq(decide(EXACT, "/a/b", GRANT_HEAD, NOW), SLUICE_OK);
    ck_assert_int_eq(decide(EXACT, "/a/b", GRANT_PUT, NOW),
                     SLUICE_GRANT_METHOD);
    ck_assert_int_eq(decide(EXACT, "/a/b", 0, NOW), SLUICE_GRANT_METHOD);
    ck_assert_int_eq(decide(post, "/a/b", GRANT_POST, NOW), SLUICE_OK);
    ck_assert_int_eq(decide(post, "/a/b", GRANT_GET, NOW), SLUICE_GRANT_METHOD);
}
END_TEST


START_TEST(the_end_is_told_before_the_path)
{
    ck_assert_int_eq(decide(EXACT, "/c", GRANT_PUT, NOW + 60),
                     SLUICE_GRANT_EXPIRED);
}
END_TEST


START_TEST(what_is_signed_opens)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = grant_sign(set, "/a/b/", 5, NOW + 60, "one");
    json_t *claims;
    grant_t grant;

    ck_assert_ptr_nonnull(token);
    ck_assert_int_eq(jwt_verify(set, &jwt_grant, token, strlen(token), &claims),
                     JWT_OK);
    ck_assert_int_eq(grant_parse(claims, &grant), SLUICE_OK);
    ck_assert_int_eq(grant_decide(&grant, "/a/b/c", 6, GRANT_GET, NOW),
                     SLUICE_OK);
    ck_assert_str_eq(grant.jti, "one");
    json_decref(claims);
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(a_signed_grant_holds_no_more_than_it_must)
{
    static const char expected[] = "{\"exp\":1800000060,\"path\":\"/a/b\"}";
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = grant_sign(set, "/a/b and more", 4, NOW + 60, NULL);
    char *payload = strchr(token, '.') + 1;
    char text[sizeof(expected)];

    ck_assert_int_eq(
        base64url_decode(text, payload,
                         (size_t) (strchr(payload, '.') - payload)),
        (ssize_t) strlen(expected));
    ck_assert_mem_eq(text, expected, strlen(expected));
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(what_would_not_open_is_not_signed)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char jti[GRANT_JTI_MAX + 1];

    memset(jti, 'j', sizeof(jti));
    jti[GRANT_JTI_MAX] = '\0';

    ck_assert_ptr_null(grant_sign(set, "a", 1, NOW, NULL));
    ck_assert_ptr_null(grant_sign(set, "", 0, NOW, NULL));
    ck_assert_ptr_null(grant_sign(set, "/../", 4, NOW, NULL));
    ck_assert_ptr_null(grant_sign(set, "/\xff", 2, NOW, NULL));
    ck_assert_ptr_null(grant_sign(set, "/a", 2, NOW, ""));
    ck_assert_ptr_null(grant_sign(set, "/a", 2, NOW, jti));
    jwk_set_free(set);
}
END_TEST


START_TEST(without_a_key_nothing_is_signed)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_EC "]}");

    ck_assert_ptr_null(grant_sign(set, "/a", 2, NOW, NULL));
    jwk_set_free(set);
}
END_TEST


RUN("core/grant", exp_and_path_are_enough,
    without_exp_or_path_there_is_no_grant, claims_of_the_wrong_type_are_refused,
    normalized_paths_are_taken, other_paths_are_refused,
    a_path_may_have_1023_bytes, restrictions_that_nobody_checks_do_not_open,
    claims_that_restrict_nothing_are_let_be, a_jti_of_63_bytes_is_kept,
    a_jti_that_is_empty_or_breaks_log_lines_is_refused, get_brings_head_along,
    methods_add_up, unknown_methods_are_refused,
    an_exact_path_opens_itself_only, a_prefix_opens_all_below_it,
    a_prefix_opens_nothing_beside_it, the_root_opens_everything,
    at_exp_it_is_over, at_nbf_it_begins, times_before_1970_have_passed,
    methods_that_were_not_granted_are_refused, the_end_is_told_before_the_path,
    what_is_signed_opens, a_signed_grant_holds_no_more_than_it_must,
    what_would_not_open_is_not_signed, without_a_key_nothing_is_signed)
