/*
 * The credentials of this machine's role (credentials=role): fetched by a
 * process of its own, which the master starts, into a file that nginx and the
 * slots watch. The tools in their sandbox see neither, nor who is asked.
 */

#ifndef SLUICE_ROLE_H
#define SLUICE_ROLE_H

#include "core/store/credentials.h"
#include "worker/config/config.h"

/* Whether the file's words ask for it. */
#define role_wanted(config) (config_has_bucket(config) && (config)->store.role)

/* Fetches and renews until SIGTERM, SIGINT or SIGQUIT. Returns the exit code.
 */
int role_run(const config_t *config);

/* Fetches them once, and writes nothing. 0; or -1 with a sentence. `found` is
   to be wiped. */
int role_try(credentials_t *found, char *err, size_t err_size);

/* Makes them the file's, of mode 0640, unless it has them. 1: it has others
   now; 0: the same; -1 with a sentence, and the file as it was. */
int role_keep(const char *path, const credentials_t *found, char *err,
              size_t err_size);

#endif
