/* A storyboard: small pictures of a film on a few sheets, and a WebVTT file
   that says which one shows what second. Pure. */

#ifndef SLUICE_BOARD_H
#define SLUICE_BOARD_H

#include <stddef.h>

#define BOARD_TILES_MAX 200
#define BOARD_SIDE 10 /* tiles of a sheet's side at most */

/* How a film of this length and shape is shown. */
typedef struct {
    double step;       /* seconds from one tile to the next, at least */
    int tiles;         /* at most */
    int width, height; /* of a tile: pixels, even */
    int rows;          /* of a sheet, of BOARD_SIDE tiles each */
    int sheets;        /* at most */
} board_t;

/* `width` and `height` are the film's as it is shown. */
void board_plan(board_t *board, double duration, int width, int height);

/* Reads when the frames were that became tiles, as ffmpeg's filter `metadata`
   prints it ("frame:0 pts:0 pts_time:0"). How many, at most `many`; `times`
   grow. */
int board_times(const char *text, double *times, int many);

/* Writes the WebVTT of so many tiles, of which each is shown until the next
   one: "sheet-1.jpg#xywh=0,0,160,90". Terminated, to free(); NULL when there is
   no memory. */
char *board_vtt(const board_t *board, const double *times, int many,
                double duration);

#endif
