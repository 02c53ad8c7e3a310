#include <stdlib.h>
#include <string.h>
#include "worker/jobs/base/media_tool.h"
#include "worker/media/ffprobe.h"
#include "worker/media/picture.h"
#include "film.h"

#define PROBE_SECONDS 30


static job_outcome_t
probe_judge(job_t *job, const ffprobe_t *probe)
{
    const char *complaint;
    const ffprobe_stream_t *video = &probe->video;

    complaint = ffprobe_complaint(probe, job->input_size);
    if (complaint != NULL) {
        return job_end(job, JOB_BAD, "%s", complaint);
    }

    if (video->index != -1
        && (unsigned long long) video->coded_width
                   * (unsigned long long) video->coded_height
               > PICTURE_PIXELS_MAX) {
        return job_end(job, JOB_BAD, MEDIA_TOOL_PIXELS, video->coded_width,
                       video->coded_height);
    }

    return JOB_DONE;
}


/* What does not wait for what plays first begins beside it. */
static void
probe_follow(job_t *job, const ffprobe_t *probe)
{
    plan_t plan;

    plan_make(&plan, probe, job->config->film_lines);

    job_follow(job, "package");
    film_beside(job, probe);
    if (plan.recode_video != NULL) {
        film_split(job, &plan);
    }
}


static void
probe_report(job_t *job, const ffprobe_t *probe)
{
    int film = probe->video.index != -1;
    json_t *patch = job->patch;

    json_object_set_new(patch, "kind", json_string(film ? "video" : "audio"));
    json_object_set_new(patch, "extension", json_string(job->sniff->extension));
    json_object_set_new(patch, "duration", json_real(probe->duration));
    json_object_set(patch, "streams", probe->streams);
    json_object_set(patch, "facts", probe->facts);

    if (*probe->title) {
        json_object_set_new(patch, "title", json_string(probe->title));
    }
    if (*probe->author) {
        json_object_set_new(patch, "author", json_string(probe->author));
    }

    if (film) {
        json_object_set_new(patch, "width", json_integer(probe->video.width));
        json_object_set_new(patch, "height", json_integer(probe->video.height));
    }

    json_object_set_new(job->result, "format", json_string(probe->format));
    if (probe->bit_rate > 0) {
        json_object_set_new(job->result, "bit_rate",
                            json_integer((json_int_t) probe->bit_rate));
    }

    probe_follow(job, probe);
}


job_outcome_t
probe_run(job_t *job)
{
    ffprobe_t probe;
    job_outcome_t outcome;

    outcome = job_open(job);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    /* The name promised something else than what is inside. */
    if (job->sniff->kind == MEDIA_SCORE) {
        json_object_set_new(job->patch, "kind", json_string("score"));
        job_follow(job, "score");
        return JOB_DONE;
    }

    outcome = media_tool_probe_input(job, PROBE_SECONDS, 0, &probe);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    probe.bytes = (double) job->input_size;
    outcome = probe_judge(job, &probe);
    if (outcome == JOB_DONE) {
        outcome = job_confirm(job);
    }
    if (outcome == JOB_DONE) {
        outcome = job_keep(job);
    }
    if (outcome == JOB_DONE) {
        probe_report(job, &probe);
    }

    ffprobe_free(&probe);
    return outcome;
}
