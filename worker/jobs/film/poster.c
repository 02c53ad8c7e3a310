#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/picture.h"
#include "worker/media/plan.h"
#include "film.h"

#define POSTER_SECONDS 60
#define POSTER_WIDTH "1280"
#define POSTER_BYTES_MAX (16U << 20)
#define POSTER_FILTER 640

/* Where to look, as parts of the film, until a frame is not dark: the mean of
   luma, from 16 (black) to 235. Where no key frame follows, there is none; at
   the beginning there is. */
#define POSTER_DARK 28.0

static const double poster_places[] = { 0.1, 0.3, 0.6 };

#define POSTER_PLACES (sizeof(poster_places) / sizeof(poster_places[0]))


/* The most typical of some frames from `seconds` on; writes poster.jpg. */
static job_outcome_t
poster_try(job_t *job, const ffprobe_stream_t *video, double seconds,
           double *luma)
{
    char from[32], map[16], tone[PLAN_TONE_SIZE], filter[POSTER_FILTER], *found;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { MEDIA_TOOL_FFMPEG,
                           "-ss",
                           from,
                           MEDIA_TOOL_INPUT(job->sniff->demuxer),
                           "-i",
                           SANDBOX_INPUT,
                           "-map",
                           map,
                           "-vf",
                           filter,
                           "-frames:v",
                           "1",
                           "-q:v",
                           "4",
                           "-threads",
                           "1",
                           "-f",
                           "image2",
                           "-update",
                           "1",
                           "poster.jpg",
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = POSTER_SECONDS,
        .refused = "No picture could be taken from the film.",
        .too_long = "Taking a picture from the film took too long.",
    };

    snprintf(from, sizeof(from), "%.3f", seconds);
    snprintf(map, sizeof(map), "0:%d", video->index);

    /* first small: fifty are kept to choose from */
    plan_tone_map(video, tone);
    snprintf(filter, sizeof(filter),
             "%sscale=w='max(2,min(" POSTER_WIDTH ",iw*sar))':"
             "h='max(2,ow/dar)',%ssetsar=1,format=yuvj420p,thumbnail=50,"
             "signalstats,"
             "metadata=print:key=lavfi.signalstats.YAVG:file=-",
             plan_deinterlace(video), tone);

    outcome = job_tool(job, &tool, &result);
    found = strstr(result.output, "YAVG=");
    *luma = found ? strtod(found + 5, NULL) : 0;
    if (outcome == JOB_DONE && found == NULL) {
        outcome = job_end(job, JOB_BAD, "%s", tool.refused); /* not one frame */
    }
    free(result.output);

    return outcome;
}


static job_outcome_t
poster_check(job_t *job)
{
    int rc;
    char path[PATH_MAX], *bytes;
    size_t len;
    picture_t picture;

    if (file_join(path, job->work, "poster.jpg") != 0) {
        return job_errno(job, "checking the poster");
    }

    bytes = file_read(path, POSTER_BYTES_MAX, &len);
    if (bytes == NULL) {
        return job_end(job, JOB_BAD,
                       "No picture could be taken from the film.");
    }

    rc = picture_jpeg(bytes, len, &picture);
    free(bytes);

    if (rc != 0 || !picture.complete) {
        return job_end(job, JOB_BAD,
                       "The picture of the film came out broken.");
    }

    return JOB_DONE;
}


/* The first that is not dark; of dark ones any. */
static job_outcome_t
poster_find(job_t *job, const ffprobe_t *probe)
{
    double luma, length;
    size_t i;
    job_outcome_t outcome, found = JOB_BAD;

    length = probe->video.duration > 0 ? probe->video.duration
                                       : probe->duration;

    for (i = 0; i < POSTER_PLACES; i++) {
        outcome = poster_try(job, &probe->video, length * poster_places[i],
                             &luma);
        if (outcome != JOB_DONE && outcome != JOB_BAD) {
            return outcome;
        }
        if (outcome == JOB_DONE) {
            found = JOB_DONE;
            if (luma > POSTER_DARK) {
                return JOB_DONE;
            }
        }
    }

    return found == JOB_DONE ? JOB_DONE
                             : poster_try(job, &probe->video, 0, &luma);
}


job_outcome_t
poster_run(job_t *job)
{
    ffprobe_t probe;
    job_outcome_t outcome;

    outcome = job_open(job);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    outcome = media_tool_probe_input(job, POSTER_SECONDS, film_duration(job),
                                     &probe);
    if (outcome != JOB_DONE) {
        return outcome;
    }
    ffprobe_free(&probe);

    outcome = poster_find(job, &probe);
    if (outcome == JOB_DONE) {
        outcome = poster_check(job);
    }
    if (outcome == JOB_DONE) {
        outcome = job_settle(job, "poster.jpg");
    }
    if (outcome == JOB_DONE) {
        outcome = job_publish(job, "poster.jpg");
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "poster", json_true());
    }

    return outcome;
}
