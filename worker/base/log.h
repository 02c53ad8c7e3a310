/* The worker's log: one line an event, appended with one write so that the
   slots can share the file. */

#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

typedef enum {
    LOG_ERROR, /* someone must look at it */
    LOG_WARN,  /* it goes on, but not as it should */
    LOG_INFO   /* what happened */
} log_level_t;

/* Opens the file; stderr when the path is empty or NULL. 0, or -1 with errno
   set and the log as it was. Also reopens, after the file was moved. */
int log_open(const char *path);

/* The next line goes to a file opened anew: for signal handlers. */
void log_reopen(void);

/* Lines are objects of JSON from here on, or text, which they are at first. */
void log_form(int json);

/* What follows is about this job, of a trace (TRACE_ID_LEN digits): members
   `job` and `trace` of a line of JSON. NULL: about none. */
void log_about(const char *job, const char *trace);

/* "2026-01-01T12:00:00.123Z info 4711 <text>", or in JSON `ts`, `level`,
   `program`, `pid` and `message`; line ends and other control characters in the
   text become spaces, bytes that are no UTF-8 "?". */
void log_write(log_level_t level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
