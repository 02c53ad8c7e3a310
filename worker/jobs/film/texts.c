#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/media/hls.h"
#include "texts.h"

#define TEXTS_READ_SECONDS 30


job_outcome_t
texts_read(film_t *film, const char *path, const char *language, double zero,
           json_t **found)
{
    char begins[32], duration[32];
    const char *const words[] = { language, begins, duration, NULL };
    const job_reader_t reader = {
        .kind = "subtitles",
        .words = words,
        .path = path,
        .seconds = TEXTS_READ_SECONDS,
        .refused = "The subtitles cannot be read.",
        .too_long = "Reading the subtitles took too long.",
    };
    const double known = film_duration(film->job);

    snprintf(begins, sizeof(begins), "%.6f", zero);
    snprintf(duration, sizeof(duration), "%.3f",
             known > 0 ? known : film->probe.duration);

    return job_read(film->job, &reader, found);
}


static job_outcome_t
texts_write(film_t *film, const char *name, const char *end, const char *text)
{
    char file[160];

    snprintf(file, sizeof(file), "%s/%s%s", film->folder, name, end);
    return job_write(film->job, file, text, "writing the subtitles");
}


job_outcome_t
texts_add(film_t *film, const char *name, const json_t *found, json_t *about)
{
    char file[80], *playlist;
    job_outcome_t outcome;
    const char *text = json_string_value(json_object_get(found, "vtt"));
    const double known = film_duration(film->job);
    const double seconds = known > 0 ? known : film->probe.duration;

    snprintf(file, sizeof(file), "%s.vtt", name);
    playlist = hls_text(file, seconds);

    outcome = texts_write(film, name, ".vtt", text);
    if (outcome == JOB_DONE) {
        outcome = texts_write(film, name, ".m3u8", playlist);
    }
    free(playlist);

    if (outcome != JOB_DONE) {
        json_decref(about);
        return outcome;
    }

    json_object_update_new(
        about, json_pack("{s:s, s:s, s:s, s:I, s:f}", "name", name, "kind",
                         "subtitles", "folder", film->folder + 4, "bytes",
                         (json_int_t) strlen(text), "duration", seconds));
    json_array_append_new(film->rows, about);

    return JOB_DONE;
}


job_outcome_t
texts_inside(film_t *film, const char *name, const char *file, double zero,
             json_t *about)
{
    char path[PATH_MAX];
    json_t *found;
    job_t *job = film->job;
    job_outcome_t outcome;
    const char *language = json_string_value(
        json_object_get(about, "language"));

    outcome = file_join(path, job->work, file) == 0
                  ? texts_read(film, path, language ? language : "", zero,
                               &found)
                  : job_errno(job, "reading the subtitles");
    if (outcome == JOB_DONE) {
        outcome = texts_add(film, name, found, about);
        json_decref(found);
        return outcome;
    }

    json_decref(about);
    if (outcome == JOB_BAD) { /* one of several: the others are good */
        log_write(LOG_INFO, "job %s %s: %s: %s", job->kind, job->id, name,
                  job->error);
        job->error[0] = '\0';
        outcome = JOB_DONE;
    }

    return outcome;
}
