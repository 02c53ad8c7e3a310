/* The chapters that a film or a recording has inside: for the record, and as
   WebVTT for players. */

#include <stdlib.h>
#include <string.h>
#include "core/jose/json_bound.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/chapters.h"
#include "film.h"

#define CHAPTERS_FILE "chapters.vtt"
#define CHAPTERS_SECONDS 30
#define CHAPTERS_DEPTH_MAX 8
#define CHAPTERS_VALUES_MAX 50000


static double
chapters_seconds(const json_t *format, const char *name)
{
    const char *text = json_string_value(json_object_get(format, name));

    return text != NULL ? strtod(text, NULL) : 0;
}


static job_outcome_t
chapters_probe(job_t *job, chapters_t *chapters)
{
    double duration, zero;
    json_t *root = NULL, *format;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { "ffprobe",
                                 "-hide_banner",
                                 "-v",
                                 "error",
                                 "-of",
                                 "json",
                                 "-show_entries",
                                 "format=start_time,duration:"
                                 "chapter=start_time,end_time:"
                                 "chapter_tags=title,TITLE",
                                 MEDIA_TOOL_INPUT(job->sniff->demuxer),
                                 SANDBOX_INPUT,
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = CHAPTERS_SECONDS,
        .refused = "The chapters cannot be read.",
        .too_long = "Reading the chapters took too long.",
    };

    outcome = job_tool(job, &tool, &result);
    if (outcome == JOB_DONE) {
        root = json_bound_load(result.output, result.output_len,
                               CHAPTERS_DEPTH_MAX, CHAPTERS_VALUES_MAX);
        if (root == NULL) {
            outcome = job_end(job, JOB_BAD, "%s", tool.refused);
        }
    }
    free(result.output);

    /* Matroska's are on the file's clock, all others count from the film's
       beginning */
    format = json_object_get(root, "format");
    zero = strcmp(job->sniff->demuxer, "matroska") == 0
               ? chapters_seconds(format, "start_time")
               : 0;
    duration = film_duration(job);
    chapters_read(chapters, json_object_get(root, "chapters"), zero,
                  duration > 0 ? duration
                               : chapters_seconds(format, "duration"));
    json_decref(root);

    return outcome;
}


static job_outcome_t
chapters_publish(job_t *job, const char *text)
{
    job_outcome_t outcome;

    outcome = job_write(job, CHAPTERS_FILE, text, "writing the chapters");
    return outcome == JOB_DONE ? job_publish_file(job, CHAPTERS_FILE) : outcome;
}


job_outcome_t
chapters_run(job_t *job)
{
    char *text = NULL;
    chapters_t *chapters;
    job_outcome_t outcome;

    chapters = malloc(sizeof(*chapters));
    if (chapters == NULL) {
        return job_errno(job, "looking for chapters");
    }

    outcome = job_open(job);
    if (outcome == JOB_DONE) {
        outcome = chapters_probe(job, chapters);
    }
    if (outcome == JOB_DONE) {
        text = chapters_vtt(chapters);
    }
    if (text != NULL) {
        outcome = chapters_publish(job, text);
    }
    if (text != NULL && outcome == JOB_DONE) {
        json_object_set_new(job->patch, "chapters", chapters_tell(chapters));
        json_object_set_new(job->patch, "beside",
                            json_pack("{s:s}", "chapters", CHAPTERS_FILE));
    }

    free(text);
    free(chapters);
    return outcome;
}
