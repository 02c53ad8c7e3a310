/*
 * The line of worker.conf that says how mail goes out, without which the worker
 * sends none:
 *
 *   mail <server> from=<address> templates=<folder> [login=<file>] [ca=<file>]
 *        [tls=off] [language=<tag>]
 *
 * The server is smtp://host[:port], where TLS is begun by STARTTLS (RFC 3207);
 * smtps://host[:port], where it is from the first byte on (RFC 8314); or
 * folder:<path>, into which mails are laid instead.
 */

#ifndef SLUICE_MAIL_LINE_H
#define SLUICE_MAIL_LINE_H

#include <limits.h>
#include <stddef.h>
#include "core/account/address.h"
#include "url.h"

#define MAIL_LINE_LANGUAGE_SIZE 16

typedef struct {
    char server[URL_SIZE]; /* smtp: or smtps:; empty: a folder, or no mail */
    char folder[PATH_MAX]; /* empty: a server, or no mail */
    char from[ADDRESS_MAX + 1];
    char templates[PATH_MAX];
    char login[PATH_MAX]; /* its lines are the name and the password */
    char ca[PATH_MAX];    /* certificates to trust besides the system's */
    char language[MAIL_LINE_LANGUAGE_SIZE]; /* of who has not said any */
    int plain;                              /* 1: without TLS */
} mail_line_t;

/* Whether there is one. */
#define mail_line_given(line) \
    ((line)->server[0] != '\0' || (line)->folder[0] != '\0')

/* Reads what stands behind the line's first word, and cuts it up. 0, or -1
   with a sentence in `err`. Looks at no file. */
int mail_line_parse(char *words, mail_line_t *line, char *err, size_t err_size);

/* Makes sure that its files can be read, and that its folder can be written to.
   0, or -1 with a sentence. */
int mail_line_check(const mail_line_t *line, char *err, size_t err_size);

#endif
