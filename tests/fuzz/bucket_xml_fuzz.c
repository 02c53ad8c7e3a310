/* What a bucket answers in XML, as if it were a stranger's: each element's text
   is whole, terminated and bounded, and whoever reads may stop at any. The
   first byte says at which. */

#include <stdint.h>
#include <string.h>
#include "core/bucket/bucket_xml.h"
#include "must.h"

#define TEXT_MAX 2048

typedef struct {
    int left; /* elements until it stops; then none comes */
    int stopped;
} reader_t;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
on_leaf(void *data, const char *name, const char *value)
{
    reader_t *reader = data;

    must(!reader->stopped);
    must(name[0] != '\0');
    must(value == NULL || strlen(value) < TEXT_MAX);

    reader->stopped = reader->left == 0;
    reader->left--;
    return reader->stopped;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;
    reader_t all = { .left = -1 }, some = { .left = size > 0 ? data[0] : 0 };
    int rc;

    if (size == 0) {
        return 0;
    }

    (void) bucket_xml_read(text + 1, size - 1, on_leaf, &all);
    rc = bucket_xml_read(text + 1, size - 1, on_leaf, &some);
    must(!some.stopped || rc == 0);

    return 0;
}
