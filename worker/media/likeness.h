/*
 * Whether two drawings show the same page. Two programs that read the same file
 * draw lines of other widths and letters of other fonts, but not in one a page
 * and in the other nothing, black, or stripes. Pure.
 */

#ifndef SLUICE_LIKENESS_H
#define SLUICE_LIKENESS_H

#define LIKENESS_SIDE_MAX 256 /* pixels of a drawing's longer side */

/* Two drawings: rows of red, green, blue; both have this size. */
typedef struct {
    int width, height; /* 1 to LIKENESS_SIDE_MAX */
    const unsigned char *a, *b;
} likeness_pair_t;

typedef enum {
    LIKENESS_DRAWN,  /* from lines and letters: widths and fonts may differ */
    LIKENESS_SAMPLED /* from the same samples: hardly anything may */
} likeness_kind_t;

typedef struct {
    double missing; /* part of the ink that only one of both has */
    double apart;   /* part of the area that is far lighter in one of both */
    double strange; /* part of the area whose forms have nothing in common */
    int empty;      /* there is nothing in b, and something in a */
    int same;
} likeness_t;

/* Compares; `likeness->same` is the verdict. */
void likeness(const likeness_pair_t *pair, likeness_kind_t kind,
              likeness_t *likeness);

#endif
