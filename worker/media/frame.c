#include <math.h>
#include <stdlib.h>
#include "frame.h"

#define FRAME_LEVELS 64 /* of brightness, that are told apart */
#define FRAME_DARK 24   /* and below */
#define FRAME_LIGHT 240 /* and above */

/* Points: the spread of brightness counts up to six (bits), sharpness up to
   three; and what is dark or light in more than half of the frame costs up to
   five, as a title does on black. */
#define FRAME_SHARP_MOST 12.0 /* mean of the edges */
#define FRAME_SHARP_POINTS 3.0
#define FRAME_ONE_TONE 0.5
#define FRAME_ONE_TONE_POINTS 10.0
#define FRAME_EDGE 3 /* and below is noise */


/* Bits of Shannon's entropy: how many different tones there are. */
static double
frame_spread(const unsigned char *pixels)
{
    double part, bits = 0;
    size_t i, counts[FRAME_LEVELS] = { 0 };

    for (i = 0; i < FRAME_SIZE; i++) {
        counts[pixels[i] * FRAME_LEVELS / 256]++;
    }

    for (i = 0; i < FRAME_LEVELS; i++) {
        part = (double) counts[i] / (double) FRAME_SIZE;
        bits -= part > 0 ? part * log2(part) : 0;
    }

    return bits;
}


/* The mean of Laplace's operator. */
static double
frame_sharpness(const unsigned char *pixels)
{
    int edge;
    size_t x, y, sum = 0;
    const unsigned char *p;

    for (y = 1; y < FRAME_HEIGHT - 1; y++) {
        for (x = 1; x < FRAME_WIDTH - 1; x++) {
            p = pixels + y * FRAME_WIDTH + x;
            edge = abs(4 * p[0] - p[-1] - p[1] - p[-FRAME_WIDTH]
                       - p[FRAME_WIDTH]);
            sum += edge > FRAME_EDGE ? (size_t) edge : 0;
        }
    }

    return (double) sum / (double) FRAME_SIZE;
}


/* The part of the frame that is as dark, or as light, as can be. */
static double
frame_one_tone(const unsigned char *pixels)
{
    size_t i, dark = 0, light = 0;

    for (i = 0; i < FRAME_SIZE; i++) {
        dark += pixels[i] <= FRAME_DARK;
        light += pixels[i] >= FRAME_LIGHT;
    }

    return (double) (dark > light ? dark : light) / (double) FRAME_SIZE;
}


double
frame_score(const unsigned char *pixels)
{
    double score;

    score = frame_spread(pixels)
            + FRAME_SHARP_POINTS
                  * fmin(frame_sharpness(pixels) / FRAME_SHARP_MOST, 1)
            - FRAME_ONE_TONE_POINTS
                  * fmax(frame_one_tone(pixels) - FRAME_ONE_TONE, 0);

    return fmax(score, 0);
}
