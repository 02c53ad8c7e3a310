#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/base/text.h"
#include "core/base/trace.h"
#include "log.h"

#define LOG_TEXT_MAX 8192
#define LOG_AROUND 512 /* bytes around it */

static int log_fd = STDERR_FILENO;
static char log_path[PATH_MAX];
static volatile sig_atomic_t log_moved;
static int log_json;
static char log_job[40];
static char log_trace[TRACE_ID_LEN + 1];


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
log_form(int json)
{
    log_json = json;
}


void
log_about(const char *job, const char *trace)
{
    snprintf(log_job, sizeof(log_job), "%s", job ? job : "");
    snprintf(log_trace, sizeof(log_trace), "%s", trace ? trace : "");
}


/* What stands in a line, and in JSON (RFC 8259), as it is. */
static size_t
log_plain(char *to, const char *text, size_t len)
{
    uint32_t character;
    size_t n, size = 0;

    for (/* void */; len > 0; text += n, len -= n) {
        n = text_character(text, len, &character);

        if (n == 0 || character < ' ' || character == 0x7f) {
            to[size++] = n == 0 ? '?' : ' ';
            n = 1;
            continue;
        }
        if (log_json && (character == '"' || character == '\\')) {
            to[size++] = '\\';
        }
        memcpy(to + size, text, n);
        size += n;
    }

    return size;
}


/* The line in front of its text, and what stands behind it. */
static size_t
log_front(char *line, size_t size, log_level_t level)
{
    size_t len;
    struct timespec now;
    struct tm tm;
    char at[32];
    static const char *const names[] = { "error", "warn", "info" };

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);

    len = strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(at + len, sizeof(at) - len, ".%03ldZ", now.tv_nsec / 1000000);

    return (size_t) snprintf(
        line, size,
        log_json ? "{\"ts\":\"%s\",\"level\":\"%s\",\"program\":"
                   "\"sluice-worker\",\"pid\":%d,\"message\":\""
                 : "%s %s %d ",
        at, names[level], getpid());
}


static size_t
log_behind(char *line, size_t size)
{
    if (!log_json) {
        return (size_t) snprintf(line, size, "\n");
    }

    return (size_t) snprintf(
        line, size, "\"%s%s%s%s%s%s}\n", *log_job ? ",\"job\":\"" : "", log_job,
        *log_job ? "\"" : "", *log_trace ? ",\"trace\":\"" : "", log_trace,
        *log_trace ? "\"" : "");
}


void
log_write(log_level_t level, const char *format, ...)
{
    int n;
    size_t len;
    va_list args;
    char text[LOG_TEXT_MAX], line[2 * LOG_TEXT_MAX + LOG_AROUND];

    if (log_moved) {
        log_moved = 0;
        log_open(log_path);
    }

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    n = n < 0 ? 0 : n >= LOG_TEXT_MAX ? LOG_TEXT_MAX - 1 : n;

    len = log_front(line, sizeof(line), level);
    len += log_plain(line + len, text, (size_t) n);
    len += log_behind(line + len, sizeof(line) - len);

    if (write(log_fd, line, len) == -1) {
        return; /* there is no other place to say it */
    }
}
