/*
 * What sluice-sandbox does to itself before it becomes the tool, a file for
 * each: sandbox_limits.c, sandbox_landlock.c, sandbox_seccomp.c. Nothing in
 * here can be taken back, and all of it outlives execve().
 */

#ifndef SLUICE_SANDBOX_INSIDE_H
#define SLUICE_SANDBOX_INSIDE_H

#include <stddef.h>

/* The words of sluice-sandbox's command line, in this order, then the tool's:
   "run", the descriptor that takes reports, and those of sandbox_inside_t. */
#define SANDBOX_INSIDE_RUN "run"
#define SANDBOX_INSIDE_WORDS 10
#define SANDBOX_INSIDE_NONE "-" /* in the place of a path */

typedef struct {
    long cpu;          /* seconds */
    long memory;       /* bytes of address space */
    long file_size;    /* bytes */
    long tasks;        /* of this user in this namespace; 0: not limited */
    long nice;         /* setpriority(2) */
    const char *job;   /* may be written to; NULL: none */
    const char *input; /* may be read; NULL: none */
    const char *tool;  /* may be executed: a path */
} sandbox_inside_t;

/* setrlimit(2). 0, or -1 with errno. */
int sandbox_limits(const sandbox_inside_t *inside);

/* The kernel's version of Landlock, or 0: it has none, or not in use. */
int sandbox_landlock_abi(void);

/* Landlock, as far as the kernel's version goes (landlock(7), 1 to 7): files
   by what is named here, no TCP, no device, no signal and no abstract socket
   beyond. 0, or -1 with errno. */
int sandbox_landlock(const sandbox_inside_t *inside);

/*
 * seccomp(2): a list of the calls that media tools make; all others do not
 * exist (ENOSYS), and those that only an attacker makes are reported. With
 * `listen` returns the descriptor that tells of these (seccomp_unotify(2));
 * without it they end the process with SIGSYS, and 0 is returned. -1 with
 * errno. `report` is the one descriptor that may be sent to.
 */
int sandbox_seccomp(int report, int listen);

/* What a call that is reported tries, as "to reach the network". */
const char *sandbox_seccomp_words(int call);

#endif
