/* The bucket that this process speaks to, one request after the other. */

#ifndef SLUICE_REMOTE_H
#define SLUICE_REMOTE_H

#include "core/bucket/bucket.h"
#include "worker/config/config.h"

/* Who comes to it, from now on: whatever the words say. */
void remote_know(const credentials_t *who);

/* Opens it at the first call, and reads credentials that have changed since the
   last. NULL with errno set; the log has why. */
bucket_t *remote_bucket(const config_t *config);

/* What came of the last request: 0; or -1 with errno set, and the bucket's
   sentence in the log unless something is but missing: ENOENT. Of what has to
   come back from an archive first, EINPROGRESS. */
int remote_judge(const bucket_t *bucket, bucket_rc_t rc);

/* Whether the last request failed in a way that others would, too: the bucket
   is away, is none, or knows us not. */
int remote_is_away(void);

/* Asks it for something small. 0, or -1 with a sentence in `err`. */
int remote_try(const config_t *config, char *err, size_t err_size);

/* Whether what is in it is nobody else's, by one of its files, or of its list
   where there are none yet. The same. */
int remote_is_closed(const config_t *config, char *err, size_t err_size);

/* 1: transfers end at their next step, with ECANCELED, until it is 0 again.
   From any thread. */
void remote_stop(int stop);
int remote_stopped(void);

#endif
