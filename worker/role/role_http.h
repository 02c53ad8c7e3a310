/* One bounded request of those by which a role's credentials come. No redirect
   is followed, and no proxy of the environment is asked. */

#ifndef SLUICE_ROLE_HTTP_H
#define SLUICE_ROLE_HTTP_H

#include <signal.h>
#include <stddef.h>
#include <time.h>

#define ROLE_HTTP_BODY_MAX 16384

typedef struct {
    long status;
    time_t date;   /* by its clock; 0: it did not say */
    int connected; /* when there was no answer: but somebody was there */
    size_t len;
    char body[ROLE_HTTP_BODY_MAX + 1]; /* terminated; to be wiped */
} role_http_t;

/* Asks by GET or PUT, with a header line unless it is NULL. `*stop` becoming
   nonzero ends it within a second. 0 when there was a whole answer, of whatever
   status; or -1 with a reason in `err`. It takes 5 seconds at most. */
int role_http_ask(const char *method, const char *url, const char *header,
                  const volatile sig_atomic_t *stop, role_http_t *answer,
                  char *err, size_t err_size);

#endif
