#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board.h"
#include "stamp.h"

#define BOARD_WIDTH 160
#define BOARD_HEIGHT_MAX 320
#define BOARD_STEP_MIN 2.0 /* seconds; a short film has a tile each tenth */
#define BOARD_SHORT 20.0
#define BOARD_SHORT_TILES 10
#define BOARD_TIME "pts_time:"
#define BOARD_CUE_SIZE 96


static int
board_even(double side)
{
    const int even = 2 * (int) lround(side / 2);

    return even < 2 ? 2 : even;
}


void
board_plan(board_t *board, double duration, int width, int height)
{
    const double shape = height > 0 && width > 0
                             ? (double) height / (double) width
                             : 9.0 / 16.0;

    board->step = duration > BOARD_SHORT
                      ? fmax(duration / BOARD_TILES_MAX, BOARD_STEP_MIN)
                      : fmax(duration / BOARD_SHORT_TILES, 0.001);
    board->tiles = (int) fmin(ceil(duration / board->step - 1e-6),
                              BOARD_TILES_MAX);
    board->tiles = board->tiles < 1 ? 1 : board->tiles;

    board->width = BOARD_WIDTH;
    board->height = board_even(BOARD_WIDTH * shape);
    if (board->height > BOARD_HEIGHT_MAX) {
        board->height = BOARD_HEIGHT_MAX;
        board->width = board_even(BOARD_HEIGHT_MAX / shape);
    }

    board->rows = (board->tiles + BOARD_SIDE - 1) / BOARD_SIDE;
    board->rows = board->rows > BOARD_SIDE ? BOARD_SIDE : board->rows;
    board->sheets = (board->tiles + BOARD_SIDE * board->rows - 1)
                    / (BOARD_SIDE * board->rows);
}


int
board_times(const char *text, double *times, int many)
{
    int n = 0;
    double seconds;

    while (n < many && (text = strstr(text, BOARD_TIME)) != NULL) {
        text += strlen(BOARD_TIME);
        seconds = strtod(text, NULL);
        if (!isfinite(seconds)) {
            continue;
        }
        times[n] = n > 0 ? fmax(seconds, times[n - 1]) : fmax(seconds, 0);
        n++;
    }

    return n;
}


char *
board_vtt(const board_t *board, const double *times, int many, double duration)
{
    int i, of_sheet = BOARD_SIDE * board->rows;
    char *text, from[STAMP_SIZE], to[STAMP_SIZE];
    size_t used, size = 16 + (size_t) many * BOARD_CUE_SIZE;

    text = malloc(size);
    if (text == NULL) {
        return NULL;
    }

    used = (size_t) snprintf(text, size, "WEBVTT\n");
    for (i = 0; i < many; i++) {
        /* the first is there from the beginning */
        stamp(from, i > 0 ? times[i] : 0);
        stamp(to,
              i + 1 < many ? times[i + 1] : fmax(duration, times[i] + 0.001));
        used += (size_t) snprintf(
            text + used, size - used,
            "\n%s --> %s\nsheet-%d.jpg#xywh=%d,%d,%d,%d\n", from, to,
            i / of_sheet + 1, i % BOARD_SIDE * board->width,
            i % of_sheet / BOARD_SIDE * board->height, board->width,
            board->height);
    }

    return text;
}
