#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "sandbox_inside.h"
#include "sandbox_verdict.h"

/* Exit codes above this name a signal, as in the shell. */
#define SANDBOX_SIGNALLED 128

/* Part of its memory's limit that a tool which failed had filled, in eighths,
   to say that it failed for want of memory. */
#define SANDBOX_MEMORY_EIGHTHS 7


static sandbox_rc_t sandbox_verdict_signal(sandbox_run_t *run, int code);
static int sandbox_verdict_memory(const sandbox_run_t *run);


sandbox_rc_t
sandbox_verdict_folder(sandbox_run_t *run, int failed)
{
    sandbox_folder_t folder;
    const sandbox_t *sandbox = run->sandbox;

    if (sandbox->folder == NULL) {
        return SANDBOX_OK;
    }

    sandbox_folder_measure(sandbox->folder, &folder);

    if (folder.beyond) {
        snprintf(run->result->why, sizeof(run->result->why),
                 "limit of %d files reached", SANDBOX_FOLDER_ENTRIES);
        return SANDBOX_TOO_MUCH;
    }
    if (folder.bytes > run->before.bytes + sandbox->folder_size) {
        return sandbox_verdict_limit(run, SANDBOX_TOO_MUCH, "output",
                                     sandbox->folder_size);
    }
    if (failed && folder.largest >= sandbox->file_size
        && run->before.largest < sandbox->file_size) {
        return sandbox_verdict_limit(run, SANDBOX_TOO_MUCH, "file size",
                                     sandbox->file_size);
    }

    return SANDBOX_OK;
}


sandbox_rc_t
sandbox_verdict(sandbox_run_t *run, int status)
{
    int code;
    sandbox_rc_t rc;
    const sandbox_t *sandbox = run->sandbox;

    code = WIFEXITED(status) ? WEXITSTATUS(status)
                             : SANDBOX_SIGNALLED + WTERMSIG(status);
    run->result->code = code;

    if (run->result->why[0] != '\0') {
        return SANDBOX_FAILED; /* it was ended for that */
    }
    if (!run->ready) {
        return SANDBOX_BROKEN;
    }

    if (code == 0) {
        return sandbox_verdict_folder(run, 0);
    }

    /* ffmpeg catches the signal and leaves by itself. */
    if (code == SANDBOX_SIGNALLED + SIGXCPU
        || run->cpu >= (double) sandbox->cpu_seconds) {
        return sandbox_verdict_time(run, "processor time",
                                    sandbox->cpu_seconds);
    }
    if (sandbox_verdict_memory(run)) {
        return sandbox_verdict_limit(run, SANDBOX_TOO_LARGE, "memory",
                                     sandbox->memory);
    }

    rc = sandbox_verdict_folder(run, 1);
    return rc != SANDBOX_OK ? rc : sandbox_verdict_signal(run, code);
}


static sandbox_rc_t
sandbox_verdict_signal(sandbox_run_t *run, int code)
{
    size_t i;
    static const char *const words[] = { "No such file or directory",
                                         "Permission denied",
                                         "Read-only file system" };

    switch (code) {
    case SANDBOX_SIGNALLED + SIGSYS:
        snprintf(run->result->why, sizeof(run->result->why), "tried %s",
                 sandbox_seccomp_words(-1));
        return SANDBOX_FORBIDDEN;

    case SANDBOX_SIGNALLED + SIGXFSZ:
        return sandbox_verdict_limit(run, SANDBOX_TOO_MUCH, "file size",
                                     run->sandbox->file_size);

    case SANDBOX_SIGNALLED + SIGKILL:
    case SANDBOX_SIGNALLED + SIGTERM:
    case SANDBOX_SIGNALLED + SIGHUP:
    case SANDBOX_SIGNALLED + SIGINT:
        return SANDBOX_KILLED;

    default:
        break;
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(run->result->err, words[i]) != NULL) {
            snprintf(run->result->why, sizeof(run->result->why),
                     "asked for a file that is none of the job's");
        }
    }
    return SANDBOX_FAILED;
}


/* An allocation fails, and each tool has its way to go: by what it filled, or
   by what the C library, C++ and poppler say then. */
static int
sandbox_verdict_memory(const sandbox_run_t *run)
{
    size_t i;
    static const char *const words[] = { "Cannot allocate memory", "bad_alloc",
                                         "Out of memory", "out of memory" };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(run->result->err, words[i]) != NULL) {
            return 1;
        }
    }

    return (size_t) run->memory
           >= run->sandbox->memory / 8 * SANDBOX_MEMORY_EIGHTHS;
}


sandbox_rc_t
sandbox_verdict_limit(sandbox_run_t *run, sandbox_rc_t rc, const char *what,
                      size_t bytes)
{
    size_t unit = 0;
    double number = (double) bytes;
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };

    while (number >= 1024 && unit < sizeof(units) / sizeof(units[0]) - 1) {
        number /= 1024;
        unit++;
    }

    snprintf(run->result->why, sizeof(run->result->why),
             "%s limit of %.3g %s reached", what, number, units[unit]);
    return rc;
}


sandbox_rc_t
sandbox_verdict_time(sandbox_run_t *run, const char *what, int seconds)
{
    snprintf(run->result->why, sizeof(run->result->why),
             "%s limit of %d s reached", what, seconds);
    return SANDBOX_TOO_LONG;
}
