#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "reader.h"
#include "sandbox.h"
#include "sandbox_check.h"
#include "sandbox_form.h"
#include "sandbox_inside.h"

/* Limits that are reached soon. */
#define CHECK_SECONDS 1
#define CHECK_PATIENCE 20
#define CHECK_MEMORY ((size_t) 256 << 20)
#define CHECK_FILE ((size_t) 1 << 20)
#define CHECK_FOLDER ((size_t) 2 << 20)

#define CHECK_LANDLOCK_NETWORK 4 /* its version that knows of TCP */
#define CHECK_LANDLOCK_SCOPES 6  /* of signals and abstract sockets */

typedef enum {
    CHECK_PLAIN,
    CHECK_CPU,
    CHECK_WALL
} sandbox_check_kind_t;

/* What is tried: the words of sluice-sandbox try. */
typedef struct {
    const char *name, *what, *word;
    sandbox_check_kind_t kind;
} sandbox_check_t;

typedef struct {
    FILE *out;
    int failed;
    char job[32], other[32]; /* the job's folder, and another's */
} sandbox_check_run_t;


static void sandbox_check_features(sandbox_check_run_t *run, const char *said);
static void sandbox_check_landlock(sandbox_check_run_t *run);
static void sandbox_check_reader(sandbox_check_run_t *run);
static void sandbox_check_tries(sandbox_check_run_t *run);
static void sandbox_check_try(sandbox_check_run_t *run,
                              const sandbox_check_t *check);
static void sandbox_check_threads(sandbox_check_run_t *run);
static void sandbox_check_line(sandbox_check_run_t *run, const char *state,
                               const char *name, const char *how);


int
sandbox_check(FILE *out)
{
    char said[512];
    sandbox_check_run_t run = { .out = out,
                                .job = "/tmp/sluice-check-XXXXXX",
                                .other = "/tmp/sluice-other-XXXXXX" };

    if (sandbox_open(SANDBOX_ANY, NULL, said, sizeof(said)) != 0) {
        sandbox_check_line(&run, "FAILED", "a sandbox", said);
        return EXIT_FAILURE;
    }

    if (mkdtemp(run.job) == NULL || mkdtemp(run.other) == NULL) {
        sandbox_check_line(&run, "FAILED", "a folder in /tmp",
                           "cannot be made");
        return EXIT_FAILURE;
    }

    sandbox_check_features(&run, said);
    sandbox_check_reader(&run);
    sandbox_check_tries(&run);
    sandbox_check_threads(&run);

    file_erase(run.job);
    file_erase(run.other);
    return run.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}


static void
sandbox_check_features(sandbox_check_run_t *run, const char *said)
{
    if (sandbox_form() == SANDBOX_BUBBLEWRAP) {
        sandbox_check_line(run, "ok", "bubblewrap",
                           "own user, pid, mount and network namespaces");
    } else {
        sandbox_check_line(run, "missing", "bubblewrap", said);
    }

    sandbox_check_landlock(run);
}


static void
sandbox_check_landlock(sandbox_check_run_t *run)
{
    int version = sandbox_landlock_abi();
    char how[128];

    if (version == 0) {
        sandbox_check_line(
            run, "missing", "Landlock",
            "not in this kernel; the mount namespace keeps files apart");
        return;
    }

    snprintf(how, sizeof(how), "version %d%s", version,
             version < CHECK_LANDLOCK_NETWORK
                 ? "; it has nothing for TCP and signals: seccomp holds these"
             : version < CHECK_LANDLOCK_SCOPES
                 ? "; it has nothing for signals: seccomp holds these"
                 : "");
    sandbox_check_line(run, "ok", "Landlock", how);
}


static void
sandbox_check_reader(sandbox_check_run_t *run)
{
    sandbox_rc_t rc;
    reader_result_t result;
    const reader_t reader = { .kind = "length",
                              .fd = open("/proc/self/exe",
                                         O_RDONLY | O_CLOEXEC),
                              .cpu_seconds = CHECK_PATIENCE,
                              .wall_seconds = CHECK_PATIENCE,
                              .memory = CHECK_MEMORY };

    rc = reader_run(&reader, &result);
    result.err[strcspn(result.err, "\n")] = '\0';
    sandbox_check_line(run, rc == SANDBOX_OK ? "ok" : "FAILED",
                       "readers of our own",
                       rc == SANDBOX_OK ? "one file, and nothing else"
                       : *result.why    ? result.why
                                        : result.err);

    json_decref(result.found);
    close(reader.fd);
}


static void
sandbox_check_tries(sandbox_check_run_t *run)
{
    size_t i;
    char environment[48], parent[24];
    const sandbox_check_t checks[] = {
        { "reading /etc/shadow", "read", "/etc/shadow", CHECK_PLAIN },
        { "another job's folder", "list", run->other, CHECK_PLAIN },
        { "the worker's environment", "read", environment, CHECK_PLAIN },
        { "the database's socket", "unix", "/run/postgresql/.s.PGSQL.5432",
          CHECK_PLAIN },
        { "abstract sockets", "unix", "@sluice", CHECK_PLAIN },
        { "network, TCP", "tcp", "", CHECK_PLAIN },
        { "network, UDP", "udp", "", CHECK_PLAIN },
        { "writing to the system", "write", "/usr", CHECK_PLAIN },
        { "writing to /tmp", "write", "/tmp", CHECK_PLAIN },
        { "changing permissions", "chmod", ".", CHECK_PLAIN },
        { "links in the job's folder", "link", "/etc", CHECK_PLAIN },
        { "forking without end", "fork", "", CHECK_PLAIN },
        { "other programs", "exec", "/usr/bin/true", CHECK_PLAIN },
        { "memory", "memory", "", CHECK_PLAIN },
        { "memory that is a file", "memfd", "", CHECK_PLAIN },
        { "memory to write and execute", "wx", "", CHECK_PLAIN },
        { "size of a file", "file", "", CHECK_PLAIN },
        { "size of all files", "disk", "", CHECK_PLAIN },
        { "size of the output", "output", "", CHECK_PLAIN },
        { "processor time", "spin", "", CHECK_CPU },
        { "time", "sleep", "", CHECK_WALL },
        { "time behind closed pipes", "mute", "", CHECK_WALL },
        { "signals to the worker", "kill", parent, CHECK_PLAIN },
        { "ptrace of the worker", "ptrace", parent, CHECK_PLAIN },
        { "mounts", "mount", "", CHECK_PLAIN },
        { "namespaces", "unshare", "", CHECK_PLAIN },
        { "the kernel's keys", "keys", "", CHECK_PLAIN },
        { "io_uring", "io_uring", "", CHECK_PLAIN },
        { "userfaultfd", "userfaultfd", "", CHECK_PLAIN },
    };

    snprintf(environment, sizeof(environment), "/proc/%d/environ", getpid());
    snprintf(parent, sizeof(parent), "%d", getpid());

    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        sandbox_check_try(run, &checks[i]);
    }
}


static void
sandbox_check_try(sandbox_check_run_t *run, const sandbox_check_t *check)
{
    sandbox_rc_t rc;
    sandbox_result_t result;
    const char *const argv[] = { SANDBOX_SELF, "try", check->what, check->word,
                                 NULL };
    const sandbox_t sandbox = {
        .argv = argv,
        .folder = run->job,
        .cpu_seconds = check->kind == CHECK_CPU ? CHECK_SECONDS
                                                : CHECK_PATIENCE,
        .wall_seconds = check->kind == CHECK_WALL ? CHECK_SECONDS
                                                  : CHECK_PATIENCE,
        .memory = CHECK_MEMORY,
        .file_size = CHECK_FILE,
        .folder_size = CHECK_FOLDER,
    };

    rc = sandbox_run(&sandbox, &result);
    result.err[strcspn(result.err, "\n")] = '\0';

    if (rc == SANDBOX_OK || rc == SANDBOX_BROKEN) {
        sandbox_check_line(run, "FAILED", check->name,
                           rc == SANDBOX_OK ? "it worked" : result.err);
    } else {
        sandbox_check_line(run, "ok", check->name,
                           rc == SANDBOX_FAILED ? result.err : result.why);
    }

    free(result.output);
}


static void
sandbox_check_threads(sandbox_check_run_t *run)
{
    const sandbox_check_t check = { "threads", "threads", "", CHECK_PLAIN };

    if (sandbox_form() == SANDBOX_BARE) {
        sandbox_check_line(
            run, "missing", check.name,
            "counted only in a user namespace; the limit of memory, and "
            "TasksMax= of the unit, stand in");
    } else if (geteuid() == 0) {
        sandbox_check_line(
            run, "missing", check.name,
            "the kernel counts none of root's: run the worker as "
            "another user");
    } else {
        sandbox_check_try(run, &check);
    }
}


static void
sandbox_check_line(sandbox_check_run_t *run, const char *state,
                   const char *name, const char *how)
{
    run->failed |= strcmp(state, "FAILED") == 0;
    fprintf(run->out, "%-8s %s: %s\n", state, name, how);
}
