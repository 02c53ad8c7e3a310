/* A file that belongs to a score: one more page, or the same music in another
   form, as notes, as a print or as a recording. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/jobs/base/media_tool.h"
#include "worker/media/ffprobe.h"
#include "worker/store/store.h"
#include "score.h"
#include "score_pages.h"

#define ATTACH_SECONDS 30

/* What the row says. */
typedef struct {
    const job_t *job;
    const char *id;
    const char *role;
    int number; /* of a page: in the names of its files */
} attach_t;


static job_outcome_t
attach_params(job_t *job, attach_t *attach)
{
    const char *state;
    const json_t *params = json_object_get(job->row, "params");

    attach->id = json_string_value(json_object_get(params, "attachment"));
    attach->role = json_string_value(json_object_get(params, "role"));
    attach->number = (int) json_integer_value(
        json_object_get(params, "position"));

    if (attach->id == NULL || !uuid_valid(attach->id, strlen(attach->id))
        || attach->role == NULL || attach->number < 1
        || attach->number > SCORE_NUMBER_MAX) {
        return job_end(job, JOB_BAD, "The job does not say what to attach.");
    }

    /* Its own work may come in more than one step. */
    state = json_string_value(
        json_object_get(json_object_get(job->row, "media"), "state"));
    if (state == NULL || strcmp(state, "failed") == 0) {
        return job_end(job, JOB_BAD, "The score itself cannot be read.");
    }
    if (strcmp(state, "ready") != 0) {
        return job_end(job, JOB_AGAIN, "The score itself is not ready.");
    }

    return JOB_DONE;
}


static job_outcome_t
attach_publish(job_t *job, int number)
{
    size_t i;
    char file[40];
    score_names_t names = { "", "" };
    job_outcome_t outcome = JOB_DONE;
    const char *const files[] = { names.thumb, names.page };

    score_pages_names(number, &names);

    for (i = 0; i < 2 && outcome == JOB_DONE; i++) {
        snprintf(file, sizeof(file), "%s.png", files[i]);
        outcome = job_publish_file(job, file);
    }

    return outcome;
}


static job_outcome_t
attach_page(job_t *job, const attach_t *attach)
{
    score_t score = { .draw = 1, .first = attach->number, .most = 1 };
    job_outcome_t outcome;
    const json_t *media = json_object_get(job->row, "media");

    if (!json_is_integer(json_object_get(media, "width"))) {
        return job_end(job, JOB_BAD,
                       "Pages can be added to a score that is one picture "
                       "alone.");
    }
    if (!score_is_drawn(job->sniff)) {
        return job_end(job, JOB_BAD, "A page is a picture; this is %s.",
                       job->sniff->name);
    }

    outcome = score_make(job, &score);
    if (outcome == JOB_DONE) {
        outcome = attach_publish(job, attach->number);
    }

    score_free(&score);
    return outcome;
}


/* It tells what the score may not know. */
static job_outcome_t
attach_score(job_t *job)
{
    score_t score = { .draw = 0, .first = 1 };
    job_outcome_t outcome;

    outcome = score_make(job, &score);
    if (outcome == JOB_DONE) {
        json_object_del(score.about, "format");
        score_tell(job, &score);
    }

    score_free(&score);
    return outcome;
}


static job_outcome_t
attach_recording(job_t *job, json_t *about)
{
    ffprobe_t probe;
    const char *complaint;
    job_outcome_t outcome;

    outcome = media_tool_probe_input(job, ATTACH_SECONDS, 0, &probe);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    complaint = ffprobe_complaint(&probe, job->input_size);
    if (complaint != NULL) {
        outcome = job_end(job, JOB_BAD, "%s", complaint);
    }

    json_object_set_new(
        about, "kind",
        json_string(probe.video.index != -1 ? "video" : "audio"));
    json_object_set_new(about, "duration", json_real(probe.duration));

    ffprobe_free(&probe);
    return outcome;
}


static job_outcome_t
attach_file(job_t *job)
{
    json_t *about;
    job_outcome_t outcome;

    if (job->sniff->kind == MEDIA_SCORE) {
        return attach_score(job);
    }

    about = json_object();
    outcome = attach_recording(job, about);
    json_object_set_new(job->patch, "attachment", about);
    return outcome;
}


static int
attach_move(void *data)
{
    const attach_t *attach = data;
    const job_t *job = attach->job;

    return store_keep_attachment(job->config, job->media, attach->id,
                                 job->input, job->sniff->extension);
}


static job_outcome_t
attach_keep(job_t *job, attach_t *attach)
{
    json_t *about;
    job_outcome_t outcome;

    outcome = job_confirm(job);
    if (outcome == JOB_DONE) {
        outcome = job_disk(job, attach_move, attach,
                           "moving the file into the store");
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    about = json_object_get(job->patch, "attachment");
    if (about == NULL) {
        about = json_object();
        json_object_set_new(about, "kind", json_string("score"));
        json_object_set_new(job->patch, "attachment", about);
    }
    json_object_set_new(about, "format", json_string(job->sniff->name));
    json_object_set_new(about, "extension", json_string(job->sniff->extension));

    return JOB_DONE;
}


job_outcome_t
attach_run(job_t *job)
{
    job_outcome_t outcome;
    attach_t attach = { .job = job };

    outcome = attach_params(job, &attach);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    outcome = job_find_attachment(job, job->media, attach.id, job->input, NULL);
    if (outcome == JOB_DONE) {
        outcome = job_look(job);
    }
    if (outcome == JOB_DONE) {
        outcome = strcmp(attach.role, "page") == 0 ? attach_page(job, &attach)
                                                   : attach_file(job);
    }

    return outcome == JOB_DONE ? attach_keep(job, &attach) : outcome;
}
