/* If-Match and If-None-Match, whatever a client sends. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/etag.h"
#include "must.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *) data, *before, *const end = p + size;
    etag_t etag;

    for (before = p; etag_next(&p, end, &etag) == 1; before = p) {
        must(p > before && p <= end);
        must(etag.tag > before && etag.tag + etag.len < p);
        must(etag.len == 0 || memchr(etag.tag, '"', etag.len) == NULL);
    }

    return 0;
}
