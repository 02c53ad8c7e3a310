/* Subtitles that somebody wrote: SubRip, WebVTT, and (Advanced) SubStation
   Alpha. Pure. */

#ifndef SLUICE_SUBTITLES_H
#define SLUICE_SUBTITLES_H

#include "cues.h"

typedef enum {
    SUBTITLES_NONE,
    SUBTITLES_SRT,
    SUBTITLES_VTT,
    SUBTITLES_ASS
} subtitles_form_t;

/* What a text in UTF-8 is, by what stands in it. */
subtitles_form_t subtitles_form(const char *text, size_t len);

/* "SubRip", "WebVTT", "SubStation Alpha"; and "srt", "vtt", "ass". */
const char *subtitles_name(subtitles_form_t form);
const char *subtitles_extension(subtitles_form_t form);

/* Adds what is in it; `text` is UTF-8, terminated behind `len`. What makes no
   sense is passed over, as players do. */
void subtitles_read(subtitles_form_t form, const char *text, size_t len,
                    cues_t *cues);

#endif
