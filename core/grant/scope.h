/* What a service account's key opens: a bit for each scope, "media:read" and
   the like. What names no scope, no key opens. */

#ifndef SLUICE_SCOPE_H
#define SLUICE_SCOPE_H

#include <stddef.h>

#define SCOPE_LINKS_MINT 0x01
#define SCOPE_MEDIA_READ 0x02
#define SCOPE_MEDIA_WRITE 0x04
#define SCOPE_ACCOUNTS_READ 0x08
#define SCOPE_ACCOUNTS_WRITE 0x10
#define SCOPE_AUDIT_READ 0x20

/* For what must be opened: by no key, and by each. */
#define SCOPE_NONE 0
#define SCOPE_ANY 0xffffffffu

/* The bit of a name; 0 for one that is unknown. */
unsigned scope_from_name(const char *name, size_t len);

/* The name of one bit; NULL for anything else. */
const char *scope_name(unsigned scope);

#endif
