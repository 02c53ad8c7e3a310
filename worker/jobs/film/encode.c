#include <math.h>
#include <stdio.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "pieces.h"

typedef struct {
    film_t film;
    const plan_output_t *rungs[PLAN_RUNGS_MAX];
    int n;
    film_part_t part;
    long pictures; /* that the source has there; 0: not known */
    char name[STORE_PIECE_SIZE];
} encode_t;


/* {"run", "of", "piece", "from", "to", "seek", "pictures"}; without "from" it
   is all of the film. */
static job_outcome_t
encode_params(encode_t *encode, job_t *job)
{
    int of, piece;
    const char *run;
    job_outcome_t outcome;
    const json_t *params = json_object_get(job->row, "params");

    outcome = pieces_params(job, &run, &of);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    piece = (int) json_integer_value(json_object_get(params, "piece"));
    store_piece(encode->name, run, piece);

    encode->part = (film_part_t){
        .whole = json_object_get(params, "from") == NULL,
        .from = json_number_value(json_object_get(params, "from")),
        .to = json_number_value(json_object_get(params, "to")),
        .seek = json_number_value(json_object_get(params, "seek")),
    };
    encode->pictures = (long) json_integer_value(
        json_object_get(params, "pictures"));
    job->share = 1.0 / of;

    return JOB_DONE;
}


static job_outcome_t
encode_folder(encode_t *encode)
{
    char path[PATH_MAX];
    const job_t *job = encode->film.job;

    if (file_join(path, job->work, STORE_PIECES) != 0 || file_erase(path) != 0
        || file_folders(job->work, encode->name) != 0) {
        return job_errno(encode->film.job, "making a folder to work in");
    }

    return JOB_DONE;
}


static job_outcome_t
encode_make(encode_t *encode)
{
    char prefix[STORE_PIECE_SIZE + 1];
    film_t *film = &encode->film;
    job_outcome_t outcome;

    outcome = encode_folder(encode);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    snprintf(prefix, sizeof(prefix), "%s/", encode->name);
    return film_make(
        film, encode->rungs, encode->n, &encode->part,
        film->plan.recode_video ? FILM_KEYS_GRID : FILM_KEYS_SOURCE, prefix);
}


/* Where reading from a key frame on does not show all pictures, it begins at
   the beginning. */
static job_outcome_t
encode_try(encode_t *encode)
{
    job_t *job = encode->film.job;
    job_outcome_t outcome;

    outcome = encode_make(encode);

    if (outcome != JOB_DONE || encode->part.whole || encode->part.seek < 0
        || encode->film.pictures == encode->pictures) {
        return outcome;
    }

    log_write(LOG_INFO,
              "job encode %s: %ld pictures of %ld: read from the "
              "beginning",
              job->id, encode->film.pictures, encode->pictures);
    encode->part.seek = -1;

    return encode_make(encode);
}


static job_outcome_t
encode_publish(encode_t *encode)
{
    int i;
    char file[STORE_PIECE_SIZE + PLAN_NAME_SIZE + 8];
    job_t *job = encode->film.job;
    job_outcome_t outcome = JOB_DONE;

    for (i = 0; i < encode->n && outcome == JOB_DONE; i++) {
        snprintf(file, sizeof(file), "%s/%s.mp4", encode->name,
                 encode->rungs[i]->name);
        outcome = job_settle(job, file);
    }

    return outcome == JOB_DONE
               ? job_publish_folder(job, encode->name, encode->n)
               : outcome;
}


job_outcome_t
encode_run(job_t *job)
{
    encode_t encode;
    job_outcome_t outcome;

    outcome = film_open(&encode.film, job);
    encode.n = film_rungs(&encode.film, encode.rungs);

    if (outcome == JOB_DONE) {
        outcome = encode_params(&encode, job);
    }
    if (outcome == JOB_DONE && encode.n > 0) {
        outcome = encode_try(&encode);
    }
    if (outcome == JOB_DONE && encode.n > 0) {
        outcome = encode_publish(&encode);
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->result, "pictures",
                            json_integer(encode.film.pictures));
    }

    film_close(&encode.film);
    return outcome;
}
