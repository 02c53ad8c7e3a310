#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "worker/jobs/base/media_tool.h"
#include "film_clock.h"
#include "make.h"
#include "straight.h"

/* Its file, by the number of the stream. */
#define STRAIGHT_FILE "straight-%d"
#define STRAIGHT_BYTES 2.0    /* of a sample */
#define STRAIGHT_FACTOR 128.0 /* of what came in */
#define STRAIGHT_SECONDS 60.0

/* ffmpeg's last words where a sound changed that was not to. */
#define STRAIGHT_CHANGED \
    "Error while processing the decoded data for stream #0:"

static argv_t straight_argv; /* large */


/* Whether a sound is the first of its source, and that one was made straight.
 */
static int
straight_is_first(const plan_output_t *const *outputs, int i)
{
    return !outputs[i]->is_video && outputs[i]->source->changes
           && (i == 0 || outputs[i - 1]->source != outputs[i]->source);
}


int
straight_input(const plan_output_t *const *outputs, int sound)
{
    int i, inputs = 0;

    if (!outputs[sound]->source->changes) {
        return 0;
    }

    for (i = 0; i <= sound; i++) {
        inputs += straight_is_first(outputs, i);
    }

    return inputs;
}


void
straight_inputs(argv_t *argv, const film_t *film,
                const plan_output_t *const *outputs, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (straight_is_first(outputs, i)) {
            film_clock_kept(argv, film);
            argv_add(argv, "-itsoffset");
            argv_format(argv, "-%.0f", film_clock_shift(&film->plan));
            argv_add(argv, MEDIA_TOOL_INPUT("nut"), "-i");
            argv_format(argv, STRAIGHT_FILE, outputs[i]->source->index);
        }
    }
}


static void
straight_words(const film_t *film, const plan_output_t *const *outputs, int n)
{
    int i;
    argv_t *argv = &straight_argv;

    argv_clear(argv);
    argv_add(argv, MEDIA_TOOL_FFMPEG);
    film_clock_input(argv, film);

    for (i = 0; i < n; i++) {
        const ffprobe_stream_t *sound = outputs[i]->source;

        if (!straight_is_first(outputs, i)) {
            continue;
        }
        argv_add(argv, "-map");
        argv_format(argv, "0:%d", sound->index);
        argv_add(argv, "-c:a", "pcm_s16le", "-ac");
        argv_format(argv, "%d", sound->channels);
        argv_add(argv, "-af");
        argv_format(argv, "aresample=%d:" MAKE_SYNC, plan_sample_rate(sound));
        argv_add(argv, "-output_ts_offset");
        argv_format(argv, "%.0f", film_clock_shift(&film->plan));
        argv_add(argv, "-f", "nut");
        argv_format(argv, STRAIGHT_FILE, sound->index);
    }
    film_clock_beside(argv, film);
}


job_outcome_t
straight_make(film_t *film, const plan_output_t *const *outputs, int n)
{
    int i;
    job_t *job = film->job;
    double bytes = 0;
    job_tool_t tool = {
        .argv = straight_argv.words,
        .seconds = (int) (STRAIGHT_SECONDS + film->plan.duration),
        .refused = MAKE_REFUSED,
        .too_long = MAKE_TOO_LONG,
    };

    for (i = 0; i < n; i++) {
        if (straight_is_first(outputs, i)) {
            bytes = fmax(bytes, STRAIGHT_BYTES * outputs[i]->source->channels
                                    * plan_sample_rate(outputs[i]->source));
        }
    }
    if (!(bytes > 0)) {
        return JOB_DONE;
    }

    straight_words(film, outputs, n);
    tool.file_size = (uint64_t) (MAKE_BYTES_BASE
                                 + fmin(bytes * film->plan.duration,
                                        STRAIGHT_FACTOR
                                            * (double) job->input_size));

    return job_tool(job, &tool, NULL);
}


int
straight_finds(film_t *film, const char *err)
{
    int stream;
    const char *at = strstr(err, STRAIGHT_CHANGED);

    if (at == NULL) {
        return -1;
    }

    stream = (int) strtol(at + strlen(STRAIGHT_CHANGED), NULL, 10);
    if (!ffprobe_changes(&film->probe, stream)) {
        return -1;
    }

    json_object_set(film->job->patch, "facts", film->probe.facts);
    return stream;
}
