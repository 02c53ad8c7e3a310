#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/sandbox/reader.h"
#include "worker/store/disk.h"
#include "job.h"

#define JOB_MEMORY ((size_t) 4 << 30) /* bytes of a tool's address space */
#define JOB_FILE_SIZE (64U << 20)     /* when a tool asks for none */
#define JOB_READER_MEMORY ((size_t) 256 << 20)
#define JOB_SECONDS_BASE 300.0  /* of processor time, for any file */
#define JOB_BYTES_SECOND 4096.0 /* that one more is given for: 32 kbit */
#define JOB_SECONDS_SHARE 30.0  /* more, for a job that has a share */
#define JOB_WALL 3  /* seconds of the clock for one of processor time */
#define JOB_FILES 4 /* of that size that a tool may write */


typedef struct {
    job_t *job;
    const job_tool_t *tool;
} job_run_t;


/* A job may cost what came in for it, whatever that claims to be: so many
   seconds of processor time for all of its tools. */
static int
job_seconds(const job_t *job, int wanted)
{
    const double all = JOB_SECONDS_BASE
                       + (double) job->input_size / JOB_BYTES_SECOND;
    const double left = all * job->share
                        + (job->share < 1 ? JOB_SECONDS_SHARE : 0) - job->cpu;

    return left > wanted ? wanted : left > 1 ? (int) left : 1;
}


/* What a run ended with, in the words for the owner. */
static job_outcome_t
job_judge(job_t *job, const char *name, const char *refused,
          const char *too_long, sandbox_rc_t rc, const char *why)
{
    switch (rc) {

    case SANDBOX_STOPPED:
        return job->interrupted;

    case SANDBOX_FAILED:
        return job_end(job, JOB_BAD, "%s%s%s%s", refused,
                       *why ? " Reading it " : "", why, *why ? "." : "");

    case SANDBOX_TOO_LONG: /* without its full stop */
        return job_end(job, JOB_BAD, "%.*s: %s.", (int) strlen(too_long) - 1,
                       too_long, why);

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
                       name);

    default:
        return job_end(job, JOB_AGAIN, "%s could not be started.", name);
    }
}


static int
job_tool_beat(void *data)
{
    const job_run_t *run = data;

    return job_beat(run->job);
}


static void
job_tool_line(void *data, const char *line)
{
    const job_run_t *run = data;

    run->tool->line(run->tool->data, line);
}


static job_outcome_t
job_tool_run(job_t *job, const job_tool_t *tool, sandbox_result_t *result)
{
    sandbox_rc_t rc;
    const int seconds = job_seconds(job, tool->seconds);
    job_run_t run = { job, tool };
    const size_t file_size = tool->file_size ? tool->file_size : JOB_FILE_SIZE;
    sandbox_t sandbox = {
        .argv = tool->argv,
        .folder = job->work,
        .input = job->input[0] ? job->input : NULL,
        .cpu_seconds = seconds,
        .wall_seconds = tool->wall_seconds ? tool->wall_seconds
                                           : JOB_WALL * seconds,
        .memory = JOB_MEMORY,
        .file_size = file_size,
        .folder_size = JOB_FILES * file_size,
        .bulk = job->bulk,
        .joined = tool->joined,
        .beat = job_tool_beat,
        .line = tool->line ? job_tool_line : NULL,
        .data = &run,
    };

    rc = sandbox_run(&sandbox, result);
    job->cpu += result->cpu;
    job->disk_failed |= disk_blamed(result->err) || disk_full(job->work);
    if (rc == SANDBOX_OK) {
        return JOB_DONE;
    }

    if (rc != SANDBOX_STOPPED) {
        log_write(LOG_WARN, "job %s %s: %s ended with %d%s%s: %s", job->kind,
                  job->id, tool->argv[0], result->code,
                  *result->why ? ", " : "", result->why, result->err);
    }

    return job_judge(job, tool->argv[0], tool->refused, tool->too_long, rc,
                     result->why);
}


job_outcome_t
job_tool(job_t *job, const job_tool_t *tool, sandbox_result_t *result)
{
    sandbox_result_t unheard;
    job_outcome_t outcome;

    if (result != NULL) {
        return job_tool_run(job, tool, result);
    }

    outcome = job_tool_run(job, tool, &unheard);
    free(unheard.output);

    return outcome;
}


static job_outcome_t
job_read_open(job_t *job, const job_reader_t *reader, int fd, json_t **found)
{
    sandbox_rc_t rc;
    reader_result_t result;
    const int seconds = job_seconds(job, reader->seconds);
    const reader_t run = {
        .kind = reader->kind,
        .words = reader->words,
        .fd = fd,
        .cpu_seconds = seconds,
        .wall_seconds = JOB_WALL * seconds,
        .memory = reader->memory ? reader->memory : JOB_READER_MEMORY,
        .beat = job_beat,
        .data = job,
    };

    rc = reader_run(&run, &result);
    job->cpu += result.cpu;

    if (rc == SANDBOX_OK) {
        *found = result.found;
        return result.found != NULL
                   ? JOB_DONE
                   : job_end(job, JOB_BAD, "%s", result.refused);
    }

    if (rc != SANDBOX_STOPPED) {
        log_write(LOG_WARN, "job %s %s: the reader of %s ended with %d%s%s: %s",
                  job->kind, job->id, reader->kind, result.code,
                  *result.why ? ", " : "", result.why, result.err);
    }

    return job_judge(job, "The reader", reader->refused, reader->too_long, rc,
                     result.why);
}


job_outcome_t
job_read(job_t *job, const job_reader_t *reader, json_t **found)
{
    int fd;
    job_outcome_t outcome;

    *found = NULL;

    fd = file_open(reader->path ? reader->path : job->input);
    if (fd == -1) {
        return job_errno(job, "opening a file to read");
    }

    outcome = job_read_open(job, reader, fd, found);
    job_close(job, fd);
    return outcome;
}
