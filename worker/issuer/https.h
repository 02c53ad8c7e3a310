/* One bounded GET, by https alone. */

#ifndef SLUICE_HTTPS_H
#define SLUICE_HTTPS_H

#include <signal.h>
#include <stddef.h>

#define HTTPS_BODY_MAX 65536

typedef enum {
    HTTPS_OK,      /* answered with 200 */
    HTTPS_REFUSED, /* answered with 403, 404 or 410: it is not there */
    HTTPS_FAILED   /* anything else; another time it may work */
} https_rc_t;

/* Fetches `url`. `ca` is a PEM file with certificates to trust besides the
   system's, or empty; `*stop` becoming nonzero ends it within a second. On
   HTTPS_OK `*body` is terminated and to be freed, `*len` its size; otherwise
   `err` has a sentence that starts with the URL. It takes 10 seconds and
   HTTPS_BODY_MAX bytes at most. */
https_rc_t https_get(const char *url, const char *ca,
                     const volatile sig_atomic_t *stop, char **body,
                     size_t *len, char *err, size_t err_size);

#endif
