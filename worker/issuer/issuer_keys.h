/* The process that keeps the public keys of others fresh in files for nginx:
   one of each machine, and one fetch at a time. */

#ifndef SLUICE_ISSUER_KEYS_H
#define SLUICE_ISSUER_KEYS_H

#include "worker/config/config.h"

/* Fetches the keys of the configured issuers on schedule, and when a message
   on the Redis channel names one that is not among them. What cannot be
   fetched, or is not good, leaves the last good file. Until SIGQUIT, SIGTERM
   or SIGINT, which also end a fetch; SIGUSR1 reopens the log. Knows nothing of
   the database. Returns the exit code. */
int issuer_keys_run(const config_t *config);

#endif
