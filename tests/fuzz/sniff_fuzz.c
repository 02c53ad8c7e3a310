/* Any bytes: no read past their end, and a whole answer or none. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/sniff.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sniff_t *found;

    (void) media_kind_from_name((const char *) data, size);

    found = sniff(data, size);

    if (found != NULL
        && (found->kind == MEDIA_UNKNOWN || found->name == NULL
            || found->extension == NULL)) {
        abort();
    }

    return 0;
}
