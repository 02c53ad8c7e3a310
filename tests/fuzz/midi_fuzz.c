/* Any bytes: no read past their end, and texts that are clean. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/score/midi.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *about;
    static music_t music;

    if (midi_parse(data, size, &music) == 0
        && (strlen(music.text) != music.text_len || !(music.seconds >= 0)
            || !(music.tempo >= 0))) {
        abort();
    }

    about = json_object();
    music_tell(&music, about);
    if (music.title[0] != '\0' && json_object_get(about, "title") == NULL) {
        abort();
    }
    json_decref(about);

    return 0;
}
