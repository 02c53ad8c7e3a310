/* The vectors are those of S3's API reference: "Signature Calculations for the
   Authorization Header: Transferring Payload in a Single Chunk" and
   "Authenticating Requests: Using Query Parameters". */

#include <stdio.h>
#include <string.h>
#include "core/store/sigv4.h"
#include "tests/unit/suite.h"

#define MAY_24 1369353600 /* 2013-05-24T00:00:00Z */
#define HOST "examplebucket.s3.amazonaws.com"

static const sigv4_signer_t signer = {
    .id = "AKIAIOSFODNN7EXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .now = MAY_24,
};


/* The signature of a request by a header. */
static const char *
signed_by(const sigv4_signer_t *who, const sigv4_request_t *request)
{
    static char out[1024];
    const char *sign;

    ck_assert_int_eq(sigv4_authorization(who, request, out, sizeof(out)), 0);
    sign = strstr(out, "Signature=");
    ck_assert_ptr_nonnull(sign);
    return sign + strlen("Signature=");
}


START_TEST(a_get_of_a_range_is_as_published)
{
    static const sigv4_pair_t headers[] = {
        { "x-amz-date", "20130524T000000Z" },
        { "host", HOST },
        { "x-amz-content-sha256", SIGV4_EMPTY },
        { "range", "bytes=0-9" },
    };
    const sigv4_request_t request = {
        .method = "GET",
        .path = "/test.txt",
        .headers = headers,
        .headers_count = COUNT(headers),
        .payload = SIGV4_EMPTY,
    };
    char out[512];

    ck_assert_int_eq(sigv4_authorization(&signer, &request, out, sizeof(out)),
                     0);
    ck_assert_str_eq(
        out, "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524"
             "/us-east-1/s3/aws4_request,SignedHeaders=host;range;"
             "x-amz-content-sha256;x-amz-date,Signature="
             "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c603"
             "6bdb41");
}
END_TEST


START_TEST(a_put_with_a_body_and_a_name_to_encode_is_as_published)
{
    static const char sha[] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e4"
                              "2034a8b803f8b072";
    static const sigv4_pair_t headers[] = {
        { "date", "Fri, 24 May 2013 00:00:00 GMT" },
        { "host", HOST },
        { "x-amz-content-sha256", sha },
        { "x-amz-date", "20130524T000000Z" },
        { "x-amz-storage-class", "REDUCED_REDUNDANCY" },
    };
    const sigv4_request_t request = {
        .method = "PUT",
        .path = "/test$file.text",
        .headers = headers,
        .headers_count = COUNT(headers),
        .payload = sha,
    };

    ck_assert_str_eq(
        signed_by(&signer, &request),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ec"
        "e108bd");
}
END_TEST


START_TEST(queries_are_as_published)
{
    static const sigv4_pair_t headers[] = {
        { "host", HOST },
        { "x-amz-content-sha256", SIGV4_EMPTY },
        { "x-amz-date", "20130524T000000Z" },
    };
    static const sigv4_pair_t lifecycle[] = { { "lifecycle", "" } };
    static const sigv4_pair_t list[] = { { "prefix", "J" },
                                         { "max-keys", "2" } };
    sigv4_request_t request = {
        .method = "GET",
        .path = "/",
        .headers = headers,
        .headers_count = COUNT(headers),
        .payload = SIGV4_EMPTY,
    };

    request.query = lifecycle;
    request.queries = COUNT(lifecycle);
    ck_assert_str_eq(
        signed_by(&signer, &request),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136"
        "783543");

    request.query = list;
    request.queries = COUNT(list);
    ck_assert_str_eq(
        signed_by(&signer, &request),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef6"
        "9dc6f7");
}
END_TEST


static const sigv4_pair_t host[] = { { "host", HOST } };
static const sigv4_request_t opened = {
    .method = "GET",
    .path = "/test.txt",
    .headers = host,
    .headers_count = 1,
};


START_TEST(a_url_is_as_published)
{
    char out[1024];

    ck_assert_int_eq(sigv4_url(&signer, &opened, 86400, out, sizeof(out)), 0);
    ck_assert_str_eq(
        out, "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
             "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
             "us-east-1%2Fs3%2Faws4_request"
             "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
             "&X-Amz-SignedHeaders=host&X-Amz-Signature="
             "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f6"
             "04d404");
}
END_TEST


START_TEST(a_sessions_token_stands_in_the_url_and_is_signed)
{
    sigv4_signer_t session = signer;
    char out[1024], other[1024];

    session.token = "a/token+of=it";
    ck_assert_int_eq(sigv4_url(&session, &opened, 60, out, sizeof(out)), 0);
    ck_assert_ptr_nonnull(
        strstr(out, "&X-Amz-Security-Token=a%2Ftoken%2Bof%3Dit&"));

    session.token = "another";
    ck_assert_int_eq(sigv4_url(&session, &opened, 60, other, sizeof(other)), 0);
    ck_assert_str_ne(strstr(out, "X-Amz-Signature="),
                     strstr(other, "X-Amz-Signature="));
}
END_TEST


START_TEST(a_url_lives_for_a_second_to_seven_days)
{
    char out[1024];

    ck_assert_int_eq(sigv4_url(&signer, &opened, 0, out, sizeof(out)), -1);
    ck_assert_int_eq(
        sigv4_url(&signer, &opened, SIGV4_SECONDS_MAX + 1, out, sizeof(out)),
        -1);
    ck_assert_int_eq(
        sigv4_url(&signer, &opened, SIGV4_SECONDS_MAX, out, sizeof(out)), 0);
}
END_TEST


START_TEST(what_does_not_fit_is_said)
{
    static const sigv4_pair_t many[SIGV4_PAIRS_MAX + 1] = {
        [0 ... SIGV4_PAIRS_MAX] = { "a", "" },
    };
    sigv4_request_t request = opened;
    sigv4_signer_t long_one = signer;
    char out[1024], secret[300];
    size_t size;

    ck_assert_int_eq(sigv4_url(&signer, &opened, 60, out, sizeof(out)), 0);
    size = strlen(out);
    ck_assert_int_eq(sigv4_url(&signer, &opened, 60, out, size), -1);
    ck_assert_int_eq(sigv4_url(&signer, &opened, 60, out, size + 1), 0);

    request.query = many;
    request.queries = COUNT(many);
    ck_assert_int_eq(sigv4_url(&signer, &request, 60, out, sizeof(out)), -1);

    memset(secret, 'x', sizeof(secret) - 1);
    secret[sizeof(secret) - 1] = '\0';
    long_one.secret = secret;
    ck_assert_int_eq(sigv4_url(&long_one, &opened, 60, out, sizeof(out)), -1);
}
END_TEST


START_TEST(a_text_is_encoded_but_for_what_needs_it_not)
{
    char out[64];

    ck_assert_uint_eq(sigv4_encode("a/b~c é+", 0, out, sizeof(out)), 19);
    ck_assert_str_eq(out, "a%2Fb~c%20%C3%A9%2B");
    ck_assert_uint_eq(sigv4_encode("/b c", 1, out, sizeof(out)), 6);
    ck_assert_str_eq(out, "/b%20c");
    ck_assert_uint_eq(sigv4_encode("/b c", 1, out, 6), 0);
}
END_TEST


RUN("core/sigv4", a_get_of_a_range_is_as_published,
    a_put_with_a_body_and_a_name_to_encode_is_as_published,
    a_sessions_token_stands_in_the_url_and_is_signed,
    a_text_is_encoded_but_for_what_needs_it_not, a_url_is_as_published,
    a_url_lives_for_a_second_to_seven_days, queries_are_as_published,
    what_does_not_fit_is_said)
