/* What sluice-reader reads: a function for each kind, and its row in
   readings.c. They run in the sandbox, and call what core/, media/ and score/
   have. */

#ifndef SLUICE_READING_H
#define SLUICE_READING_H

#include <stddef.h>
#include <jansson.h>
#include "worker/sandbox/reader.h"

typedef struct {
    const unsigned char *bytes; /* the whole file; not terminated */
    size_t len;
    const char *const *words; /* ends with NULL */

    json_t *found; /* an object: what was read goes in here */
    char refused[READER_REFUSED_SIZE]; /* why not: a sentence for the owner */
} reading_t;

/* Refuses: sets the sentence, and returns -1. */
int reading_refuse(reading_t *reading, const char *sentence);


/* The kinds. Each returns 0 with `found` filled; or -1, with `refused`, unless
   the trouble is not the file's. */

/* How long it is: { bytes }. For sluice-worker --check, and for tests. */
int reading_length(reading_t *reading);

/* Notes, one function for each form: what music_tell() tells of them, and
   `text`, all that is sung and written. */
int reading_musicxml(reading_t *reading);
int reading_mxl(reading_t *reading);
int reading_midi(reading_t *reading);

/* Subtitles in any form and encoding. words[0]: their language, or empty;
   words[1]: where the film begins on their clock; words[2]: how long it lasts,
   in seconds. { vtt, titles, encoding, format, extension }. */
int reading_subtitles(reading_t *reading);

#endif
