/* What a MIDI file's texts say: names, lyrics (RP-017, RP-026) and karaoke
   (.kar); for midi.c. */

#ifndef SLUICE_MIDI_WORDS_H
#define SLUICE_MIDI_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include "music.h"

/* Meta events that are texts. */
#define MIDI_TEXT 0x01
#define MIDI_TRACK_NAME 0x03
#define MIDI_INSTRUMENT 0x04
#define MIDI_LYRIC 0x05
#define MIDI_TEXT_LAST 0x0f

typedef struct {
    char bytes[MUSIC_TEXT_SIZE];
    size_t len;
    size_t events, spaced; /* such that begin or end with a blank */
} midi_text_t;

typedef struct {
    music_t *music;
    const char *charset; /* of all texts, as the file says; NULL: it does not */
    int karaoke;         /* text events are sung */
    char title[MUSIC_NAME_SIZE];

    char name[MUSIC_NAME_SIZE]; /* of the track that is read */
    char instrument[MUSIC_NAME_SIZE];

    midi_text_t sung, karaoke_sung, written;
} midi_words_t;

/* Looks for what the whole file says of its texts. */
void midi_words_init(midi_words_t *words, music_t *music, const uint8_t *bytes,
                     size_t len);

/* A text event. */
void midi_words_text(midi_words_t *words, unsigned type, const uint8_t *bytes,
                     size_t len);

/* A track begins; and is over: the number of it, from 0, whether it plays
   beside others, and whether it has notes. */
void midi_words_begin(midi_words_t *words);
void midi_words_end(midi_words_t *words, unsigned track, int beside,
                    int has_notes);

/* All tracks are over: the rest goes into `music`. */
void midi_words_close(midi_words_t *words);

#endif
