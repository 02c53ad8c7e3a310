/* ffmpeg and ffprobe with the options that hostile files call for: one demuxer
   (the sniffed one), no protocol but files, a bound on pixels and threads. */

#ifndef SLUICE_MEDIA_TOOL_H
#define SLUICE_MEDIA_TOOL_H

#include "worker/media/ffprobe.h"
#include "job.h"

#define MEDIA_TOOL_PIXELS_TEXT "50000000" /* PICTURE_PIXELS_MAX */
#define MEDIA_TOOL_THREADS "2"

/* For the owner, with width and height. */
#define MEDIA_TOOL_PIXELS \
    "The picture claims %u × %u pixels; at most 50 million are allowed."

/* What comes before -i or a file's name. */
#define MEDIA_TOOL_INPUT(demuxer)                                              \
    "-protocol_whitelist", "file,pipe", "-format_whitelist", (demuxer),        \
        "-max_pixels", MEDIA_TOOL_PIXELS_TEXT, "-threads", MEDIA_TOOL_THREADS, \
        "-f", (demuxer)

/* How ffmpeg starts. */
#define MEDIA_TOOL_FFMPEG                                                  \
    "ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-v", "error", "-y", \
        "-filter_threads", "1"

/* What a line of -progress says is done by now, in seconds; < 0: it does not
   say. */
double media_tool_time(const char *line);

/* Probes a file of the sandbox. On JOB_DONE `probe` is to ffprobe_free(). */
job_outcome_t media_tool_probe(job_t *job, const char *demuxer,
                               const char *path, int seconds, ffprobe_t *probe);

/* The same of the job's input. Where it does not say how long it is, it is so
   many seconds as are `known`, or, when that is 0, read to its end. */
job_outcome_t media_tool_probe_input(job_t *job, int seconds, double known,
                                     ffprobe_t *probe);

#endif
