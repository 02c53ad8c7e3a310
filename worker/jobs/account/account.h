/* Jobs about people's accounts. */

#ifndef SLUICE_ACCOUNT_H
#define SLUICE_ACCOUNT_H

#include "worker/jobs/base/job.h"

/* A mail, to somebody or to nobody: api.send_mail() in sql/api/tickets.sql has
   its params. */
job_outcome_t mail_run(job_t *job);

/* All that belongs to somebody who has left: queue.leave(). */
job_outcome_t leave_run(job_t *job);

/* All that is somebody's own, as a zip: sql/house/exports.sql. */
job_outcome_t export_run(job_t *job);

#endif
