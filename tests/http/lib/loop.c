/*
 * A watch over nginx's loops, for processes that are started with LD_PRELOAD:
 * each line in $SLUICE_LOOP is something for which a loop has stood still.
 *
 *   turn    from one epoll_wait() to the next went by more than 100 ms in which
 *           the process could have run, or slept of its own accord: what it
 *           waited for a processor (run_delay of /proc/<pid>/schedstat) does
 * not count, nor what the machine took from it while it ran, nor what nginx
 * waited for its own files: logs, and what it serves file    a call that may
 * wait for a disk, of a file in the spool, by the thread of the loop: however
 * short it was this time
 */

#define _GNU_SOURCE /* RTLD_NEXT, program_invocation_short_name */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOP_TURN 100000000 /* ns */

typedef struct {
    int64_t wall, cpu, delay; /* ns */
    long slept;               /* times */
} loop_clock_t;

static pid_t loop_pid; /* whose first thread has a loop, or 0 */
static int loop_schedstat = -1;
static int loop_slow = 1; /* with sanitizers a turn computes for longer */
static loop_clock_t loop_began;
static int64_t loop_own; /* ns of this turn for nginx's own files */
static char loop_spool[PATH_MAX];
static const char *loop_path;

/* name##_real is the C library's. */
#define LOOP_REAL(name)                                             \
    static __typeof__(name) *name##_real;                           \
    if (name##_real == NULL) {                                      \
        name##_real = (__typeof__(name) *) dlsym(RTLD_NEXT, #name); \
    }


__attribute__((constructor)) static void
loop_open(void)
{
    const char *state = getenv("SLUICE_STATE");
    const char *slow = getenv("SLUICE_SANITIZED");

    if (state == NULL || strcmp(program_invocation_short_name, "nginx") != 0) {
        return;
    }

    loop_path = getenv("SLUICE_LOOP");
    if (loop_path != NULL) {
        loop_path = strdup(loop_path); /* nginx writes over its environment */
    }
    if (slow != NULL && strcmp(slow, "1") == 0) {
        loop_slow = 5;
    }
    snprintf(loop_spool, sizeof(loop_spool), "%s/spool/", state);
}


static void
loop_say(const char *format, ...)
{
    int fd, n, saved = errno;
    char line[PATH_MAX + 256];
    va_list args;

    va_start(args, format);
    n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);

    fd = (int) syscall(SYS_openat, AT_FDCWD, loop_path,
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd != -1) {
        (void) !syscall(SYS_write, fd, line, n);
        syscall(SYS_close, fd);
    }
    errno = saved;
}


static int64_t
loop_now(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}


/* "<ran> <waited for a processor> <times>" */
static int64_t
loop_delay(void)
{
    char text[128];
    ssize_t n;
    const char *second;

    n = pread(loop_schedstat, text, sizeof(text) - 1, 0);
    if (n <= 0) {
        return 0;
    }
    text[n] = '\0';
    second = strchr(text, ' ');
    return second != NULL ? strtoll(second, NULL, 10) : 0;
}


static loop_clock_t
loop_clock(void)
{
    loop_clock_t clock;
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    clock.slept = usage.ru_nvcsw;
    clock.wall = loop_now(CLOCK_MONOTONIC);
    clock.cpu = loop_now(CLOCK_THREAD_CPUTIME_ID);
    clock.delay = loop_delay();
    return clock;
}


/* What went by, but for what others had: waits and work, each by itself. */
static void
loop_judge(void)
{
    loop_clock_t now = loop_clock();
    int64_t cpu = now.cpu - loop_began.cpu;
    int64_t waited = now.wall - loop_began.wall - cpu
                     - (now.delay - loop_began.delay) - loop_own;

    if ((waited > LOOP_TURN && now.slept > loop_began.slept)
        || cpu > LOOP_TURN * loop_slow) {
        loop_say("turn: %d waited %lld ms and computed %lld ms\n",
                 (int) getpid(), (long long) waited / 1000000,
                 (long long) cpu / 1000000);
    }
}


static void
loop_begin(void)
{
    char path[64];

    loop_pid = getpid();
    if (loop_schedstat != -1) {
        syscall(SYS_close, loop_schedstat);
    }
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int) loop_pid,
             (int) loop_pid);
    loop_schedstat = (int) syscall(SYS_openat, AT_FDCWD, path,
                                   O_RDONLY | O_CLOEXEC);
}


int
epoll_wait(int fd, struct epoll_event *events, int many, int timeout)
{
    int n, saved;

    LOOP_REAL(epoll_wait)

    if (loop_path == NULL || getpid() != gettid()) {
        return epoll_wait_real(fd, events, many, timeout);
    }

    if (loop_pid != getpid()) {
        loop_begin(); /* a process's first turn is its start */
    } else {
        loop_judge();
    }

    n = epoll_wait_real(fd, events, many, timeout);
    saved = errno;
    loop_began = loop_clock();
    loop_own = 0;
    errno = saved;
    return n;
}


/* 1 in the thread of a loop. */
static int
loop_here(void)
{
    return loop_path != NULL && loop_pid != 0 && loop_pid == getpid()
           && loop_pid == gettid();
}


static void
loop_name(const char *call, const char *path)
{
    if (loop_here() && path != NULL
        && strncmp(path, loop_spool, strlen(loop_spool)) == 0) {
        loop_say("file: %d called %s of %s\n", (int) getpid(), call, path);
    }
}


static void
loop_file(const char *call, int fd)
{
    int saved = errno;
    char name[64], path[PATH_MAX];
    ssize_t n;

    if (!loop_here()) {
        return;
    }

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    n = readlink(name, path, sizeof(path) - 1);
    errno = saved;
    if (n > 0) {
        path[n] = '\0';
        loop_name(call, path);
    }
}


/* nginx's own files; its logs are open to append. */

static void
loop_owned(int64_t began)
{
    int saved = errno;

    if (loop_here()) {
        loop_own += loop_now(CLOCK_MONOTONIC) - began;
    }
    errno = saved;
}


ssize_t
write(int fd, const void *buf, size_t size)
{
    ssize_t n;
    int64_t began;

    LOOP_REAL(write)

    if (!loop_here()) {
        return write_real(fd, buf, size);
    }

    began = loop_now(CLOCK_MONOTONIC);
    n = write_real(fd, buf, size);

    if (fcntl(fd, F_GETFL) & O_APPEND) {
        loop_owned(began);
    }

    return n;
}


ssize_t
pread64(int fd, void *buf, size_t size, off64_t offset)
{
    ssize_t n;
    int64_t began;

    LOOP_REAL(pread64)

    began = loop_now(CLOCK_MONOTONIC);
    n = pread64_real(fd, buf, size, offset);
    loop_owned(began);

    return n;
}


ssize_t
sendfile64(int to, int from, off64_t *offset, size_t size)
{
    ssize_t n;
    int64_t began;

    LOOP_REAL(sendfile64)

    began = loop_now(CLOCK_MONOTONIC);
    n = sendfile64_real(to, from, offset, size);
    loop_owned(began);

    return n;
}


int
close(int fd)
{
    LOOP_REAL(close)
    loop_file("close()", fd);
    return close_real(fd);
}


int
unlink(const char *path)
{
    LOOP_REAL(unlink)
    loop_name("unlink()", path);
    return unlink_real(path);
}


int
rename(const char *from, const char *to)
{
    LOOP_REAL(rename)
    loop_name("rename()", from);
    return rename_real(from, to);
}


int
ftruncate(int fd, off_t length)
{
    LOOP_REAL(ftruncate)
    loop_file("ftruncate()", fd);
    return ftruncate_real(fd, length);
}


int
ftruncate64(int fd, off64_t length)
{
    LOOP_REAL(ftruncate64)
    loop_file("ftruncate()", fd);
    return ftruncate64_real(fd, length);
}


int
fsync(int fd)
{
    LOOP_REAL(fsync)
    loop_file("fsync()", fd);
    return fsync_real(fd);
}


int
fdatasync(int fd)
{
    LOOP_REAL(fdatasync)
    loop_file("fdatasync()", fd);
    return fdatasync_real(fd);
}


int
open(const char *path, int flags, ...)
{
    int fd;
    int64_t began;
    mode_t mode = 0;
    va_list args;

    LOOP_REAL(open)
    began = loop_now(CLOCK_MONOTONIC);
    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    loop_name("open()", path);
    fd = open_real(path, flags, mode);
    loop_owned(began);
    return fd;
}


int
open64(const char *path, int flags, ...)
{
    int fd;
    int64_t began;
    mode_t mode = 0;
    va_list args;

    LOOP_REAL(open64)
    began = loop_now(CLOCK_MONOTONIC);
    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    loop_name("open()", path);
    fd = open64_real(path, flags, mode);
    loop_owned(began);
    return fd;
}
