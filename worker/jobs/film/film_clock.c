#include <math.h>
#include <string.h>
#include "worker/jobs/base/media_tool.h"
#include "film_clock.h"

#define FILM_CLOCK_JUMP 5.0 /* seconds */

#define FILM_CLOCK_SHIFT 100.0 /* seconds */

/* With any offset at all ffmpeg counts from where all of the file begins, else
   from where what is read of it does. */
#define FILM_CLOCK_LEAST "0.000001" /* seconds */


double
film_clock_lift(const plan_t *plan)
{
    return ceil(fmax(-plan->start, 0));
}


double
film_clock_shift(const plan_t *plan)
{
    return FILM_CLOCK_SHIFT + film_clock_lift(plan);
}


int
film_clock_is_joined(const film_t *film)
{
    const char *demuxer = film->job->sniff->demuxer;

    return strcmp(demuxer, "mpegts") == 0 || strcmp(demuxer, "mpeg") == 0
           || strcmp(demuxer, "ogg") == 0;
}


void
film_clock_settle(film_t *film)
{
    int i;
    ffprobe_t *probe = &film->probe;

    if (!film_clock_is_joined(film) || fabs(probe->start) < FILM_CLOCK_JUMP) {
        return;
    }

    film->origin = probe->start;
    probe->start = 0;
    probe->video.start -= film->origin;
    probe->audio.start -= film->origin;
    for (i = 0; i < probe->nsounds; i++) {
        probe->sounds[i].start -= film->origin;
    }
}


void
film_clock_kept(argv_t *argv, const film_t *film)
{
    if (film_clock_is_joined(film)) {
        argv_add(argv, "-seek_timestamp", "1");
    } else {
        argv_add(argv, "-copyts");
    }
}


void
film_clock_words(argv_t *argv, const film_t *film)
{
    if (film_clock_is_joined(film)) {
        argv_add(argv, "-dts_delta_threshold");
        argv_format(argv, "%d", FILM_CLOCK_HOLE);
    }
    if (film->origin == 0) {
        film_clock_kept(argv, film);
    } else {
        argv_add(argv, "-itsoffset", FILM_CLOCK_LEAST);
    }
}


void
film_clock_input(argv_t *argv, const film_t *film)
{
    film_clock_words(argv, film);
    argv_add(argv, MEDIA_TOOL_INPUT(film->job->sniff->demuxer), "-i",
             SANDBOX_INPUT);
}


void
film_clock_beside(argv_t *argv, const film_t *film)
{
    int i;
    const ffprobe_t *probe = &film->probe;

    if (!film_clock_is_joined(film)) {
        return;
    }

    if (probe->video.index != -1) {
        argv_add(argv, "-map");
        argv_format(argv, "0:%d", probe->video.index);
    }
    for (i = 0; i < probe->nsounds; i++) {
        argv_add(argv, "-map");
        argv_format(argv, "0:%d", probe->sounds[i].index);
    }
    argv_add(argv, "-c", "copy", "-f", "null", "-");
}
