/*
 * Tools that read what strangers sent run in here: one file to read
 * (/in/original), one folder to write (/job), a read-only system, no network,
 * no other program, under limits. Whatever happens, no process of it is left
 * when sandbox_run() returns. The caller has no other children: all of its
 * children are waited for.
 *
 * There are two forms, and sandbox_open() chooses:
 *
 *   bubblewrap  namespaces of its own (user, pid, mount, network), and
 *               within them what the bare form has
 *   bare        where the kernel gives no namespaces: Landlock for files,
 *               seccomp for all else
 *
 * In both, the last step before the tool is sluice-sandbox (sandbox/main.c):
 * it sets the limits, closes the door behind itself and becomes the tool.
 */

#ifndef SLUICE_SANDBOX_H
#define SLUICE_SANDBOX_H

#include <stddef.h>

#define SANDBOX_ARGV_MAX 1536

#define SANDBOX_INPUT "/in/original"
#define SANDBOX_JOB "/job"

/* Our own programs, as argv[0]. */
#define SANDBOX_READER "/in/reader"   /* sluice-reader: reader.h */
#define SANDBOX_PICTURE "/in/picture" /* sluice-picture: picture/main.c */
#define SANDBOX_CMAF "/in/cmaf"       /* sluice-cmaf: cmaf/main.c */

typedef enum {
    SANDBOX_OK,        /* exit code 0 */
    SANDBOX_FAILED,    /* another exit code, or it crashed over the file */
    SANDBOX_KILLED,    /* from outside, as by the kernel that wants memory */
    SANDBOX_TOO_LONG,  /* used up its processor or wall-clock time */
    SANDBOX_TOO_MUCH,  /* wrote more than it may */
    SANDBOX_TOO_LARGE, /* wanted more memory than it may have */
    SANDBOX_FORBIDDEN, /* tried what no tool does: the network, say */
    SANDBOX_STOPPED,   /* the caller's beat said so */
    SANDBOX_BROKEN     /* the sandbox itself could not be set up */
} sandbox_rc_t;

typedef enum {
    SANDBOX_ANY, /* the best there is */
    SANDBOX_BUBBLEWRAP,
    SANDBOX_BARE
} sandbox_form_t;

typedef struct {
    const char *const *argv; /* the tool and its arguments, ends with NULL */
    const char *folder;      /* becomes /job, writable; NULL: none */
    const char *input;       /* becomes /in/original; NULL: none */
    int descriptor;          /* becomes stdin, and stays the caller's; 0: none,
                                and stdin is at its end */

    int cpu_seconds;
    int wall_seconds;
    size_t memory;      /* bytes of address space */
    size_t file_size;   /* bytes of any one file written */
    size_t folder_size; /* bytes by which the folder may grow */
    int bulk;           /* 1: all else on this machine goes before it, other
                           tools, too, which come behind what is no tool */

    int joined; /* 1: stderr goes where stdout does */

    /* Called about four times a second, and with each line of stdout when
       `line` is set; nonzero from beat() ends the tool with SANDBOX_STOPPED. */
    int (*beat)(void *data);
    void (*line)(void *data, const char *line);
    void *data;
} sandbox_t;

typedef struct {
    char *output; /* stdout, terminated; empty when `line` took it. free() it */
    size_t output_len;
    char err[4096]; /* the end of stderr, terminated: for the log */
    int code;       /* exit code or signal */
    double cpu;     /* seconds of processor time */
    char why[96];   /* of a limit or of what is forbidden, for the owner, as
                       "memory limit of 2 GiB reached" or "tried to reach the
                       network"; else empty. Of a tool that failed it is a
                       guess from what it said */
} sandbox_result_t;

/* Tries what this machine offers, in some 20 ms, and settles the form for this
   process and those it forks. `helper` is the path of sluice-sandbox; NULL: it
   lies beside this program. Our other programs lie beside it. 0 with a line for
   the log in `said`, or -1 with the reason why there is no sandbox of this form
   here. */
int sandbox_open(sandbox_form_t form, const char *helper, char *said,
                 size_t size);

/* What a tool finds its input by, where it is part of a word, as of a filter.
   `input` is that of sandbox_t. */
const char *sandbox_input(const char *input);

/* Runs the tool to its end, in the form that sandbox_open() settled; without
   one, SANDBOX_BROKEN. `result` is filled in every case. Words of argv that are
   SANDBOX_INPUT, or that begin with SANDBOX_JOB and a slash, mean these in both
   forms. */
sandbox_rc_t sandbox_run(const sandbox_t *sandbox, sandbox_result_t *result);

#endif
