/* Texts that somebody brings for a film, and takes away again. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/store/store.h"
#include "brought.h"
#include "texts.h"

#define BROUGHT_NAME_SIZE 16
#define BROUGHT_FOLDER \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define BROUGHT_FOLDER_MAX 40

typedef struct {
    job_t *job;
    const char *id;        /* of the attachment */
    const char *extension; /* of its file, when it is kept */
    const char *folder;    /* of what was made of it, below hls/ */
    char path[PATH_MAX];
} brought_t;


/* "t" and the end of the id: no other text of the film is called so. */
static void
brought_name(char name[BROUGHT_NAME_SIZE], const char *id)
{
    snprintf(name, BROUGHT_NAME_SIZE, "t%s", id + strlen(id) - 8);
}


static int
brought_keep(void *data)
{
    const brought_t *brought = data;
    const job_t *job = brought->job;

    return store_keep_attachment(job->config, job->media, brought->id,
                                 brought->path, brought->extension);
}


/* What is told of the file: attachments' columns. How it is written is said
   where it was found out. */
static void
brought_tell(job_t *job, const json_t *found)
{
    const char *encoding = json_string_value(
        json_object_get(found, "encoding"));

    json_object_set_new(
        job->patch, "attachment",
        json_pack("{s:s, s:O, s:O, s:O}", "kind", "subtitles", "format",
                  json_object_get(found, "format"), "extension",
                  json_object_get(found, "extension"), "encoding",
                  json_object_get(found, "encoding")));
    json_object_set(job->result, "titles", json_object_get(found, "titles"));
    json_object_set_new(job->result, "encoding", json_string(encoding));
}


static job_outcome_t
brought_file(film_t *film, brought_t *brought, const json_t *params)
{
    char name[BROUGHT_NAME_SIZE];
    const char *language;
    json_t *found;
    job_t *job = film->job;
    job_outcome_t outcome;

    language = json_string_value(json_object_get(params, "language"));
    outcome = texts_read(film, brought->path, language ? language : "", 0,
                         &found);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    brought_name(name, brought->id);
    brought->extension = json_string_value(json_object_get(found, "extension"));
    outcome = texts_add(
        film, name, found,
        json_pack("{s:s*, s:s*, s:s*}", "language", language, "title",
                  json_string_value(json_object_get(params, "title")),
                  "purpose",
                  json_string_value(json_object_get(params, "purpose"))));
    if (outcome == JOB_DONE) {
        outcome = job_confirm(job);
    }
    if (outcome == JOB_DONE) {
        outcome = job_disk(job, brought_keep, brought,
                           "moving the file into the store");
    }
    if (outcome == JOB_DONE) {
        brought_tell(job, found);
    }

    json_decref(found);
    return outcome;
}


job_outcome_t
brought_take(film_t *film, const json_t *params)
{
    job_t *job = film->job;
    brought_t brought = { .job = job };
    job_outcome_t outcome;

    brought.id = json_string_value(json_object_get(params, "attachment"));
    if (brought.id == NULL || !uuid_valid(brought.id, strlen(brought.id))) {
        return job_end(job, JOB_BAD, "The job does not say what to attach.");
    }

    if (json_is_true(json_object_get(params, "told"))) {
        return JOB_DONE; /* the record has it: a new playlist is all */
    }

    outcome = job_find_attachment(job, job->media, brought.id, brought.path,
                                  NULL);

    return outcome == JOB_DONE ? brought_file(film, &brought, params) : outcome;
}


/* The file that was brought, and what was made of it. */
static int
brought_remove(void *data)
{
    char name[64];
    const brought_t *brought = data;
    const job_t *job = brought->job;

    if (brought->folder != NULL && *brought->folder != '\0'
        && strlen(brought->folder) < BROUGHT_FOLDER_MAX
        && brought->folder[strspn(brought->folder, BROUGHT_FOLDER)] == '\0') {
        snprintf(name, sizeof(name), "hls/%s", brought->folder);
        if (store_unpublish(job->config, job->media, name) != 0) {
            return -1;
        }
    }

    return store_remove_attachment(job->config, job->media, brought->id);
}


/* The playlists first: whoever asks from then on finds no trace of it. */
static job_outcome_t
withdraw_publish(job_t *job, const char *id)
{
    film_t film;
    char name[BROUGHT_NAME_SIZE];
    json_t *gone;
    job_outcome_t outcome;

    brought_name(name, id);
    gone = json_pack("[s]", name);

    outcome = film_open(&film, job);
    if (outcome == JOB_DONE) {
        outcome = film_publish(&film, gone);
    }

    json_decref(gone);
    film_close(&film);

    /* of a film that cannot be played there are none */
    return outcome == JOB_BAD ? JOB_DONE : outcome;
}


job_outcome_t
withdraw_run(job_t *job)
{
    brought_t brought = { .job = job };
    job_outcome_t outcome;
    const json_t *params = json_object_get(job->row, "params");

    brought.id = json_string_value(json_object_get(params, "attachment"));
    brought.folder = json_string_value(json_object_get(params, "folder"));
    if (brought.id == NULL || !uuid_valid(brought.id, strlen(brought.id))) {
        return job_end(job, JOB_BAD, "The job does not say what to remove.");
    }

    outcome = job_alone(job);
    if (outcome == JOB_DONE) {
        outcome = withdraw_publish(job, brought.id);
    }
    if (outcome == JOB_DONE) {
        outcome = job_disk(job, brought_remove, &brought, "removing the files");
    }

    return outcome;
}
