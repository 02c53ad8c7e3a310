#include <stdarg.h>
#include <stdio.h>
#include "argv.h"


void
argv_clear(argv_t *argv)
{
    argv->count = argv->used = 0;
    argv->full = 0;
    argv->words[0] = NULL;
}


void
argv_add_words(argv_t *argv, size_t n, const char *const *words)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (argv->count + 1 >= SANDBOX_ARGV_MAX) {
            argv->full = 1;
            return;
        }
        argv->words[argv->count++] = words[i];
        argv->words[argv->count] = NULL;
    }
}


void
argv_format(argv_t *argv, const char *format, ...)
{
    int n;
    char *word = argv->text + argv->used;
    va_list args;
    const size_t left = sizeof(argv->text) - argv->used;

    va_start(args, format);
    n = vsnprintf(word, left, format, args);
    va_end(args);

    if (n < 0 || (size_t) n >= left) {
        argv->full = 1;
        return;
    }

    argv->used += (size_t) n + 1;
    argv_add_words(argv, 1, (const char *const[]){ word });
}
