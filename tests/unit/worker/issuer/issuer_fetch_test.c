#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/issuer/issuer_fetch.h"

#define URL "https://id.example.org"

static char uri[URL_SIZE], err[256];


/* What comes of a document with this jwks_uri under a line with a host=. */
static int
find(const char *issuer, const char *jwks_uri)
{
    char document[URL_SIZE * 2], words[256];
    issuer_line_t line;

    strcpy(words, URL " /f host=keys.example.net");
    ck_assert_int_eq(
        issuer_line_parse(words, ISSUER_OIDC, &line, err, sizeof(err)), 0);

    snprintf(document, sizeof(document),
             "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\",\"other\":{}}", issuer,
             jwks_uri);
    return issuer_fetch_uri(&line, document, strlen(document), uri, err,
                            sizeof(err));
}


START_TEST(keys_may_lie_at_the_issuer)
{
    ck_assert_int_eq(find(URL, URL "/jwks"), 0);
    ck_assert_str_eq(uri, URL "/jwks");
}
END_TEST


START_TEST(keys_may_lie_at_an_allowed_host)
{
    ck_assert_int_eq(find(URL, "https://keys.example.net/jwks"), 0);
}
END_TEST


START_TEST(keys_may_lie_nowhere_else)
{
    static const char *const wrong[] = { "https://evil.example/jwks",
                                         "https://id.example.org.evil.example/",
                                         "https://id.example.org:8443/jwks",
                                         "https://keys.example.net:22/jwks",
                                         "https://127.0.0.1/jwks" };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(find(URL, wrong[i]) == -1, "%s was taken", wrong[i]);
        ck_assert_ptr_nonnull(strstr(err, "does not allow"));
    }
}
END_TEST


START_TEST(keys_are_fetched_over_https_alone)
{
    static const char *const wrong[] = { "http://id.example.org/jwks",
                                         "file:///etc/passwd", "", "/jwks",
                                         "https://u@id.example.org/jwks" };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(find(URL, wrong[i]) == -1, "%s was taken", wrong[i]);
        ck_assert_ptr_nonnull(strstr(err, "not an https URL"));
    }
}
END_TEST


START_TEST(the_document_of_another_issuer_is_refused)
{
    ck_assert_int_eq(find(URL "/", URL "/jwks"), -1);
    ck_assert_ptr_nonnull(strstr(err, "\"issuer\""));
}
END_TEST


START_TEST(a_document_that_is_no_strict_json_is_refused)
{
    ck_assert_int_eq(find(URL, URL "/a\",\"jwks_uri\":\"" URL "/b"), -1);
}
END_TEST


START_TEST(a_kid_in_a_url_has_1_to_64_plain_characters)
{
    static const char *const wrong[] = { "",    "..",   "a/b", "a?b",
                                         "a b", "a%2f", "a_b" };
    char kid[66];
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(!issuer_fetch_plain(wrong[i]), "%s was taken", wrong[i]);
    }

    memset(kid, 'k', sizeof(kid));
    kid[65] = '\0';
    ck_assert(!issuer_fetch_plain(kid));
    kid[64] = '\0';
    ck_assert(issuer_fetch_plain(kid));
    ck_assert(issuer_fetch_plain("8f6a5b3e-0b7e-4A1d-9c1e-2f6d3b1a0c9d"));
}
END_TEST


RUN("worker/issuer_fetch", keys_may_lie_at_the_issuer,
    keys_may_lie_at_an_allowed_host, keys_may_lie_nowhere_else,
    keys_are_fetched_over_https_alone,
    the_document_of_another_issuer_is_refused,
    a_document_that_is_no_strict_json_is_refused,
    a_kid_in_a_url_has_1_to_64_plain_characters)
