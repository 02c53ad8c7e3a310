/* Any bytes: no read past their end, never more unpacked than is allowed, and a
   reason for each refusal. */

#include <stdint.h>
#include <stdlib.h>
#include "worker/score/mxl.h"

#define LIMIT (4UL << 20)


static int
count(void *data, const char *bytes, size_t len)
{
    size_t *sum = data;

    (void) bytes;
    *sum += len;
    return 0;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t sum = 0;
    mxl_entry_t score;
    const char *complaint = NULL;

    if (mxl_score(data, size, &score, &complaint) != 0) {
        if (complaint == NULL) {
            abort();
        }
        return 0;
    }

    if (mxl_unpack(&score, LIMIT, count, &sum, &complaint) != 0
        && complaint == NULL) {
        abort();
    }
    if (sum > LIMIT) {
        abort();
    }

    return 0;
}
