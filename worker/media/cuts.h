/* Where a film is cut into pieces that are encoded each by itself: between two
   of its pictures. Found while its packets go by, in the order of decoding.
   Pure. */

#ifndef SLUICE_CUTS_H
#define SLUICE_CUTS_H

#define CUTS_MAX 120 /* pieces */

typedef struct {
    double from, to; /* seconds of the file's clock, amid two pictures */
    double seek;     /* where reading begins: the last key frame before */
    long pictures;
} cuts_piece_t;

/* The pictures of a piece, as far as they are known. */
typedef struct {
    double first, last;
    double first_key, last_key; /* HUGE_VAL, -HUGE_VAL: none */
    long pictures;
} cuts_run_t;

typedef struct {
    double start, length; /* a piece begins at the first picture, or key frame,
                             behind each multiple */
    int at_keys;
    int lost; /* pictures without a time: there are no cuts */
    int nruns;
    cuts_run_t run[CUTS_MAX];
} cuts_t;

/* For pieces of about so many seconds, of a film of `duration` that begins at
   `start`: whole multiples of `grid`, and no more than CUTS_MAX. */
void cuts_begin(cuts_t *cuts, double start, double duration, double seconds,
                double grid, int at_keys);

/* A picture, by its time of presentation; NAN: it has none. */
void cuts_picture(cuts_t *cuts, double shown, int key);

/* When there are no more: the pieces; their count, or 0 when there are none
   that could be told apart. The last one goes on to the end. */
int cuts_end(const cuts_t *cuts, cuts_piece_t pieces[CUTS_MAX]);

#endif
