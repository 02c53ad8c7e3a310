#include <stdio.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include "core/grant/cloudfront.h"
#include "core/grant/grant.h"
#include "core/jose/base64url.h"
#include "tests/unit/suite.h"

#define NOW 1357000000
#define ORIGIN "http://d111111abcdef8.cloudfront.net"
#define OTHER "https://media.example.org"

/* AWS's own example of a canned policy, in "Create a signed URL using a canned
   policy" and its neighbours */
#define CANNED_URL ORIGIN "/horizon.jpg?size=large&license=yes"
#define CANNED_TEXT                                  \
    "{\"Statement\":[{\"Resource\":\"" CANNED_URL    \
    "\",\"Condition\":{\"DateLessThan\":{\"AWS:Epoc" \
    "hTime\":1357034400}}}]}"

/* its examples of custom policies */
#define CUSTOM_FILE                                                        \
    "{ \n   \"Statement\": [\n      { \n         \"Resource\":\"" ORIGIN   \
    "/game_download.zip\", \n         \"Condition\":{ \n            \"IpA" \
    "ddress\":{\"AWS:SourceIp\":\"192.0.2.0/24\"},\n            \"DateLes" \
    "sThan\":{\"AWS:EpochTime\":1357034400}\n         }\n      }\n   ] \n}\n"
#define CUSTOM_ALL                                                           \
    "{\"Statement\":[{\"Resource\":\"http://*\",\"Condition\":{\"IpAddress"  \
    "\":{\"AWS:SourceIp\":\"192.0.2.10/32\"},\"DateGreaterThan\":{\"AWS:Ep"  \
    "ochTime\":1357034400},\"DateLessThan\":{\"AWS:EpochTime\":1357120800}}" \
    "}]}"

#define UNTIL "\"DateLessThan\":{\"AWS:EpochTime\":1357034400}"

static EVP_PKEY *rsa, *ec;
static cloudfront_keys_t *keys;


static int
add(cloudfront_keys_t *set, const char *id, EVP_PKEY *pkey, char *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem;
    long len;
    int rc;

    PEM_write_bio_PUBKEY(bio, pkey);
    len = BIO_get_mem_data(bio, &pem);
    rc = cloudfront_keys_add(set, id, pem, (size_t) len, err, 256);
    BIO_free(bio);

    return rc;
}


/* Once for all tests: each runs in a fork of this process. */
__attribute__((constructor)) static void
make_keys(void)
{
    char err[256];

    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    keys = cloudfront_keys_create();

    if (add(keys, "K1RSA", rsa, err) != 0 || add(keys, "K2EC", ec, err) != 0) {
        abort();
    }
}


/* base64 as CloudFront has it, terminated */
static char *
encode(char *dst, const void *src, size_t len)
{
    unsigned char *out = (unsigned char *) dst;
    char *p;

    EVP_EncodeBlock(out, src, (int) len);

    for (p = dst; *p; p++) {
        *p = *p == '+' ? '-' : *p == '=' ? '_' : *p == '/' ? '~' : *p;
    }

    return dst;
}


/* The signature of `text`, encoded. */
static char *
sign(char *dst, EVP_PKEY *pkey, const EVP_MD *md, const char *text)
{
    unsigned char signature[CLOUDFRONT_SIGNATURE_MAX];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    ck_assert_int_eq(EVP_DigestSignInit(ctx, NULL, md, NULL, pkey), 1);
    ck_assert_int_eq(EVP_DigestSign(ctx, signature, &len,
                                    (const unsigned char *) text, strlen(text)),
                     1);
    EVP_MD_CTX_free(ctx);

    return encode(dst, signature, len);
}


static sluice_status_t
parse(const char *query, cloudfront_t *cf)
{
    cloudfront_link_t link;

    ck_assert_int_eq(cloudfront_query(query, strlen(query), &link), 1);

    return cloudfront_parse(keys, &link, cf);
}


static char *
canned_query(char *dst, EVP_PKEY *pkey, const EVP_MD *md, const char *id,
             const char *more)
{
    char signature[1024];

    sprintf(dst, "Expires=1357034400&Signature=%s&Key-Pair-Id=%s%s",
            sign(signature, pkey, md, CANNED_TEXT), id, more);

    return dst;
}


/* The verdict on the signature of a canned policy for `url`. */
static int
canned(const char *query, const char *url)
{
    cloudfront_t cf;

    ck_assert_int_eq(parse(query, &cf), SLUICE_OK);
    cloudfront_canned(&cf, url, strlen(url));

    return cloudfront_check(&cf);
}


static char *
custom_query(char *dst, const char *policy)
{
    char signature[1024], text[4096];

    sprintf(dst, "Policy=%s&Signature=%s&Key-Pair-Id=K1RSA",
            encode(text, policy, strlen(policy)),
            sign(signature, rsa, EVP_sha1(), policy));

    return dst;
}


/* Reads a custom policy that was signed well. */
static sluice_status_t
custom(const char *policy, cloudfront_t *cf)
{
    char query[8192];

    ck_assert_int_eq(parse(custom_query(query, policy), cf), SLUICE_OK);
    ck_assert_int_eq(cloudfront_check(cf), 1);

    return cloudfront_policy(cf);
}


/* The same with this Condition. */
static sluice_status_t
condition(const char *members, cloudfront_t *cf)
{
    char policy[1024];

    snprintf(policy, sizeof(policy),
             "{\"Statement\":[{\"Resource\":\"*\",\"Condition\":{%s}}]}",
             members);

    return custom(policy, cf);
}


static sluice_status_t
decide_as(const cloudfront_t *cf, const char *url, size_t len, unsigned method,
          const unsigned char *address, int64_t now)
{
    static grant_t grant;

    cloudfront_grant(cf->nbf, cf->exp, cf->restricted ? &cf->ip : NULL,
                     cloudfront_covers(cf, url, len), &grant);

    return grant_decide(&grant, "/any", 4, method, address, now);
}


static sluice_status_t
decide(const cloudfront_t *cf, const char *url, const char *ip, int64_t now)
{
    cidr_t address;

    if (ip != NULL) {
        ck_assert_int_eq(cidr_parse(ip, strlen(ip), &address), 0);
    }

    return decide_as(cf, url, strlen(url), GRANT_GET,
                     ip ? address.address : NULL, now);
}


static int
match(const char *pattern, const char *url)
{
    return cloudfront_match(pattern, strlen(pattern), url, strlen(url));
}


static const char *
own(const char *query)
{
    static char text[256];

    text[cloudfront_own_query(text, query, strlen(query))] = '\0';

    return text;
}


/* "" when there is none */
static const char *
url(const char *target, int strip)
{
    static char text[CLOUDFRONT_URL_MAX + 1];
    ssize_t len;

    len = cloudfront_url(text, OTHER, strlen(OTHER), target, strlen(target),
                         strip);
    text[len < 0 ? 0 : len] = '\0';

    return text;
}


START_TEST(a_query_with_a_signature_or_a_key_is_a_signed_url)
{
    cloudfront_link_t link;
    const char *all = "a=1&Expires=5&Policy=p&Signature=s&Key-Pair-Id=K"
                      "&Hash-Algorithm=SHA256&b=2";

    ck_assert_int_eq(cloudfront_query(all, strlen(all), &link), 1);
    ck_assert_int_eq(link.twice, 0);
    ck_assert_mem_eq(link.part[CLOUDFRONT_EXPIRES].data, "5", 1);
    ck_assert_mem_eq(link.part[CLOUDFRONT_POLICY].data, "p", 1);
    ck_assert_mem_eq(link.part[CLOUDFRONT_SIGNATURE].data, "s", 1);
    ck_assert_mem_eq(link.part[CLOUDFRONT_KEY_PAIR_ID].data, "K", 1);
    ck_assert_mem_eq(link.part[CLOUDFRONT_HASH_ALGORITHM].data, "SHA256", 6);
    ck_assert_uint_eq(link.part[CLOUDFRONT_HASH_ALGORITHM].len, 6);

    ck_assert_int_eq(cloudfront_query("Signature", 9, &link), 1);
    ck_assert_uint_eq(link.part[CLOUDFRONT_SIGNATURE].len, 0);
    ck_assert_int_eq(cloudfront_query("Key-Pair-Id=", 12, &link), 1);
}
END_TEST


START_TEST(other_queries_are_none)
{
    static const char *const queries[] = { "",
                                           "a=1",
                                           "Expires=1&Policy=p",
                                           "signature=s",
                                           "Signatures=s",
                                           "X-Amz-Signature=s",
                                           "a=Signature=s",
                                           "Key-Pair-Id2=K",
                                           "%53ignature=s" };
    cloudfront_link_t link;
    size_t i;

    for (i = 0; i < COUNT(queries); i++) {
        ck_assert_msg(!cloudfront_query(queries[i], strlen(queries[i]), &link),
                      "%s", queries[i]);
    }
}
END_TEST


START_TEST(ones_own_parameters_keep_their_order)
{
    ck_assert_str_eq(own("Expires=1&Signature=s&Key-Pair-Id=K"), "");
    ck_assert_str_eq(own("b=2&Expires=1&a=1&Signature=s&Key-Pair-Id=K&c"),
                     "b=2&a=1&c");
    ck_assert_str_eq(own("a=1&&Policy=p&Hash-Algorithm=SHA256"), "a=1&");
    ck_assert_str_eq(own("&a=1&Signature=s"), "&a=1");
    ck_assert_str_eq(own("Signature=s&a=1&"), "a=1&");
    ck_assert_str_eq(own("a=1&Signature"), "a=1");
    ck_assert_str_eq(own("Expires2=1&signature=s"), "Expires2=1&signature=s");
}
END_TEST


START_TEST(a_url_is_the_target_as_it_came)
{
    ck_assert_str_eq(url("/a%20b/%C3%A9.mp4", 1), OTHER "/a%20b/%C3%A9.mp4");
    ck_assert_str_eq(url("/a?x=1&Expires=1&y=?&Signature=s", 1),
                     OTHER "/a?x=1&y=?");
    ck_assert_str_eq(url("/a?Signature=s", 1), OTHER "/a");
    ck_assert_str_eq(url("/a?Signature=s", 0), OTHER "/a?Signature=s");
    ck_assert_str_eq(url("/a?", 0), OTHER "/a?");
}
END_TEST


START_TEST(a_url_that_nginx_and_a_policy_read_differently_is_none)
{
    ck_assert_str_eq(url("/a.mp4#.jpg", 0), "");
    ck_assert_str_eq(url("/a?x=1#y", 0), "");
    ck_assert_str_eq(url("/a\",\"Condition\":{", 0), "");
    ck_assert_str_eq(url("/a\\b", 0), "");
    ck_assert_str_eq(url("/a b", 0), "");
    ck_assert_str_eq(url("/a\x7f", 0), "");
    ck_assert_str_eq(url("/a\n", 0), "");
}
END_TEST


START_TEST(a_url_has_8192_bytes_at_most)
{
    char dst[CLOUDFRONT_URL_MAX], target[CLOUDFRONT_URL_MAX + 1];

    memset(target, 'a', sizeof(target));
    target[0] = '/';

    ck_assert_int_eq(
        cloudfront_url(dst, "abc", 3, target, CLOUDFRONT_URL_MAX - 3, 1),
        CLOUDFRONT_URL_MAX);
    ck_assert_int_eq(
        cloudfront_url(dst, "abc", 3, target, CLOUDFRONT_URL_MAX - 2, 1), -1);
    ck_assert_int_eq(
        cloudfront_url(dst, "", 0, target, CLOUDFRONT_URL_MAX + 1, 1), -1);
}
END_TEST


START_TEST(a_canned_policy_is_for_its_url_and_end)
{
    char query[2048], other[2048];

    canned_query(query, rsa, EVP_sha1(), "K1RSA", "");

    ck_assert_int_eq(canned(query, CANNED_URL), 1);
    ck_assert_int_eq(canned(query, CANNED_URL "&a=1"), 0);
    ck_assert_int_eq(canned(query, OTHER "/horizon.jpg?size=large&license=yes"),
                     0);

    strcpy(other, query);
    memcpy(strstr(other, "1357034400"), "1357034401", 10);
    ck_assert_int_eq(canned(other, CANNED_URL), 0);
}
END_TEST


START_TEST(the_longest_url_fits_into_a_canned_policy)
{
    char target[CLOUDFRONT_URL_MAX];
    cloudfront_t cf;

    memset(target, 'a', sizeof(target));
    ck_assert_int_eq(parse("Expires=999999999999&Signature=AAAA"
                           "&Key-Pair-Id=K1RSA",
                           &cf),
                     SLUICE_OK);
    cloudfront_canned(&cf, target, sizeof(target));
    ck_assert_uint_lt(cf.text_len, CLOUDFRONT_TEXT_MAX);
    ck_assert_mem_eq(cf.text + cf.text_len - 17, "999999999999}}}]}", 17);
}
END_TEST


START_TEST(hash_and_kind_of_key_are_those_of_cloudfront)
{
    char query[2048];

    canned_query(query, rsa, EVP_sha256(), "K1RSA", "&Hash-Algorithm=SHA256");
    ck_assert_int_eq(canned(query, CANNED_URL), 1);
    canned_query(query, rsa, EVP_sha1(), "K1RSA", "&Hash-Algorithm=SHA1");
    ck_assert_int_eq(canned(query, CANNED_URL), 1);
    canned_query(query, ec, EVP_sha1(), "K2EC", "");
    ck_assert_int_eq(canned(query, CANNED_URL), 1);
    canned_query(query, ec, EVP_sha256(), "K2EC", "&Hash-Algorithm=SHA256");
    ck_assert_int_eq(canned(query, CANNED_URL), 1);
}
END_TEST


START_TEST(another_hash_or_key_than_it_was_signed_with_fits_not)
{
    char query[2048];

    canned_query(query, rsa, EVP_sha256(), "K1RSA", "");
    ck_assert_int_eq(canned(query, CANNED_URL), 0);
    canned_query(query, rsa, EVP_sha1(), "K1RSA", "&Hash-Algorithm=SHA256");
    ck_assert_int_eq(canned(query, CANNED_URL), 0);
    canned_query(query, rsa, EVP_sha1(), "K2EC", "");
    ck_assert_int_eq(canned(query, CANNED_URL), 0);
    canned_query(query, ec, EVP_sha1(), "K1RSA", "");
    ck_assert_int_eq(canned(query, CANNED_URL), 0);
}
END_TEST


START_TEST(percent_encoding_that_a_library_brought_in_is_undone)
{
    char query[2048], escaped[8192], *d = escaped;
    const char *p;

    canned_query(query, rsa, EVP_sha1(), "K1RSA", "");

    for (p = query; *p; p++) {
        d += sprintf(d, *p == '~' ? "%%7E" : *p == '_' ? "%%5f" : "%c", *p);
    }

    ck_assert_int_eq(canned(escaped, CANNED_URL), 1);
}
END_TEST


START_TEST(what_is_not_a_link_is_refused)
{
    static const char *const queries[] = {
        "Expires=1&Signature=AAAA",
        "Expires=1&Key-Pair-Id=K1RSA",
        "Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=1&Signature=AAAA&Key-Pair-Id=K3",
        "Expires=1&Signature=AAAA&Key-Pair-Id=k1rsa",
        "Expires=1&Signature=AAAA&Key-Pair-Id=K1RSA&Hash-Algorithm=MD5",
        "Expires=1&Signature=AAAA&Key-Pair-Id=K1RSA&Hash-Algorithm=sha256",
        "Expires=1&Signature=AAAA&Key-Pair-Id=K1RSA&Hash-Algorithm=",
        "Expires=1&Expires=2&Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=1&Signature=AAAA&Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=&Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=-1&Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=1.5&Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=1}&Signature=AAAA&Key-Pair-Id=K1RSA",
        "Expires=1000000000000&Signature=AAAA&Key-Pair-Id=K1RSA"
    };
    cloudfront_t cf;
    size_t i;

    for (i = 0; i < COUNT(queries); i++) {
        ck_assert_msg(parse(queries[i], &cf) == SLUICE_GRANT_INVALID, "%s",
                      queries[i]);
    }
}
END_TEST


START_TEST(base64_is_strict)
{
    static const char *const values[] = {
        "",     "A",        "AA",    "AAA",  "AAAAA", "A___",  "____",  "AA_A",
        "_AAA", "AAA=",     "AA==",  "AA+A", "AA/A",  "AB__",  "AAB_",  "AAA A",
        "A A ", "AAAA____", "AAA%7", "AAA%", "AA%zz", "%-1AA", "AAA%00"
    };
    char query[256];
    cloudfront_t cf;
    size_t i;

    for (i = 0; i < COUNT(values); i++) {
        sprintf(query, "Expires=1&Signature=%s&Key-Pair-Id=K1RSA", values[i]);
        ck_assert_msg(parse(query, &cf) == SLUICE_GRANT_INVALID, "%s",
                      values[i]);
        sprintf(query, "Policy=%s&Signature=AAAA&Key-Pair-Id=K1RSA", values[i]);
        ck_assert_msg(parse(query, &cf) == SLUICE_GRANT_INVALID, "%s",
                      values[i]);
    }

    ck_assert_int_eq(parse("Expires=1&Signature=-~8_&Key-Pair-Id=K1RSA", &cf),
                     SLUICE_OK);
    ck_assert_uint_eq(cf.signature_len, 2);
    ck_assert_mem_eq(cf.signature, "\xfb\xff", 2);
}
END_TEST


START_TEST(policy_and_signature_have_an_end)
{
    static char bytes[CLOUDFRONT_POLICY_MAX + 1], text[4096], query[8192];
    cloudfront_t cf;

    memset(bytes, 'a', sizeof(bytes));

    sprintf(query, "Expires=1&Signature=%s&Key-Pair-Id=K1RSA",
            encode(text, bytes, CLOUDFRONT_SIGNATURE_MAX));
    ck_assert_int_eq(parse(query, &cf), SLUICE_OK);
    ck_assert_uint_eq(cf.signature_len, CLOUDFRONT_SIGNATURE_MAX);
    sprintf(query, "Expires=1&Signature=%s&Key-Pair-Id=K1RSA",
            encode(text, bytes, CLOUDFRONT_SIGNATURE_MAX + 1));
    ck_assert_int_eq(parse(query, &cf), SLUICE_GRANT_INVALID);

    sprintf(query, "Policy=%s&Signature=AAAA&Key-Pair-Id=K1RSA",
            encode(text, bytes, CLOUDFRONT_POLICY_MAX));
    ck_assert_int_eq(parse(query, &cf), SLUICE_OK);
    ck_assert_uint_eq(cf.text_len, CLOUDFRONT_POLICY_MAX);
    sprintf(query, "Policy=%s&Signature=AAAA&Key-Pair-Id=K1RSA",
            encode(text, bytes, CLOUDFRONT_POLICY_MAX + 1));
    ck_assert_int_eq(parse(query, &cf), SLUICE_GRANT_INVALID);
}
END_TEST


START_TEST(the_policies_of_the_documentation_are_read)
{
    cloudfront_t cf;

    ck_assert_int_eq(custom(CUSTOM_FILE, &cf), SLUICE_OK);
    ck_assert_int_eq(cf.exp, 1357034400);
    ck_assert_int_eq(cf.nbf, 0);
    ck_assert_int_eq(decide(&cf, ORIGIN "/game_download.zip", "192.0.2.7", NOW),
                     SLUICE_OK);

    ck_assert_int_eq(custom(CUSTOM_ALL, &cf), SLUICE_OK);
    ck_assert_int_eq(cf.exp, 1357120800);
    ck_assert_int_eq(cf.nbf, 1357034400);
    ck_assert_int_eq(decide(&cf, ORIGIN "/training/orientation.pdf",
                            "192.0.2.10", 1357034400),
                     SLUICE_OK);
}
END_TEST


START_TEST(a_policy_without_resource_is_for_everything)
{
    cloudfront_t cf;

    ck_assert_int_eq(
        custom("{\"Statement\":[{\"Condition\":{" UNTIL "}}]}", &cf),
        SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER "/a?b=c", NULL, NOW), SLUICE_OK);
}
END_TEST


START_TEST(what_a_policy_holds_besides_is_refused)
{
    static const char *const policies[] = {
        "[]",
        "{}",
        "null",
        "{\"Statement\":[]}",
        "{\"Statement\":{\"Condition\":{" UNTIL "}}}",
        "{\"Statement\":[{\"Condition\":{" UNTIL "}},"
        "{\"Condition\":{" UNTIL "}}]}",
        "{\"Statement\":[{\"Condition\":{" UNTIL "}}],\"Version\":\"1\"}",
        "{\"Statement\":[{\"Condition\":{" UNTIL "}}]}x",
        "{\"Statement\":[{\"Condition\":{" UNTIL "}}],"
        "\"Statement\":[{\"Condition\":{" UNTIL "}}]}",
        "{\"Statement\":[{\"Resource\":\"*\"}]}",
        "{\"Statement\":[{\"Resource\":\"*\",\"Condition\":{}}]}",
        "{\"Statement\":[{\"Resource\":\"*\",\"Condition\":[]}]}",
        "{\"Statement\":[{\"Resource\":[\"*\"],\"Condition\":{" UNTIL "}}]}",
        "{\"Statement\":[{\"Resource\":null,\"Condition\":{" UNTIL "}}]}",
        "{\"Statement\":[{\"Resource\":\"*\",\"Effect\":\"Allow\"}]}",
        "{\"Statement\":[{\"Resource\":\"*\",\"Effect\":\"Allow\","
        "\"Condition\":{" UNTIL "}}]}",
        "{\"Statement\":[{\"NotResource\":\"*\",\"Condition\":{" UNTIL "}}]}",
        "{\"Statement\":[{\"Resource\":\"a\",\"Resource\":\"*\","
        "\"Condition\":{" UNTIL "}}]}"
    };
    cloudfront_t cf;
    size_t i;

    for (i = 0; i < COUNT(policies); i++) {
        ck_assert_msg(custom(policies[i], &cf) == SLUICE_GRANT_INVALID, "%s",
                      policies[i]);
    }
}
END_TEST


START_TEST(what_a_condition_holds_besides_is_refused)
{
    static const char *const conditions[] = {
        "\"DateLessThan\":1357034400",
        "\"DateLessThan\":{}",
        "\"DateLessThan\":{\"AWS:EpochTime\":\"1357034400\"}",
        "\"DateLessThan\":{\"AWS:EpochTime\":null}",
        "\"DateLessThan\":{\"AWS:EpochTime\":1e99}",
        "\"DateLessThan\":{\"AWS:EpochTime\":1,\"x\":1}",
        "\"DateLessThan\":{\"aws:EpochTime\":1}",
        UNTIL "," UNTIL,
        UNTIL ",\"DateGreaterThan\":{\"AWS:EpochTime\":\"1\"}",
        UNTIL ",\"DateGreaterThan\":1",
        "\"DateGreaterThan\":{\"AWS:EpochTime\":1}",
        UNTIL ",\"IpAddress\":\"192.0.2.1\"",
        UNTIL ",\"IpAddress\":{}",
        UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":[\"192.0.2.1\"]}",
        UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"192.0.2\"}",
        UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"192.0.2.0/33\"}",
        UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"\"}",
        UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"192.0.2.1\",\"x\":1}",
        UNTIL ",\"NotIpAddress\":{\"AWS:SourceIp\":\"192.0.2.1\"}",
        UNTIL ",\"Bool\":{\"aws:SecureTransport\":\"true\"}"
    };
    cloudfront_t cf;
    size_t i;

    for (i = 0; i < COUNT(conditions); i++) {
        ck_assert_msg(condition(conditions[i], &cf) == SLUICE_GRANT_INVALID,
                      "%s", conditions[i]);
    }
}
END_TEST


START_TEST(a_policy_ends_at_its_second_and_begins_at_it)
{
    cloudfront_t cf;

    ck_assert_int_eq(
        condition(UNTIL ",\"DateGreaterThan\":{\"AWS:EpochTime\":1357000000}",
                  &cf),
        SLUICE_OK);

    ck_assert_int_eq(decide(&cf, OTHER, NULL, 1356999999),
                     SLUICE_GRANT_NOT_YET);
    ck_assert_int_eq(decide(&cf, OTHER, NULL, 1357000000), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, NULL, 1357034399), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, NULL, 1357034400),
                     SLUICE_GRANT_EXPIRED);
}
END_TEST


START_TEST(a_canned_policy_ends_at_its_second)
{
    char query[2048];
    cloudfront_t cf;

    canned_query(query, rsa, EVP_sha1(), "K1RSA", "");
    ck_assert_int_eq(parse(query, &cf), SLUICE_OK);
    ck_assert_int_eq(cloudfront_policy(&cf), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, CANNED_URL, NULL, 1357034399), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, CANNED_URL, NULL, 1357034400),
                     SLUICE_GRANT_EXPIRED);
}
END_TEST


START_TEST(an_address_or_a_range_of_them_is_held)
{
    cloudfront_t cf;

    ck_assert_int_eq(
        condition(UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"192.0.2.1\"}", &cf),
        SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, "192.0.2.1", NOW), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, "192.0.2.2", NOW),
                     SLUICE_GRANT_ADDRESS);
    ck_assert_int_eq(decide(&cf, OTHER, "2001:db8::1", NOW),
                     SLUICE_GRANT_ADDRESS);
    ck_assert_int_eq(decide(&cf, OTHER, NULL, NOW), SLUICE_GRANT_ADDRESS);

    ck_assert_int_eq(
        condition(UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"10.0.0.0/8\"}",
                  &cf),
        SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, "10.255.0.1", NOW), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, "11.0.0.1", NOW), SLUICE_GRANT_ADDRESS);
}
END_TEST


START_TEST(the_range_of_all_addresses_is_no_restriction)
{
    cloudfront_t cf;

    ck_assert_int_eq(
        condition(UNTIL ",\"IpAddress\":{\"AWS:SourceIp\":\"0.0.0.0/0\"}", &cf),
        SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, "192.0.2.1", NOW), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, "2001:db8::1", NOW), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, OTHER, NULL, NOW), SLUICE_OK);
}
END_TEST


START_TEST(reading_and_preflights_pass_and_nothing_else)
{
    static const unsigned refused[] = { GRANT_POST, GRANT_PUT, GRANT_PATCH,
                                        GRANT_DELETE, 0 };
    cloudfront_t cf;
    size_t i;

    ck_assert_int_eq(condition(UNTIL, &cf), SLUICE_OK);
    ck_assert_int_eq(decide_as(&cf, "a", 1, GRANT_HEAD, NULL, NOW), SLUICE_OK);
    ck_assert_int_eq(decide_as(&cf, "a", 1, GRANT_OPTIONS, NULL, NOW),
                     SLUICE_OK);

    for (i = 0; i < COUNT(refused); i++) {
        ck_assert_int_eq(decide_as(&cf, "a", 1, refused[i], NULL, NOW),
                         SLUICE_GRANT_METHOD);
    }
}
END_TEST


START_TEST(another_url_than_the_resource_is_refused)
{
    cloudfront_t cf;

    ck_assert_int_eq(custom(CUSTOM_FILE, &cf), SLUICE_OK);
    ck_assert_int_eq(decide(&cf, ORIGIN "/game_download.zi", "192.0.2.7", NOW),
                     SLUICE_GRANT_PATH);
    ck_assert_int_eq(
        decide(&cf, ORIGIN "/game_download.zip?a=1", "192.0.2.7", NOW),
        SLUICE_GRANT_PATH);
    ck_assert_int_eq(decide(&cf, OTHER "/game_download.zip", "192.0.2.7", NOW),
                     SLUICE_GRANT_PATH);
}
END_TEST


START_TEST(a_changed_policy_or_signature_does_not_check)
{
    char query[8192], *at;
    cloudfront_t cf;

    custom_query(query, CUSTOM_ALL);
    at = query + strlen("Policy=") + 40;
    *at = *at == 'A' ? 'B' : 'A';
    ck_assert_int_eq(parse(query, &cf), SLUICE_OK);
    ck_assert_int_eq(cloudfront_check(&cf), 0);

    custom_query(query, CUSTOM_ALL);
    at = strstr(query, "Signature=") + 30;
    *at = *at == 'A' ? 'B' : 'A';
    ck_assert_int_eq(parse(query, &cf), SLUICE_OK);
    ck_assert_int_eq(cloudfront_check(&cf), 0);
}
END_TEST


START_TEST(the_digest_is_of_key_hash_text_and_signature)
{
    unsigned char first[CLOUDFRONT_DIGEST_SIZE], other[CLOUDFRONT_DIGEST_SIZE];
    cloudfront_t cf;

    ck_assert_int_eq(condition(UNTIL, &cf), SLUICE_OK);
    ck_assert_int_eq(cloudfront_digest(&cf, first), 0);
    ck_assert_int_eq(cloudfront_digest(&cf, other), 0);
    ck_assert_mem_eq(first, other, sizeof(first));

    cf.key = &keys->key[1];
    ck_assert_int_eq(cloudfront_digest(&cf, other), 0);
    ck_assert_mem_ne(first, other, sizeof(first));
    cf.key = &keys->key[0];

    cf.text[5] ^= 1;
    ck_assert_int_eq(cloudfront_digest(&cf, other), 0);
    ck_assert_mem_ne(first, other, sizeof(first));
    cf.text[5] ^= 1;

    cf.signature[5] ^= 1;
    ck_assert_int_eq(cloudfront_digest(&cf, other), 0);
    ck_assert_mem_ne(first, other, sizeof(first));
    cf.signature[5] ^= 1;

    cf.md = EVP_sha512();
    ck_assert_int_eq(cloudfront_digest(&cf, other), 0);
    ck_assert_mem_ne(first, other, sizeof(first));
}
END_TEST


START_TEST(wildcards_match_as_cloudfront_says)
{
    static const char *const zip = "http://d/*game_download.zip*";

    ck_assert_int_eq(match("*", ""), 1);
    ck_assert_int_eq(match("*", "https://d/a?b"), 1);
    ck_assert_int_eq(match("**", ""), 1);
    ck_assert_int_eq(match("", ""), 1);
    ck_assert_int_eq(match("", "a"), 0);
    ck_assert_int_eq(match("?", ""), 0);
    ck_assert_int_eq(match("?", "a"), 1);
    ck_assert_int_eq(match("?", "ab"), 0);
    ck_assert_int_eq(match("*?", ""), 0);
    ck_assert_int_eq(match("*?", "a"), 1);
    ck_assert_int_eq(match("?*", "a"), 1);
    ck_assert_int_eq(match("*a", "a"), 1);
    ck_assert_int_eq(match("*a", "ba"), 1);
    ck_assert_int_eq(match("*a", "ab"), 0);
    ck_assert_int_eq(match("a*", "b"), 0);
    ck_assert_int_eq(match("a*b*c", "aXbYbZc"), 1);
    ck_assert_int_eq(match("a*b*c", "aXcYb"), 0);
    ck_assert_int_eq(match("a*ab", "aab"), 1);
    ck_assert_int_eq(match("a*ab", "ab"), 0);
    ck_assert_int_eq(match("http*://d/*", "http://d/a/b"), 1);
    ck_assert_int_eq(match("http*://d/*", "https://d/a/b"), 1);
    ck_assert_int_eq(match("http*://d/*", "https://e/a/b"), 0);
    ck_assert_int_eq(match("http?://d/*", "http://d/a"), 0);
    ck_assert_int_eq(match("*://d/a/", "https://d/a/"), 1);
    ck_assert_int_eq(match("https://d/a/*", "https://d/a/"), 1);
    ck_assert_int_eq(match("https://d/a/*", "https://d/ab"), 0);
    ck_assert_int_eq(match("https://d/A", "https://d/a"), 0);

    ck_assert_int_eq(match(zip, "http://d/game_download.zip"), 1);
    ck_assert_int_eq(match(zip, "http://d/example_game_download.zip?license="
                                "yes"),
                     1);
    ck_assert_int_eq(match(zip, "http://d/test_game_download.zip?license=temp"),
                     1);
}
END_TEST


START_TEST(a_query_does_not_stand_in_for_the_path)
{
    ck_assert_int_eq(match("https://d/*.jpg", "https://d/film.mp4?.jpg"), 0);
    ck_assert_int_eq(match("https://d/*/free/*", "https://d/a.mp4?/free/"), 0);
    ck_assert_int_eq(match("https://d/*free*", "https://d/a.mp4?free"), 0);

    ck_assert_int_eq(match("https://d/a?size=*", "https://d/a?size=9"), 1);
    ck_assert_int_eq(match("https://d/*?size=9", "https://d/a/b?size=9"), 1);
    ck_assert_int_eq(match("https://d/a?x=*&y=2", "https://d/a?x=?1?&y=2"), 1);
    ck_assert_int_eq(match("https://d/a*?b*c", "https://d/axb?bc"), 1);
    ck_assert_int_eq(match("https://d/a*", "https://d/a?b=*c"), 1);
    ck_assert_int_eq(match("https://d/a**", "https://d/a?b"), 1);
}
END_TEST


/* Each star multiplies what backtracking tries: a thousand of them would
   outlive any patience. */
START_TEST(many_stars_take_no_longer)
{
    static char pattern[CLOUDFRONT_POLICY_MAX + 1], text[CLOUDFRONT_URL_MAX];
    size_t i;

    for (i = 0; i + 2 < sizeof(pattern); i += 2) {
        memcpy(pattern + i, "*a", 2);
    }

    memset(text, 'a', sizeof(text));

    ck_assert_int_eq(cloudfront_match(pattern, i, text, sizeof(text)), 1);
    ck_assert_int_eq(cloudfront_match(pattern, i, text, i / 2), 1);
    ck_assert_int_eq(cloudfront_match(pattern, i, text, i / 2 - 1), 0);
    pattern[i - 1] = 'b';
    ck_assert_int_eq(cloudfront_match(pattern, i, text, sizeof(text)), 0);
    text[sizeof(text) - 1] = 'b';
    ck_assert_int_eq(cloudfront_match(pattern, i, text, sizeof(text)), 1);
}
END_TEST


START_TEST(patterns_cross_words)
{
    char pattern[200], text[200];
    size_t n;

    for (n = 60; n < 140; n++) {
        memset(pattern, '?', n);
        memset(text, 'x', n + 1);
        ck_assert_int_eq(cloudfront_match(pattern, n, text, n), 1);
        ck_assert_int_eq(cloudfront_match(pattern, n, text, n + 1), 0);
        ck_assert_int_eq(cloudfront_match(pattern, n, text, n - 1), 0);

        pattern[n - 1] = '*';
        ck_assert_int_eq(cloudfront_match(pattern, n, text, n - 1), 1);
        ck_assert_int_eq(cloudfront_match(pattern, n, text, n + 1), 1);
        ck_assert_int_eq(cloudfront_match(pattern, n, text, n - 2), 0);
    }
}
END_TEST


START_TEST(weak_and_foreign_keys_are_refused)
{
    cloudfront_keys_t *set = cloudfront_keys_create();
    EVP_PKEY *small = EVP_RSA_gen(1024), *p384 = EVP_EC_gen("P-384"),
             *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    char err[256];

    ck_assert_int_eq(add(set, "K1", small, err), -1);
    ck_assert_ptr_nonnull(strstr(err, "2048"));
    ck_assert_int_eq(add(set, "K1", p384, err), -1);
    ck_assert_ptr_nonnull(strstr(err, "P-256"));
    ck_assert_int_eq(add(set, "K1", ed, err), -1);
    ck_assert_uint_eq(set->count, 0);

    EVP_PKEY_free(small);
    EVP_PKEY_free(p384);
    EVP_PKEY_free(ed);
    cloudfront_keys_free(set);
}
END_TEST


START_TEST(a_key_whose_signatures_are_too_long_is_refused)
{
    /* 4104 bits */
    static const char big[] =
        "-----BEGIN PUBLIC KEY-----\n"
        "MIICIzANBgkqhkiG9w0BAQEFAAOCAhAAMIICCwKCAgIA5u7mWtf8NOZs1qkSQShs\n"
        "0+bNh2dYxWX/3wrj+FeMkiUhYpGPycI9dI++TlAe0asflvTbp/ip1iBSoFme0WA/\n"
        "bt9Omu+LPDyn5NheFrtjZwZ/h8CSL/wyI55YmCtfo0RFJMlJWTPI4rGFw62Gt9E0\n"
        "x5vQTG4mHUMf1MG2BcWZQLd6F0ArPK92Ai5nrywcOe834okObY6Qdc5golkQDofW\n"
        "SQ7/Pz2ifYRi5TFcKNjJloFhbaNC1qR6oEavMq2A48LBinWTrNLEv2iCOnzUdMZa\n"
        "k4maDgzooJe+Dk6FR+tz0Ti7dqj4JSbkeweFOhgkAw6sARHfuP9REnUQgpYqzAy+\n"
        "lDIcx3xep/XGzw/oxuOJEKlOlI/bXsOXSiwzG/eAmMEpPl3sIZMXQQaMQLgrQxbY\n"
        "+93H48av/BBJ7CGCeRbXabsC97te5py58ylQj7e5/mXKPEtM6+dX3z/Zq7LfI8iw\n"
        "7Jzd7cS1sboMf9Kb38Ir65AimqxAUXkiMmekHijGFz23fI46CFgiIpkpqqM9SjdN\n"
        "G2otdrISOJTur0TT864OwprkJKtWaUz1Rh/HKWACGuJZSDI/CNQMQ+q3/c7RKM9u\n"
        "vyvpDlBiuqtmad2MM0RbK9tLwNFkUbR3HJbcf9KglDAm39XMlRZ3OCoxj1KI/Lx6\n"
        "UqnMl56k8ewUCFqMYIF7WQANAgMBAAE=\n"
        "-----END PUBLIC KEY-----\n";
    cloudfront_keys_t *set = cloudfront_keys_create();
    char err[256];

    ck_assert_int_eq(cloudfront_keys_add(set, "K1", big, strlen(big), err, 256),
                     -1);
    ck_assert_ptr_nonnull(strstr(err, "4096"));
    cloudfront_keys_free(set);
}
END_TEST


START_TEST(what_is_no_public_key_is_refused)
{
    static const char *const texts[] = { "", "K1",
                                         "-----BEGIN PUBLIC KEY-----\n",
                                         "-----BEGIN PUBLIC KEY-----\nAAAA\n"
                                         "-----END PUBLIC KEY-----\n" };
    cloudfront_keys_t *set = cloudfront_keys_create();
    BIO *bio = BIO_new(BIO_s_mem());
    char err[256], *pem;
    size_t i, len;

    for (i = 0; i < COUNT(texts); i++) {
        err[0] = '\0';
        ck_assert_int_eq(cloudfront_keys_add(set, "K1", texts[i],
                                             strlen(texts[i]), err, 256),
                         -1);
        ck_assert_str_ne(err, "");
    }

    PEM_write_bio_PrivateKey(bio, rsa, NULL, NULL, 0, NULL, NULL);
    len = (size_t) BIO_get_mem_data(bio, &pem);
    ck_assert_int_eq(cloudfront_keys_add(set, "K1", pem, len, err, 256), -1);

    BIO_free(bio);
    cloudfront_keys_free(set);
    cloudfront_keys_free(NULL);
}
END_TEST


START_TEST(ids_are_plain_and_each_has_one_key)
{
    static const char *const ids[] = {
        "",
        "K 1",
        "K/1",
        "K\"",
        "K1,K2",
        "\xc3\xa9",
        "01234567890123456789012345678901234567890123456789012345678901234"
    };
    cloudfront_keys_t *set = cloudfront_keys_create();
    char err[256], id[16];
    size_t i;

    for (i = 0; i < COUNT(ids); i++) {
        ck_assert_msg(add(set, ids[i], rsa, err) == -1, "%s", ids[i]);
    }

    for (i = 0; i < CLOUDFRONT_KEYS_MAX; i++) {
        sprintf(id, "K%zu", i);
        ck_assert_int_eq(add(set, id, ec, err), 0);
        ck_assert_int_eq(add(set, id, rsa, err), -1);
    }

    ck_assert_int_eq(add(set, "K-more", rsa, err), -1);
    cloudfront_keys_free(set);
}
END_TEST


RUN("core/cloudfront", a_query_with_a_signature_or_a_key_is_a_signed_url,
    other_queries_are_none, ones_own_parameters_keep_their_order,
    a_url_is_the_target_as_it_came,
    a_url_that_nginx_and_a_policy_read_differently_is_none,
    a_url_has_8192_bytes_at_most, a_canned_policy_is_for_its_url_and_end,
    the_longest_url_fits_into_a_canned_policy,
    hash_and_kind_of_key_are_those_of_cloudfront,
    another_hash_or_key_than_it_was_signed_with_fits_not,
    percent_encoding_that_a_library_brought_in_is_undone,
    what_is_not_a_link_is_refused, base64_is_strict,
    policy_and_signature_have_an_end,
    the_policies_of_the_documentation_are_read,
    a_policy_without_resource_is_for_everything,
    what_a_policy_holds_besides_is_refused,
    what_a_condition_holds_besides_is_refused,
    a_policy_ends_at_its_second_and_begins_at_it,
    a_canned_policy_ends_at_its_second, an_address_or_a_range_of_them_is_held,
    the_range_of_all_addresses_is_no_restriction,
    reading_and_preflights_pass_and_nothing_else,
    another_url_than_the_resource_is_refused,
    a_changed_policy_or_signature_does_not_check,
    the_digest_is_of_key_hash_text_and_signature,
    wildcards_match_as_cloudfront_says, a_query_does_not_stand_in_for_the_path,
    many_stars_take_no_longer, patterns_cross_words,
    weak_and_foreign_keys_are_refused,
    a_key_whose_signatures_are_too_long_is_refused,
    what_is_no_public_key_is_refused, ids_are_plain_and_each_has_one_key)
