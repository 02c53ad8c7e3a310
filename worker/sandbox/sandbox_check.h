/* sluice-worker --check: what a tool must not be able to do is tried, in the
   sandbox that the worker would choose. */

#ifndef SLUICE_SANDBOX_CHECK_H
#define SLUICE_SANDBOX_CHECK_H

#include <stdio.h>

/*
 * Writes a line each, which begins with
 *
 *   ok       it was tried and did not work
 *   missing  this machine does not offer it; says why, and what stands in
 *            for it
 *   FAILED   it was tried, and it worked
 *
 * and takes some three seconds. Returns an exit code: 0 unless something failed
 * or there is no sandbox at all.
 */
int sandbox_check(FILE *out);

#endif
