/* Entity tags as conditional requests list them (RFC 9110, 8.8.3 and 13.1). */

#ifndef SLUICE_ETAG_H
#define SLUICE_ETAG_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *tag; /* without its quotes, in the list */
    size_t len;
    int weak;
} etag_t;

/* Takes the next tag from `*p` up to `end`: 1; 0 behind the last one; -1 when
   this is no list of tags ("*" is none). */
int etag_next(const char **p, const char *end, etag_t *etag);

#define ETAG_FILE_MAX (2 * 16 + sizeof("\"-\"") - 1)

/* Writes the strong tag of a file whose path never gets other bytes, by path
   and size; its length, without a terminator. It is the same wherever it is
   made. */
size_t etag_file(const char *path, size_t len, uint64_t size,
                 char out[ETAG_FILE_MAX]);

#endif
