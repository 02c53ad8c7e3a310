/* The clock of what is made of a film: the file's own, ahead by some seconds.
 */

#ifndef SLUICE_FILM_CLOCK_H
#define SLUICE_FILM_CLOCK_H

#include "worker/jobs/base/argv.h"
#include "film.h"

/* Seconds that may be missing of one stream while another goes on: a clock that
   jumps ahead further begins anew, as one does that goes back at all. */
#define FILM_CLOCK_HOLE 120

/* Whether its clock may begin anew in the midst of the file: formats of which
   files may be joined as they are (Ogg calls it chaining: RFC 3533, 4). */
int film_clock_is_joined(const film_t *film);

/* Once it is probed: where such a clock begins far away, it counts from 0 from
   now on, in `probe` as well (film->origin). */
void film_clock_settle(film_t *film);

/* Words before the film's input. Times stay the file's own, but for its origin.
   Where a clock begins anew, ffmpeg goes on where the one before has ended, but
   not with -copyts. (It counts the first time from 0, too: where that is so far
   away, it would be moved there.) */
void film_clock_words(argv_t *argv, const film_t *film);

/* The same, and the input behind them. */
void film_clock_input(argv_t *argv, const film_t *film);

/* Words of an output more, behind the others, that has nothing made: where a
   clock begins anew is seen by what is read, and that must be the same for the
   pictures as for the sounds. */
void film_clock_beside(argv_t *argv, const film_t *film);

/* Words before another input of the same command: its times stay. */
void film_clock_kept(argv_t *argv, const film_t *film);

/* Seconds that pictures are moved by before they are encoded: of a clock that
   begins below 0, as one of MPEG-TS does that goes back to 0 in the midst of a
   film, ffmpeg encodes no picture from before that. */
double film_clock_lift(const plan_t *plan);

/* Seconds, those included, by which what is written is ahead of the file: a
   decoding time below 0 cannot be. */
double film_clock_shift(const plan_t *plan);

#endif
