/* How loud a recording is, and the shape of its wave: in one run over it. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/jobs/base/media_tool.h"
#include "worker/media/loudness.h"
#include "film.h"

#define LISTEN_FILE "waveform.json"
#define LISTEN_PEAKS 1800 /* in the file, at most */
#define LISTEN_VERSION 1

/* Of processor time, at least some 200 seconds of sound a second. */
#define LISTEN_SECONDS_BASE 60
#define LISTEN_SPEED 20.0

/* Samples that one peak stands for: of a wave, and of memory that it takes. */
#define LISTEN_PART_MIN 256.0
#define LISTEN_PART_MAX 4194304.0

/* The level is told of each part; and the loudness of all, at the end. */
#define LISTEN_FILTER                                                       \
    "%sebur128=peak=true:framelog=verbose,aformat=sample_fmts=s16,"         \
    "asetnsamples=n=%.0f:p=0,astats=metadata=1:reset=1:measure_perchannel=" \
    "none:measure_overall=Peak_level,ametadata=print:key=lavfi.astats."     \
    "Overall.Peak_level:file=-"


/* Some decoders, as that of Speex, say how many channels there are, and not
   which: ebur128 wants to know. */
static const char *
listen_layout(int channels)
{
    return channels == 1   ? "aformat=channel_layouts=mono,"
           : channels == 2 ? "aformat=channel_layouts=stereo,"
                           : "";
}


/* What ffmpeg printed goes into `peaks` and `loudness`. */
static job_outcome_t
listen_hear(job_t *job, const ffprobe_t *probe, unsigned char *peaks,
            int *count, loudness_t *loudness)
{
    char map[16], filter[512];
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { MEDIA_TOOL_FFMPEG,
                                 "-v",
                                 "info",
                                 MEDIA_TOOL_INPUT(job->sniff->demuxer),
                                 "-i",
                                 SANDBOX_INPUT,
                                 "-map",
                                 map,
                                 "-af",
                                 filter,
                                 "-f",
                                 "null",
                                 "-",
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = LISTEN_SECONDS_BASE + (int) (probe->duration / LISTEN_SPEED),
        .refused = "The recording cannot be listened to.",
        .too_long = "Listening to the recording took too long.",
    };

    snprintf(map, sizeof(map), "0:%d", probe->audio.index);
    snprintf(filter, sizeof(filter), LISTEN_FILTER,
             listen_layout(probe->audio.channels),
             fmin(fmax(ceil(probe->duration * probe->audio.sample_rate
                            / LISTEN_PEAKS),
                       LISTEN_PART_MIN),
                  LISTEN_PART_MAX));

    outcome = job_tool(job, &tool, &result);
    *count = loudness_peaks(result.output, peaks, LISTEN_PEAKS);
    if (outcome == JOB_DONE
        && (*count == 0 || loudness_read(result.err, loudness) != 0)) {
        outcome = job_end(job, JOB_BAD, "%s", tool.refused);
    }
    free(result.output);

    return outcome;
}


static job_outcome_t
listen_write(job_t *job, double duration, const unsigned char *peaks, int count)
{
    int i;
    char *text;
    json_t *wave, *list = json_array();
    job_outcome_t outcome;

    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_integer(peaks[i]));
    }
    wave = json_pack("{s:i, s:f, s:o}", "version", LISTEN_VERSION, "duration",
                     duration, "peaks", list);

    text = wave ? json_dumps(wave, JSON_COMPACT | JSON_REAL_PRECISION(9))
                : NULL;
    json_decref(wave);

    outcome = job_write(job, LISTEN_FILE, text, "writing the waveform");
    free(text);
    return outcome;
}


static void
listen_put(json_t *told, const char *name, double value)
{
    if (isfinite(value)) {
        json_object_set_new(told, name, json_real(value));
    }
}


static void
listen_tell(job_t *job, const loudness_t *loudness)
{
    json_t *told = json_object();

    listen_put(told, "integrated", loudness->integrated);
    listen_put(told, "range", loudness->range);
    listen_put(told, "peak", loudness->peak);

    json_object_set_new(job->patch, "recording",
                        json_pack("{s:o}", "loudness", told));
    json_object_set_new(job->patch, "beside",
                        json_pack("{s:s}", "waveform", LISTEN_FILE));
}


job_outcome_t
listen_run(job_t *job)
{
    int count = 0;
    film_t film;
    unsigned char peaks[LISTEN_PEAKS];
    loudness_t loudness;
    job_outcome_t outcome;

    outcome = film_open(&film, job);
    if (outcome == JOB_DONE) {
        outcome = listen_hear(job, &film.probe, peaks, &count, &loudness);
    }
    if (outcome == JOB_DONE) {
        outcome = listen_write(job, film.probe.duration, peaks, count);
    }
    if (outcome == JOB_DONE) {
        outcome = job_publish_file(job, LISTEN_FILE);
    }
    if (outcome == JOB_DONE) {
        listen_tell(job, &loudness);
    }

    film_close(&film);
    return outcome;
}
