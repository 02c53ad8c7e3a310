/* The master: keeps the slots running, and obeys signals as nginx's does. */

#ifndef SLUICE_MASTER_H
#define SLUICE_MASTER_H

#include "worker/config/config.h"

/* Runs until SIGTERM or SIGINT (slots give their jobs back) or SIGQUIT (slots
   finish them). SIGHUP reads the file again and replaces the slots as they get
   free; SIGUSR1 reopens the logs. `config` was read from `path`. Returns the
   exit code. */
int master_run(const char *path, const config_t *config);

#endif
