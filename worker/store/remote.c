#include "remote.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "core/store/credentials.h"
#include "worker/base/carrier.h"
#include "worker/base/log.h"

typedef struct {
    bucket_t *bucket;
    credentials_t who;
    struct stat seen; /* of the credentials' file */
    int away;
} remote_t;

static remote_t remote;
static atomic_int remote_ends;


/* Of a file that was replaced; of the environment, once. Those of before stay
   where there are none to be read. */
static int
remote_credentials(const location_t *location, char *err, size_t err_size)
{
    int rc;
    struct stat st;
    credentials_t found;
    const int known = remote.who.id[0] != '\0';

    memset(&st, 0, sizeof(st));
    if (known
        && (location->credentials[0] == '\0'
            || (stat(location->credentials, &st) == 0
                && st.st_ino == remote.seen.st_ino
                && st.st_size == remote.seen.st_size
                && st.st_mtim.tv_sec == remote.seen.st_mtim.tv_sec
                && st.st_mtim.tv_nsec == remote.seen.st_mtim.tv_nsec))) {
        return 0;
    }

    if (!known && location->credentials[0] != '\0') {
        (void) stat(location->credentials, &st);
    }

    rc = credentials_find(&found, location, err, err_size);
    if (rc == 0) {
        remote.who = found;
        remote.seen = st;
    }
    credentials_forget(&found);

    return known ? 0 : rc;
}


bucket_t *
remote_bucket(const config_t *config)
{
    char err[LOCATION_ERROR_SIZE] = "";

    if (remote_credentials(&config->store, err, sizeof(err)) != 0) {
        log_write(LOG_ERROR, "bucket: %s", err);
        remote.away = 1;
        errno = EACCES;
        return NULL;
    }

    if (remote.bucket == NULL) {
        remote.bucket = bucket_open(&carrier, &config->store, &remote.who);
        errno = ENOMEM;
    }

    return remote.bucket;
}


int
remote_judge(const bucket_t *bucket, bucket_rc_t rc)
{
    const int none = bucket_is_none(bucket);
    static const int numbers[] = { [BUCKET_MISSING] = ENOENT,
                                   [BUCKET_REFUSED] = EACCES,
                                   [BUCKET_AWAY] = EHOSTDOWN,
                                   [BUCKET_WRONG] = EIO };

    remote.away = rc == BUCKET_AWAY || rc == BUCKET_REFUSED || none;

    if (rc == BUCKET_OK) {
        return 0;
    }
    if (rc != BUCKET_MISSING || none) {
        log_write(LOG_WARN, "bucket: %s", bucket_said(bucket));
    }

    errno = none ? EHOSTDOWN : numbers[rc];
    return -1;
}


int
remote_is_away(void)
{
    return remote.away;
}


static int
remote_found(void *data, const char *name, uint64_t size)
{
    (void) data, (void) name, (void) size;
    return 1;
}


int
remote_try(const config_t *config, char *err, size_t err_size)
{
    int more;
    bucket_rc_t rc;
    bucket_t *bucket = remote_bucket(config);

    if (bucket == NULL) {
        snprintf(err, err_size, "the bucket's credentials cannot be read");
        return -1;
    }

    rc = bucket_list(bucket, "media/", "", remote_found, NULL, &more);
    remote.away = rc != BUCKET_OK;
    snprintf(err, err_size, "%s", bucket_said(bucket));

    return rc == BUCKET_OK ? 0 : -1;
}


void
remote_stop(int stop)
{
    atomic_store(&remote_ends, stop);
}


int
remote_stopped(void)
{
    return atomic_load(&remote_ends);
}
