#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/media/cuts.h"
#include "pieces.h"

#define JOIN_FOLDER "joined"

typedef struct {
    film_t film;
    const char *run;
    int of;
    long samples; /* of the rung before; all have as many */
} join_t;


/* The piece's file becomes one of the job's folder. */
static job_outcome_t
join_take(const join_t *join, const plan_output_t *rung, int i,
          const char *file)
{
    int rc;
    char name[STORE_PIECE_SIZE], from[PATH_MAX], to[PATH_MAX];
    char path[STORE_PIECE_SIZE + PLAN_NAME_SIZE + 8];
    job_t *job = join->film.job;
    job_outcome_t outcome;

    store_piece(name, join->run, i);
    snprintf(path, sizeof(path), "%s/%s.mp4", name, rung->name);

    outcome = job_find_file(job, path, from);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    rc = file_join(to, job->work, file) == 0 ? link(from, to) : -1;
    if (rc != 0) {
        outcome = job_errno(job, "taking a piece");
    }
    store_release(from);
    return outcome;
}


static job_outcome_t
join_rung(join_t *join, const plan_output_t *rung)
{
    int i;
    static char files[CUTS_MAX][PLAN_NAME_SIZE + 32];
    const char *names[CUTS_MAX];
    film_track_t track;
    job_outcome_t outcome;

    for (i = 0; i < join->of; i++) {
        snprintf(files[i], sizeof(files[i]), JOIN_FOLDER "/%s.%d.mp4",
                 rung->name, i);
        names[i] = files[i];
        outcome = join_take(join, rung, i, files[i]);
        if (outcome != JOB_DONE) {
            return outcome;
        }
    }

    outcome = film_track(&join->film, rung, names, join->of, &track);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    if (join->samples != 0 && join->samples != track.samples) {
        return job_end(join->film.job, JOB_BAD,
                       "The pieces of the film do not fit together.");
    }
    join->samples = track.samples;
    return JOB_DONE;
}


static int
join_forget(void *data)
{
    int i;
    char name[STORE_PIECE_SIZE];
    const join_t *join = data;
    const job_t *job = join->film.job;

    for (i = 0; i < join->of; i++) {
        store_piece(name, join->run, i);
        if (store_unpublish(job->config, job->media, name) != 0
            && errno != ENOENT) {
            return -1;
        }
    }

    return 0;
}


static job_outcome_t
join_rungs(join_t *join)
{
    int i, n;
    job_t *job = join->film.job;
    const plan_output_t *rungs[PLAN_RUNGS_MAX];
    job_outcome_t outcome = JOB_DONE;

    if (file_folders(job->work, JOIN_FOLDER) != 0) {
        return job_errno(job, "making a folder to work in");
    }

    n = film_rungs(&join->film, rungs);
    for (i = 0; i < n && outcome == JOB_DONE; i++) {
        outcome = join_rung(join, rungs[i]);
        job->progress = 90.0 * (i + 1) / n;
    }

    return outcome;
}


job_outcome_t
join_run(job_t *job)
{
    join_t join = { .samples = 0 };
    job_outcome_t outcome;

    const json_t *media = json_object_get(job->row, "media");
    const char *state = json_string_value(json_object_get(media, "state"));

    outcome = film_open(&join.film, job);
    if (state != NULL && strcmp(state, "ready") == 0) {
        join.film.end = film_duration(job);
    }
    if (outcome == JOB_DONE) {
        outcome = pieces_params(job, &join.run, &join.of);
    }
    if (outcome == JOB_DONE) {
        outcome = join_rungs(&join);
    }
    if (outcome == JOB_DONE) {
        outcome = film_publish(&join.film, NULL);
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->result, "pictures",
                            json_integer(join.samples));
        outcome = job_disk(job, join_forget, &join, "removing the pieces");
    }

    film_close(&join.film);
    return outcome;
}
