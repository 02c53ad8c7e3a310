/* Pages as they are shown: upright, in sRGB of 8 bits, nothing transparent. */

#ifndef SLUICE_PICTURE_DRAW_H
#define SLUICE_PICTURE_DRAW_H

#include "picture_page.h"

/* Draws a page in memory, so that its longer side has at most `side` pixels.
   0, or -1 with `page->refused`, and words for the log on stderr. */
int picture_draw(const picture_file_t *file, picture_page_t *page, int side,
                 VipsImage **out);

/* Lays what is transparent on white; on black where nothing could be seen on
   white. Of `in`, in memory, the last band is alpha, and the others are
   multiplied by it. 0, or -1 with vips_error(). */
int picture_ground(VipsImage *in, VipsImage **out);

/* What libraries said since the last call means that the picture is damaged:
   they go on then, and draw something. */
int picture_doubted(void);

/* Begins to listen for that. */
void picture_listen(void);

#endif
