/*
 * What nginx makes in the spool of an upload: <id>.part while it comes,
 * <id>.state beside it, <id> when it is whole
 * (ngx_module/spool/ngx_sluice_spool.h). Whoever is at it holds a lock on the
 * file; rows are written and files go under it.
 */

#ifndef SLUICE_SPOOL_H
#define SLUICE_SPOOL_H

#include "worker/config/config.h"

/* Takes the upload's lock without waiting. A descriptor to close(), or -1 with
   errno: EAGAIN when somebody has it, ENOENT when there is no file. */
int spool_hold(const config_t *config, const char *id);

/* Removes all files of an upload. 0, also when there was none; -1 with errno
   set. */
int spool_forget(const config_t *config, const char *id);

/* Makes sure that the tools may read a file that nginx has written. 0, or -1
   with errno set. */
int spool_readable(const char *path);

#endif
