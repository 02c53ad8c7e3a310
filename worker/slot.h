/* A slot: one process that does one job after the other. */

#ifndef SLUICE_SLOT_H
#define SLUICE_SLOT_H

#include <sys/types.h>
#include "config.h"

#define SLOT_NAME_SIZE 128

/* Does jobs until it is told to leave: SIGQUIT after the job at hand, SIGTERM
   or SIGINT at once, giving the job back; SIGUSR1 reopens the log. `number`
   names the slot among its siblings; `predecessor` is the process that died in
   its place, or 0. Returns the exit code. */
int slot_run(const config_t *config, int number, pid_t predecessor);

#endif
