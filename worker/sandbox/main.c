/*
 * sluice-sandbox: the innermost step of sandbox.c, and no library but
 * the C library, since it is started for each tool.
 *
 *   sluice-sandbox run …       limits, Landlock, seccomp, then the tool: its
 *                              words are those of sandbox_inside.h
 *   sluice-sandbox try WHAT    tries one thing that must not work: see try.c
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "sandbox_inside.h"
#include "sandbox_report.h"
#include "try.h"

#define MAIN_USAGE 2
#define MAIN_TOOLS "/usr/bin/"


static int
main_fail(const char *doing)
{
    fprintf(stderr, "sluice-sandbox: %s: %s\n", doing, strerror(errno));
    return EXIT_FAILURE;
}


static const char *
main_path(const char *word)
{
    return strcmp(word, SANDBOX_INSIDE_NONE) == 0 ? NULL : word;
}


/* Becomes the tool, or returns the exit code. */
static int
main_run(char **words)
{
    int report, listener;
    char tool[256], temporary[4096 + 8];
    const char *folder;
    char **argv = words + SANDBOX_INSIDE_WORDS;
    char *const environment[] = { "PATH=/usr/bin", "LC_ALL=C.UTF-8", temporary,
                                  NULL };
    const sandbox_inside_t inside = {
        .cpu = strtol(words[3], NULL, 10),
        .memory = strtol(words[4], NULL, 10),
        .file_size = strtol(words[5], NULL, 10),
        .tasks = strtol(words[6], NULL, 10),
        .nice = strtol(words[7], NULL, 10),
        .job = main_path(words[8]),
        .input = main_path(words[9]),
        .tool = strchr(argv[0], '/') ? argv[0] : tool,
    };

    report = (int) strtol(words[2], NULL, 10);
    folder = inside.job ? inside.job : "/";
    snprintf(temporary, sizeof(temporary), "TMPDIR=%s", folder);
    snprintf(tool, sizeof(tool), MAIN_TOOLS "%s", argv[0]);

    if (access(inside.tool, X_OK) != 0) {
        return main_fail(inside.tool);
    }
    if (fcntl(report, F_SETFD, FD_CLOEXEC) != 0) {
        return main_fail("the descriptor for reports");
    }
    if (chdir(folder) != 0) {
        return main_fail("the job's folder");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return main_fail("no_new_privs");
    }
    if (sandbox_limits(&inside) != 0) {
        return main_fail("limits");
    }
    if (sandbox_landlock_abi() > 0 && sandbox_landlock(&inside) != 0) {
        return main_fail("Landlock");
    }

    /* Only one listener is possible: a container may have its own. */
    listener = sandbox_seccomp(report, 1);
    if (listener == -1) {
        if (sandbox_seccomp(report, 0) != 0) {
            return main_fail("seccomp");
        }
    }

    sandbox_report_send(report, SANDBOX_REPORT_READY, listener);
    close(listener);

    execve(inside.tool, argv, environment);
    sandbox_report_send(report, SANDBOX_REPORT_FAILED, -1);
    return main_fail(inside.tool);
}


int
main(int argc, char **argv)
{
    if (argc > SANDBOX_INSIDE_WORDS
        && strcmp(argv[1], SANDBOX_INSIDE_RUN) == 0) {
        return main_run(argv);
    }

    if (argc >= 3 && strcmp(argv[1], "try") == 0) {
        return try_run(argc - 2, argv + 2);
    }

    fputs("sluice-sandbox is started by sluice-worker.\n", stderr);
    return MAIN_USAGE;
}
