#include <stdlib.h>
#include <string.h>
#include "media_tool.h"


/* "[mov,mp4,… @ 0x…] moov atom not found" */
static void
media_tool_explain(job_t *job, const char *err)
{
    if (strstr(err, "moov atom not found") != NULL) {
        job_end(job, JOB_BAD,
                "The film is cut off: its index (moov) is missing.");
    }
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
        .refused = "The file cannot be read: it is damaged or cut off.",
        .too_long = "The file is built so that looking into it takes too long.",
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
