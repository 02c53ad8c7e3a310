/*
 * Media move from a folder to a bucket, and back, while serving goes on: what
 * is at a path never changes, so what is there already with as many bytes
 * stays, and who copies again copies what came since.
 */

#include <stdio.h>
#include <string.h>
#include "core/bucket/bucket.h"
#include "worker/base/http.h"
#include "ctl.h"
#include "options.h"
#include "say.h"
#include "store_side.h"

typedef struct {
    store_side_t from, to;
    unsigned long long copied, bytes, there, wrong;
    int failed; /* there is no sense in going on */
} copy_t;


/* Both, and the words that say where. 0, or an exit code. */
static int
copy_open(copy_t *copy, int argc, char **argv)
{
    const char *from = NULL, *to = NULL;
    const ctl_option_t options[] = {
        { "from", "WORDS", "where media are: a folder, or \"s3://bucket …\"",
          &from },
        { "to", "WORDS", "where they are to be, in the words of sluice_store",
          &to },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    memset(copy, 0, sizeof(*copy));
    if (from == NULL || to == NULL) {
        say_usage("--from and --to say what is copied where");
    }

    if (http_init() != 0) {
        return say_fail("no memory");
    }
    if (store_side_open(&copy->from, "from", from) != 0) {
        return say_fail("%s", copy->from.why);
    }

    return store_side_open(&copy->to, "to", to) == 0
               ? CTL_OK
               : say_fail("%s", copy->to.why);
}


static void
copy_close(copy_t *copy)
{
    store_side_close(&copy->from);
    store_side_close(&copy->to);
}


static const char *
copy_why(const copy_t *copy)
{
    return copy->to.why[0] ? copy->to.why : copy->from.why;
}


static int
copy_one(void *data, const char *name, uint64_t size)
{
    copy_t *copy = data;
    uint64_t has = 0;
    side_rc_t rc;

    rc = store_side_size(&copy->to, name, &has);
    if (rc == SIDE_OK && has == size) {
        copy->there++;
        return 0;
    }
    if (rc != SIDE_FAILED) {
        rc = store_side_copy(&copy->from, &copy->to, name);
    }

    if (rc == SIDE_FAILED) {
        copy->failed = say_fail("%s: %s", name, copy_why(copy));
        return 1;
    }
    if (rc == SIDE_OK) { /* else it was removed meanwhile */
        copy->copied++;
        copy->bytes += size;
    }

    return 0;
}


int
ctl_store_copy(int argc, char **argv)
{
    copy_t copy;
    int rc = copy_open(&copy, argc, argv);

    if (rc == CTL_OK) {
        if (store_side_each(&copy.from, copy_one, &copy) != 0) {
            rc = say_fail("%s", copy.from.why);
        }
        printf("%llu files of %llu bytes copied, %llu were there\n",
               copy.copied, copy.bytes, copy.there);
    }

    copy_close(&copy);
    return copy.failed ? CTL_FAILED : rc;
}


static void
verify_say(copy_t *copy, const char *name, const char *what)
{
    printf("%s: %s\n", name, what);
    copy->wrong++;
}


static int
verify_one(void *data, const char *name, uint64_t size)
{
    copy_t *copy = data;
    side_rc_t rc;
    uint64_t has = 0;
    char one[SHA256_HEX_SIZE], other[SHA256_HEX_SIZE] = "";

    rc = store_side_size(&copy->to, name, &has);

    if (rc == SIDE_MISSING) {
        verify_say(copy, name, "is missing");
    } else if (rc == SIDE_OK && has != size) {
        verify_say(copy, name, "has another size");
    } else if (rc == SIDE_OK) {
        rc = store_side_digest(&copy->from, name, one);
        if (rc == SIDE_OK) {
            rc = store_side_digest(&copy->to, name, other);
        }
        if (rc == SIDE_OK && strcmp(one, other) != 0) {
            verify_say(copy, name, "is another file");
        }
        copy->there += rc == SIDE_OK;
        copy->bytes += rc == SIDE_OK ? size : 0;
    }

    if (rc == SIDE_FAILED) {
        copy->failed = say_fail("%s: %s", name, copy_why(copy));
    }

    return copy->failed;
}


int
ctl_store_verify(int argc, char **argv)
{
    copy_t copy;
    int rc = copy_open(&copy, argc, argv);

    if (rc == CTL_OK) {
        if (store_side_each(&copy.from, verify_one, &copy) != 0) {
            rc = say_fail("%s", copy.from.why);
        }
        printf("%llu files of %llu bytes compared, %llu are wrong\n",
               copy.there, copy.bytes, copy.wrong);
    }

    copy_close(&copy);
    return copy.failed || copy.wrong > 0 ? CTL_FAILED : rc;
}
