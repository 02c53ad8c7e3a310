#include <stdio.h>
#include "reading.h"


int
reading_refuse(reading_t *reading, const char *sentence)
{
    snprintf(reading->refused, sizeof(reading->refused), "%s", sentence);
    return -1;
}
