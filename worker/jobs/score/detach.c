/* The files of an attachment that its row shows no more. The row goes with the
   job's end: until then whoever is killed here leaves it to the next try. */

#include <stdio.h>
#include <string.h>
#include "worker/store/store.h"
#include "score.h"
#include "score_pages.h"

typedef struct {
    const job_t *job;
    const char *id;
    int number; /* of a page; 0: it is none */
} detach_t;


static int
detach_remove(void *data)
{
    size_t i;
    char file[40];
    score_names_t names = { "", "" };
    const detach_t *detach = data;
    const job_t *job = detach->job;
    const char *const files[] = { names.page, names.thumb };

    if (store_remove_attachment(job->config, job->media, detach->id) != 0) {
        return -1;
    }
    if (detach->number == 0) {
        return 0;
    }

    score_pages_names(detach->number, &names);

    for (i = 0; i < 2; i++) {
        snprintf(file, sizeof(file), "%s.png", files[i]);
        if (store_unpublish(job->config, job->media, file) != 0) {
            return -1;
        }
    }

    return 0;
}


job_outcome_t
detach_run(job_t *job)
{
    job_outcome_t outcome;
    detach_t detach = { .job = job };
    const json_t *params = json_object_get(job->row, "params");

    detach.id = json_string_value(json_object_get(params, "attachment"));
    detach.number = (int) json_integer_value(json_object_get(params, "number"));

    if (detach.id == NULL || !uuid_valid(detach.id, strlen(detach.id))
        || detach.number < 0 || detach.number > SCORE_NUMBER_MAX) {
        return job_end(job, JOB_BAD, "The job does not say what to remove.");
    }

    outcome = job_alone(job);

    return outcome == JOB_DONE
               ? job_disk(job, detach_remove, &detach, "removing the files")
               : outcome;
}
