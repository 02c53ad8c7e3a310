/* The headers of tus: whatever a client sends, each reader in turn. */

#include <stdlib.h>
#include <string.h>
#include "core/base/sha256.h"
#include "core/base/tus.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char value[256];
    int64_t number;
    uint32_t flags;
    sha256_t sha;
    tus_parts_t parts;
    tus_checksum_t sum;
    const char *text = (const char *) data;

    if (tus_size(text, size, &number) == 0
        && (number < 0 || number > TUS_SIZE_MAX)) {
        abort();
    }

    if (tus_metadata_check(text, size) == 0
        && tus_metadata_find(text, size, "filename", value, sizeof(value))
               > (long) sizeof(value)) {
        abort();
    }

    if (tus_concat(text, size, "/api/uploads", &parts) == 0
        && (parts.count > TUS_PARTS_MAX
            || (parts.kind == TUS_FINAL
                && !uuid_valid(parts.ids[0], UUID_TEXT_LEN)))) {
        abort();
    }

    if (tus_checksum_begin(text, size, &sum) == 0) {
        (void) tus_checksum_update(&sum, data, size);
        (void) tus_checksum_good(&sum);
        tus_checksum_free(&sum);
    }

    if (sha256_load(&sha, &flags, data, size) == 0) {
        sha256_update(&sha, data, size);
        sha256_digest(&sha, (unsigned char *) value);
    }

    return 0;
}
