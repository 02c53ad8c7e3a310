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
    zip_t zip;
    zip_rc_t rc;
    zip_entry_t score;
    const char *complaint = NULL;

    if (mxl_score(data, size, &zip, &score, &complaint) != 0) {
        if (complaint == NULL) {
            abort();
        }
        return 0;
    }

    rc = zip_unpack(&zip, &score, LIMIT, count, &sum);
    if ((rc == ZIP_OK) != (mxl_complaint(rc) == NULL)) {
        abort();
    }
    if (sum > LIMIT) {
        abort();
    }

    return 0;
}
