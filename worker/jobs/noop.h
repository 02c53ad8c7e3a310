/* A job for tests. */

#ifndef SLUICE_NOOP_H
#define SLUICE_NOOP_H

#include "worker/jobs/base/job.h"

/* Refused without "noop on". Does what `params` says, for `ms` milliseconds, in
   a sandboxed tool with `tool`; then ends as `fail` ("bad", "again") says,
   before the try `until` if that is given. With `try`, and its `word`, the tool
   is an attack of sandbox/try.c. With `crash` it kills its slot. `result` has
   when it began, in microseconds since 1970. */
job_outcome_t noop_run(job_t *job);

#endif
