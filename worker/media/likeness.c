#include <math.h>
#include <string.h>
#include "likeness.h"

/* Both are laid out in cells, whose ink is compared, and in tiles of so many
   cells, whose forms are. */
#define LIKENESS_CELL 4
#define LIKENESS_TILE 6
#define LIKENESS_CELLS (LIKENESS_SIDE_MAX / LIKENESS_CELL)

#define LIKENESS_WHITE 255.0
#define LIKENESS_NOTHING 0.02 /* mean ink of a page without any */
#define LIKENESS_FLOOD 100.0  /* … of one that is hardly a page */

typedef struct {
    double widths;   /* times as much ink may come of wider lines */
    double faint;    /* ink of a cell that may be there or not */
    double far;      /* ink of a cell that makes it far lighter */
    double contrast; /* of a tile that has forms */
    double alike;    /* correlation of forms that have something in common */
    double missing, apart, strange; /* how much makes another page of it */
} likeness_bounds_t;

static const likeness_bounds_t likeness_bounds[] = {
    [LIKENESS_DRAWN] = { 4, 6, 110, 8, 0.2, 0.5, 0.06, 0.12 },
    [LIKENESS_SAMPLED] = { 1.6, 6, 80, 6, 0.5, 0.25, 0.01, 0.02 },
};

typedef struct {
    int columns, rows;
    double a[LIKENESS_CELLS * LIKENESS_CELLS];
    double b[LIKENESS_CELLS * LIKENESS_CELLS];
} likeness_cells_t;


/* Ink: what is missing to white, as the eye has it (ITU-R BT.601). */
static double
likeness_ink(const unsigned char *p)
{
    return LIKENESS_WHITE - (0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]);
}


static void
likeness_fill(const likeness_pair_t *pair, likeness_cells_t *cells)
{
    int x, y, at, count[LIKENESS_CELLS * LIKENESS_CELLS] = { 0 };

    memset(cells, 0, sizeof(*cells));
    cells->columns = (pair->width + LIKENESS_CELL - 1) / LIKENESS_CELL;
    cells->rows = (pair->height + LIKENESS_CELL - 1) / LIKENESS_CELL;

    for (y = 0; y < pair->height; y++) {
        for (x = 0; x < pair->width; x++) {
            at = y / LIKENESS_CELL * cells->columns + x / LIKENESS_CELL;
            cells->a[at] += likeness_ink(pair->a + 3 * (y * pair->width + x));
            cells->b[at] += likeness_ink(pair->b + 3 * (y * pair->width + x));
            count[at]++;
        }
    }

    for (at = 0; at < cells->columns * cells->rows; at++) {
        cells->a[at] /= count[at];
        cells->b[at] /= count[at];
    }
}


/* Ink that the other has nothing of, however wide its lines. */
static double
likeness_only(double one, double other, const likeness_bounds_t *bounds)
{
    double rest = one - other * bounds->widths - bounds->faint;

    return rest > 0 ? rest : 0;
}


static void
likeness_of_ink(const likeness_cells_t *cells, const likeness_bounds_t *bounds,
                likeness_t *likeness)
{
    int i, count = cells->columns * cells->rows, apart = 0;
    double sum_a = 0, sum_b = 0, only_a = 0, only_b = 0;

    for (i = 0; i < count; i++) {
        sum_a += cells->a[i];
        sum_b += cells->b[i];
        only_a += likeness_only(cells->a[i], cells->b[i], bounds);
        only_b += likeness_only(cells->b[i], cells->a[i], bounds);
        apart += fabs(cells->a[i] - cells->b[i]) > bounds->far;
    }

    likeness->missing = fmax(sum_a > 0 ? only_a / sum_a : 0,
                             sum_b > 0 ? only_b / sum_b : 0);
    likeness->apart = (double) apart / count;
    likeness->empty = sum_b < LIKENESS_NOTHING * count && sum_a > sum_b
                      && sum_a < LIKENESS_FLOOD * count;
}


/* Pearson's coefficient of both in one tile; 1 where neither has a form. */
static double
likeness_correlate(const likeness_cells_t *cells, int column, int row,
                   double contrast)
{
    int x, y, at, n = 0;
    double a = 0, b = 0, aa = 0, bb = 0, ab = 0;

    for (y = row; y < row + LIKENESS_TILE && y < cells->rows; y++) {
        for (x = column; x < column + LIKENESS_TILE && x < cells->columns;
             x++, n++) {
            at = y * cells->columns + x;
            a += cells->a[at];
            b += cells->b[at];
            aa += cells->a[at] * cells->a[at];
            bb += cells->b[at] * cells->b[at];
            ab += cells->a[at] * cells->b[at];
        }
    }

    aa = aa / n - a / n * (a / n);
    bb = bb / n - b / n * (b / n);
    ab = ab / n - a / n * (b / n);

    return aa < contrast * contrast || bb < contrast * contrast
               ? 1
               : ab / sqrt(aa * bb);
}


static void
likeness_of_forms(const likeness_cells_t *cells,
                  const likeness_bounds_t *bounds, likeness_t *likeness)
{
    int column, row, tiles = 0, strange = 0;

    for (row = 0; row < cells->rows; row += LIKENESS_TILE) {
        for (column = 0; column < cells->columns; column += LIKENESS_TILE) {
            tiles++;
            strange += likeness_correlate(cells, column, row, bounds->contrast)
                       < bounds->alike;
        }
    }

    likeness->strange = (double) strange / tiles;
}


void
likeness(const likeness_pair_t *pair, likeness_kind_t kind,
         likeness_t *likeness)
{
    likeness_cells_t cells;
    const likeness_bounds_t *bounds = &likeness_bounds[kind];

    likeness_fill(pair, &cells);
    likeness_of_ink(&cells, bounds, likeness);
    likeness_of_forms(&cells, bounds, likeness);

    likeness->same = likeness->missing <= bounds->missing
                     && likeness->apart <= bounds->apart
                     && likeness->strange <= bounds->strange;
}
