/* The text of a cue in its own form, written as WebVTT: italics, bold and
   underlined letters, who speaks, and ruby stay; colours, fonts and effects go.
   Tags are closed in the order in which they were opened. Pure. */

#ifndef SLUICE_CUE_TEXT_H
#define SLUICE_CUE_TEXT_H

#include <stddef.h>
#include "cues.h"

typedef enum {
    CUE_TEXT_SRT, /* with tags of HTML's kind, and {\an8} of ASS's */
    CUE_TEXT_VTT,
    CUE_TEXT_ASS
} cue_text_form_t;

/* Letters of a style, on top of which a text has its own. */
typedef struct {
    int bold, italic, underline;
} cue_text_style_t;

typedef struct {
    char text[CUES_TEXT_MAX + 1]; /* of `len` bytes; lines end with \n */
    size_t len;
    int align;   /* as the text asks; 0: it does not */
    double x, y; /* the same, of ASS's own canvas; < 0: it does not */
    int full;    /* it did not fit */
} cue_text_t;

/* `style` NULL: plain. `from` is UTF-8 of `len` bytes. */
void cue_text(cue_text_t *out, cue_text_form_t form,
              const cue_text_style_t *style, const char *from, size_t len);

#endif
