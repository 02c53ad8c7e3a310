/* A call that fails, and says why in a sentence. */

#ifndef SLUICE_FAIL_H
#define SLUICE_FAIL_H

#include <stddef.h>

/* Writes the sentence, cut to `size` bytes with its terminator. Returns -1. */
int fail_because(char *why, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
