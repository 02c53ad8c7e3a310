#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "score.h"
#include "score_pages.h"

static const struct {
    const char *extension;
    job_outcome_t (*make)(job_t *job, score_t *score);
    int drawn;
} score_formats[] = {
    { "pdf", score_pdf, 1 },      { "png", score_picture, 1 },
    { "jpg", score_picture, 1 },  { "tif", score_picture, 1 },
    { "heic", score_picture, 1 }, { "musicxml", score_musicxml, 0 },
    { "mxl", score_mxl, 0 },      { "mid", score_midi, 0 },
};


static int
score_format(const sniff_t *sniff)
{
    size_t i;

    for (i = 0; i < sizeof(score_formats) / sizeof(score_formats[0]); i++) {
        if (strcmp(score_formats[i].extension, sniff->extension) == 0) {
            return (int) i;
        }
    }

    return -1;
}


job_outcome_t
score_make(job_t *job, score_t *score)
{
    int format;
    char path[PATH_MAX];

    score->about = json_object();
    json_object_set_new(score->about, "format", json_string(job->sniff->name));

    format = score_format(job->sniff);
    if (format == -1) {
        return job_end(job, JOB_BAD, "%s is not a score.", job->sniff->name);
    }

    if (score->draw && score_formats[format].drawn
        && (file_join(path, job->work, "pages") != 0
            || mkdir(path, 0755) != 0)) {
        return job_errno(job, "making a folder to work in");
    }

    return score_formats[format].make(job, score);
}


void
score_tell(job_t *job, const score_t *score)
{
    json_object_set(job->patch, "score", score->about);

    if (score->text != NULL && score->text[0] != '\0') {
        json_object_set_new(job->patch, "text", json_string(score->text));
    }
}


static job_outcome_t
score_publish(job_t *job, const score_t *score)
{
    int i;
    char file[40];
    const char *composer, *title;
    score_names_t names = { "", "" };
    job_outcome_t outcome = JOB_DONE;

    for (i = 1; i <= score->pages && outcome == JOB_DONE; i++) {
        score_pages_names(i, &names);
        snprintf(file, sizeof(file), "%s.png", names.page);
        outcome = job_settle(job, file);
        if (outcome == JOB_DONE) {
            snprintf(file, sizeof(file), "%s.png", names.thumb);
            outcome = job_settle(job, file);
        }
        if (outcome == JOB_DONE && job_beat(job) != 0) {
            outcome = job->interrupted;
        }
    }

    if (outcome == JOB_DONE) {
        outcome = score->pages > 0
                      ? job_publish_folder(job, "pages", 2 * score->pages)
                      : job_confirm(job);
    }
    if (outcome == JOB_DONE) {
        outcome = job_keep(job);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    json_object_set_new(score->about, "drawn", json_boolean(score->pages > 0));
    composer = json_string_value(json_object_get(score->about, "composer"));
    title = json_string_value(json_object_get(score->about, "title"));

    score_tell(job, score);
    json_object_set_new(job->patch, "kind", json_string("score"));
    json_object_set_new(job->patch, "extension",
                        json_string(job->sniff->extension));
    json_object_set_new(job->patch, "pages", json_integer(score->pages));
    if (score->width > 0) {
        json_object_set_new(job->patch, "width", json_integer(score->width));
        json_object_set_new(job->patch, "height", json_integer(score->height));
    }
    if (composer != NULL) {
        json_object_set_new(job->patch, "author", json_string(composer));
    }
    if (title != NULL) {
        json_object_set_new(job->result, "title", json_string(title));
    }

    return JOB_DONE;
}


void
score_free(score_t *score)
{
    json_decref(score->about);
    free(score->text);
}


job_outcome_t
score_run(job_t *job)
{
    score_t score = { .draw = 1, .first = 1 };
    job_outcome_t outcome;

    outcome = job_open(job);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    /* The name promised something else than what is inside. */
    if (job->sniff->kind != MEDIA_SCORE) {
        json_object_set_new(job->patch, "kind",
                            json_string(media_kind_name(job->sniff->kind)));
        job_follow(job, "probe");
        return JOB_DONE;
    }

    outcome = score_make(job, &score);
    if (outcome == JOB_DONE) {
        outcome = score_publish(job, &score);
    }

    score_free(&score);
    return outcome;
}


int
score_is_drawn(const sniff_t *sniff)
{
    int format = score_format(sniff);

    return format != -1 && score_formats[format].drawn;
}
