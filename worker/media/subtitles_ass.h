/* SubStation Alpha, for subtitles.c. */

#ifndef SLUICE_SUBTITLES_ASS_H
#define SLUICE_SUBTITLES_ASS_H

#include "cues.h"

/* The end of the line that begins at `text`: its \r or \n, or `end`; and where
   the next one begins. */
const char *subtitles_line(const char *text, const char *end,
                           const char **next);

void subtitles_ass(const char *text, size_t len, cues_t *cues);

#endif
