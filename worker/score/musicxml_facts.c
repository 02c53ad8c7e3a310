#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/words.h"
#include "musicxml_facts.h"

#define MUSICXML_TEMPO_MAX 1000.0


musicxml_element_t
musicxml_facts_element(const char *name)
{
    size_t i;
    static const struct {
        const char *name;
        musicxml_element_t element;
    } elements[] = {
        { "score-partwise", MUSICXML_SCORE },
        { "score-timewise", MUSICXML_SCORE },
        { "work-title", MUSICXML_WORK_TITLE },
        { "movement-title", MUSICXML_MOVEMENT_TITLE },
        { "creator", MUSICXML_CREATOR },
        { "score-part", MUSICXML_SCORE_PART },
        { "part-name", MUSICXML_PART_NAME },
        { "part", MUSICXML_PART },
        { "measure", MUSICXML_MEASURE },
        { "key", MUSICXML_KEY },
        { "fifths", MUSICXML_FIFTHS },
        { "mode", MUSICXML_MODE },
        { "time", MUSICXML_TIME },
        { "beats", MUSICXML_BEATS },
        { "beat-type", MUSICXML_BEAT_TYPE },
        { "sound", MUSICXML_SOUND },
        { "metronome", MUSICXML_METRONOME },
        { "beat-unit", MUSICXML_BEAT_UNIT },
        { "beat-unit-dot", MUSICXML_BEAT_UNIT_DOT },
        { "per-minute", MUSICXML_PER_MINUTE },
        { "lyric", MUSICXML_LYRIC },
        { "syllabic", MUSICXML_SYLLABIC },
        { "text", MUSICXML_TEXT },
        { "words", MUSICXML_WORDS },
        { "credit-words", MUSICXML_CREDIT_WORDS },
    };

    for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        if (strcmp(elements[i].name, name) == 0) {
            return elements[i].element;
        }
    }

    return MUSICXML_OTHER;
}


static const char *
musicxml_facts_attribute(const char **attrs, const char *name)
{
    for (; attrs[0] != NULL; attrs += 2) {
        if (strcmp(attrs[0], name) == 0) {
            return attrs[1];
        }
    }

    return "";
}


/* Decimal digits and a point, as XML has them; 0 for anything else. */
static double
musicxml_facts_number(const char *text)
{
    char *end;
    double number;

    if (!isdigit((unsigned char) text[0])
        || text[strspn(text, "0123456789.")] != '\0') {
        return 0;
    }

    number = strtod(text, &end);
    return *end == '\0' && number <= MUSICXML_TEMPO_MAX ? number : 0;
}


void
musicxml_facts_begin(musicxml_facts_t *facts, musicxml_element_t element,
                     const char **attrs)
{
    double tempo;
    long verse;

    switch (element) {

    case MUSICXML_CREATOR:
        snprintf(facts->creator, sizeof(facts->creator), "%s",
                 musicxml_facts_attribute(attrs, "type"));
        break;

    case MUSICXML_PART:
        facts->parts++;
        break;

    case MUSICXML_KEY:
        facts->has_fifths = 0;
        facts->mode[0] = '\0';
        break;

    case MUSICXML_TIME:
        facts->beats[0] = facts->beat_type[0] = '\0';
        break;

    case MUSICXML_SOUND:
        tempo = musicxml_facts_number(musicxml_facts_attribute(attrs, "tempo"));
        if (facts->music->tempo <= 0) {
            facts->music->tempo = tempo;
        }
        break;

    case MUSICXML_METRONOME:
        facts->unit = 0;
        break;

    case MUSICXML_LYRIC:
        verse = strtol(musicxml_facts_attribute(attrs, "number"), NULL, 10);
        facts->verse = verse >= 1 && verse <= MUSICXML_VERSES_MAX
                           ? (unsigned) verse - 1
                           : 0;
        facts->joined = 0;
        break;

    default:
        break;
    }
}


/* Several of a kind stand one behind the other. */
static void
musicxml_facts_creator(musicxml_facts_t *facts)
{
    size_t i, len;
    char name[MUSIC_NAME_SIZE];
    const struct {
        const char *type;
        char *to;
    } creators[] = {
        { "composer", facts->music->composer },
        { "lyricist", facts->music->lyricist },
        { "poet", facts->music->lyricist },
        { "arranger", facts->music->arranger },
    };

    if (words_copy(name, sizeof(name), facts->value) == 0) {
        return;
    }

    for (i = 0; i < sizeof(creators) / sizeof(creators[0]); i++) {
        if (strcmp(creators[i].type, facts->creator) != 0) {
            continue;
        }
        len = strlen(creators[i].to);
        if (len + strlen(name) + sizeof(", ") <= MUSIC_NAME_SIZE) {
            snprintf(creators[i].to + len, MUSIC_NAME_SIZE - len, "%s%s",
                     len > 0 ? ", " : "", name);
        }
    }
}


static void
musicxml_facts_names(musicxml_facts_t *facts, musicxml_element_t element,
                     musicxml_element_t parent)
{
    music_t *music = facts->music;

    if (element == MUSICXML_WORK_TITLE) {
        words_copy(music->title, sizeof(music->title), facts->value);

    } else if (element == MUSICXML_MOVEMENT_TITLE) {
        words_copy(facts->movement, sizeof(facts->movement), facts->value);

    } else if (element == MUSICXML_CREATOR) {
        musicxml_facts_creator(facts);

    } else if (element == MUSICXML_PART_NAME && parent == MUSICXML_SCORE_PART) {
        music_part(music, facts->value, facts->value_len);
    }
}


/* "4" and "4", or "3+2" and "8" */
static void
musicxml_facts_time(musicxml_facts_t *facts)
{
    music_t *music = facts->music;

    if (music->time[0] == '\0' && facts->beats[0] != '\0'
        && facts->beat_type[0] != '\0'
        && facts->beats[strspn(facts->beats, "0123456789+")] == '\0'
        && facts->beat_type[strspn(facts->beat_type, "0123456789")] == '\0') {
        snprintf(music->time, sizeof(music->time), "%.15s/%.7s", facts->beats,
                 facts->beat_type);
    }
}


static void
musicxml_facts_measures(musicxml_facts_t *facts, musicxml_element_t element,
                        musicxml_element_t parent)
{
    char *end;
    music_t *music = facts->music;

    switch (element) {

    case MUSICXML_MEASURE:
        /* of the first part, or around all parts of one measure */
        music->measures += (parent == MUSICXML_PART && facts->parts == 1)
                           || parent == MUSICXML_SCORE;
        break;

    case MUSICXML_FIFTHS:
        facts->fifths = strtol(facts->value, &end, 10);
        facts->has_fifths = parent == MUSICXML_KEY && end != facts->value;
        break;

    case MUSICXML_MODE:
        words_copy(facts->mode, sizeof(facts->mode), facts->value);
        break;

    case MUSICXML_KEY:
        if (music->key[0] == '\0' && facts->has_fifths) {
            music_key(music->key, facts->fifths, facts->mode);
        }
        break;

    case MUSICXML_BEATS:
        words_copy(facts->beats, sizeof(facts->beats), facts->value);
        break;

    case MUSICXML_BEAT_TYPE:
        words_copy(facts->beat_type, sizeof(facts->beat_type), facts->value);
        break;

    case MUSICXML_TIME:
        musicxml_facts_time(facts);
        break;

    default:
        break;
    }
}


static void
musicxml_facts_tempo(musicxml_facts_t *facts, musicxml_element_t element,
                     musicxml_element_t parent)
{
    size_t i;
    double tempo;
    static const struct {
        const char *name;
        double quarters;
    } units[] = { { "breve", 8 },   { "whole", 4 },    { "half", 2 },
                  { "quarter", 1 }, { "eighth", 0.5 }, { "16th", 0.25 },
                  { "32nd", 0.125 } };

    if (parent != MUSICXML_METRONOME) {
        return;
    }

    if (element == MUSICXML_BEAT_UNIT && facts->unit <= 0) {
        for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            if (strcmp(units[i].name, facts->value) == 0) {
                facts->unit = units[i].quarters;
            }
        }

    } else if (element == MUSICXML_BEAT_UNIT_DOT) {
        facts->unit *= 1.5;

    } else if (element == MUSICXML_PER_MINUTE && facts->marked <= 0) {
        tempo = musicxml_facts_number(facts->value) * facts->unit;
        facts->marked = tempo <= MUSICXML_TEMPO_MAX ? tempo : 0;
    }
}


static void
musicxml_facts_sung(musicxml_facts_t *facts)
{
    musicxml_verse_t *verse = &facts->verses[facts->verse];

    if (facts->value_len + 1 > sizeof(verse->text) - verse->len) {
        return;
    }

    memcpy(verse->text + verse->len, facts->value, facts->value_len);
    verse->len += facts->value_len;
    if (!facts->joined) {
        verse->text[verse->len++] = ' ';
    }
}


static void
musicxml_facts_lyrics(musicxml_facts_t *facts, musicxml_element_t element,
                      musicxml_element_t parent)
{
    if (element == MUSICXML_SYLLABIC) {
        facts->joined = strcmp(facts->value, "begin") == 0
                        || strcmp(facts->value, "middle") == 0;

    } else if (element == MUSICXML_TEXT && parent == MUSICXML_LYRIC) {
        musicxml_facts_sung(facts);

    } else if (element == MUSICXML_WORDS || element == MUSICXML_CREDIT_WORDS) {
        music_words(facts->music, facts->value, facts->value_len);
    }
}


void
musicxml_facts_end(musicxml_facts_t *facts, musicxml_element_t element,
                   musicxml_element_t parent)
{
    musicxml_facts_names(facts, element, parent);
    musicxml_facts_measures(facts, element, parent);
    musicxml_facts_tempo(facts, element, parent);
    musicxml_facts_lyrics(facts, element, parent);
}


void
musicxml_facts_close(musicxml_facts_t *facts)
{
    size_t i;
    music_t *music = facts->music;

    if (music->title[0] == '\0') {
        words_copy(music->title, sizeof(music->title), facts->movement);
    }
    if (music->tempo <= 0) {
        music->tempo = facts->marked;
    }
    for (i = 0; i < MUSICXML_VERSES_MAX; i++) {
        music_words(music, facts->verses[i].text, facts->verses[i].len);
    }
}
