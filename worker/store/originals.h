/*
 * What this machine has of a bucket's files: tools read local files alone. They
 * are below the folder `work`, one copy for all slots, named as in the bucket.
 * So many bytes stay as worker.conf says in `originals`, those that were used
 * last; what is in use stays, and is beside that bound: it has the room that
 * was asked for it.
 */

#ifndef SLUICE_ORIGINALS_H
#define SLUICE_ORIGINALS_H

#include <limits.h>
#include "worker/config/config.h"

/* Where the file is on this machine: fetched now where it is not yet, or as
   much of it as an earlier try has not. It stays until it is released. 0, or -1
   with errno set: ENOENT, ENOSPC, ECANCELED (remote_stop()), EINPROGRESS (it
   lies in an archive, and was asked back), or as remote_judge() has it. */
int originals_get(const config_t *config, const char *name,
                  char path[PATH_MAX]);

/* Whether the bucket gives the file by now: 0; or -1 with errno set as above.
   What lies in an archive is asked back by that. */
int originals_reach(const config_t *config, const char *name);

/* Lets go of a file that is held; NULL: of all. Others may be named: nothing
   happens. */
void originals_release(const char *path);

/* A local file of the same bytes becomes this machine's copy, or, where it
   cannot, is removed. 0, or -1 with errno set. */
int originals_take(const config_t *config, const char *from, const char *name);

/* Removes the copies of this file, and of those below a folder of that name. 0,
   or -1 with errno set. */
int originals_forget(const config_t *config, const char *name);

#endif
