/* What sluice-sandbox tells whoever started it, over a socket of datagrams. */

#ifndef SLUICE_SANDBOX_REPORT_H
#define SLUICE_SANDBOX_REPORT_H

typedef enum {
    SANDBOX_REPORT_NONE,
    SANDBOX_REPORT_READY = 'r', /* the door is closed, the tool comes next */
    SANDBOX_REPORT_FAILED = 'f' /* the tool could not be executed */
} sandbox_report_t;

/* Sends with the listener of seccomp_unotify(2), unless it is -1 (not 0: that
   would be a descriptor). 0 or -1. */
int sandbox_report_send(int socket, sandbox_report_t report, int listener);

/* Takes one report without waiting. A listener that came along is put into
   `*listener`, to close(); else that is left alone. */
sandbox_report_t sandbox_report_take(int socket, int *listener);

/* The number of the system call that waits at the listener, or -1: it waits no
   more. It stays unanswered: its process is to be killed. */
int sandbox_report_call(int listener);

#endif
