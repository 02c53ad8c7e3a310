/* What the processes that the master starts have in common. */

#ifndef SLUICE_CHILD_H
#define SLUICE_CHILD_H

/* `handler` has the signals that the master sends: SIGTERM and SIGINT, to leave
   at once; SIGQUIT, after what is at hand; SIGUSR1, to open the log anew. They
   come from here on; those that are the master's alone do not matter here. */
void child_signals(void (*handler)(int number));

#endif
