/* A line of claims and a line with a path: what a grant opens lies at or below
   the path it names. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "grant.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end;
    const char *path;
    size_t path_len;
    json_t *claims;
    grant_t grant;

    end = (size > 0) ? memchr(data, '\n', size) : NULL;
    if (end == NULL) {
        return 0;
    }

    path = (const char *) end + 1;
    path_len = size - (size_t) (end - data) - 1;
    claims = json_loadb((const char *) data, (size_t) (end - data),
                        JSON_REJECT_DUPLICATES, NULL);

    if (grant_parse(claims, &grant) == SLUICE_OK) {
        if (strlen(grant.path) != grant.path_len || grant.path[0] != '/'
            || strstr(grant.path, "/../") != NULL
            || strstr(grant.path, "//") != NULL || grant.methods == 0) {
            abort();
        }

        if (grant_decide(&grant, path, path_len, GRANT_GET, grant.exp - 1)
                == SLUICE_OK
            && (path_len < grant.path_len
                || memcmp(path, grant.path, grant.path_len) != 0
                || (path_len > grant.path_len
                    && grant.path[grant.path_len - 1] != '/'))) {
            abort();
        }
    }

    json_decref(claims);

    return 0;
}
