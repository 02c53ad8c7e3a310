#include <stdio.h>
#include <string.h>
#include "core/grant/grant.h"
#include "tests/unit/suite.h"

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
    char text[512];

    snprintf(text, sizeof(text), "{\"exp\":1800000060,\"path\":\"/a/b\",%s}",
             claim);

    return parse(text, grant);
}


static sluice_status_t
decide(const char *claims, const char *path, unsigned method, int64_t now)
{
    grant_t grant;

    ck_assert_int_eq(parse(claims, &grant), SLUICE_OK);

    return grant_decide(&grant, path, strlen(path), method, NULL, now);
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
    ck_assert_str_eq(grant_text(&grant, grant.path), "/a/b");
    ck_assert_int_eq(grant.prefix, 0);
    ck_assert_str_eq(grant_text(&grant, grant.jti), "");
    ck_assert_uint_eq(grant.limits, 0);
    ck_assert_uint_eq(grant.ip_count, 0);
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
        "{\"exp\":1,\"path\":\"/a\",\"iat\":\"0\"}",
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


START_TEST(a_grant_for_somebody_else_is_refused)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"aud\":\"x\"", &grant), SLUICE_GRANT_INVALID);
    ck_assert_int_eq(parse_with("\"aud\":null", &grant), SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(claims_of_other_names_are_let_be)
{
    grant_t grant;

    ck_assert_int_eq(
        parse_with("\"iss\":\"x\",\"IP\":1,\"x\":{\"y\":[1]}", &grant),
        SLUICE_OK);
    ck_assert_uint_eq(grant.ip_count, 0);
}
END_TEST


START_TEST(fractions_of_times_are_dropped)
{
    grant_t grant;

    ck_assert_int_eq(parse("{\"exp\":1800000060.9,\"nbf\":1800000000.9,"
                           "\"iat\":1799999999.9,\"path\":\"/a\"}",
                           &grant),
                     SLUICE_OK);
    ck_assert_int_eq(grant.exp, NOW + 60);
    ck_assert_int_eq(grant.nbf, NOW);
    ck_assert_int_eq(grant.iat, NOW - 1);
}
END_TEST


START_TEST(a_path_with_a_nul_is_refused)
{
    json_t *claims = json_pack("{s:i, s:s#}", "exp", 1, "path", "/a\0b", 4);
    grant_t grant;

    ck_assert_int_eq(grant_parse(claims, &grant), SLUICE_GRANT_INVALID);
    json_decref(claims);
}
END_TEST


START_TEST(a_jti_of_63_bytes_is_kept)
{
    char claim[128];
    grant_t grant;

    snprintf(claim, sizeof(claim), "\"jti\":\"%063d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_OK);
    ck_assert_uint_eq(strlen(grant_text(&grant, grant.jti)), 63);

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


START_TEST(a_sid_of_63_and_a_sub_of_255_bytes_are_kept)
{
    char claim[300];
    grant_t grant;

    snprintf(claim, sizeof(claim), "\"sid\":\"%063d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_OK);
    ck_assert_uint_eq(strlen(grant_text(&grant, grant.sid)), 63);

    snprintf(claim, sizeof(claim), "\"sid\":\"%064d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_GRANT_INVALID);

    snprintf(claim, sizeof(claim), "\"sub\":\"%0255d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_OK);
    ck_assert_uint_eq(strlen(grant_text(&grant, grant.sub)), 255);

    snprintf(claim, sizeof(claim), "\"sub\":\"%0256d\"", 7);
    ck_assert_int_eq(parse_with(claim, &grant), SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(every_text_is_kept_apart)
{
    grant_t grant;

    ck_assert_int_eq(
        parse_with("\"jti\":\"j\",\"sub\":\"some user\",\"sid\":\"s-1\","
                   "\"filename\":\"\u00e9t\u00e9 \\\"1\\\".mp4\","
                   "\"type\":\"video/mp4\"",
                   &grant),
        SLUICE_OK);
    ck_assert_str_eq(grant_text(&grant, grant.path), "/a/b");
    ck_assert_str_eq(grant_text(&grant, grant.jti), "j");
    ck_assert_str_eq(grant_text(&grant, grant.sub), "some user");
    ck_assert_str_eq(grant_text(&grant, grant.sid), "s-1");
    ck_assert_str_eq(grant_text(&grant, grant.filename),
                     "\u00e9t\u00e9 \"1\".mp4");
    ck_assert_str_eq(grant_text(&grant, grant.type), "video/mp4");
    ck_assert_uint_eq(grant.text_len, sizeof("/a/b") + sizeof("j")
                                          + sizeof("some user") + sizeof("s-1")
                                          + sizeof("\u00e9t\u00e9 \"1\".mp4")
                                          + sizeof("video/mp4"));
}
END_TEST


START_TEST(a_grant_with_all_texts_at_their_longest_is_kept)
{
    char path[GRANT_PATH_MAX], id[GRANT_JTI_MAX], sub[GRANT_SUB_MAX];
    char name[GRANT_FILENAME_MAX], type[GRANT_TYPE_MAX];
    json_t *claims;
    grant_t grant;

    memset(path, 'p', sizeof(path));
    memset(id, 'i', sizeof(id));
    memset(sub, 's', sizeof(sub));
    memset(name, 'n', sizeof(name));
    memset(type, 't', sizeof(type));
    path[0] = '/';
    type[1] = '/';

    claims = json_pack(
        "{s:i, s:s#, s:s#, s:s#, s:s#, s:s#, s:s#}", "exp", 1, "path", path,
        GRANT_PATH_MAX - 1, "jti", id, GRANT_JTI_MAX - 1, "sid", id,
        GRANT_SID_MAX - 1, "sub", sub, GRANT_SUB_MAX - 1, "filename", name,
        GRANT_FILENAME_MAX - 1, "type", type, GRANT_TYPE_MAX - 1);
    ck_assert_int_eq(grant_parse(claims, &grant), SLUICE_OK);
    ck_assert_uint_eq(grant.text_len, GRANT_TEXT_MAX);
    ck_assert_mem_eq(grant_text(&grant, grant.type), type, GRANT_TYPE_MAX - 1);
    json_decref(claims);
}
END_TEST


START_TEST(a_copy_of_its_size_is_the_whole_grant)
{
    grant_t grant, copy;

    ck_assert_int_eq(parse_with("\"jti\":\"one\"", &grant), SLUICE_OK);
    ck_assert_uint_lt(grant_size(&grant), sizeof(grant));
    memset(&copy, 0xff, sizeof(copy));
    memcpy(&copy, &grant, grant_size(&grant));
    ck_assert_str_eq(grant_text(&copy, copy.jti), "one");
}
END_TEST


START_TEST(limits_that_are_there_are_told_from_those_that_are_not)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"uses\":0", &grant), SLUICE_OK);
    ck_assert_uint_eq(grant.limits, GRANT_USES);
    ck_assert_uint_eq(grant.uses, 0);

    ck_assert_int_eq(parse_with("\"bytes\":0,\"rate\":1", &grant), SLUICE_OK);
    ck_assert_uint_eq(grant.limits, GRANT_BYTES | GRANT_RATE);
    ck_assert_uint_eq(grant.bytes, 0);
    ck_assert_uint_eq(grant.rate, 1);
}
END_TEST


START_TEST(limits_go_up_to_two_to_the_53)
{
    grant_t grant;

    ck_assert_int_eq(
        parse_with("\"uses\":9007199254740992,\"bytes\":9007199254740992,"
                   "\"rate\":9007199254740992",
                   &grant),
        SLUICE_OK);
    ck_assert_uint_eq(grant.uses, UINT64_C(9007199254740992));
    ck_assert_uint_eq(grant.bytes, UINT64_C(9007199254740992));
    ck_assert_uint_eq(grant.rate, UINT64_C(9007199254740992));
}
END_TEST


START_TEST(a_whole_number_may_be_written_with_a_point)
{
    grant_t grant;

    ck_assert_int_eq(parse_with("\"uses\":3.0,\"bytes\":1e6", &grant),
                     SLUICE_OK);
    ck_assert_uint_eq(grant.uses, 3);
    ck_assert_uint_eq(grant.bytes, 1000000);
}
END_TEST


START_TEST(limits_that_are_no_counts_are_refused)
{
    static const char *const claims[] = { "\"uses\":-1",
                                          "\"uses\":1.5",
                                          "\"uses\":\"1\"",
                                          "\"uses\":null",
                                          "\"uses\":true",
                                          "\"uses\":[1]",
                                          "\"uses\":9007199254740993",
                                          "\"uses\":9223372036854775807",
                                          "\"uses\":1e16",
                                          "\"bytes\":-1",
                                          "\"bytes\":9007199254740993",
                                          "\"bytes\":\"1\"",
                                          "\"rate\":0",
                                          "\"rate\":0.0",
                                          "\"rate\":-1",
                                          "\"rate\":0.5",
                                          "\"rate\":9007199254740993",
                                          "\"rate\":\"1k\"" };
    grant_t grant;
    size_t i;

    for (i = 0; i < COUNT(claims); i++) {
        ck_assert_msg(parse_with(claims[i], &grant) == SLUICE_GRANT_INVALID,
                      "%s", claims[i]);
    }
}
END_TEST


START_TEST(up_to_8_ranges_are_kept)
{
#define SEVEN                                                           \
    "\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.3\",\"10.0.0.4\",\"10.0.0.5\"," \
    "\"10.0.0.6\",\"10.0.0.7\""
    grant_t grant;

    ck_assert_int_eq(parse_with("\"ip\":\"10.0.0.0/8\"", &grant), SLUICE_OK);
    ck_assert_uint_eq(grant.ip_count, 1);
    ck_assert_int_eq(parse_with("\"ip\":[" SEVEN ",\"::1\"]", &grant),
                     SLUICE_OK);
    ck_assert_uint_eq(grant.ip_count, 8);
    ck_assert_int_eq(parse_with("\"ip\":[" SEVEN ",\"::1\",\"::2\"]", &grant),
                     SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(addresses_that_are_none_are_refused)
{
    static const char *const claims[] = {
        "\"ip\":[]",          "\"ip\":null",
        "\"ip\":\"\"",        "\"ip\":\"somewhere\"",
        "\"ip\":[\"::1\",1]", "\"ip\":[[\"::1\"]]",
        "\"ip\":{}",          "\"ip\":\"10.0.0.0/8,::1\""
    };
    grant_t grant;
    size_t i;

    for (i = 0; i < COUNT(claims); i++) {
        ck_assert_msg(parse_with(claims[i], &grant) == SLUICE_GRANT_INVALID,
                      "%s", claims[i]);
    }
}
END_TEST


START_TEST(texts_that_break_headers_or_logs_are_refused)
{
    static const char *const claims[] = {
        "\"sub\":\"\"",
        "\"sub\":\"a\\nb\"",
        "\"sid\":\"\"",
        "\"sid\":\"\\u0085\"",
        "\"filename\":\"\"",
        "\"filename\":\"a/b\"",
        "\"filename\":\"a\\rb\"",
        "\"filename\":1",
        "\"type\":\"\"",
        "\"type\":\"video\"",
        "\"type\":\"a/b\\nc: d\"",
        "\"type\":[\"video/mp4\"]",
    };
    grant_t grant;
    size_t i;

    for (i = 0; i < COUNT(claims); i++) {
        ck_assert_msg(parse_with(claims[i], &grant) == SLUICE_GRANT_INVALID,
                      "%s", claims[i]);
    }
}
END_TEST


START_TEST(a_name_of_a_method_gives_its_bits)
{
    ck_assert_uint_eq(grant_method("GET", 3), GRANT_GET | GRANT_HEAD);
    ck_assert_uint_eq(grant_method("PUT and more", 3), GRANT_PUT);
    ck_assert_uint_eq(grant_method("GE", 2), 0);
    ck_assert_uint_eq(grant_method("get", 3), 0);
    ck_assert_str_eq(grant_method_name(GRANT_OPTIONS), "OPTIONS");
    ck_assert_str_eq(grant_method_name(0), "");
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


/* The answer to GET /a/b from an address, NULL for a Unix socket. */
static sluice_status_t
decide_from(const char *ip, const char *from)
{
    char text[256];
    cidr_t address;
    grant_t grant;

    snprintf(text, sizeof(text), "\"ip\":%s", ip);
    ck_assert_int_eq(parse_with(text, &grant), SLUICE_OK);
    ck_assert(from == NULL || cidr_parse(from, strlen(from), &address) == 0);

    return grant_decide(&grant, "/a/b", 4, GRANT_GET,
                        from ? address.address : NULL, NOW);
}


START_TEST(an_address_that_was_not_granted_is_refused)
{
    ck_assert_int_eq(decide_from("\"192.0.2.0/24\"", "192.0.2.7"), SLUICE_OK);
    ck_assert_int_eq(decide_from("\"192.0.2.0/24\"", "192.0.3.7"),
                     SLUICE_GRANT_ADDRESS);
    ck_assert_int_eq(decide_from("\"2001:db8::/32\"", "2001:db8::1"),
                     SLUICE_OK);
    ck_assert_int_eq(decide_from("\"2001:db8::/32\"", "2001:db9::1"),
                     SLUICE_GRANT_ADDRESS);
}
END_TEST


START_TEST(one_of_several_ranges_is_enough)
{
    static const char ip[] = "[\"192.0.2.0/24\",\"::1\",\"10.0.0.1\"]";

    ck_assert_int_eq(decide_from(ip, "192.0.2.1"), SLUICE_OK);
    ck_assert_int_eq(decide_from(ip, "10.0.0.1"), SLUICE_OK);
    ck_assert_int_eq(decide_from(ip, "::1"), SLUICE_OK);
    ck_assert_int_eq(decide_from(ip, "::2"), SLUICE_GRANT_ADDRESS);
}
END_TEST


START_TEST(who_has_no_address_is_in_no_range)
{
    ck_assert_int_eq(decide_from("[\"0.0.0.0/0\",\"::/0\"]", NULL),
                     SLUICE_GRANT_ADDRESS);
    ck_assert_int_eq(decide(EXACT, "/a/b", GRANT_GET, NOW), SLUICE_OK);
}
END_TEST


START_TEST(limits_are_for_others_to_hold)
{
    ck_assert_int_eq(decide("{\"exp\":1800000060,\"path\":\"/a\",\"uses\":0}",
                            "/a", GRANT_GET, NOW),
                     SLUICE_OK);
}
END_TEST


START_TEST(the_first_reason_is_told)
{
    static const char all[] =
        "{\"exp\":1800000060,\"nbf\":1800000000,\"path\":\"/a\","
        "\"ip\":\"::1\"}";

    ck_assert_int_eq(decide(all, "/c", GRANT_PUT, NOW + 60),
                     SLUICE_GRANT_EXPIRED);
    ck_assert_int_eq(decide(all, "/c", GRANT_PUT, NOW - 1),
                     SLUICE_GRANT_NOT_YET);
    ck_assert_int_eq(decide(all, "/c", GRANT_PUT, NOW), SLUICE_GRANT_PATH);
    ck_assert_int_eq(decide(all, "/a", GRANT_PUT, NOW), SLUICE_GRANT_METHOD);
    ck_assert_int_eq(decide(all, "/a", GRANT_GET, NOW), SLUICE_GRANT_ADDRESS);
}
END_TEST


RUN("core/grant", exp_and_path_are_enough,
    without_exp_or_path_there_is_no_grant, claims_of_the_wrong_type_are_refused,
    normalized_paths_are_taken, other_paths_are_refused,
    a_path_may_have_1023_bytes, a_grant_for_somebody_else_is_refused,
    claims_of_other_names_are_let_be, fractions_of_times_are_dropped,
    a_path_with_a_nul_is_refused, a_jti_of_63_bytes_is_kept,
    a_jti_that_is_empty_or_breaks_log_lines_is_refused,
    a_sid_of_63_and_a_sub_of_255_bytes_are_kept, every_text_is_kept_apart,
    a_grant_with_all_texts_at_their_longest_is_kept,
    a_copy_of_its_size_is_the_whole_grant,
    limits_that_are_there_are_told_from_those_that_are_not,
    limits_go_up_to_two_to_the_53, a_whole_number_may_be_written_with_a_point,
    limits_that_are_no_counts_are_refused, up_to_8_ranges_are_kept,
    addresses_that_are_none_are_refused,
    texts_that_break_headers_or_logs_are_refused,
    a_name_of_a_method_gives_its_bits, get_brings_head_along, methods_add_up,
    unknown_methods_are_refused, an_exact_path_opens_itself_only,
    a_prefix_opens_all_below_it, a_prefix_opens_nothing_beside_it,
    the_root_opens_everything, at_exp_it_is_over, at_nbf_it_begins,
    times_before_1970_have_passed, methods_that_were_not_granted_are_refused,
    an_address_that_was_not_granted_is_refused, one_of_several_ranges_is_enough,
    who_has_no_address_is_in_no_range, limits_are_for_others_to_hold,
    the_first_reason_is_told)
