/* What a fuzzer holds its target to: an abort is a finding. */

#ifndef SLUICE_MUST_H
#define SLUICE_MUST_H

#include <stdlib.h>


static inline void
must(int holds)
{
    if (!holds) {
        abort();
    }
}

#endif
