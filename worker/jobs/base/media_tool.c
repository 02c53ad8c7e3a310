#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "media_tool.h"

#define MEDIA_TOOL_TIME "out_time_us="
#define MEDIA_TOOL_REFUSED "The file cannot be read: it is damaged or cut off."
#define MEDIA_TOOL_TOO_LONG \
    "The file is built so that looking into it takes too long."


/* "[mov,mp4,… @ 0x…] moov atom not found" */
static void
media_tool_explain(job_t *job, const char *err)
{
    if (strstr(err, "moov atom not found") != NULL) {
        job_end(job, JOB_BAD,
                "The film is cut off: its index (moov) is missing.");
    }
}


/* out_time_us=1234567 */
static void
media_tool_time(const char *text, double *seconds)
{
    const char *found;

    for (found = text; (found = strstr(found, MEDIA_TOOL_TIME)) != NULL;) {
        found += strlen(MEDIA_TOOL_TIME);
        *seconds = fmax(*seconds, strtod(found, NULL) / 1e6);
    }
}


/* Of a file that does not say it, such as a browser's recording: reads on to
   its end. */
static job_outcome_t
media_tool_length(job_t *job, const char *demuxer, const char *path,
                  int seconds, double *duration)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { MEDIA_TOOL_FFMPEG,
                           "-progress",
                           "pipe:1",
                           "-stats_period",
                           "3600",
                           MEDIA_TOOL_INPUT(demuxer),
                           "-i",
                           path,
                           "-map",
                           "0:v?",
                           "-map",
                           "0:a?",
                           "-c",
                           "copy",
                           "-f",
                           "null",
                           "-",
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = seconds,
        .refused = MEDIA_TOOL_REFUSED,
        .too_long = MEDIA_TOOL_TOO_LONG,
    };

    outcome = job_tool(job, &tool, &result);
    if (outcome == JOB_DONE) {
        media_tool_time(result.output, duration);
    }

    free(result.output);
    return outcome;
}


job_outcome_t
media_tool_probe(job_t *job, const char *demuxer, const char *path, int seconds,
                 ffprobe_t *probe)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { "ffprobe",
                           "-hide_banner",
                           "-v",
                           "error",
                           "-of",
                           "json",
                           "-show_entries",
                           FFPROBE_ENTRIES,
                           MEDIA_TOOL_INPUT(demuxer),
                           path,
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = seconds,
        .refused = MEDIA_TOOL_REFUSED,
        .too_long = MEDIA_TOOL_TOO_LONG,
    };

    outcome = job_tool(job, &tool, &result);

    if (outcome == JOB_BAD) {
        media_tool_explain(job, result.err);
    }
    if (outcome == JOB_DONE
        && ffprobe_parse(result.output, result.output_len, probe) != 0) {
        outcome = job_end(job, JOB_BAD, "%s", tool.refused);
    }
    free(result.output);

    if (outcome == JOB_DONE && !(probe->duration > 0)
        && (probe->video.index != -1 || probe->audio.index != -1)) {
        outcome = media_tool_length(job, demuxer, path, seconds,
                                    &probe->duration);
        if (outcome != JOB_DONE) {
            json_decref(probe->streams);
        }
    }

    return outcome;
}
