#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/media/dash.h"
#include "worker/media/hls.h"
#include "worker/store/store.h"
#include "film.h"


#define PUBLISH_MASTER "hls/master.%lld.m3u8"
#define PUBLISH_MANIFEST "hls/manifest.%lld.mpd"
#define PUBLISH_STAY 20 /* of each that stay when there is another */


/* How many files a folder is to hold for those rows: a track file and its
   playlist, of a picture another one for its key frames, of text the text. */
static int
publish_files(const json_t *rows)
{
    int files = 0;
    size_t i;
    json_t *row;
    const char *kind;

    json_array_foreach(rows, i, row)
    {
        kind = json_string_value(json_object_get(row, "kind"));
        files += strcmp(kind, "video") == 0 ? 3 : 2;
    }

    return files;
}


/* The bytes of a row's files are on disk before anything names them. */
static job_outcome_t
publish_settle(film_t *film, const json_t *row)
{
    size_t i;
    char path[PATH_MAX], name[256];
    struct stat st;
    job_outcome_t outcome = JOB_DONE;
    const char *const ends[] = { ".mp4", ".m3u8", ".iframes.m3u8", ".vtt" };

    for (i = 0; i < 4 && outcome == JOB_DONE; i++) {
        snprintf(name, sizeof(name), "%s/%s%s", film->folder,
                 json_string_value(json_object_get(row, "name")), ends[i]);
        if (file_join(path, film->job->work, name) == 0
            && lstat(path, &st) == 0) {
            outcome = job_settle(film->job, name);
        }
    }

    return outcome;
}


static job_outcome_t
publish_tracks(film_t *film)
{
    size_t i;
    json_t *row;
    job_outcome_t outcome = JOB_DONE;

    json_array_foreach(film->rows, i, row)
    {
        outcome = publish_settle(film, row);
        if (outcome != JOB_DONE) {
            return outcome;
        }
    }

    return json_array_size(film->rows) > 0 ? job_publish_folder(
               film->job, film->folder, publish_files(film->rows))
                                           : JOB_DONE;
}


/* What is to be named, and by which number. */
static job_outcome_t
publish_ask(film_t *film, const json_t *gone, json_t **answer)
{
    char *rows, *names;
    job_outcome_t outcome;
    const char *params[3] = { film->job->id, NULL, NULL };

    params[1] = rows = json_dumps(film->rows, JSON_COMPACT);
    params[2] = names = gone ? json_dumps(gone, JSON_COMPACT) : strdup("[]");

    outcome = rows != NULL && names != NULL
                  ? job_ask(film->job,
                            "select coalesce(queue.renditions($1::uuid, "
                            "$2::jsonb, $3::jsonb), 'null')",
                            3, params, answer)
                  : job_errno(film->job, "telling what was made");

    free(rows);
    free(names);

    if (outcome == JOB_DONE && !json_is_object(*answer)) {
        json_decref(*answer);
        outcome = JOB_LOST;
    }

    return outcome;
}


/* Frees the text. */
static job_outcome_t
publish_text(film_t *film, const char *name, char *text)
{
    job_outcome_t outcome;

    outcome = job_write(film->job, name, text, "writing a playlist");
    free(text);

    return outcome == JOB_DONE ? job_publish_file(film->job, name) : outcome;
}


/* Whoever plays has one of the last. */
static int
publish_forget(void *data)
{
    char master[64], manifest[64];
    const job_t *job = data;
    const long long old = json_integer_value(
                              json_object_get(job->patch, "master"))
                          - PUBLISH_STAY;

    snprintf(master, sizeof(master), PUBLISH_MASTER, old);
    snprintf(manifest, sizeof(manifest), PUBLISH_MANIFEST, old);

    return old < 1
                   || (store_unpublish(job->config, job->media, master) == 0
                       && store_unpublish(job->config, job->media, manifest)
                              == 0)
               ? 0
               : -1;
}


job_outcome_t
film_publish(film_t *film, const json_t *gone)
{
    char name[64];
    long long serial;
    json_t *answer, *rows;
    job_t *job = film->job;
    job_outcome_t outcome;

    outcome = publish_tracks(film);
    if (outcome == JOB_DONE) {
        outcome = publish_ask(film, gone, &answer);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    serial = json_integer_value(json_object_get(answer, "serial"));
    rows = json_object_get(answer, "renditions");

    snprintf(name, sizeof(name), PUBLISH_MASTER, serial);
    outcome = publish_text(film, name, hls_master(rows));

    if (outcome == JOB_DONE) {
        snprintf(name, sizeof(name), PUBLISH_MANIFEST, serial);
        outcome = publish_text(film, name, dash_manifest(rows));
    }
    json_decref(answer);

    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "master", json_integer(serial));
        outcome = job_disk(job, publish_forget, job,
                           "removing playlists of before");
    }

    return outcome;
}
