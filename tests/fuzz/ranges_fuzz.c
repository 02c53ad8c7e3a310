/* Range, whatever a client sends: the size of the file is in the first bytes.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/ranges.h"
#include "must.h"

#define MAX 8


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int i, count;
    range_t ranges[MAX];
    uint64_t length, bytes;

    if (size < sizeof(length)) {
        return 0;
    }

    memcpy(&length, data, sizeof(length));

    count = ranges_read((const char *) data + sizeof(length),
                        size - sizeof(length), length, ranges, MAX);
    must(count <= MAX);

    for (bytes = 0, i = 0; i < count; i++) {
        must(ranges[i].first <= ranges[i].last);
        must(ranges[i].last < length);
        bytes += ranges[i].last - ranges[i].first + 1;
        must(bytes <= length);
    }

    return 0;
}
