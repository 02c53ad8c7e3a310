/* Time, of a clock that does not jump. Both functions that ask the kernel are
   pointers: a test puts a clock of its own in their place. */

#ifndef SLUICE_CLOCK_H
#define SLUICE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some time in the past. */
extern int64_t (*clock_now)(void);

/* Waits; a signal that is handled ends it early. */
extern void (*clock_sleep)(int ms);

/* clock_now() in whole seconds. */
time_t clock_seconds(void);

/* Seconds since clock_now() was `then`. */
double clock_since(int64_t then);

#endif
