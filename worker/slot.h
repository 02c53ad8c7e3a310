/* A slot: one process that does one job after the other. */

#ifndef SLUICE_SLOT_H
#define SLUICE_SLOT_H

#include <stdint.h>
#include <sys/types.h>
#include "worker/config/config.h"

#define SLOT_NAME_SIZE 128
#define SLOT_PREDECESSORS 4

/* Who holds a lease: with the host's name it makes a name that no other process
   has or had, on this machine or on another that is called the same. */
typedef struct {
    pid_t pid;     /* 0: nobody */
    uint64_t mark; /* random */
} slot_id_t;

/* Does jobs until it is told to leave: SIGQUIT after the job at hand, SIGTERM
   or SIGINT at once, giving the job back; SIGUSR1 reopens the log. `number`
   names the slot among its siblings, `mark` is its own; `predecessors` are the
   processes that died in its place one after the other, the last one in front,
   and 0 for none: their jobs go on at once. Returns the exit code. */
int slot_run(const config_t *config, int number, uint64_t mark,
             const slot_id_t predecessors[SLOT_PREDECESSORS]);

#endif
