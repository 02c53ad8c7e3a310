/* What film_make() writes: how much it may be, and what is said of it. */

#ifndef SLUICE_MAKE_H
#define SLUICE_MAKE_H

#include "film.h"

/* For the owner, of all that makes something of the film. */
#define MAKE_REFUSED "The file cannot be converted: it is damaged or cut off."
#define MAKE_TOO_LONG                                              \
    "Converting the file took longer than any film of its length " \
    "should."

/* Of aresample: silence where there is nothing, be it shorter than a sample of
   AAC. */
#define MAKE_SYNC "async=1:min_hard_comp=0.02"

#define MAKE_BYTES_BASE (64.0 * 1024 * 1024) /* that any file may have */

/* Bytes that one file of so many seconds may have. What the upload claims
   counts no more than what came in. */
uint64_t make_bytes(const job_t *job, double seconds);

#endif
