/* Any bytes, in pieces of any size: no read past their end, and texts that are
   clean and terminated. The first byte is the size of a piece. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/score/musicxml.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int rc = 0;
    size_t piece, n;
    json_t *about;
    musicxml_t *reader;
    static music_t music;

    if (size == 0) {
        return 0;
    }
    piece = data[0] + 1U;

    reader = musicxml_create(&music);
    for (data++, size--; rc == 0 && size > 0; data += n, size -= n) {
        n = size < piece ? size : piece;
        rc = musicxml_feed(reader, (const char *) data, n);
    }
    if (rc == 0) {
        rc = musicxml_end(reader);
    }

    if ((rc != 0) != (musicxml_complaint(reader) != NULL)
        || strlen(music.text) != music.text_len) {
        abort();
    }

    about = json_object();
    music_tell(&music, about);
    if (music.title[0] != '\0' && json_object_get(about, "title") == NULL) {
        abort();
    }
    json_decref(about);

    musicxml_free(reader);
    return 0;
}
