#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/media/hls.h"
#include "worker/store/store.h"
#include "texts.h"

#define TEXTS_READ_SECONDS 30
#define TEXTS_OLD 20 /* playlists of before that stay */


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


static int
texts_folders(const film_t *film)
{
    int i;
    char path[PATH_MAX];
    struct stat st;
    const char *const names[] = { "hls", film->folder };

    for (i = 0; i < 2; i++) {
        if (file_join(path, film->job->work, names[i]) != 0
            || (mkdir(path, 0755) != 0 && errno != EEXIST)
            || lstat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
            return -1;
        }
    }

    return 0;
}


static int
texts_write(const film_t *film, const char *name, const char *end,
            const char *text)
{
    char path[PATH_MAX], file[160];

    snprintf(file, sizeof(file), "%s/%s%s", film->folder, name, end);
    return text != NULL && file_join(path, film->job->work, file) == 0
                   && file_erase(path) == 0
               ? file_write(path, text, strlen(text))
               : -1;
}


job_outcome_t
texts_add(film_t *film, const char *name, const json_t *found, json_t *about)
{
    int rc;
    char file[80], *playlist;
    const char *text = json_string_value(json_object_get(found, "vtt"));
    const double known = film_duration(film->job);
    const double seconds = known > 0 ? known : film->probe.duration;

    snprintf(file, sizeof(file), "%s.vtt", name);
    playlist = hls_text(file, seconds);

    rc = text == NULL || playlist == NULL || texts_folders(film) != 0
                 || texts_write(film, name, ".vtt", text) != 0
                 || texts_write(film, name, ".m3u8", playlist) != 0
             ? -1
             : 0;
    free(playlist);

    if (rc != 0) {
        json_decref(about);
        return job_errno(film->job, "writing the subtitles");
    }

    json_object_update_new(
        about, json_pack("{s:s, s:s, s:s, s:I, s:f}", "name", name, "kind",
                         "subtitles", "folder", film->folder + 4, "bytes",
                         (json_int_t) strlen(text), "duration", seconds));
    json_array_append_new(film->rows, about);

    return JOB_DONE;
}


/* Playlists that nobody asks for any more: each change writes another one. */
static int
texts_forget(void *data)
{
    int i, k;
    char name[64];
    const job_t *job = data;
    const json_int_t serial = json_integer_value(
        json_object_get(job->patch, "master"));

    for (i = 0; i < TEXTS_OLD; i++) {
        for (k = 0; k < 2 && serial > TEXTS_OLD + i; k++) {
            snprintf(name, sizeof(name),
                     k == 0 ? "hls/master.%d.m3u8" : "hls/manifest.%d.mpd",
                     (int) serial - TEXTS_OLD - i);
            if (store_unpublish(job->config, job->media, name) != 0) {
                return -1;
            }
        }
    }

    return 0;
}


job_outcome_t
texts_publish(film_t *film, const json_t *gone)
{
    char path[PATH_MAX];
    job_outcome_t outcome;

    /* where its playlists are written, though there be no track */
    if (file_join(path, film->job->work, "hls") != 0
        || (mkdir(path, 0755) != 0 && errno != EEXIST)) {
        return job_errno(film->job, "making a folder to work in");
    }

    outcome = film_publish(film, gone);

    return outcome == JOB_DONE ? job_disk(film->job, texts_forget, film->job,
                                          "removing playlists of before")
                               : outcome;
}
