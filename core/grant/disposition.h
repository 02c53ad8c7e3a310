/* Content-Disposition: RFC 6266, with the name as RFC 8187 writes it. */

#ifndef SLUICE_DISPOSITION_H
#define SLUICE_DISPOSITION_H

#include <stddef.h>

/* Room for the value of a name of `len` bytes. */
#define disposition_size(len) \
    (sizeof("attachment; filename=\"\"; filename*=UTF-8''") + (len) + 3 * (len))

/* Writes `attachment; filename="…"; filename*=UTF-8''…` for a name in UTF-8
   without control characters; the first form has '_' for what old clients
   misread, and stands alone when nothing had to be replaced. Returns the
   length; no terminator. */
size_t disposition_attachment(char *dst, const char *name, size_t len);

#endif
