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
double
media_tool_time(const char *line)
{
    return strncmp(line, MEDIA_TOOL_TIME, strlen(MEDIA_TOOL_TIME)) == 0
               ? strtod(line + strlen(MEDIA_TOOL_TIME), NULL) / 1e6
               : -1;
}


/* Of a file that does not say it, such as a browser's recording: reads on to
   its end. */
static job_outcome_t
media_tool_length(job_t *job, int seconds, double *duration)
{
    const char *line;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { MEDIA_TOOL_FFMPEG,
                           "-progress",
                           "pipe:1",
                           "-stats_period",
                           "3600",
                           MEDIA_TOOL_INPUT(job->sniff->demuxer),
                           "-i",
                           SANDBOX_INPUT,
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

    for (line = outcome == JOB_DONE ? result.output : NULL; line != NULL;
         line = strchr(line, '\n')) {
        line += strspn(line, "\n");
        *duration = fmax(*duration, media_tool_time(line));
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

    return outcome;
}


job_outcome_t
media_tool_probe_input(job_t *job, int seconds, double known, ffprobe_t *probe)
{
    job_outcome_t outcome;

    outcome = media_tool_probe(job, job->sniff->demuxer, SANDBOX_INPUT, seconds,
                               probe);

    if (outcome != JOB_DONE || probe->duration > 0
        || (probe->video.index == -1 && probe->audio.index == -1)) {
        return outcome;
    }

    probe->duration = known;
    if (known > 0) {
        return JOB_DONE;
    }

    outcome = media_tool_length(job, seconds, &probe->duration);
    if (outcome != JOB_DONE) {
        ffprobe_free(probe);
    }

    return outcome;
}
