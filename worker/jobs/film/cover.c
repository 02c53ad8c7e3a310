/* The picture that a recording has inside, which is then its poster, too. */

#include <stdio.h>
#include "worker/jobs/base/media_tool.h"
#include "film.h"

#define COVER_FILE "cover.jpg"
#define COVER_SECONDS 60
#define COVER_BYTES_MAX (8U << 20)
#define COVER_REFUSED "The cover of the recording cannot be read."

/* Into 1,280 pixels a side, and never larger. */
#define COVER_FILTER                                                   \
    "scale='min(1280,iw)':'min(1280,ih)':force_original_aspect_ratio=" \
    "decrease,setsar=1,format=yuvj420p"


static job_outcome_t
cover_make(job_t *job, int stream)
{
    char map[16];
    const char *const argv[] = { MEDIA_TOOL_FFMPEG,
                                 MEDIA_TOOL_INPUT(job->sniff->demuxer),
                                 "-i",
                                 SANDBOX_INPUT,
                                 "-map",
                                 map,
                                 "-map_metadata",
                                 "-1",
                                 "-vf",
                                 COVER_FILTER,
                                 "-frames:v",
                                 "1",
                                 "-q:v",
                                 "3",
                                 "-f",
                                 "image2",
                                 "-update",
                                 "1",
                                 COVER_FILE,
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = COVER_SECONDS,
        .refused = COVER_REFUSED,
        .too_long = "Reading the cover of the recording took too long.",
    };

    snprintf(map, sizeof(map), "0:%d", stream);
    return job_tool(job, &tool, NULL);
}


static job_outcome_t
cover_publish(job_t *job)
{
    job_outcome_t outcome;

    outcome = job_publish_file(job, COVER_FILE);
    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "poster", json_true());
        json_object_set_new(
            job->patch, "beside",
            json_pack("{s:s, s:s}", "cover", COVER_FILE, "poster", COVER_FILE));
    }

    return outcome;
}


job_outcome_t
cover_run(job_t *job)
{
    film_t film;
    picture_t picture;
    job_outcome_t outcome;

    outcome = film_open(&film, job);
    if (outcome == JOB_DONE) {
        outcome = cover_make(job, film.probe.cover);
    }
    if (outcome == JOB_DONE) {
        outcome = film_picture(job, COVER_FILE, COVER_BYTES_MAX, COVER_REFUSED,
                               &picture);
    }
    if (outcome == JOB_DONE) {
        outcome = cover_publish(job);
    }

    film_close(&film);
    return outcome;
}
