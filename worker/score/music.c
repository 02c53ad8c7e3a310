#include <math.h>
#include <stdio.h>
#include <string.h>
#include "worker/media/words.h"
#include "music.h"

#define MUSIC_FIFTHS_MAX 7 /* sharps or flats of a key */


static void music_tell_text(json_t *about, const char *name, const char *text);


void
music_key(char key[24], long fifths, const char *mode)
{
    size_t i;
    long at;
    /* each a fifth above the one before */
    static const char *const tonics[] = { "Fb", "Cb", "Gb", "Db", "Ab", "Eb",
                                          "Bb", "F",  "C",  "G",  "D",  "A",
                                          "E",  "B",  "F#", "C#", "G#", "D#",
                                          "A#", "E#", "B#" };
    static const struct {
        const char *mode, *name;
        long above; /* fifths from the major key of the same signature */
    } modes[] = {
        { "", "major", 0 },
        { "none", "major", 0 },
        { "major", "major", 0 },
        { "minor", "minor", 3 },
        { "ionian", "ionian", 0 },
        { "dorian", "dorian", 2 },
        { "phrygian", "phrygian", 4 },
        { "lydian", "lydian", -1 },
        { "mixolydian", "mixolydian", 1 },
        { "aeolian", "aeolian", 3 },
        { "locrian", "locrian", 5 },
    };
    const long c_major = 8;
    const long count = sizeof(tonics) / sizeof(tonics[0]);

    key[0] = '\0';

    if (fifths < -MUSIC_FIFTHS_MAX || fifths > MUSIC_FIFTHS_MAX) {
        return;
    }

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        at = c_major + fifths + modes[i].above;
        if (strcmp(modes[i].mode, mode) == 0 && at >= 0 && at < count) {
            snprintf(key, 24, "%s %s", tonics[at], modes[i].name);
            return;
        }
    }
}


void
music_part(music_t *music, const char *name, size_t len)
{
    if (music->parts < MUSIC_PARTS_MAX
        && words_clean(music->part[music->parts], MUSIC_NAME_SIZE, name, len)
               > 0) {
        music->parts++;
    }
}


void
music_words(music_t *music, const char *text, size_t len)
{
    size_t at = music->text_len, n;

    if (at > 0 && at < sizeof(music->text) - 1) {
        music->text[at++] = ' ';
    }

    n = words_clean(music->text + at, sizeof(music->text) - at, text, len);
    if (n > 0) {
        music->text_len = at + n;
    } else {
        music->text[music->text_len] = '\0';
    }
}


void
music_tell(const music_t *music, json_t *about)
{
    int i;
    json_t *parts;

    music_tell_text(about, "title", music->title);
    music_tell_text(about, "composer", music->composer);
    music_tell_text(about, "lyricist", music->lyricist);
    music_tell_text(about, "arranger", music->arranger);
    music_tell_text(about, "key", music->key);
    music_tell_text(about, "time", music->time);

    if (music->parts > 0) {
        parts = json_array();
        for (i = 0; i < music->parts; i++) {
            json_array_append_new(parts, json_string(music->part[i]));
        }
        json_object_set_new(about, "parts", parts);
    }
    if (music->tempo > 0) {
        json_object_set_new(about, "tempo",
                            json_real(round(music->tempo * 100) / 100));
    }
    if (music->measures > 0) {
        json_object_set_new(about, "measures", json_integer(music->measures));
    }
    if (music->seconds > 0) {
        json_object_set_new(about, "duration",
                            json_real(round(music->seconds * 1000) / 1000));
    }
}


static void
music_tell_text(json_t *about, const char *name, const char *text)
{
    if (text[0] != '\0') {
        json_object_set_new(about, name, json_string(text));
    }
}
