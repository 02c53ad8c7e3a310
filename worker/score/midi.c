#define _GNU_SOURCE /* memmem */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "midi.h"
#include "midi_words.h"

#define MIDI_TEMPO 500000 /* microseconds a quarter note, until told */
#define MIDI_MINUTE 60e6  /* microseconds */
#define MIDI_NUMBER_BYTES 4
#define MIDI_HEAD 6 /* bytes of a header that are known */
#define MIDI_CHUNK 8
#define MIDI_DROP 29 /* frames: 30 a second, of which some are left out */

/* Status bytes, and the types of meta events. */
#define MIDI_SYSEX 0xf0
#define MIDI_ESCAPE 0xf7
#define MIDI_REALTIME 0xf8
#define MIDI_META 0xff
#define MIDI_END_OF_TRACK 0x2f
#define MIDI_SET_TEMPO 0x51
#define MIDI_TIME_SIGNATURE 0x58
#define MIDI_KEY_SIGNATURE 0x59

typedef struct {
    uint64_t tick;
    uint32_t tempo; /* microseconds a quarter note */
    uint32_t order; /* in the file */
} midi_change_t;

typedef struct {
    music_t *music;
    midi_words_t words;
    unsigned format, tracks, division;
    unsigned track; /* number of the one that is read */
    uint64_t tick, last_tick;
    int has_notes;         /* the track */
    const uint8_t *behind; /* its end event; NULL: it has none */
    midi_change_t *changes;
    size_t nchanges, room;
} midi_t;


static uint32_t
midi_be32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8
           | p[3];
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


static int
midi_change(midi_t *midi, uint32_t tempo)
{
    size_t room;
    midi_change_t *changes;

    if (tempo <= MIDI_MINUTE / MUSIC_TEMPO_MAX) {
        return 0;
    }

    if (midi->nchanges == midi->room) {
        room = midi->room > 0 ? 2 * midi->room : 64;
        changes = realloc(midi->changes, room * sizeof(*changes));
        if (changes == NULL) {
            return -1;
        }
        midi->changes = changes;
        midi->room = room;
    }

    midi->changes[midi->nchanges] =
        (midi_change_t){ midi->tick, tempo, (uint32_t) midi->nchanges };
    midi->nchanges++;
    return 0;
}


static int
midi_meta(midi_t *midi, unsigned type, const uint8_t *p, size_t len)
{
    music_t *music = midi->music;

    if (type >= MIDI_TEXT && type <= MIDI_TEXT_LAST) {
        midi_words_text(&midi->words, type, p, len);

    } else if (type == MIDI_SET_TEMPO && len == 3) {
        return midi_change(midi,
                           (uint32_t) p[0] << 16 | (uint32_t) p[1] << 8 | p[2]);

    } else if (type == MIDI_TIME_SIGNATURE && len >= 2) {
        midi_time(midi, p);

    } else if (type == MIDI_KEY_SIGNATURE && len == 2
               && music->key[0] == '\0') {
        music_key(music->key, (int8_t) p[0], p[1] == 1 ? "minor" : "major");
    }

    return 0;
}


/* type (1) of a meta event, length (a number), data */
static int
midi_long_event(midi_t *midi, unsigned status, const uint8_t **p,
                const uint8_t *end)
{
    unsigned type = 0;
    uint32_t len;

    if (status == MIDI_META) {
        if (*p == end) {
            return -1;
        }
        type = *(*p)++;
    }

    if (midi_number(p, end, &len) != 0 || len > (size_t) (end - *p)) {
        return -1;
    }

    if (status == MIDI_META && midi_meta(midi, type, *p, len) != 0) {
        return -1;
    }

    *p += len;
    if (status == MIDI_META && type == MIDI_END_OF_TRACK) {
        midi->behind = *p;
    }
    return 0;
}


/* Bytes of data behind a status; -1: it is none. What belongs on a wire alone
   (0xf1 to 0xf6, 0xf8 to 0xfe) was recorded by mistake, and is passed over. */
static int
midi_data(unsigned status)
{
    static const int common[] = { -1, 1, 2, 1, -1, -1, 0, -1 };

    if (status < 0x80) {
        return -1;
    }
    if (status >= MIDI_SYSEX) {
        return status >= MIDI_REALTIME ? 0 : common[status - MIDI_SYSEX];
    }

    return (status & 0xe0) == 0xc0 ? 1 : 2; /* programme and pressure: 1 */
}


/* status (1) unless as before, then one or two bytes; or 0xff, 0xf0 or 0xf7,
   and a long event */
static int
midi_event(midi_t *midi, const uint8_t **p, const uint8_t *end,
           unsigned *running)
{
    int data;
    unsigned status;

    if (*p == end) {
        return -1;
    }

    status = **p & 0x80 ? *(*p)++ : *running;

    if (status == MIDI_META || status == MIDI_SYSEX || status == MIDI_ESCAPE) {
        return midi_long_event(midi, status, p, end);
    }

    data = midi_data(status);
    if (data == -1 || end - *p < data) {
        return -1;
    }

    if (status < MIDI_SYSEX) {
        midi->has_notes |= (status & 0xf0) == 0x90;
        *running = status;
    }
    *p += data;
    return 0;
}


/* Up to its end event, or to `end`. */
static int
midi_track(midi_t *midi, const uint8_t *p, const uint8_t *end)
{
    uint32_t delta;
    unsigned running = 0;

    midi->tick = 0;
    midi->has_notes = 0;
    midi->behind = NULL;
    midi_words_begin(&midi->words);

    while (p < end && midi->behind == NULL) {
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

    midi_words_end(&midi->words, midi->track, midi->format == 1,
                   midi->has_notes);
    midi->track++;
    return 0;
}


static int
midi_is_track(const uint8_t *p, const uint8_t *end)
{
    return end - p >= MIDI_CHUNK && memcmp(p, "MTrk", 4) == 0;
}


/* A track's length may be wrong, as some programs write it, when an event says
   where it ends. NULL: it is damaged or cut off; else what is behind it. */
static const uint8_t *
midi_track_chunk(midi_t *midi, const uint8_t *p, const uint8_t *end)
{
    size_t left = (size_t) (end - p) - MIDI_CHUNK, size = midi_be32(p + 4);
    const uint8_t *behind;

    behind = p + MIDI_CHUNK + (size < left ? size : left);
    if (midi_track(midi, p + MIDI_CHUNK, behind) != 0
        || (size > left && midi->behind == NULL)) {
        return NULL;
    }

    return !midi_is_track(behind, end) && midi->behind != NULL
                   && midi_is_track(midi->behind, end)
               ? midi->behind
               : behind;
}


/* Chunks of type (4) and length (4), of which "MTrk" are tracks. What is no
   whole chunk behind the last of them does not count. */
static int
midi_chunks(midi_t *midi, const uint8_t *p, const uint8_t *end)
{
    while (end - p >= MIDI_CHUNK) {
        if (midi_is_track(p, end)) {
            p = midi_track_chunk(midi, p, end);
            if (p == NULL) {
                return -1;
            }
        } else if (midi_be32(p + 4) <= (size_t) (end - p) - MIDI_CHUNK) {
            p += MIDI_CHUNK + midi_be32(p + 4);
        } else {
            p = memmem(p, (size_t) (end - p), "MTrk", 4);
            if (p == NULL) {
                break;
            }
        }
    }

    if (p != NULL && p < end && midi->track < midi->tracks
        && memcmp(p, "MTrk", end - p < 4 ? (size_t) (end - p) : 4) == 0) {
        return -1;
    }

    return midi->track > 0 ? 0 : -1;
}


static int
midi_earlier(const void *a, const void *b)
{
    const midi_change_t *x = a, *y = b;

    return x->tick != y->tick ? (x->tick > y->tick) - (x->tick < y->tick)
                              : (x->order > y->order) - (x->order < y->order);
}


/* Ticks are parts of a quarter note, whose length changes. */
static double
midi_seconds(midi_t *midi)
{
    size_t i;
    double seconds = 0, quarter = MIDI_TEMPO / 1e6;
    uint64_t at = 0, until;

    for (i = 0; i < midi->nchanges && at < midi->last_tick; i++) {
        until = midi->changes[i].tick;
        until = until < midi->last_tick ? until : midi->last_tick;
        seconds += (double) (until - at) * quarter / midi->division;
        at = until;
        quarter = midi->changes[i].tempo / 1e6;
    }

    return seconds + (double) (midi->last_tick - at) * quarter / midi->division;
}


/* With the highest bit of the division set, ticks are parts of a frame of a
   24th to a 30th of a second: there is no tempo. */
static double
midi_seconds_of_frames(const midi_t *midi)
{
    unsigned frames = 0x100 - (midi->division >> 8);
    unsigned parts = midi->division & 0xff;

    if (parts == 0) {
        return 0;
    }

    return (double) midi->last_tick
           / (frames == MIDI_DROP ? 30000.0 / 1001 : frames) / parts;
}


static void
midi_length(midi_t *midi)
{
    double seconds;
    music_t *music = midi->music;

    if (midi->division == 0) {
        return;
    }

    if (midi->division & 0x8000) {
        seconds = midi_seconds_of_frames(midi);
    } else {
        if (midi->nchanges > 0) {
            music->tempo = MIDI_MINUTE / midi->changes[0].tempo;
            qsort(midi->changes, midi->nchanges, sizeof(midi->changes[0]),
                  midi_earlier);
        }
        seconds = midi_seconds(midi);
    }

    /* tracks of a format 2 file do not play together */
    if (midi->format < 2 && seconds <= MUSIC_SECONDS_MAX) {
        music->seconds = seconds;
    }
}


/* "RIFF", size (4), "RMID", then chunks of id (4) and length (4, little-endian,
   even), of which "data" is the file. */
static void
midi_unwrap(const uint8_t **p, const uint8_t **end)
{
    size_t size;
    const uint8_t *chunk = *p + 12;

    if (*end - *p < 20 || memcmp(*p, "RIFF", 4) != 0
        || memcmp(*p + 8, "RMID", 4) != 0) {
        return;
    }

    while (*end - chunk >= MIDI_CHUNK) {
        size = __builtin_bswap32(midi_be32(chunk + 4));
        if (size > (size_t) (*end - chunk) - MIDI_CHUNK) {
            size = (size_t) (*end - chunk) - MIDI_CHUNK;
        }
        if (memcmp(chunk, "data", 4) == 0) {
            *p = chunk + MIDI_CHUNK;
            *end = *p + size;
            return;
        }
        size += size & 1;
        if (size > (size_t) (*end - chunk) - MIDI_CHUNK) {
            return;
        }
        chunk += MIDI_CHUNK + size;
    }
}


/* "MThd", length (4), format (2), tracks (2), division (2), and what later
   versions may add; then the chunks. */
int
midi_parse(const void *bytes, size_t len, music_t *music)
{
    int rc;
    midi_t *midi;
    const uint8_t *p = bytes, *end = p + len;

    memset(music, 0, sizeof(*music));

    midi_unwrap(&p, &end);
    len = (size_t) (end - p);

    if (len < MIDI_CHUNK + MIDI_HEAD || memcmp(p, "MThd", 4) != 0
        || midi_be32(p + 4) < MIDI_HEAD
        || midi_be32(p + 4) > len - MIDI_CHUNK) {
        return -1;
    }

    midi = calloc(1, sizeof(*midi));
    if (midi == NULL) {
        return -1;
    }
    midi->music = music;
    midi->format = (unsigned) p[8] << 8 | p[9];
    midi->tracks = (unsigned) p[10] << 8 | p[11];
    midi->division = (unsigned) p[12] << 8 | p[13];
    midi_words_init(&midi->words, music, p, len);

    rc = midi_chunks(midi, p + MIDI_CHUNK + midi_be32(p + 4), end);
    if (rc == 0) {
        midi_length(midi);
        midi_words_close(&midi->words);
    }

    free(midi->changes);
    free(midi);
    return rc;
}
