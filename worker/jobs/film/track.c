#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/jobs/base/argv.h"
#include "worker/media/hls.h"
#include "worker/media/language.h"
#include "worker/media/track.h"
#include "film.h"
#include "film_clock.h"
#include "make.h"

#define TRACK_SECONDS 600 /* of processor time: it copies */

/* Seconds that a segment lasts at least, a little less than six: key frames are
   where pictures are, and not on the dot. */
#define TRACK_SEGMENT "5.5"

/* What a segment of a constant rate may have more than the mean. */
#define TRACK_UNEVEN 1.02

/* Times as long as it mostly is until the next sample of sound: from there on
   one is missing. Clocks of milliseconds are never that coarse. */
#define TRACK_GAP 1.5

static argv_t track_argv; /* large */


static job_outcome_t
track_broken(job_t *job, const char *name, const char *why)
{
    log_write(LOG_WARN, "job %s %s: refused %s as it was made: %s", job->kind,
              job->id, name, why);
    return job_end(job, JOB_BAD,
                   "The file could not be made playable: what came out of "
                   "converting it is not whole.");
}


static job_outcome_t
track_join(film_t *film, const plan_output_t *output, const char *file,
           const char *const *fragments, int n, char **lines, size_t *len)
{
    const double start = film->plan.start + film_clock_shift(&film->plan);
    job_t *job = film->job;
    job_outcome_t outcome;
    sandbox_result_t result;
    job_tool_t tool = {
        .argv = track_argv.words,
        .seconds = TRACK_SECONDS,
        .file_size = make_bytes(job, film->plan.duration),
        .refused = "The file could not be made playable.",
        .too_long = "Writing what was converted took too long.",
    };

    argv_clear(&track_argv);
    argv_add(&track_argv, SANDBOX_CMAF, "track");
    argv_add_words(&track_argv, 1, &file);
    if (output->is_video && film->end > 0) {
        argv_format(&track_argv, "%.0f:%.0f", start * 1e6,
                    (start + film->end) * 1e6);
    } else {
        argv_format(&track_argv, "%.0f", start * 1e6);
    }
    argv_add(&track_argv, TRACK_SEGMENT);
    argv_add_words(&track_argv, (size_t) n, fragments);

    outcome = job_tool(job, &tool, &result);
    *lines = result.output;
    *len = result.output_len;
    return outcome;
}


/* Frees the text. */
static job_outcome_t
track_write(film_t *film, const char *name, const char *end, char *text)
{
    char file[128];
    job_outcome_t outcome;

    snprintf(file, sizeof(file), "%s/%s%s", film->folder, name, end);
    outcome = job_write(film->job, file, text, "writing a playlist");
    free(text);

    return outcome;
}


static const char *
track_purpose(const ffprobe_stream_t *sound)
{
    return sound->is_comment       ? "commentary"
           : sound->is_description ? "description"
                                   : NULL;
}


/* The row, of what the track says of itself and the source of it. */
static void
track_row(film_t *film, const plan_output_t *output, json_t *row)
{
    char language[LANGUAGE_SIZE];
    const ffprobe_stream_t *source = output->source;

    json_object_set_new(row, "name", json_string(output->name));
    json_object_set_new(row, "kind",
                        json_string(output->is_video ? "video" : "audio"));
    json_object_set_new(row, "folder", json_string(film->folder + 4));
    json_object_set_new(row, "copied", json_boolean(output->recode == NULL));
    if (output->recode != NULL) {
        json_object_set_new(row, "why", json_string(output->recode));
    }

    if (output->is_video) {
        json_object_set_new(row, "width", json_integer(output->width));
        json_object_set_new(row, "height", json_integer(output->height));
        if (source->frame_rate > 0) {
            json_object_set_new(row, "frame_rate",
                                json_real(output->recode != NULL
                                              ? fmin(source->frame_rate, 60)
                                              : source->frame_rate));
        }
        json_object_set_new(
            row, "range",
            json_string(output->recode ? "SDR" : plan_range(source)));
        return;
    }

    json_object_set_new(row, "channels", json_integer(output->channels));
    json_object_set_new(row, "default",
                        json_boolean(source->index == film->probe.audio.index));
    language_tag(language, source->language);
    if (*language) {
        json_object_set_new(row, "language", json_string(language));
    }
    if (*source->title) {
        json_object_set_new(row, "title", json_string(source->title));
    }
    if (track_purpose(source) != NULL) {
        json_object_set_new(row, "purpose", json_string(track_purpose(source)));
    }
}


/* What the program has told of the file that it wrote. */
static job_outcome_t
track_read(film_t *film, const char *file, const char *lines, size_t len,
           track_t *track)
{
    int rc;
    char path[PATH_MAX], err[256];
    struct stat st;
    job_t *job = film->job;

    if (file_join(path, job->work, file) != 0 || lstat(path, &st) != 0
        || !S_ISREG(st.st_mode)) {
        return track_broken(job, file, "no file came out");
    }

    rc = track_parse(lines, len, (uint64_t) st.st_size, track, err,
                     sizeof(err));

    return rc == 0 ? JOB_DONE : track_broken(job, file, err);
}


/* A player must show pictures as fast as they come at most (RFC 8216,
   4.3.4.2, FRAME-RATE); the source's mean is exact where its clock is coarse.
 */
static void
track_pace(const track_t *track, json_t *row)
{
    const double mean = json_number_value(json_object_get(row, "frame_rate"));

    if (track->rate > TRACK_UNEVEN * mean) {
        json_object_set_new(row, "mean_rate", json_real(mean));
        json_object_set_new(row, "frame_rate", json_real(track->rate));
    }
}


static job_outcome_t
track_report(film_t *film, const plan_output_t *output, const track_t *track,
             film_track_t *made)
{
    size_t i;
    json_t *row = json_object();
    const track_segment_t *last = &track->segment[track->count - 1];

    track_row(film, output, row);
    track_pace(track, row);
    json_object_set_new(row, "bytes",
                        json_integer((json_int_t) (last->at + last->size)));
    if (track_describe(track, row) != 0) {
        json_decref(row);
        return job_errno(film->job, "describing a track");
    }
    json_array_append_new(film->rows, row);

    made->duration = track_duration(track);
    made->samples = (long) track->samples;
    made->rate = track->rate;
    made->gap = track->step_max > TRACK_GAP * track->step
                    ? track->step_max - track->step
                    : 0;
    made->longest = 0;
    for (i = 0; i < track->count; i++) {
        made->longest = fmax(made->longest, (double) track->segment[i].duration
                                                / track->timescale);
    }

    return JOB_DONE;
}


static job_outcome_t
track_playlists(film_t *film, const plan_output_t *output, const track_t *track)
{
    char file[PLAN_NAME_SIZE + 8];
    job_outcome_t outcome;

    snprintf(file, sizeof(file), "%s.mp4", output->name);

    outcome = track_write(film, output->name, ".m3u8", hls_media(track, file));
    if (outcome == JOB_DONE && output->is_video) {
        outcome = track_write(film, output->name, ".iframes.m3u8",
                              hls_iframes(track, file));
    }

    return outcome;
}


job_outcome_t
film_track(film_t *film, const plan_output_t *output,
           const char *const *fragments, int n, film_track_t *made)
{
    char file[128], *lines;
    size_t len;
    track_t track;
    job_outcome_t outcome;

    memset(made, 0, sizeof(*made));
    snprintf(file, sizeof(file), "%s/%s.mp4", film->folder, output->name);

    if (file_folders(film->job->work, film->folder) != 0) {
        return track_broken(film->job, file, "its folder is gone");
    }

    outcome = track_join(film, output, file, fragments, n, &lines, &len);
    if (outcome == JOB_DONE) {
        outcome = track_read(film, file, lines, len, &track);
        if (outcome == JOB_DONE) {
            outcome = track_playlists(film, output, &track);
            if (outcome == JOB_DONE) {
                outcome = track_report(film, output, &track, made);
            }
            track_free(&track);
        }
    }
    free(lines);

    return outcome;
}
