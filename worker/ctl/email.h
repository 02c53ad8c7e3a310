/* E-mail addresses, as far as their form tells. */

#ifndef SLUICE_EMAIL_H
#define SLUICE_EMAIL_H

/* 1 for local@domain with at most 64 and 254 bytes in all (RFC 5321, 4.5.3.1),
   without blanks, control characters or a second @. Whether mail arrives, only
   a mail can tell. */
int email_valid(const char *email);

#endif
