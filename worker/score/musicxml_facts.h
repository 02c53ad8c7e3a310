/* What the elements of MusicXML say, one after the other: for musicxml.c. */

#ifndef SLUICE_MUSICXML_FACTS_H
#define SLUICE_MUSICXML_FACTS_H

#include <stddef.h>
#include "music.h"

#define MUSICXML_VALUE_SIZE 1024 /* bytes of an element's text; more is cut */
#define MUSICXML_VERSES_MAX 8
#define MUSICXML_VERSE_SIZE (16 * 1024)

/* The elements that say something about the whole. */
typedef enum {
    MUSICXML_OTHER,
    MUSICXML_SCORE,
    MUSICXML_WORK_TITLE,
    MUSICXML_MOVEMENT_TITLE,
    MUSICXML_CREATOR,
    MUSICXML_SCORE_PART,
    MUSICXML_PART_NAME,
    MUSICXML_PART,
    MUSICXML_MEASURE,
    MUSICXML_KEY,
    MUSICXML_FIFTHS,
    MUSICXML_MODE,
    MUSICXML_TIME,
    MUSICXML_BEATS,
    MUSICXML_BEAT_TYPE,
    MUSICXML_SOUND,
    MUSICXML_METRONOME,
    MUSICXML_BEAT_UNIT,
    MUSICXML_BEAT_UNIT_DOT,
    MUSICXML_PER_MINUTE,
    MUSICXML_LYRIC,
    MUSICXML_SYLLABIC,
    MUSICXML_TEXT,
    MUSICXML_WORDS,
    MUSICXML_CREDIT_WORDS
} musicxml_element_t;

/* Syllables of one verse, joined to words. */
typedef struct {
    char text[MUSICXML_VERSE_SIZE];
    size_t len;
} musicxml_verse_t;

typedef struct {
    music_t *music;

    char value[MUSICXML_VALUE_SIZE]; /* text of the element that is open */
    size_t value_len;

    int parts; /* begun */
    char creator[16];
    char movement[MUSIC_NAME_SIZE];
    char mode[16], beats[16], beat_type[8];
    long fifths;
    int has_fifths;
    double unit;   /* of the metronome, in quarter notes */
    double marked; /* tempo by the metronome */
    unsigned verse;
    int joined; /* the syllable goes on in the next */
    musicxml_verse_t verses[MUSICXML_VERSES_MAX];
} musicxml_facts_t;

/* MUSICXML_OTHER for what tells nothing. */
musicxml_element_t musicxml_facts_element(const char *name);

/* An element begins; `attrs` are names and values, and end with NULL. */
void musicxml_facts_begin(musicxml_facts_t *facts, musicxml_element_t element,
                          const char **attrs);

/* It ends, with its text in `value`. */
void musicxml_facts_end(musicxml_facts_t *facts, musicxml_element_t element,
                        musicxml_element_t parent);

/* All of them have ended: the rest goes into `music`. */
void musicxml_facts_close(musicxml_facts_t *facts);

#endif
