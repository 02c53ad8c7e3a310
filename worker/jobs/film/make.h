/* What film_make() writes: its clock, and how much it may be. */

#ifndef SLUICE_MAKE_H
#define SLUICE_MAKE_H

#include "worker/jobs/base/job.h"
#include "worker/media/plan.h"

/* Seconds by which it is ahead of the file's: a decoding time below 0 cannot be
   written. */
double make_shift(const plan_t *plan);

/* Bytes that one file of so many seconds may have. What the upload claims
   counts no more than what came in. */
uint64_t make_bytes(const job_t *job, double seconds);

#endif
