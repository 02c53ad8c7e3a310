#include <string.h>
#include "scope.h"

static const struct {
    unsigned bit;
    const char *name;
} scopes[] = { { SCOPE_LINKS_MINT, "links:mint" },
               { SCOPE_MEDIA_READ, "media:read" },
               { SCOPE_MEDIA_WRITE, "media:write" },
               { SCOPE_ACCOUNTS_READ, "accounts:read" },
               { SCOPE_ACCOUNTS_WRITE, "accounts:write" },
               { SCOPE_AUDIT_READ, "audit:read" } };

#define SCOPES (sizeof(scopes) / sizeof(scopes[0]))


unsigned
scope_from_name(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < SCOPES; i++) {
        if (strlen(scopes[i].name) == len
            && memcmp(scopes[i].name, name, len) == 0) {
            return scopes[i].bit;
        }
    }

    return 0;
}


const char *
scope_name(unsigned scope)
{
    size_t i;

    for (i = 0; i < SCOPES; i++) {
        if (scopes[i].bit == scope) {
            return scopes[i].name;
        }
    }

    return NULL;
}
