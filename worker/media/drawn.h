/* What sluice-picture answers (worker/picture/main.c), a line at a time. Pure;
   the lines are no more to be trusted than the files. */

#ifndef SLUICE_DRAWN_H
#define SLUICE_DRAWN_H

#define DRAWN_SENTENCE_SIZE 192
#define DRAWN_SIDE_MAX 4294967295.0 /* pixels: what a header can claim */

typedef enum {
    DRAWN_PAGE,    /* drawn, or there to be drawn */
    DRAWN_LOST,    /* cannot be: `sentence` */
    DRAWN_CUT,     /* more pages followed, but are gone */
    DRAWN_REFUSED, /* the whole file: `sentence` */
    DRAWN_SAME,    /* a second program drew the same */
    DRAWN_DIFFERS,
    DRAWN_ALONE, /* there is no second drawing */
    DRAWN_BROKEN /* nor a first one */
} drawn_kind_t;

typedef struct {
    drawn_kind_t kind;
    int index; /* of the page in its file, from 1; 0: of none */
    double width, height;
    int orientation;                    /* 1 to 8 */
    char sentence[DRAWN_SENTENCE_SIZE]; /* for the owner; one line of UTF-8 */
} drawn_t;

/* Reads the line at `text`, and returns where the next one begins; NULL behind
   the last, or when the line makes no sense. */
const char *drawn_next(const char *text, drawn_t *drawn);

#endif
