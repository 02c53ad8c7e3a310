/* What is sung: syllables, which come for all verses, voices and (in a score by
   measures) parts at once, joined to each one's words. For musicxml_facts.c. */

#ifndef SLUICE_MUSICXML_VERSES_H
#define SLUICE_MUSICXML_VERSES_H

#include <stddef.h>
#include <stdint.h>
#include "music.h"

#define MUSICXML_VERSES_MAX 256 /* what is more, is the last one's */
#define MUSICXML_VERSE_NAME 64
#define MUSICXML_SYLLABLES_MAX 65536
#define MUSICXML_WORD_SIZE 4096 /* bytes; longer ones are two */

typedef struct {
    uint32_t at, next; /* in `text`; the verse's next, 0: none */
    uint16_t len;
    uint16_t joined; /* goes on in the next */
} musicxml_syllable_t;

typedef struct {
    char name[MUSICXML_VERSE_NAME];
    uint32_t first, last; /* syllables, counted from 1 */
} musicxml_verse_t;

typedef struct {
    musicxml_verse_t verse[MUSICXML_VERSES_MAX];
    int count;
    musicxml_syllable_t syllable[MUSICXML_SYLLABLES_MAX];
    uint32_t syllables;
    char text[MUSIC_TEXT_SIZE];
    size_t len;
} musicxml_verses_t;

/* Adds a syllable of the verse of this name, unless there are enough; `len` is
   below MUSICXML_WORD_SIZE. */
void musicxml_verses_add(musicxml_verses_t *verses, const char *name,
                         const char *text, size_t len, int joined);

/* Adds one verse after the other to what is written in the music. */
void musicxml_verses_tell(const musicxml_verses_t *verses, music_t *music);

#endif
