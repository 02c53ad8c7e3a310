/* Password hashes of other places, and ours: each a prefix and what verifies
   it. See password_known() for which. */

#ifndef SLUICE_PASSWORD_FOREIGN_H
#define SLUICE_PASSWORD_FOREIGN_H

#include <stddef.h>

/* 1, 0, or -1 as password_verify() says. */
int password_foreign(const char *hash, const char *password, size_t len);

/* 1 when the hash is well formed and its cost is bounded. */
int password_foreign_known(const char *hash);

#endif
