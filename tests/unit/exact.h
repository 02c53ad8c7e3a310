/* A rule that is asked about a text in memory of the text's own size: a byte
   read too far is found. */

#ifndef TEST_EXACT_H
#define TEST_EXACT_H

#include <stdlib.h>
#include <string.h>

static inline int
holds_of(int (*rule)(const char *text, size_t len), const char *text,
         size_t len)
{
    char *copy = malloc(len);
    int rc;

    memcpy(copy, text, len);
    rc = rule(copy, len);
    free(copy);

    return rc;
}


static inline int
holds(int (*rule)(const char *text, size_t len), const char *text)
{
    return holds_of(rule, text, strlen(text));
}

#endif
