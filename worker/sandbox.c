#define _GNU_SOURCE /* pipe2, close_range */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sandbox.h"

#define SANDBOX_OUTPUT_MAX (1024 * 1024) /* bytes of stdout kept */
#define SANDBOX_LINE_MAX 1024
#define SANDBOX_FILES_MAX 256       /* open at a time */
#define SANDBOX_TMP_SIZE "67108864" /* bytes below /tmp */
#define SANDBOX_NICE 10
#define SANDBOX_BEAT_MS 1000

/* Exit codes above this name a signal, as in the shell. */
#define SANDBOX_SIGNALLED 128

/* ffmpeg catches signals and leaves with this; in here, only the limit of
   processor time sends it one. */
#define SANDBOX_FFMPEG_SIGNAL 255

/* Seconds that a tool has for leaving by itself at its limit. */
#define SANDBOX_CPU_GRACE 5

/* Where the tool's bytes go while it runs. */
typedef struct {
    const sandbox_t *sandbox;
    sandbox_result_t *result;
    pid_t pid;
    int out, err; /* -1 once at their end */
    size_t err_len;
    char line[SANDBOX_LINE_MAX];
    size_t line_len;
    struct timespec deadline;
} sandbox_run_t;


static sandbox_rc_t sandbox_start(sandbox_run_t *run);
static void sandbox_child(const sandbox_t *sandbox, int out, int err,
                          pid_t parent) __attribute__((noreturn));
static void sandbox_limit(const sandbox_t *sandbox);
static sandbox_rc_t sandbox_watch(sandbox_run_t *run);
static sandbox_rc_t sandbox_read(sandbox_run_t *run, int *fd);
static sandbox_rc_t sandbox_take_output(sandbox_run_t *run, const char *bytes,
                                        size_t len);
static void sandbox_take_lines(sandbox_run_t *run, const char *bytes,
                               size_t len);
static void sandbox_take_error(sandbox_run_t *run, const char *bytes,
                               size_t len);
static sandbox_rc_t sandbox_verdict(sandbox_run_t *run, int status);
static long sandbox_left_ms(const sandbox_run_t *run);


sandbox_rc_t
sandbox_run(const sandbox_t *sandbox, sandbox_result_t *result)
{
    int status = 0;
    sandbox_rc_t rc, ended;
    sandbox_run_t run = { .sandbox = sandbox, .result = result };

    memset(result, 0, sizeof(*result));
    result->output = calloc(1, 1);

    rc = sandbox_start(&run);
    if (rc != SANDBOX_OK) {
        return rc;
    }

    rc = sandbox_watch(&run);

    /* The first process in bubblewrap's namespace dies with bubblewrap, and
       the kernel ends the others with it. */
    if (rc != SANDBOX_OK) {
        kill(-run.pid, SIGKILL);
        kill(run.pid, SIGKILL);
    }
    if (run.out != -1) {
        close(run.out);
    }
    if (run.err != -1) {
        close(run.err);
    }

    while (waitpid(run.pid, &status, 0) == -1 && errno == EINTR) {
        /* void */
    }

    /* That first process is ours now, and its end comes after all others'. */
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
        /* void */
    }

    ended = sandbox_verdict(&run, status);
    return rc != SANDBOX_OK ? rc : ended;
}


int
sandbox_argv(const sandbox_t *sandbox, const char *argv[SANDBOX_ARGV_MAX])
{
    int n = 0;
    size_t i;
    const char *const *arg;
    static const char *const fixed[] = {
        "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--new-session",
        "--die-with-parent",
        "--cap-drop",
        "ALL",
        "--clearenv",
        "--setenv",
        "PATH",
        "/usr/bin:/bin",
        "--setenv",
        "LC_ALL",
        "C.UTF-8",
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/bin",
        "/bin",
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--ro-bind-try",
        "/etc/alternatives",
        "/etc/alternatives",
        "--ro-bind-try",
        "/etc/fonts",
        "/etc/fonts",
        "--ro-bind-try",
        "/etc/ld.so.cache",
        "/etc/ld.so.cache",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        SANDBOX_TMP_SIZE,
        "--tmpfs",
        "/tmp",
    };

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        argv[n++] = fixed[i];
    }

    argv[n++] = "--bind";
    argv[n++] = sandbox->folder;
    argv[n++] = SANDBOX_JOB;

    if (sandbox->input != NULL) {
        argv[n++] = "--ro-bind";
        argv[n++] = sandbox->input;
        argv[n++] = SANDBOX_INPUT;
    }

    argv[n++] = "--remount-ro";
    argv[n++] = "/";
    argv[n++] = "--chdir";
    argv[n++] = SANDBOX_JOB;
    argv[n++] = "--";

    for (arg = sandbox->argv; *arg != NULL; arg++) {
        if (n == SANDBOX_ARGV_MAX - 1) {
            return -1;
        }
        argv[n++] = *arg;
    }

    argv[n] = NULL;
    return n;
}


static sandbox_rc_t
sandbox_start(sandbox_run_t *run)
{
    int out[2], err[2];
    pid_t parent = getpid();

    /* Whatever a tool leaves behind is left to us. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        return SANDBOX_BROKEN;
    }
    if (pipe2(err, O_CLOEXEC) != 0) {
        close(out[0]);
        close(out[1]);
        return SANDBOX_BROKEN;
    }

    clock_gettime(CLOCK_MONOTONIC, &run->deadline);
    run->deadline.tv_sec += run->sandbox->wall_seconds;

    run->pid = fork();
    if (run->pid == 0) {
        sandbox_child(run->sandbox, out[1], err[1], parent);
    }

    close(out[1]);
    close(err[1]);

    if (run->pid == -1) {
        close(out[0]);
        close(err[0]);
        return SANDBOX_BROKEN;
    }

    setpgid(run->pid, run->pid);
    run->out = out[0];
    run->err = err[0];
    return SANDBOX_OK;
}


static void
sandbox_child(const sandbox_t *sandbox, int out, int err, pid_t parent)
{
    int null;
    const char *argv[SANDBOX_ARGV_MAX];
    sigset_t none;

    /* A slot that is killed takes its tool along. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }

    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL); /* unlike handlers, SIG_IGN outlasts execve() */
    signal(SIGHUP, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    null = open("/dev/null", O_RDONLY);
    if (null == -1 || dup2(null, STDIN_FILENO) == -1
        || dup2(out, STDOUT_FILENO) == -1 || dup2(err, STDERR_FILENO) == -1) {
        _exit(1);
    }

    if (sandbox_argv(sandbox, argv) == -1) {
        dprintf(STDERR_FILENO, "bwrap: too many arguments\n");
        _exit(1);
    }

    /* What other libraries opened must not reach the tool. */
    close_range(STDERR_FILENO + 1, ~0U, 0);

    sandbox_limit(sandbox);
    execvp(argv[0], (char *const *) argv);

    dprintf(STDERR_FILENO, "bwrap: %s\n", strerror(errno));
    _exit(1);
}


static void
sandbox_limit(const sandbox_t *sandbox)
{
    size_t i;
    rlim_t cpu = (rlim_t) sandbox->cpu_seconds;
    const struct {
        __rlimit_resource_t what;
        struct rlimit limit;
    } limits[] = {
        { RLIMIT_AS, { sandbox->memory, sandbox->memory } },
        { RLIMIT_CPU, { cpu, cpu + SANDBOX_CPU_GRACE } },
        { RLIMIT_FSIZE, { sandbox->file_size, sandbox->file_size } },
        { RLIMIT_NOFILE, { SANDBOX_FILES_MAX, SANDBOX_FILES_MAX } },
        { RLIMIT_CORE, { 0, 0 } },
    };

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (setrlimit(limits[i].what, &limits[i].limit) != 0) {
            dprintf(STDERR_FILENO, "bwrap: limits: %s\n", strerror(errno));
            _exit(1);
        }
    }

    setpriority(PRIO_PROCESS, 0, SANDBOX_NICE);
}


/* Until both pipes are at their end, or there is a reason to kill. */
static sandbox_rc_t
sandbox_watch(sandbox_run_t *run)
{
    int ready;
    long wait, next_beat, left;
    sandbox_rc_t rc = SANDBOX_OK;
    struct pollfd polled[2];

    next_beat = sandbox_left_ms(run) - SANDBOX_BEAT_MS;

    while (run->out != -1 || run->err != -1) {
        left = sandbox_left_ms(run);
        if (left <= 0) {
            return SANDBOX_TOO_LONG;
        }

        if (left <= next_beat) {
            next_beat = left - SANDBOX_BEAT_MS;
            if (run->sandbox->beat != NULL
                && run->sandbox->beat(run->sandbox->data) != 0) {
                return SANDBOX_STOPPED;
            }
        }

        polled[0] = (struct pollfd){ run->out, POLLIN, 0 };
        polled[1] = (struct pollfd){ run->err, POLLIN, 0 };
        wait = left - next_beat;
        ready = poll(polled, 2, (int) (wait < left ? wait : left));

        if (ready == -1) {
            if (errno != EINTR) {
                return SANDBOX_BROKEN;
            }
            next_beat = left; /* the signal may want something */
        }
        if (ready > 0 && polled[0].revents != 0) {
            rc = sandbox_read(run, &run->out);
        }
        if (ready > 0 && polled[1].revents != 0 && rc == SANDBOX_OK) {
            rc = sandbox_read(run, &run->err);
        }
        if (rc != SANDBOX_OK) {
            return rc;
        }
    }

    return SANDBOX_OK;
}


static sandbox_rc_t
sandbox_read(sandbox_run_t *run, int *fd)
{
    char bytes[16384];
    ssize_t n;

    n = read(*fd, bytes, sizeof(bytes));
    if (n == -1 && errno == EINTR) {
        return SANDBOX_OK;
    }

    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return SANDBOX_OK;
    }

    if (fd == &run->err) {
        sandbox_take_error(run, bytes, (size_t) n);
        return SANDBOX_OK;
    }

    if (run->sandbox->line != NULL) {
        sandbox_take_lines(run, bytes, (size_t) n);
        return SANDBOX_OK;
    }

    return sandbox_take_output(run, bytes, (size_t) n);
}


static sandbox_rc_t
sandbox_take_output(sandbox_run_t *run, const char *bytes, size_t len)
{
    char *output;
    sandbox_result_t *result = run->result;

    if (result->output_len + len > SANDBOX_OUTPUT_MAX) {
        return SANDBOX_TOO_MUCH;
    }

    output = realloc(result->output, result->output_len + len + 1);
    if (output == NULL) {
        return SANDBOX_BROKEN;
    }

    memcpy(output + result->output_len, bytes, len);
    result->output = output;
    result->output_len += len;
    output[result->output_len] = '\0';
    return SANDBOX_OK;
}


static void
sandbox_take_lines(sandbox_run_t *run, const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (bytes[i] != '\n') {
            if (run->line_len < sizeof(run->line) - 1) {
                run->line[run->line_len++] = bytes[i];
            }
            continue;
        }

        run->line[run->line_len] = '\0';
        run->line_len = 0;
        run->sandbox->line(run->sandbox->data, run->line);
    }
}


static void
sandbox_take_error(sandbox_run_t *run, const char *bytes, size_t len)
{
    char *err = run->result->err;
    size_t room = sizeof(run->result->err) - 1, excess;

    if (len > room) {
        bytes += len - room;
        len = room;
    }

    if (run->err_len + len > room) {
        excess = run->err_len + len - room;
        memmove(err, err + excess, run->err_len - excess);
        run->err_len -= excess;
    }

    memcpy(err + run->err_len, bytes, len);
    run->err_len += len;
    err[run->err_len] = '\0';
}


static sandbox_rc_t
sandbox_verdict(sandbox_run_t *run, int status)
{
    int code;

    code = WIFEXITED(status) ? WEXITSTATUS(status)
                             : SANDBOX_SIGNALLED + WTERMSIG(status);
    run->result->code = code;

    if (code == 0) {
        return SANDBOX_OK;
    }

    if (strncmp(run->result->err, "bwrap: ", 7) == 0) {
        return SANDBOX_BROKEN;
    }

    switch (code) {
    case SANDBOX_SIGNALLED + SIGXCPU:
    case SANDBOX_FFMPEG_SIGNAL:
        return SANDBOX_TOO_LONG;

    case SANDBOX_SIGNALLED + SIGXFSZ:
        return SANDBOX_TOO_MUCH;

    case SANDBOX_SIGNALLED + SIGKILL:
    case SANDBOX_SIGNALLED + SIGTERM:
    case SANDBOX_SIGNALLED + SIGHUP:
    case SANDBOX_SIGNALLED + SIGINT:
        return SANDBOX_KILLED;

    default:
        return SANDBOX_FAILED;
    }
}


static long
sandbox_left_ms(const sandbox_run_t *run)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (run->deadline.tv_sec - now.tv_sec) * 1000
           + (run->deadline.tv_nsec - now.tv_nsec) / 1000000;
}
