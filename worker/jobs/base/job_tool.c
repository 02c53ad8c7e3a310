#include <stdlib.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/store/disk.h"
#include "job.h"

#define JOB_MEMORY ((size_t) 4 << 30) /* bytes of a tool's address space */
#define JOB_FILE_SIZE (64U << 20)     /* when a tool asks for none */
#define JOB_FILES 4                   /* of that size that a tool may write */


static job_outcome_t
job_judge(job_t *job, const job_tool_t *tool, sandbox_rc_t rc, const char *why)
{
    switch (rc) {

    case SANDBOX_STOPPED:
        return job->interrupted;

    case SANDBOX_FAILED:
        return job_end(job, JOB_BAD, "%s%s%s%s", tool->refused,
                       *why ? " Reading it " : "", why, *why ? "." : "");

    case SANDBOX_TOO_LONG: /* without its full stop */
        return job_end(job, JOB_BAD, "%.*s: %s.",
                       (int) strlen(tool->too_long) - 1, tool->too_long, why);

    case SANDBOX_TOO_MUCH:
        return job_end(job, JOB_BAD,
                       "What was made of the file grew beyond all measure: "
                       "%s.",
                       why);

    case SANDBOX_TOO_LARGE:
        return job_end(job, JOB_BAD,
                       "Reading the file takes more memory than there is for "
                       "it: %s.",
                       why);

    case SANDBOX_FORBIDDEN:
        return job_end(job, JOB_BAD,
                       "The program that read the file %s, which no file may "
                       "make it do.",
                       why);

    case SANDBOX_KILLED:
        return job_end(job, JOB_AGAIN, "%s was killed while it read the file.",
                       tool->argv[0]);

    default:
        return job_end(job, JOB_AGAIN, "%s could not be started.",
                       tool->argv[0]);
    }
}


job_outcome_t
job_tool(job_t *job, const job_tool_t *tool, sandbox_result_t *result)
{
    sandbox_rc_t rc;
    const size_t file_size = tool->file_size ? tool->file_size : JOB_FILE_SIZE;
    sandbox_t sandbox = {
        .argv = tool->argv,
        .folder = job->work,
        .input = job->input[0] ? job->input : NULL,
        .cpu_seconds = tool->seconds,
        .wall_seconds = tool->wall_seconds ? tool->wall_seconds
                                           : 3 * tool->seconds,
        .memory = JOB_MEMORY,
        .file_size = file_size,
        .folder_size = JOB_FILES * file_size,
        .beat = job_beat,
        .line = tool->line,
        .data = job,
    };

    rc = sandbox_run(&sandbox, result);
    job->disk_failed |= disk_blamed(result->err) || disk_full(job->work);
    if (rc == SANDBOX_OK) {
        return JOB_DONE;
    }

    if (rc != SANDBOX_STOPPED) {
        log_write(LOG_WARN, "job %s %s: %s ended with %d%s%s: %s", job->kind,
                  job->id, tool->argv[0], result->code,
                  *result->why ? ", " : "", result->why, result->err);
    }

    return job_judge(job, tool, rc, result->why);
}
