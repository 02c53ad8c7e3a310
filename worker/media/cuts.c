#include <math.h>
#include <string.h>
#include "cuts.h"

#define CUTS_BEHIND 3600.0 /* seconds: further than any picture */


void
cuts_begin(cuts_t *cuts, double start, double duration, double seconds,
           double grid, int at_keys)
{
    memset(cuts, 0, sizeof(*cuts));

    cuts->start = start;
    cuts->length = grid * ceil(fmax(seconds, duration / CUTS_MAX) / grid);
    cuts->at_keys = at_keys;
}


static cuts_run_t *
cuts_run(cuts_t *cuts, int i)
{
    for (/* void */; cuts->nruns <= i; cuts->nruns++) {
        cuts->run[cuts->nruns] = (cuts_run_t){ HUGE_VAL, -HUGE_VAL, HUGE_VAL,
                                               -HUGE_VAL, 0 };
    }

    return &cuts->run[i];
}


static int
cuts_cell(const cuts_t *cuts, double shown)
{
    const double cell = floor((shown - cuts->start) / cuts->length);

    return cell < 0 ? 0 : cell < CUTS_MAX ? (int) cell : CUTS_MAX - 1;
}


/* Pictures that are decoded behind a key frame and shown before it belong to
   the piece before. */
static int
cuts_by_key(cuts_t *cuts, double shown, int key)
{
    int i = cuts->nruns - 1;

    if (i < 0) {
        return 0;
    }
    if (key && i + 1 < CUTS_MAX
        && shown >= cuts->start
                        + cuts->length
                              * (cuts_cell(cuts, cuts->run[i].first_key) + 1)) {
        return i + 1;
    }

    while (i > 0 && shown < cuts->run[i].first_key) {
        i--;
    }
    return i;
}


void
cuts_picture(cuts_t *cuts, double shown, int key)
{
    cuts_run_t *run;

    if (!isfinite(shown)) {
        cuts->lost = 1;
        return;
    }

    run = cuts_run(cuts, cuts->at_keys ? cuts_by_key(cuts, shown, key)
                                       : cuts_cell(cuts, shown));
    run->pictures++;
    run->first = fmin(run->first, shown);
    run->last = fmax(run->last, shown);
    if (key) {
        run->first_key = fmin(run->first_key, shown);
        run->last_key = fmax(run->last_key, shown);
    }
}


int
cuts_end(const cuts_t *cuts, cuts_piece_t pieces[CUTS_MAX])
{
    int i, n = 0;
    double last = 0, key = -HUGE_VAL;
    cuts_piece_t *piece = NULL;
    const cuts_run_t *run;

    for (i = 0; i < cuts->nruns && !cuts->lost; i++) {
        run = &cuts->run[i];
        if (run->pictures == 0) {
            continue;
        }

        if (piece == NULL) {
            pieces[n].from = run->first - CUTS_BEHIND;
        } else if (run->first > last) {
            pieces[n].from = piece->to = (last + run->first) / 2;
        } else {
            return 0;
        }

        key = run->first_key <= run->first ? run->first_key : key;
        piece = &pieces[n++];
        piece->to = run->last + CUTS_BEHIND;
        piece->pictures = run->pictures;
        piece->seek = key;
        if (!isfinite(key)) {
            return 0;
        }

        last = run->last;
        key = fmax(key, run->last_key);
    }

    return n;
}
