/*
 * A mail as it is sent: RFC 5322, with a text and the same in HTML for the
 * reader's program to choose from (RFC 2046, 5.1.4), both UTF-8 in
 * quoted-printable (RFC 2045, 6.7), so that no line is longer than relays take.
 */

#ifndef SLUICE_MESSAGE_H
#define SLUICE_MESSAGE_H

#include <stddef.h>
#include <time.h>

typedef struct {
    const char *id;   /* a UUID: a mail that is sent again is known by it */
    const char *from; /* addresses, as address_read() gives them */
    const char *from_name; /* clean UTF-8, as is the subject */
    const char *to;
    const char *subject;
    const char *language; /* RFC 3282 */
    const char *text;
    const char *html;
    time_t date;
} message_t;

/* Writes the message, terminated, with \r\n at each line's end; to free(). NULL
   without memory. */
char *message_write(const message_t *message, size_t *len);

#endif
