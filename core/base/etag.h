/* Entity tags as conditional requests list them (RFC 9110, 8.8.3 and 13.1). */

#ifndef SLUICE_ETAG_H
#define SLUICE_ETAG_H

#include <stddef.h>

typedef struct {
    const char *tag; /* without its quotes, in the list */
    size_t len;
    int weak;
} etag_t;

/* Takes the next tag from `*p` up to `end`: 1; 0 behind the last one; -1 when
   this is no list of tags ("*" is none). */
int etag_next(const char **p, const char *end, etag_t *etag);

#endif
