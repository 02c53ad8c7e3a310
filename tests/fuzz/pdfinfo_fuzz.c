/* Any text as what pdfinfo says: no write past an end. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/score/pdfinfo.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text, err[256];
    static pdfinfo_t info;

    text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';

    if (pdfinfo_parse(text, &info) == 0
        && pdfinfo_complaint(&info, err, sizeof(err)) == 0
        && info.pages > PDFINFO_PAGES_MAX) {
        abort();
    }

    free(text);
    return 0;
}
