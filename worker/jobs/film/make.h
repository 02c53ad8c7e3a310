/* The clock of what film_make() writes. */

#ifndef SLUICE_MAKE_H
#define SLUICE_MAKE_H

/* Seconds by which it is ahead of the file's: a decoding time below 0 cannot be
   written. */
#define MAKE_SHIFT 100.0
#define MAKE_SHIFT_TEXT "100"

#endif
