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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "worker/base/clock.h"
#include "sandbox.h"
#include "sandbox_form.h"
#include "sandbox_inside.h"
#include "sandbox_report.h"
#include "sandbox_verdict.h"

#define SANDBOX_OUTPUT_MAX ((size_t) 1 << 20) /* bytes of stdout kept */
#define SANDBOX_BEAT_MS 250
#define SANDBOX_REPORT_FD (STDERR_FILENO + 1)

static sandbox_rc_t sandbox_start(sandbox_run_t *run);
static void sandbox_child(const sandbox_t *sandbox, int out, int err,
                          int report, pid_t parent) __attribute__((noreturn));
static sandbox_rc_t sandbox_watch(sandbox_run_t *run);
static sandbox_rc_t sandbox_tick(sandbox_run_t *run);
static sandbox_rc_t sandbox_events(sandbox_run_t *run,
                                   const struct pollfd *polled);
static sandbox_rc_t sandbox_told(sandbox_run_t *run);
static sandbox_rc_t sandbox_read(sandbox_run_t *run, int *fd);
static sandbox_rc_t sandbox_take_output(sandbox_run_t *run, const char *bytes,
                                        size_t len);
static void sandbox_take_lines(sandbox_run_t *run, const char *bytes,
                               size_t len);
static void sandbox_take_error(sandbox_run_t *run, const char *bytes,
                               size_t len);
static int sandbox_bury(sandbox_run_t *run);
static int sandbox_linger(const sandbox_run_t *run, int waited);
static void sandbox_kill_left(void);
static void sandbox_close(int *fd);
static long sandbox_left_ms(const sandbox_run_t *run);


sandbox_rc_t
sandbox_run(const sandbox_t *sandbox, sandbox_result_t *result)
{
    int status;
    sandbox_rc_t rc, ended;
    sandbox_run_t run = {
        .sandbox = sandbox,
        .result = result,
        .out = -1,
        .err = -1,
        .report = -1,
        .listener = -1,
        .alive = -1,
    };

    memset(result, 0, sizeof(*result));
    result->output = calloc(1, 1);

    if (sandbox_form() == SANDBOX_ANY) {
        snprintf(result->err, sizeof(result->err),
                 "nobody looked which sandbox there is");
        return SANDBOX_BROKEN;
    }

    rc = sandbox_start(&run);
    if (rc == SANDBOX_OK) {
        rc = sandbox_watch(&run);
    } else if (run.pid <= 0) {
        return rc;
    }

    /* The first process in bubblewrap's namespace dies with bubblewrap, and
       the kernel ends the others with it. A bare tool has made none. */
    if (rc != SANDBOX_OK) {
        kill(-run.pid, SIGKILL);
        kill(run.pid, SIGKILL);
    }
    sandbox_close(&run.out);
    sandbox_close(&run.err);
    sandbox_close(&run.alive);

    status = sandbox_bury(&run);
    if (!run.ready) {
        sandbox_told(&run);
    }
    if (sandbox_report_take(run.report, &run.listener)
        == SANDBOX_REPORT_FAILED) {
        run.ready = 0;
    }
    sandbox_close(&run.listener);
    sandbox_close(&run.report);

    result->cpu = run.cpu;
    ended = sandbox_verdict(&run, status);
    return rc != SANDBOX_OK ? rc : ended;
}


static sandbox_rc_t
sandbox_start(sandbox_run_t *run)
{
    int out[2], err[2], report[2];
    pid_t parent = getpid();

    if (run->sandbox->folder != NULL) {
        sandbox_folder_measure(run->sandbox->folder, &run->before);
    }

    /* Whatever a tool leaves behind is left to us. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        return SANDBOX_BROKEN;
    }
    if (pipe2(err, O_CLOEXEC) != 0) {
        goto failed_err;
    }
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, report) != 0) {
        goto failed_report;
    }

    run->deadline = clock_now() + (int64_t) run->sandbox->wall_seconds * 1000;

    run->pid = fork();
    if (run->pid == 0) {
        sandbox_child(run->sandbox, out[1], err[1], report[1], parent);
    }
    if (run->pid == -1) {
        goto failed_fork;
    }

    setpgid(run->pid, run->pid);
    run->alive = (int) syscall(SYS_pidfd_open, run->pid, 0);
    close(out[1]);
    close(err[1]);
    close(report[1]);
    run->out = out[0];
    run->err = err[0];
    run->report = report[0];
    return run->alive != -1 ? SANDBOX_OK : SANDBOX_BROKEN;

failed_fork:

    close(report[0]);
    close(report[1]);

failed_report:

    close(err[0]);
    close(err[1]);

failed_err:

    close(out[0]);
    close(out[1]);
    return SANDBOX_BROKEN;
}


static void
sandbox_child(const sandbox_t *sandbox, int out, int err, int report,
              pid_t parent)
{
    int in;
    const char *argv[SANDBOX_ARGV_MAX];
    sandbox_words_t words;
    sigset_t none;
    char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                  NULL };

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

    /* Above those that they become, lest one runs over another. */
    in = fcntl(sandbox->descriptor ? sandbox->descriptor
                                   : open("/dev/null", O_RDONLY),
               F_DUPFD_CLOEXEC, SANDBOX_REPORT_FD + 1);
    out = fcntl(out, F_DUPFD_CLOEXEC, SANDBOX_REPORT_FD + 1);
    err = fcntl(sandbox->joined ? out : err, F_DUPFD_CLOEXEC,
                SANDBOX_REPORT_FD + 1);
    report = fcntl(report, F_DUPFD_CLOEXEC, SANDBOX_REPORT_FD + 1);
    if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1
        || dup2(err, STDERR_FILENO) == -1
        || dup2(report, SANDBOX_REPORT_FD) == -1) {
        _exit(1);
    }

    if (sandbox_argv(sandbox_form(), sandbox, SANDBOX_REPORT_FD, argv, &words)
        == -1) {
        dprintf(STDERR_FILENO, "too many arguments\n");
        _exit(1);
    }

    /* What other libraries opened must not reach the tool, nor our
       environment: in bubblewrap's own it could be read. */
    close_range(SANDBOX_REPORT_FD + 1, ~0U, 0);
    execvpe(argv[0], (char *const *) argv, environment);

    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(1);
}


/* Until the process and both pipes are at their end, for it may close these and
   go on; or there is a reason to kill. */
static sandbox_rc_t
sandbox_watch(sandbox_run_t *run)
{
    int ready;
    long wait, next_beat, left;
    sandbox_rc_t rc;
    struct pollfd polled[4];

    next_beat = sandbox_left_ms(run) - SANDBOX_BEAT_MS;

    while (run->out != -1 || run->err != -1 || run->alive != -1) {
        left = sandbox_left_ms(run);
        if (left <= 0) {
            return sandbox_verdict_time(run, "time",
                                        run->sandbox->wall_seconds);
        }

        if (left <= next_beat) {
            next_beat = left - SANDBOX_BEAT_MS;
            rc = sandbox_tick(run);
            if (rc != SANDBOX_OK) {
                return rc;
            }
        }

        polled[0] = (struct pollfd){ run->out, POLLIN, 0 };
        polled[1] = (struct pollfd){ run->err, POLLIN, 0 };
        polled[2] = (struct pollfd){ run->ready ? run->listener : run->report,
                                     POLLIN, 0 };
        polled[3] = (struct pollfd){ run->alive, POLLIN, 0 };
        wait = left - next_beat;
        ready = poll(polled, 4, (int) (wait < left ? wait : left));

        if (ready == -1) {
            if (errno != EINTR) {
                return SANDBOX_BROKEN;
            }
            next_beat = left; /* the signal may want something */
        }

        rc = ready > 0 ? sandbox_events(run, polled) : SANDBOX_OK;
        if (rc != SANDBOX_OK) {
            return rc;
        }
    }

    return SANDBOX_OK;
}


static sandbox_rc_t
sandbox_tick(sandbox_run_t *run)
{
    if (run->sandbox->beat != NULL
        && run->sandbox->beat(run->sandbox->data) != 0) {
        return SANDBOX_STOPPED;
    }

    return sandbox_verdict_folder(run, 0);
}


static sandbox_rc_t
sandbox_events(sandbox_run_t *run, const struct pollfd *polled)
{
    sandbox_rc_t rc = SANDBOX_OK;

    if (polled[0].revents != 0) {
        rc = sandbox_read(run, &run->out);
    }
    if (polled[1].revents != 0 && rc == SANDBOX_OK) {
        rc = sandbox_read(run, &run->err);
    }
    if (polled[2].revents != 0 && rc == SANDBOX_OK) {
        rc = sandbox_told(run);
    }
    if (polled[3].revents != 0) {
        sandbox_close(&run->alive);
    }

    return rc;
}


/* From within: first that the tool begins, then what it may not. */
static sandbox_rc_t
sandbox_told(sandbox_run_t *run)
{
    int call;

    if (!run->ready) {
        run->ready = sandbox_report_take(run->report, &run->listener)
                     == SANDBOX_REPORT_READY;
        if (!run->ready) {
            sandbox_close(&run->report); /* nobody is there to tell */
        }
        return SANDBOX_OK;
    }

    call = sandbox_report_call(run->listener);
    if (call == -1) {
        sandbox_close(&run->listener);
        return SANDBOX_OK;
    }

    snprintf(run->result->why, sizeof(run->result->why), "tried %s",
             sandbox_seccomp_words(call));
    return SANDBOX_FORBIDDEN;
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
        sandbox_close(fd);
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
        return sandbox_verdict_limit(run, SANDBOX_TOO_MUCH, "output",
                                     SANDBOX_OUTPUT_MAX);
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


/* Waits for all that is left, and returns the status of what was started. What
   does not go by itself is killed; even that may take its time, as for one that
   waits for a disk. */
static int
sandbox_bury(sandbox_run_t *run)
{
    int status = 0, one, waited = 0;
    pid_t pid;
    struct rusage used;

    for (;;) {
        pid = wait4(-1, &one, WNOHANG, &used);
        if (pid == -1 && errno != EINTR) {
            return status;
        }
        if (pid == 0) {
            waited = sandbox_linger(run, waited);
        }
        if (pid <= 0) {
            continue;
        }

        if (pid == run->pid) {
            status = one;
        }
        run->cpu += (double) (used.ru_utime.tv_sec + used.ru_stime.tv_sec)
                    + (double) (used.ru_utime.tv_usec + used.ru_stime.tv_usec)
                          / 1e6;
        if (used.ru_maxrss * 1024 > run->memory) {
            run->memory = used.ru_maxrss * 1024;
        }
    }
}


/* Some time goes by: returns how much that makes since the end, in ms. */
static int
sandbox_linger(const sandbox_run_t *run, int waited)
{
    const int ms = waited < SANDBOX_BEAT_MS ? 1 : SANDBOX_BEAT_MS;

    if (waited >= SANDBOX_BEAT_MS) {
        sandbox_kill_left();
        if (run->sandbox->beat != NULL) {
            (void) run->sandbox->beat(run->sandbox->data);
        }
    }

    clock_sleep(ms);
    return waited + ms;
}


/* bubblewrap that was killed early leaves a first process in its namespace that
   waits for ever. */
static void
sandbox_kill_left(void)
{
    int pid;
    FILE *file;

    file = fopen("/proc/thread-self/children", "re");
    if (file == NULL) {
        return;
    }

    while (fscanf(file, "%d", &pid) == 1) {
        kill(pid, SIGKILL);
    }
    fclose(file);
}


static void
sandbox_close(int *fd)
{
    if (*fd != -1) {
        close(*fd);
        *fd = -1;
    }
}


static long
sandbox_left_ms(const sandbox_run_t *run)
{
    return (long) (run->deadline - clock_now());
}
