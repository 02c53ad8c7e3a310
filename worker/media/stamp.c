#include <math.h>
#include <stdio.h>
#include "stamp.h"

#define STAMP_MAX 1e6 /* seconds */


void
stamp(char text[STAMP_SIZE], double seconds)
{
    const long ms = lround(fmin(fmax(seconds, 0), STAMP_MAX) * 1000);

    snprintf(text, STAMP_SIZE, "%02ld:%02ld:%02ld.%03ld", ms / 3600000,
             ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}
