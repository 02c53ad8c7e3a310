/* What is said of jobs: the row that the queue hands out, and messages over
   Redis. What is taken names its job and media by ids, never by a path. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/job_message.h"
#include "worker/jobs/kinds.h"
#include "must.h"

#define ANY_JOB "01931c5a-0000-7000-8000-000000000001"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_row(const char *text, size_t len)
{
    static const config_t config;
    static const volatile sig_atomic_t stop;
    static job_t job;
    const kind_t *kind;
    json_t *row;

    row = json_loadb(text, len, 0, NULL);

    if (kinds_init(&job, &config, NULL, &stop, row) == 0) {
        kind = kinds_find(job.kind);
        must(uuid_valid(job.id, strlen(job.id)));
        must(*job.media == '\0' || uuid_valid(job.media, strlen(job.media)));
        must(kind == NULL || !(kind->needs & KIND_MEDIA) || *job.media != '\0');

        /* a worker that does no jobs for tests: whatever `params` says */
        must(strcmp(job.kind, "noop") != 0 || kinds_run(&job) == JOB_BAD);
        job_free(&job);
    }

    json_decref(row);
}


static void
check_message(const char *text, size_t len)
{
    job_message_t first, second;

    if (job_message_read(text, len, &first) != 0) {
        return;
    }

    must(uuid_valid(first.job, strlen(first.job)));
    must(strpbrk(first.text, "\r\n") == NULL
         && strlen(first.text) == first.len);
    must(job_message_read(first.text, first.len, &second) == 0);
    must(strcmp(first.job, second.job) == 0 && first.over == second.over
         && first.version == second.version);
    must(job_message_cancels(text, len, first.job));

    free(first.text);
    free(second.text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;

    check_row(text, size);
    check_message(text, size);
    (void) job_message_cancels(text, size, ANY_JOB);

    return 0;
}
