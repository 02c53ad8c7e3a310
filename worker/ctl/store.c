#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/rand.h>
#include "core/store/credentials.h"
#include "core/store/location.h"
#include "core/bucket/bucket.h"
#include "core/bucket/bucket_rules.h"
#include "worker/base/carrier.h"
#include "worker/base/http.h"
#include "ctl.h"
#include "options.h"
#include "say.h"
#include "store_side.h"

#define TRIAL_SIZE 100000 /* bytes of a file that is put and removed again */
#define TRIAL_FROM 1234   /* of a range of it */
#define SKEW_MAX 60       /* seconds; S3 refuses at 900 */

typedef struct {
    location_t location;
    credentials_t credentials;
    bucket_t *bucket;
    int failed;
} store_t;


/* A line for each thing that was looked at. */
static void
line(store_t *store, int good, const char *what, const char *why)
{
    printf("%-6s %s%s%s\n", good ? "ok" : "wrong", what, good ? "" : ": ",
           good ? "" : why);
    store->failed |= !good;
}


static void
told(store_t *store, bucket_rc_t rc, const char *what)
{
    line(store, rc == BUCKET_OK, what, bucket_said(store->bucket));
}


typedef struct {
    const char *name;
    int found;
} search_t;

static int
on_name(void *data, const char *name, uint64_t size)
{
    search_t *search = data;

    search->found |= strcmp(name, search->name) == 0 && size == TRIAL_SIZE;
    return 0;
}


/* A file comes, is there, is what it was, is nobody else's, and goes. */
static void
check_file(store_t *store, const char *name, int in, int out)
{
    static unsigned char bytes[TRIAL_SIZE], back[TRIAL_SIZE];
    const size_t len = TRIAL_SIZE - TRIAL_FROM;
    bucket_t *bucket = store->bucket;
    search_t search = { name, 0 };
    uint64_t size = 0;
    bucket_rc_t rc;
    int open = 0, more;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1
        || pwrite(in, bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes)) {
        line(store, 0, "makes a file for a trial", "no memory");
        return;
    }

    rc = bucket_put(bucket, name, "application/octet-stream", in, 0,
                    TRIAL_SIZE);
    told(store, rc, "takes a file, whose SHA-256 it compares");
    if (rc != BUCKET_OK) {
        return;
    }

    rc = bucket_get(bucket, name, TRIAL_FROM, len, out);
    told(store, rc, "gives a range of it");
    if (rc == BUCKET_OK) {
        line(store,
             pread(out, back, len, 0) == (ssize_t) len
                 && memcmp(back, bytes + TRIAL_FROM, len) == 0,
             "gives the bytes that it took", "they are others");
    }

    rc = bucket_size(bucket, name, &size);
    told(store, rc, "tells its size");
    rc = bucket_list(bucket, name, "", on_name, &search, &more);
    told(store, rc, "lists names");
    if (rc == BUCKET_OK) {
        line(store, search.found && size == TRIAL_SIZE,
             "shows at once what it took", "it is not in the list");
    }

    rc = bucket_is_public(bucket, name, &open);
    if (rc == BUCKET_OK) {
        line(store, !open, "is nobody else's",
             "anybody can read it: block public access");
    }

    told(store, bucket_remove(bucket, name), "removes it");
}


/* A rule has this in it; not each S3 has all kinds of them. */
static void
check_rule(store_t *store, const char *kind, const char *has, const char *what,
           const char *why)
{
    const char *text;
    bucket_rc_t rc = bucket_rules_get(store->bucket, kind, &text);

    if (rc == BUCKET_OK || rc == BUCKET_MISSING) {
        line(store, strstr(text, has) != NULL, what, why);
    }
}


static void
check_rules(store_t *store)
{
    check_rule(store, "lifecycle", "<AbortIncompleteMultipartUpload>",
               "ends uploads that nobody completes",
               "their parts cost for ever: sluicectl store setup");
    check_rule(store, "lifecycle", "<NoncurrentVersionExpiration>",
               "ends old versions",
               "they cost for ever: sluicectl store setup");
    check_rule(store, "publicAccessBlock",
               "<RestrictPublicBuckets>true</RestrictPublicBuckets>",
               "lets nobody in by mistake",
               "a policy or an ACL could: sluicectl store setup");
}


static void
check_bucket(store_t *store)
{
    char said[128];
    int keeps;
    long skew = bucket_skew(store->bucket);

    snprintf(said, sizeof(said), "this machine's is %ld s %s: set it",
             labs(skew), skew > 0 ? "before" : "behind");
    line(store, labs(skew) < SKEW_MAX, "has the same clock", said);

    if (bucket_keeps_versions(store->bucket, &keeps) == BUCKET_OK) {
        line(store, keeps, "keeps what is removed for a while",
             "it has no versioning: what is removed by mistake is lost");
    }
}


int
ctl_store_check(int argc, char **argv)
{
    const char *words = NULL;
    char err[LOCATION_ERROR_SIZE], name[64];
    unsigned char random[8];
    int in, out;
    store_t store = { .failed = 0 };
    const ctl_option_t options[] = {
        { "store", "WORDS",
          "as sluice_store has them: \"s3://bucket region=…\"", &words },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    store_side_read(&store.location, "store",
                    say_need(words, "store", "SLUICE_STORE"));

    if (store.location.folder[0]) {
        return access(store.location.folder, R_OK | W_OK | X_OK) == 0
                   ? CTL_OK
                   : say_fail("%s may not be written to",
                              store.location.folder);
    }

    if (credentials_find(&store.credentials, &store.location, err, sizeof(err))
        != 0) {
        return say_fail("%s", err);
    }

    in = memfd_create("trial", MFD_CLOEXEC);
    out = memfd_create("trial", MFD_CLOEXEC);
    store.bucket = http_init() == 0 ? bucket_open(&carrier, &store.location,
                                                  &store.credentials)
                                    : NULL;
    if (in == -1 || out == -1 || store.bucket == NULL
        || RAND_bytes(random, sizeof(random)) != 1) {
        return say_fail("no memory");
    }

    snprintf(name, sizeof(name), "sluice-check-%02x%02x%02x%02x%02x%02x",
             random[0], random[1], random[2], random[3], random[4], random[5]);
    check_file(&store, name, in, out);
    check_bucket(&store);
    check_rules(&store);

    bucket_close(store.bucket);
    credentials_forget(&store.credentials);
    close(in);
    close(out);
    return store.failed ? CTL_FAILED : CTL_OK;
}
