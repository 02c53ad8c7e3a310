#include <string.h>
#include "email.h"

#define EMAIL_MAX 254
#define EMAIL_LOCAL_MAX 64


int
email_valid(const char *email)
{
    size_t len = strlen(email);
    const char *at = strchr(email, '@'), *p;

    if (len > EMAIL_MAX || at == NULL || at == email
        || at - email > EMAIL_LOCAL_MAX || strchr(at + 1, '@') != NULL) {
        return 0;
    }

    for (p = email; *p != '\0'; p++) {
        if ((unsigned char) *p <= ' ' || *p == 0x7f || strchr("<>,;\"\\", *p)) {
            return 0;
        }
    }

    return at[1] != '\0' && at[1] != '.' && p[-1] != '.'
           && strstr(at, "..") == NULL;
}
