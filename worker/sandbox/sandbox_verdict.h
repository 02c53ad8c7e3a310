/* One run of a tool, between sandbox.c and sandbox_verdict.c: what is known of
   it, and what that means. */

#ifndef SLUICE_SANDBOX_VERDICT_H
#define SLUICE_SANDBOX_VERDICT_H

#include <sys/types.h>
#include <stdint.h>
#include "sandbox.h"
#include "sandbox_folder.h"

#define SANDBOX_LINE_MAX 1024

typedef struct {
    const sandbox_t *sandbox;
    sandbox_result_t *result;
    pid_t pid;
    int out, err;            /* -1 once at their end */
    int alive;               /* a pidfd; -1 once the process has ended */
    int report, listener;    /* sandbox_report.h; -1 once there is none */
    int ready;               /* the tool itself has begun */
    sandbox_folder_t before; /* what the folder held */
    long memory; /* bytes, the most that any process had at a time */
    double cpu;  /* seconds */
    size_t err_len;
    char line[SANDBOX_LINE_MAX];
    size_t line_len;
    int64_t deadline; /* clock_now() */
} sandbox_run_t;


/* What the end with this status of wait(2) means; puts words into the result's
   `why` when a limit was hit, and leaves those that are there alone. */
sandbox_rc_t sandbox_verdict(sandbox_run_t *run, int status);

/* Has the folder grown too much? And when the tool failed: was a file cut off
   at its limit? SANDBOX_OK, or SANDBOX_TOO_MUCH with words. */
sandbox_rc_t sandbox_verdict_folder(sandbox_run_t *run, int failed);

/* Puts "<what> limit of … reached" into the result. Returns `rc`, or for a time
   SANDBOX_TOO_LONG. */
sandbox_rc_t sandbox_verdict_limit(sandbox_run_t *run, sandbox_rc_t rc,
                                   const char *what, size_t bytes);
sandbox_rc_t sandbox_verdict_time(sandbox_run_t *run, const char *what,
                                  int seconds);

#endif
