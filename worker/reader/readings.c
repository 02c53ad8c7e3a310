#include <string.h>
#include "readings.h"

static const struct {
    const char *kind;
    readings_run_t run;
} readings[] = {
    { "length", reading_length },
    { "musicxml", reading_musicxml },
    { "mxl", reading_mxl },
    { "midi", reading_midi },
    { "subtitles", reading_subtitles },
};


readings_run_t
readings_find(const char *kind)
{
    size_t i;

    for (i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        if (strcmp(readings[i].kind, kind) == 0) {
            return readings[i].run;
        }
    }

    return NULL;
}
