/* How good a frame of a film is as its picture in a list: rather one with much
   to see in it than one that is black, white, faded, blurred, or a title. Pure.
 */

#ifndef SLUICE_FRAME_H
#define SLUICE_FRAME_H

#include <stddef.h>

/* Of frames that are judged: gray, whatever their shape was. */
#define FRAME_WIDTH 320
#define FRAME_HEIGHT 180
#define FRAME_SIZE ((size_t) FRAME_WIDTH * FRAME_HEIGHT)

/* What is less shows next to nothing. */
#define FRAME_POOR 2.5

/* From 0, one colour, to about 10. `pixels` are FRAME_SIZE bytes, 0 black and
   255 white, row by row. */
double frame_score(const unsigned char *pixels);

#endif
