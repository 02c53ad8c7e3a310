#include <math.h>
#include <string.h>
#include "film_clock.h"

#define FILM_CLOCK_JUMP 5.0 /* seconds */

/* Seconds that may be missing of one stream while another goes on: a clock that
   jumps ahead further begins anew, as one does that goes back at all. */
#define FILM_CLOCK_HOLE "120"

#define FILM_CLOCK_SHIFT 100.0 /* seconds */


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


/* Formats of which files may be joined as they are (Ogg calls it chaining: RFC
   3533, 4), and then begin their clock anew. */
static int
film_clock_is_joined(const char *demuxer)
{
    return strcmp(demuxer, "mpegts") == 0 || strcmp(demuxer, "mpeg") == 0
           || strcmp(demuxer, "ogg") == 0;
}


void
film_clock_words(argv_t *argv, const film_t *film)
{
    if (film_clock_is_joined(film->job->sniff->demuxer)
        && fabs(film->plan.start) < FILM_CLOCK_JUMP) {
        argv_add(argv, "-seek_timestamp", "1", "-dts_delta_threshold",
                 FILM_CLOCK_HOLE);
    } else {
        argv_add(argv, "-copyts");
    }
}
