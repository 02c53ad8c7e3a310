/* What the elements of MusicXML say, one after the other: for musicxml.c. */

#ifndef SLUICE_MUSICXML_FACTS_H
#define SLUICE_MUSICXML_FACTS_H

#include <stddef.h>
#include "musicxml_names.h"
#include "musicxml_verses.h"

#define MUSICXML_VALUE_SIZE 1024 /* bytes of an element's text; more is cut */
#define MUSICXML_ID_SIZE 16

/* The elements that say something about the whole. */
typedef enum {
    MUSICXML_OTHER,
    MUSICXML_SCORE,
    MUSICXML_WORK_TITLE,
    MUSICXML_WORK_NUMBER,
    MUSICXML_MOVEMENT_TITLE,
    MUSICXML_MOVEMENT_NUMBER,
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
    MUSICXML_BEAT_UNIT_TIED,
    MUSICXML_PER_MINUTE,
    MUSICXML_NOTE,
    MUSICXML_VOICE,
    MUSICXML_LYRIC,
    MUSICXML_SYLLABIC,
    MUSICXML_TEXT,
    MUSICXML_WORDS,
    MUSICXML_CREDIT,
    MUSICXML_CREDIT_TYPE,
    MUSICXML_CREDIT_WORDS
} musicxml_element_t;

typedef struct {
    music_t *music;
    musicxml_names_t names;
    musicxml_verses_t verses;

    char value[MUSICXML_VALUE_SIZE]; /* text of the element that is open */
    size_t value_len;

    int parts; /* begun */
    char mode[16];
    long fifths;
    int has_fifths;

    char time[MUSIC_TIME_SIZE], beats[16]; /* "3/8+2/4", as far as it came */
    int time_failed;

    double unit;   /* of the metronome, in quarter notes */
    double marked; /* tempo by the metronome */

    char part[MUSICXML_ID_SIZE], voice[MUSICXML_ID_SIZE];
    char lines[MUSICXML_ID_SIZE * 2]; /* the verse's number and name */
    int joined;                       /* the syllable goes on in the next */
} musicxml_facts_t;

/* MUSICXML_OTHER for what tells nothing. */
musicxml_element_t musicxml_facts_element(const char *name);

/* Before the first. */
void musicxml_facts_init(musicxml_facts_t *facts, music_t *music);

/* An element begins; `attrs` are names and values, and end with NULL. */
void musicxml_facts_begin(musicxml_facts_t *facts, musicxml_element_t element,
                          const char **attrs);

/* It ends, with its text in `value`. */
void musicxml_facts_end(musicxml_facts_t *facts, musicxml_element_t element,
                        musicxml_element_t parent);

/* All of them have ended: the rest goes into `music`. */
void musicxml_facts_close(musicxml_facts_t *facts);

#endif
