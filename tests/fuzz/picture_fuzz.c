/* Any bytes as JPEG, as what sluice-picture answers, and as two drawings: no
   read past their end, no picture without pixels, no page of no number. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/drawn.h"
#include "worker/media/likeness.h"
#include "worker/media/picture.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_answer(const uint8_t *data, size_t size)
{
    drawn_t drawn;
    char *text = strndup((const char *) data, size);
    const char *at;

    for (at = text; (at = drawn_next(at, &drawn)) != NULL;) {
        if (drawn.index < 0
            || (drawn.kind == DRAWN_PAGE
                && (drawn.index == 0 || !(drawn.width > 0)))
            || strchr(drawn.sentence, '\n') != NULL) {
            abort();
        }
    }
    free(text);
}


static void
check_likeness(const uint8_t *data, size_t size)
{
    likeness_t found;
    likeness_pair_t pair = { .width = data[0] + 1, .height = data[1] + 1 };
    const size_t bytes = 3 * (size_t) pair.width * (size_t) pair.height;

    if (size >= 2 + 2 * bytes) {
        pair.a = data + 2;
        pair.b = data + 2 + bytes;
        likeness(&pair, data[2] % 2 ? LIKENESS_DRAWN : LIKENESS_SAMPLED,
                 &found);
        if (!(found.missing >= 0) || !(found.apart >= 0)
            || !(found.strange >= 0)) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    picture_t picture;

    if (picture_jpeg(data, size, &picture) == 0
        && (picture.width == 0 || picture.height == 0)) {
        abort();
    }

    check_answer(data, size);
    if (size > 2) {
        check_likeness(data, size);
    }
    return 0;
}
