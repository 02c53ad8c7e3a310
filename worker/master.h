/* The master: keeps the slots running, and obeys signals as nginx's does. */

#ifndef SLUICE_MASTER_H
#define SLUICE_MASTER_H

#include <signal.h>
#include <sys/types.h>
#include "worker/config/config.h"

/* What the master asks of the kernel; a test answers in its place. */
typedef struct {
    pid_t (*fork)(void);
    pid_t (*reap)(int *status); /* a child that ended; 0 or -1: none */
    int (*kill)(pid_t pid, int number);
    int (*wait)(const sigset_t *signals, int ms); /* a signal, or -1 */
} master_kernel_t;

extern master_kernel_t master_kernel;

/* Runs until SIGTERM or SIGINT (slots give their jobs back) or SIGQUIT (slots
   finish them). SIGHUP reads the file again and replaces the slots as they get
   free; SIGUSR1 reopens the logs. `config` was read from `path`. Returns the
   exit code. */
int master_run(const char *path, const config_t *config);

#endif
