/*
 * One bounded request over HTTP: TLS 1.2 or later, with the server's
 * certificate verified; no redirect is followed, and no proxy of the
 * environment is asked.
 */

#ifndef SLUICE_HTTP_H
#define SLUICE_HTTP_H

#include <signal.h>
#include <stddef.h>
#include <time.h>

typedef struct {
    const char *method;
    const char *url;
    const char *schemes; /* that it may have: "https", or "http,https" */
    const char *header;  /* a line more, or NULL */
    const char *ca;      /* PEM file with certificates to trust besides the
                            system's; empty or NULL: none */
    long timeout_ms;     /* for all of it, and for the connection */
    long connect_ms;
    const volatile sig_atomic_t *stop; /* nonzero ends it within a second */
} http_ask_t;

typedef struct {
    char *body; /* the caller's, with room for `size` bytes and a zero */
    size_t size;
    size_t len;
    long status;
    time_t date;   /* by its clock; 0: it did not say */
    int connected; /* when there was no answer: but somebody was there */
} http_answer_t;

/* Call once before libcurl asks anybody, and before there are threads. 0 or
   -1. */
int http_init(void);

/* Asks, for an answer whose `body` and `size` are set. 0 when it came whole, of
   whatever status, with its body terminated; or -1 with a reason in `err`. */
int http_ask(const http_ask_t *ask, http_answer_t *answer, char *err,
             size_t err_size);

#endif
