/*
 * Tools that read what strangers sent run in here: bubblewrap with namespaces
 * of their own, no network, no capabilities, a read-only system, one file to
 * read (/in/original) and one folder to write (/job), under limits. Whatever
 * happens, no process of it is left when sandbox_run() returns. The caller has
 * no other children: all of its children are waited for.
 */

#ifndef SLUICE_SANDBOX_H
#define SLUICE_SANDBOX_H

#include <stddef.h>

#define SANDBOX_ARGV_MAX 192

#define SANDBOX_INPUT "/in/original"
#define SANDBOX_JOB "/job"

typedef enum {
    SANDBOX_OK,       /* exit code 0 */
    SANDBOX_FAILED,   /* another exit code, or it crashed over the file */
    SANDBOX_KILLED,   /* from outside, as by the kernel that wants memory */
    SANDBOX_TOO_LONG, /* used up its processor or wall-clock time */
    SANDBOX_TOO_MUCH, /* wrote more than it may */
    SANDBOX_STOPPED,  /* the caller's beat said so */
    SANDBOX_BROKEN    /* the sandbox itself could not be set up */
} sandbox_rc_t;

typedef struct {
    const char *const *argv; /* the tool and its arguments, ends with NULL */
    const char *folder;      /* becomes /job, writable */
    const char *input;       /* becomes /in/original; NULL: none */

    int cpu_seconds;
    int wall_seconds;
    size_t memory;    /* bytes of address space */
    size_t file_size; /* bytes of any one file written */

    /* Called about every second, and with each line of stdout when `line` is
       set; nonzero from beat() ends the tool with SANDBOX_STOPPED. */
    int (*beat)(void *data);
    void (*line)(void *data, const char *line);
    void *data;
} sandbox_t;

typedef struct {
    char *output; /* stdout, terminated; empty when `line` took it. free() it */
    size_t output_len;
    char err[4096]; /* the end of stderr, terminated: for the log */
    int code;       /* exit code or signal */
} sandbox_result_t;

/* Runs the tool to its end. `result` is filled in every case. */
sandbox_rc_t sandbox_run(const sandbox_t *sandbox, sandbox_result_t *result);

/* Puts bubblewrap's command line for the tool into `argv`, which ends with
   NULL. Returns the number of words, or -1 when there are too many. */
int sandbox_argv(const sandbox_t *sandbox, const char *argv[SANDBOX_ARGV_MAX]);

#endif
