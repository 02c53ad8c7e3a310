#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "job.h"


job_outcome_t
job_end(job_t *job, job_outcome_t outcome, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(job->error, sizeof(job->error), format, args);
    va_end(args);

    return outcome;
}


job_outcome_t
job_errno(job_t *job, const char *doing)
{
    if (errno == EINPROGRESS) {
        return job_end(job, JOB_WAITS,
                       "The file lies in an archive, and was asked back: that "
                       "takes some hours.");
    }

    return job_end(job, JOB_AGAIN, "Trouble while %s: %s.", doing,
                   strerror(errno));
}


void
job_follow(job_t *job, const char *kind)
{
    if (job->nnext < JOB_NEXT_MAX - 1) {
        job->next[job->nnext++] = kind;
    }
}
