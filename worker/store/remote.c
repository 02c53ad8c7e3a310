#include "remote.h"

#include <errno.h>
#include <limits.h>
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
    int given;        /* remote_know() */
    int away;
    char told[LOCATION_ERROR_SIZE]; /* of credentials, in the log already */
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
        && (remote.given || location->credentials[0] == '\0'
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


void
remote_know(const credentials_t *who)
{
    remote.who = *who;
    remote.given = 1;
}


/* Of those that the bucket refuses, whether the file has others by now. */
static int
remote_renew(void *data)
{
    char err[LOCATION_ERROR_SIZE];
    const credentials_t before = remote.who;
    int changed;

    (void) remote_credentials(data, err, sizeof(err));
    changed = !credentials_same(&before, &remote.who);

    if (changed) {
        log_write(LOG_WARN,
                  "bucket: %s; there are others by now, and it is asked again",
                  bucket_said(remote.bucket));
    }

    return changed;
}


bucket_t *
remote_bucket(const config_t *config)
{
    char err[LOCATION_ERROR_SIZE] = "";

    if (remote_credentials(&config->store, err, sizeof(err)) != 0) {
        if (strcmp(err, remote.told) != 0) {
            log_write(LOG_ERROR, "bucket: %s", err);
            memcpy(remote.told, err, sizeof(err));
        }
        remote.away = 1;
        errno = EACCES;
        return NULL;
    }

    remote.told[0] = '\0';

    if (remote.bucket == NULL) {
        remote.bucket = bucket_open(&carrier, &config->store, &remote.who);
        errno = ENOMEM;
    }
    if (remote.bucket != NULL) {
        bucket_renews(remote.bucket, remote_renew, (void *) &config->store);
    }

    return remote.bucket;
}


int
remote_judge(const bucket_t *bucket, bucket_rc_t rc)
{
    const int none = bucket_is_none(bucket);
    static const int numbers[] = { [BUCKET_MISSING] = ENOENT,
                                   [BUCKET_ARCHIVED] = EINPROGRESS,
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


/* The first is enough. */
static int
remote_found(void *data, const char *name, uint64_t size)
{
    (void) size;

    if (strlen(name) < PATH_MAX) {
        strcpy(data, name);
    }
    return 1;
}


int
remote_try(const config_t *config, char *err, size_t err_size)
{
    int more;
    char name[PATH_MAX];
    bucket_rc_t rc;
    bucket_t *bucket = remote_bucket(config);

    if (bucket == NULL) {
        snprintf(err, err_size,
                 "the bucket's credentials cannot be read: the log has why");
        return -1;
    }

    rc = bucket_list(bucket, "media/", "", remote_found, name, &more);
    remote.away = rc != BUCKET_OK;
    snprintf(err, err_size, "%s", bucket_said(bucket));

    return rc == BUCKET_OK ? 0 : -1;
}


int
remote_is_closed(const config_t *config, char *err, size_t err_size)
{
    int more, open = 0;
    char name[PATH_MAX] = "";
    bucket_t *bucket = remote_bucket(config);

    if (bucket == NULL) {
        return -1;
    }

    if (bucket_list(bucket, "media/", "", remote_found, name, &more)
            != BUCKET_OK
        || bucket_is_public(bucket, name, &open) != BUCKET_OK) {
        snprintf(err, err_size, "%s", bucket_said(bucket));
        return -1;
    }

    if (open) {
        snprintf(err, err_size,
                 "anybody can read what is in the bucket \"%s\": block public "
                 "access (sluicectl store setup)",
                 config->store.bucket);
    }

    return open ? -1 : 0;
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
