#include <stdlib.h>
#include "core/base/fail.h"
#include "timing.h"

#define TIMING_MICRO 1000000
#define TIMING_TOLERANCE 1000 /* a second's part that is rounding: 1 ms */
#define TIMING_START_MAX (INT64_C(1) << 48) /* microseconds: nine years */
#define TIMING_SHOWN_MAX (INT64_C(1) << 59)

/* Pictures that are decoded before the first one that is shown. */
#define TIMING_REORDER_MAX 64

typedef struct {
    const piece_t *piece; /* the one that is looked at */
    samples_t *samples;
    timing_t *timing;
    int64_t slack;      /* ticks of rounding */
    int64_t *decode;    /* times of a piece */
    sample_t *previous; /* the last one of the piece before */
    int64_t decoded;    /* when that one is */
    int64_t shown;      /* the last time in that piece */
    char *why;
    size_t why_size;
} timing_run_t;

#define TIMING_FAIL(run, ...) \
    fail_because((run)->why, (run)->why_size, __VA_ARGS__)


/* Microseconds as ticks, to the nearest one. */
static int64_t
timing_ticks(int64_t micro, uint32_t timescale)
{
    const int64_t whole = micro / TIMING_MICRO,
                  rest = (micro % TIMING_MICRO) * timescale;

    return whole * timescale
           + (rest + (rest < 0 ? -1 : 1) * TIMING_MICRO / 2) / TIMING_MICRO;
}


/* Decodes samples FIRST to LAST, of which the last is shown at `shown`, one
   after the other behind `before`. */
static void
timing_spread(int64_t *decode, size_t first, size_t last, int64_t before,
              int64_t shown)
{
    size_t i;
    const int64_t step = (shown - before) / (int64_t) (last - first + 1);

    for (i = first; i <= last; i++) {
        decode[i] = shown - (int64_t) (last - i) * step;
        if (i > 0 && decode[i] <= decode[i - 1]) {
            decode[i] = decode[i - 1] + 1;
        }
    }
}


/* None is decoded later than the earliest that is shown of it and all behind
   it. */
static void
timing_decode(timing_run_t *run, const sample_t *sample, size_t count)
{
    size_t i, first = 0;
    int64_t least = INT64_MAX, before, *decode = run->decode;

    run->shown = sample[0].shown;
    for (i = count; i-- > 0; /* void */) {
        least = sample[i].shown < least ? sample[i].shown : least;
        decode[i] = least;
        run->shown = sample[i].shown > run->shown ? sample[i].shown
                                                  : run->shown;
    }

    before = run->previous != NULL ? run->decoded : decode[0];
    for (i = 0; i < count; i++) {
        if (i + 1 < count && decode[i + 1] == decode[i]) {
            continue;
        }
        timing_spread(decode, first, i, before, decode[i]);
        before = decode[i];
        first = i + 1;
    }
}


static int
timing_between(timing_run_t *run, sample_t *sample, int64_t decoded,
               int64_t next)
{
    const int64_t offset = sample->shown - decoded;

    if (next <= decoded || next - decoded > UINT32_MAX || offset > INT32_MAX
        || offset < INT32_MIN) {
        return TIMING_FAIL(run, "times too far apart for its clock");
    }

    sample->duration = (uint32_t) (next - decoded);
    return 0;
}


/* Sound that begins before 0 cannot be heard in part. */
static void
timing_begin(timing_run_t *run, size_t first, size_t last)
{
    size_t at = first;

    while (!run->piece->video && at < last
           && run->samples->sample[at].shown < 0) {
        at++;
    }
    run->timing->from = at;
}


/* The picture that is shown first is shown from 0 on. */
static void
timing_from_zero(timing_run_t *run, size_t first, size_t last)
{
    size_t i, least = first;
    sample_t *sample = run->samples->sample;

    if (run->piece->video) {
        for (i = first; i < last && i < first + TIMING_REORDER_MAX; i++) {
            least = sample[i].shown < sample[least].shown ? i : least;
        }
        sample[least].shown = sample[least].shown < 0 ? sample[least].shown : 0;
    }
}


static int
timing_piece(timing_run_t *run, size_t first, size_t last)
{
    size_t i;
    const size_t count = last - first;
    const int64_t until = run->shown;
    sample_t *sample = run->samples->sample + first;

    timing_decode(run, sample, count);

    if (run->decode[0] < 0) {
        return TIMING_FAIL(run, "a sample before the film's beginning");
    }
    if (run->previous == NULL) {
        run->timing->begin = run->decode[0];
    } else if (run->decode[0] <= until) {
        return TIMING_FAIL(run, "a piece that begins within another");
    } else if (timing_between(run, run->previous, run->decoded, run->decode[0])
               != 0) {
        return -1;
    }

    for (i = 0; i + 1 < count; i++) {
        if (timing_between(run, &sample[i], run->decode[i], run->decode[i + 1])
            != 0) {
            return -1;
        }
    }

    run->previous = &sample[count - 1];
    run->decoded = run->decode[count - 1];
    return 0;
}


static int
timing_shift(timing_run_t *run, const piece_t *piece, int64_t zero)
{
    size_t i;
    sample_t *sample = run->samples->sample + piece->first;

    for (i = 0; i < piece->count; i++) {
        sample[i].shown -= zero;
        if (sample[i].shown < 0 && sample[i].shown >= -run->slack) {
            sample[i].shown = 0;
        }
        if (sample[i].shown > TIMING_SHOWN_MAX
            || sample[i].shown < -TIMING_SHOWN_MAX) {
            return TIMING_FAIL(run, "a time that is none");
        }
    }

    return 0;
}


static int
timing_pieces(timing_run_t *run, const piece_t *pieces, size_t n, int64_t zero)
{
    size_t i, first, last;

    for (i = 0; i < n; i++) {
        run->piece = &pieces[i];
        first = pieces[i].first;
        last = first + pieces[i].count;

        if (timing_shift(run, &pieces[i], zero) != 0) {
            return -1;
        }
        if (run->previous == NULL) {
            timing_begin(run, first, last);
            first = run->timing->from;
            if (first == last) {
                continue;
            }
            timing_from_zero(run, first, last);
        }
        if (timing_piece(run, first, last) != 0) {
            return -1;
        }
    }

    return run->previous != NULL
               ? 0
               : TIMING_FAIL(run, "nothing behind the film's beginning");
}


int
timing_settle(const timing_film_t *film, const piece_t *pieces, size_t n,
              samples_t *samples, timing_t *timing, char *why, size_t why_size)
{
    int rc = -1;
    const uint32_t timescale = pieces[0].timescale;
    int64_t end, until;
    timing_run_t run = { .samples = samples,
                         .timing = timing,
                         .slack = timescale / TIMING_TOLERANCE,
                         .why = why,
                         .why_size = why_size };

    if (film->start > TIMING_START_MAX || film->start < -TIMING_START_MAX
        || film->end > TIMING_START_MAX) {
        return TIMING_FAIL(&run, "a film that begins at no time");
    }

    run.decode = malloc(samples->count * sizeof(*run.decode));
    if (run.decode == NULL) {
        return TIMING_FAIL(&run, "no memory for times");
    }

    rc = timing_pieces(&run, pieces, n, timing_ticks(film->start, timescale));
    if (rc == 0) {
        end = run.shown
              + (pieces[n - 1].last_duration > 0 ? pieces[n - 1].last_duration
                                                 : 1);
        until = timing_ticks(film->end - film->start, timescale);
        if (pieces[0].video && film->end > film->start && until > end) {
            end = until;
        }
        end = end > run.decoded ? end : run.decoded + 1;
        timing->end = end;
        rc = timing_between(&run, run.previous, run.decoded, end);
    }

    free(run.decode);
    return rc;
}
