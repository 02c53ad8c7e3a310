#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/words.h"
#include "midi.h"

#define MIDI_TEMPOS_MAX 4096
#define MIDI_TEMPO 500000     /* microseconds a quarter note, until told */
#define MIDI_MINUTE 60e6      /* microseconds */
#define MIDI_TEMPO_MAX 1000.0 /* quarter notes a minute */
#define MIDI_SECONDS_MAX 86400.0
#define MIDI_NUMBER_BYTES 4

/* Status bytes, and the types of meta events. */
#define MIDI_SYSEX 0xf0
#define MIDI_ESCAPE 0xf7
#define MIDI_META 0xff
#define MIDI_TRACK_NAME 0x03
#define MIDI_LYRIC 0x05
#define MIDI_END_OF_TRACK 0x2f
#define MIDI_SET_TEMPO 0x51
#define MIDI_TIME_SIGNATURE 0x58
#define MIDI_KEY_SIGNATURE 0x59

typedef struct {
    uint64_t tick;
    uint32_t tempo; /* microseconds a quarter note */
} midi_change_t;

typedef struct {
    music_t *music;
    unsigned format, division;
    unsigned track; /* number of the one that is read */
    uint64_t tick, last_tick;
    int has_notes; /* the track */
    char name[MUSIC_NAME_SIZE];
    midi_change_t changes[MIDI_TEMPOS_MAX];
    size_t nchanges;
    char *lyrics;
    size_t lyrics_len;
} midi_t;


static int midi_track(midi_t *midi, const uint8_t *p, const uint8_t *end);
static int midi_event(midi_t *midi, const uint8_t **p, const uint8_t *end,
                      unsigned *running);
static void midi_meta(midi_t *midi, unsigned type, const uint8_t *p,
                      size_t len);
static void midi_time(midi_t *midi, const uint8_t *p);
static void midi_lyric(midi_t *midi, const char *text, size_t len);
static void midi_name(midi_t *midi);
static int midi_number(const uint8_t **p, const uint8_t *end, uint32_t *n);
static void midi_length(midi_t *midi);
static int midi_earlier(const void *a, const void *b);
static uint32_t midi_be32(const uint8_t *p);


/* "MThd", length (4), format (2), tracks (2), division (2); then chunks of type
   (4) and length (4), of which "MTrk" are tracks. */
int
midi_parse(const void *bytes, size_t len, music_t *music)
{
    int rc = -1;
    size_t size;
    midi_t *midi;
    const uint8_t *p = bytes, *end = p + len;

    memset(music, 0, sizeof(*music));

    if (len < 14 || memcmp(p, "MThd", 4) != 0 || midi_be32(p + 4) < 6
        || midi_be32(p + 4) > len - 8) {
        return -1;
    }

    midi = calloc(1, sizeof(*midi));
    if (midi == NULL) {
        return -1;
    }
    midi->music = music;
    midi->format = (unsigned) p[8] << 8 | p[9];
    midi->division = (unsigned) p[12] << 8 | p[13];
    midi->lyrics = malloc(MUSIC_TEXT_SIZE);

    p += 8 + midi_be32(p + 4);

    while (midi->lyrics != NULL && end - p >= 8) {
        size = midi_be32(p + 4);
        if (size > (size_t) (end - p) - 8) {
            rc = -1;
            break;
        }
        if (memcmp(p, "MTrk", 4) == 0) {
            rc = midi_track(midi, p + 8, p + 8 + size);
            if (rc != 0) {
                break;
            }
        }
        p += 8 + size;
    }

    if (rc == 0) {
        midi_length(midi);
        music_words(music, midi->lyrics, midi->lyrics_len);
    }

    free(midi->lyrics);
    free(midi);
    return rc;
}


static int
midi_track(midi_t *midi, const uint8_t *p, const uint8_t *end)
{
    uint32_t delta;
    unsigned running = 0;

    midi->tick = 0;
    midi->has_notes = 0;
    midi->name[0] = '\0';

    while (p < end) {
        if (midi_number(&p, end, &delta) != 0) {
            return -1;
        }
        midi->tick += delta;
        if (midi_event(midi, &p, end, &running) != 0) {
            return -1;
        }
    }

    if (midi->tick > midi->last_tick) {
        midi->last_tick = midi->tick;
    }

    midi_name(midi);
    midi->track++;
    return 0;
}


/* status (1) unless as before, then one or two bytes; or 0xff, type (1), length
   (a number), data; or 0xf0 or 0xf7, length, data */
static int
midi_event(midi_t *midi, const uint8_t **p, const uint8_t *end,
           unsigned *running)
{
    unsigned status, type;
    uint32_t len;
    size_t data;

    if (*p == end) {
        return -1;
    }

    status = **p & 0x80 ? *(*p)++ : *running;

    if (status == MIDI_META || status == MIDI_SYSEX || status == MIDI_ESCAPE) {
        type = 0;
        if (status == MIDI_META) {
            if (*p == end) {
                return -1;
            }
            type = *(*p)++;
        }
        if (midi_number(p, end, &len) != 0 || len > (size_t) (end - *p)) {
            return -1;
        }
        if (status == MIDI_META) {
            midi_meta(midi, type, *p, len);
        }
        *p += type == MIDI_END_OF_TRACK ? (size_t) (end - *p) : len;
        return 0;
    }

    if (status < 0x80 || status >= MIDI_SYSEX) {
        return -1;
    }

    data = (status & 0xe0) == 0xc0 ? 1 : 2; /* programme and pressure: 1 */
    if ((size_t) (end - *p) < data) {
        return -1;
    }

    midi->has_notes |= (status & 0xf0) == 0x90;
    *running = status;
    *p += data;
    return 0;
}


static void
midi_meta(midi_t *midi, unsigned type, const uint8_t *p, size_t len)
{
    uint32_t tempo;
    music_t *music = midi->music;

    if (type == MIDI_TRACK_NAME && midi->name[0] == '\0') {
        words_clean(midi->name, sizeof(midi->name), (const char *) p, len);

    } else if (type == MIDI_LYRIC) {
        midi_lyric(midi, (const char *) p, len);

    } else if (type == MIDI_SET_TEMPO && len == 3) {
        tempo = (uint32_t) p[0] << 16 | (uint32_t) p[1] << 8 | p[2];
        if (tempo > MIDI_MINUTE / MIDI_TEMPO_MAX
            && midi->nchanges < MIDI_TEMPOS_MAX) {
            midi->changes[midi->nchanges++] = (midi_change_t){ midi->tick,
                                                               tempo };
        }

    } else if (type == MIDI_TIME_SIGNATURE && len == 4) {
        midi_time(midi, p);

    } else if (type == MIDI_KEY_SIGNATURE && len == 2
               && music->key[0] == '\0') {
        music_key(music->key, (int8_t) p[0], p[1] == 1 ? "minor" : "major");
    }
}


/* beats, then the power of two that one of them is */
static void
midi_time(midi_t *midi, const uint8_t *p)
{
    music_t *music = midi->music;
    const unsigned smallest = 7; /* 1/128 */

    if (music->time[0] == '\0' && p[0] > 0 && p[1] <= smallest) {
        snprintf(music->time, sizeof(music->time), "%u/%u", (unsigned) p[0],
                 1U << p[1]);
    }
}


/* Syllables with their own blanks; karaoke marks lines with / and \. */
static void
midi_lyric(midi_t *midi, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len && midi->lyrics_len < MUSIC_TEXT_SIZE; i++) {
        midi->lyrics[midi->lyrics_len++] = text[i] == '/' || text[i] == '\\'
                                               ? ' '
                                               : text[i];
    }
}


/* The first track of several that play together names the piece; so does one
   without notes. */
static void
midi_name(midi_t *midi)
{
    music_t *music = midi->music;

    if (midi->name[0] == '\0') {
        return;
    }

    if (midi->track == 0 && (midi->format != 1 || !midi->has_notes)) {
        words_copy(music->title, sizeof(music->title), midi->name);
    } else if (midi->has_notes) {
        music_part(music, midi->name, strlen(midi->name));
    }
}


/* Seven bits a byte, the highest bit set on all but the last. */
static int
midi_number(const uint8_t **p, const uint8_t *end, uint32_t *n)
{
    int i;

    *n = 0;

    for (i = 0; i < MIDI_NUMBER_BYTES && *p < end; i++) {
        *n = *n << 7 | (**p & 0x7fU);
        if ((*(*p)++ & 0x80) == 0) {
            return 0;
        }
    }

    return -1;
}


/* Ticks are parts of a quarter note, whose length changes; or, with the highest
   bit of the division set, of a frame of a 24th to a 30th of a second. */
static void
midi_length(midi_t *midi)
{
    size_t i;
    double seconds = 0, quarter = MIDI_TEMPO / 1e6;
    uint64_t at = 0;
    music_t *music = midi->music;

    if (midi->division == 0 || midi->division & 0x8000) {
        return;
    }

    if (midi->nchanges > 0) {
        music->tempo = MIDI_MINUTE / midi->changes[0].tempo;
    }

    qsort(midi->changes, midi->nchanges, sizeof(midi->changes[0]),
          midi_earlier);

    for (i = 0; i < midi->nchanges; i++) {
        seconds += (double) (midi->changes[i].tick - at) * quarter
                   / midi->division;
        at = midi->changes[i].tick;
        quarter = midi->changes[i].tempo / 1e6;
    }
    if (midi->last_tick > at) {
        seconds += (double) (midi->last_tick - at) * quarter / midi->division;
    }

    /* tracks of a format 2 file do not play together */
    if (midi->format < 2 && seconds <= MIDI_SECONDS_MAX) {
        music->seconds = seconds;
    }
}


static int
midi_earlier(const void *a, const void *b)
{
    const midi_change_t *x = a, *y = b;

    return (x->tick > y->tick) - (x->tick < y->tick);
}


static uint32_t
midi_be32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8
           | p[3];
}
