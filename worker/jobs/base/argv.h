/* The words of a tool's command line, where they are many or depend on the
   file. What does not fit is noticed at the end. */

#ifndef SLUICE_ARGV_H
#define SLUICE_ARGV_H

#include "worker/sandbox/sandbox.h"

#define ARGV_TEXT_SIZE (64 * 1024)

typedef struct {
    const char *words[SANDBOX_ARGV_MAX]; /* ends with NULL */
    size_t count;
    char text[ARGV_TEXT_SIZE]; /* of those that were put together */
    size_t used;
    int full;
} argv_t;

void argv_clear(argv_t *argv);

/* Words that outlive it. */
void argv_add_words(argv_t *argv, size_t n, const char *const *words);

#define argv_add(argv, ...)                                     \
    argv_add_words((argv),                                      \
                   sizeof((const char *const[]){ __VA_ARGS__ }) \
                       / sizeof(const char *),                  \
                   (const char *const[]){ __VA_ARGS__ })

/* One word. */
void argv_format(argv_t *argv, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
