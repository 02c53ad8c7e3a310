/* What is read as a revocation is written as one that reads the same. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/table/revocation_message.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX];
    size_t len;
    revocation_message_t first, second;

    if (revocation_message_parse((const char *) data, size, &first)
        != REVOCATION_MESSAGE_OK) {
        return 0;
    }

    len = revocation_message_write(&first, text, sizeof(text));

    if (len == 0
        || revocation_message_parse(text, len, &second) != REVOCATION_MESSAGE_OK
        || first.kind != second.kind || first.before != second.before
        || first.exp != second.exp || first.id_len != second.id_len
        || strcmp(first.id, second.id) != 0) {
        abort();
    }

    return 0;
}
