#include <stdlib.h>
#include <string.h>
#include "worker/media/playlist.h"
#include "reading.h"

#define READING_CODECS_SIZE 64


int
reading_codecs(reading_t *reading)
{
    size_t len;
    char codecs[READING_CODECS_SIZE];
    const char *streams;

    if (reading->words[0] == NULL || reading->words[1] == NULL) {
        return reading_refuse(reading, "Nobody said where the codecs are.");
    }

    len = strtoul(reading->words[0], NULL, 10);
    streams = reading->words[1];

    if (len > reading->len
        || playlist_codecs(reading->bytes, len, strchr(streams, 'v') != NULL,
                           strchr(streams, 'a') != NULL, codecs, sizeof(codecs))
               != 0) {
        return reading_refuse(reading, "The codecs are unknown.");
    }

    return json_object_set_new(reading->found, "codecs", json_string(codecs));
}
