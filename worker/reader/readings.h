/* The kinds of files that sluice-reader reads. */

#ifndef SLUICE_READINGS_H
#define SLUICE_READINGS_H

#include "reading.h"

typedef int (*readings_run_t)(reading_t *reading);

/* Who reads this kind; NULL: nobody. */
readings_run_t readings_find(const char *kind);

#endif
