/* Texts in WebVTT (W3C). Pure. */

#ifndef SLUICE_VTT_H
#define SLUICE_VTT_H

#include <stddef.h>

/* Text that grows, up to a bound. vtt_free() it; `full`: something did not fit,
   or there was no memory, and is not in it. */
typedef struct {
    char *text; /* terminated; NULL: empty */
    size_t len, size, most;
    int full;
} vtt_t;

void vtt_init(vtt_t *vtt, size_t most);
void vtt_free(vtt_t *vtt);

/* Appends bytes as they are. */
void vtt_raw(vtt_t *vtt, const char *bytes, size_t len);

/* Appends text as what a cue shows: "&" and "<" are no marks of theirs, and
   ">" makes no arrow. */
void vtt_words(vtt_t *vtt, const char *text, size_t len);

/* Appends "\n<from> --> <to><settings>\n": the beginning of a cue behind
   whatever stands there. `settings` is empty or begins with a blank. */
void vtt_cue(vtt_t *vtt, double from, double to, const char *settings);

#endif
