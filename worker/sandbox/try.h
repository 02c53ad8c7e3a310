/* What a tool must not be able to do, tried. */

#ifndef SLUICE_SANDBOX_TRY_H
#define SLUICE_SANDBOX_TRY_H

/* Exit codes */
#define TRY_DONE 0    /* it worked: the sandbox does not hold */
#define TRY_DENIED 1  /* it did not: stderr says how */
#define TRY_UNKNOWN 2 /* there is no such try */

/* Tries words[0] with the arguments behind it, and returns the exit code,
   unless the sandbox ends it first. */
int try_run(int count, char **words);

#endif
