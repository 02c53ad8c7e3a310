/* One mail to the relay (RFC 5321), by libcurl. */

#ifndef SLUICE_SMTP_H
#define SLUICE_SMTP_H

#include <stddef.h>
#include "worker/config/mail_line.h"

typedef enum {
    SMTP_SENT,    /* the relay has it */
    SMTP_NOBODY,  /* it knows that there is no such address */
    SMTP_REFUSED, /* it does not want this mail, now or later */
    SMTP_LATER,   /* whatever may heal */
    SMTP_STOPPED  /* `beat` said so */
} smtp_rc_t;

/* Sends `len` bytes to `to`. `beat` is called at least once a second; nonzero
   ends it. Takes a minute at most. But for SMTP_SENT `why` has a sentence. */
smtp_rc_t smtp_send(const mail_line_t *line, const char *to,
                    const char *message, size_t len, int (*beat)(void *data),
                    void *data, char *why, size_t why_size);

#endif
