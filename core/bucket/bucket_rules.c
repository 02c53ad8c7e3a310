#include "bucket_rules.h"

#include <string.h>
#include <openssl/evp.h>
#include "bucket_internal.h"

#define MD5_SIZE 16


bucket_rc_t
bucket_rules_put(bucket_t *bucket, const char *kind, const char *text)
{
    unsigned int len = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    const sigv4_pair_t query[] = { { kind, "" } };
    bucket_request_t request = { .method = "PUT",
                                 .name = "",
                                 .type = "application/xml",
                                 .fd = -1,
                                 .text = text,
                                 .query = query,
                                 .queries = 1 };

    /* asked for, beside the signature ("PutBucketLifecycleConfiguration") */
    if (EVP_Digest(text, strlen(text), digest, &len, EVP_md5(), NULL) != 1
        || len != MD5_SIZE) {
        return bucket_say(bucket, BUCKET_WRONG, "there is no MD5 here");
    }
    EVP_EncodeBlock((unsigned char *) request.md5, digest, MD5_SIZE);

    return bucket_request_ask(bucket, &request);
}


bucket_rc_t
bucket_rules_get(bucket_t *bucket, const char *kind, const char **text)
{
    bucket_rc_t rc;
    const sigv4_pair_t query[] = { { kind, "" } };
    bucket_request_t request = {
        .method = "GET", .name = "", .fd = -1, .query = query, .queries = 1
    };

    rc = bucket_request_ask(bucket, &request);
    *text = rc == BUCKET_OK && bucket->len > 0 ? bucket->body : "";
    return rc;
}
