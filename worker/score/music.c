#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "worker/media/words.h"
#include "music.h"

#define MUSIC_FIFTHS_MAX 7 /* sharps or flats of a key */


static void music_tell_text(json_t *about, const char *name, const char *text);


void
music_key(char key[MUSIC_KEY_SIZE], long fifths, const char *mode)
{
    size_t i;
    long at;
    /* each a fifth above the one before */
    static const char *const tonics[] = { "Fb", "Cb", "Gb", "Db", "Ab", "Eb",
                                          "Bb", "F",  "C",  "G",  "D",  "A",
                                          "E",  "B",  "F#", "C#", "G#", "D#",
                                          "A#", "E#", "B#" };
    static const struct {
        const char *name;
        long above; /* fifths from the major key of the same signature */
    } modes[] = {
        { "major", 0 },      { "minor", 3 },    { "ionian", 0 },
        { "dorian", 2 },     { "phrygian", 4 }, { "lydian", -1 },
        { "mixolydian", 1 }, { "aeolian", 3 },  { "locrian", 5 },
    };
    const long c_major = 8;
    const long count = sizeof(tonics) / sizeof(tonics[0]);

    key[0] = '\0';

    if (fifths < -MUSIC_FIFTHS_MAX || fifths > MUSIC_FIFTHS_MAX) {
        return;
    }

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        at = c_major + fifths + modes[i].above;
        if (strcasecmp(modes[i].name, mode) == 0 && at >= 0 && at < count) {
            snprintf(key, MUSIC_KEY_SIZE, "%s %s", tonics[at], modes[i].name);
            return;
        }
    }

    if (fifths == 0) {
        snprintf(key, MUSIC_KEY_SIZE, "no sharps or flats");
    } else {
        snprintf(key, MUSIC_KEY_SIZE, "%ld %s%s", labs(fifths),
                 fifths > 0 ? "sharp" : "flat", labs(fifths) > 1 ? "s" : "");
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


/* 1 when there was something to write. */
static int
music_words_whole(music_t *music, const char *text, size_t len)
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

    return n > 0;
}


void
music_words(music_t *music, const char *text, size_t len)
{
    size_t n;
    static const char blanks[] = " \t\r\n";

    if (music_words_whole(music, text, len)) {
        return;
    }

    /* of what is in an unknown encoding, the words that are in none */
    for (; len > 0; text += n, len -= n) {
        for (n = 0; n < len && strchr(blanks, text[n]) == NULL; n++) {
        }
        if (n > 0) {
            music_words_whole(music, text, n);
        } else {
            n = 1;
        }
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


static void
music_judge_text(const json_t *found, json_t *about, const char *name,
                 size_t size)
{
    char text[MUSIC_NAME_SIZE];
    const json_t *value = json_object_get(found, name);

    if (json_is_string(value)
        && words_clean(text, size, json_string_value(value),
                       json_string_length(value))
               > 0) {
        music_tell_text(about, name, text);
    }
}


static void
music_judge_number(const json_t *found, json_t *about, const char *name,
                   double max)
{
    json_t *value = json_object_get(found, name);

    if (json_number_value(value) > 0 && json_number_value(value) <= max) {
        json_object_set(about, name, value);
    }
}


static void
music_judge_parts(const json_t *found, json_t *about)
{
    size_t i;
    char text[MUSIC_NAME_SIZE];
    const json_t *value, *all = json_object_get(found, "parts");
    json_t *parts = json_array();

    for (i = 0; i < json_array_size(all) && i < MUSIC_PARTS_MAX; i++) {
        value = json_array_get(all, i);
        if (json_is_string(value)
            && words_clean(text, sizeof(text), json_string_value(value),
                           json_string_length(value))
                   > 0) {
            json_array_append_new(parts, json_string(text));
        }
    }

    if (json_array_size(parts) > 0) {
        json_object_set(about, "parts", parts);
    }
    json_decref(parts);
}


char *
music_judge(const json_t *found, json_t *about)
{
    char *text;
    const json_t *value = json_object_get(found, "text");

    music_judge_text(found, about, "title", MUSIC_NAME_SIZE);
    music_judge_text(found, about, "composer", MUSIC_NAME_SIZE);
    music_judge_text(found, about, "lyricist", MUSIC_NAME_SIZE);
    music_judge_text(found, about, "arranger", MUSIC_NAME_SIZE);
    music_judge_text(found, about, "key", MUSIC_KEY_SIZE);
    music_judge_text(found, about, "time", MUSIC_TIME_SIZE);
    music_judge_parts(found, about);
    music_judge_number(found, about, "tempo", MUSIC_TEMPO_MAX);
    music_judge_number(found, about, "duration", MUSIC_SECONDS_MAX);

    if (json_is_integer(json_object_get(found, "measures"))) {
        music_judge_number(found, about, "measures", MUSIC_MEASURES_MAX);
    }

    text = malloc(MUSIC_TEXT_SIZE);
    if (text != NULL) {
        text[0] = '\0';
        if (json_is_string(value)) {
            words_clean(text, MUSIC_TEXT_SIZE, json_string_value(value),
                        json_string_length(value));
        }
    }

    return text;
}
