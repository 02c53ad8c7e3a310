#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "log.h"

#define LOG_LINE_MAX 8192

static int log_fd = STDERR_FILENO;
static char log_path[PATH_MAX];
static volatile sig_atomic_t log_moved;


int
log_open(const char *path)
{
    int fd = STDERR_FILENO;

    if (path != NULL && *path != '\0') {
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        if (fd == -1) {
            return -1;
        }
    }

    if (log_fd != STDERR_FILENO) {
        close(log_fd);
    }

    log_fd = fd;
    if (path != log_path) {
        snprintf(log_path, sizeof(log_path), "%s", path ? path : "");
    }
    return 0;
}


void
log_reopen(void)
{
    log_moved = 1;
}


void
log_write(log_level_t level, const char *format, ...)
{
    int n;
    char line[LOG_LINE_MAX];
    size_t i, len;
    struct timespec now;
    struct tm tm;
    va_list args;
    static const char *const names[] = { "error", "warn", "info" };

    if (log_moved) {
        log_moved = 0;
        log_open(log_path);
    }

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);

    len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
    len += (size_t) snprintf(line + len, sizeof(line) - len, ".%03ldZ %s %d ",
                             now.tv_nsec / 1000000, names[level], getpid());

    va_start(args, format);
    n = vsnprintf(line + len, sizeof(line) - len, format, args);
    va_end(args);

    i = len;
    len += n > 0 ? (size_t) n : 0;
    if (len > sizeof(line) - 1) {
        len = sizeof(line) - 1;
    }

    for (/* void */; i < len; i++) {
        if ((unsigned char) line[i] < ' ' || line[i] == 0x7f) {
            line[i] = ' ';
        }
    }
    line[len++] = '\n';

    if (write(log_fd, line, len) == -1) {
        return; /* there is no other place to say it */
    }
}
