#include <stdio.h>
#include <string.h>
#include "musicxml_verses.h"


static musicxml_verse_t *
musicxml_verses_find(musicxml_verses_t *verses, const char *name)
{
    int i;
    musicxml_verse_t *verse;

    for (i = 0; i < verses->count; i++) {
        if (strcmp(verses->verse[i].name, name) == 0) {
            return &verses->verse[i];
        }
    }

    if (verses->count == MUSICXML_VERSES_MAX) {
        return &verses->verse[MUSICXML_VERSES_MAX - 1];
    }

    verse = &verses->verse[verses->count++];
    snprintf(verse->name, sizeof(verse->name), "%s", name);
    return verse;
}


void
musicxml_verses_add(musicxml_verses_t *verses, const char *name,
                    const char *text, size_t len, int joined)
{
    musicxml_verse_t *verse;
    musicxml_syllable_t *syllable;

    if (verses->syllables == MUSICXML_SYLLABLES_MAX
        || len > sizeof(verses->text) - verses->len) {
        return;
    }

    syllable = &verses->syllable[verses->syllables++];
    syllable->at = (uint32_t) verses->len;
    syllable->len = (uint16_t) len;
    syllable->joined = joined != 0;
    memcpy(verses->text + verses->len, text, len);
    verses->len += len;

    verse = musicxml_verses_find(verses, name);
    if (verse->last != 0) {
        verses->syllable[verse->last - 1].next = verses->syllables;
    } else {
        verse->first = verses->syllables;
    }
    verse->last = verses->syllables;
}


/* A word is told when it is whole: music_words() puts blanks between. */
static void
musicxml_verses_words(const musicxml_verses_t *verses,
                      const musicxml_verse_t *verse, music_t *music)
{
    char word[MUSICXML_WORD_SIZE];
    size_t len = 0;
    uint32_t i;
    const musicxml_syllable_t *syllable;

    for (i = verse->first; i != 0; i = syllable->next) {
        syllable = &verses->syllable[i - 1];
        if (syllable->len > sizeof(word) - len) {
            music_words(music, word, len);
            len = 0;
        }
        memcpy(word + len, verses->text + syllable->at, syllable->len);
        len += syllable->len;
        if (!syllable->joined) {
            music_words(music, word, len);
            len = 0;
        }
    }

    music_words(music, word, len);
}


void
musicxml_verses_tell(const musicxml_verses_t *verses, music_t *music)
{
    int i;

    for (i = 0; i < verses->count; i++) {
        musicxml_verses_words(verses, &verses->verse[i], music);
    }
}
