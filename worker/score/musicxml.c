#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <expat.h>
#include "musicxml.h"
#include "words.h"

#define MUSICXML_VALUE_SIZE 1024 /* bytes of an element's text; more is cut */
#define MUSICXML_VERSES_MAX 8
#define MUSICXML_VERSE_SIZE (16 * 1024)
#define MUSICXML_TEMPO_MAX 1000.0

static const char musicxml_damaged[] =
    "The MusicXML cannot be read: it is damaged or cut off.";
static const char musicxml_no_score[] =
    "The MusicXML cannot be read: it holds no score.";
static const char musicxml_entities[] =
    "The MusicXML declares entities of its own, which is not allowed.";
static const char musicxml_nested[] =
    "The MusicXML is nested deeper than any score.";
static const char musicxml_large[] = "The MusicXML is larger than any score.";

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

struct musicxml_s {
    XML_Parser parser;
    music_t *music;
    const char *complaint;
    size_t fed;

    musicxml_element_t open[MUSICXML_DEPTH_MAX];
    int depth;
    int is_score;
    int parts; /* begun */

    char value[MUSICXML_VALUE_SIZE]; /* text of the element that is open */
    size_t value_len;

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
};


static void musicxml_start(void *data, const char *name, const char **attrs);
static void musicxml_stop(void *data, const char *name);
static void musicxml_text(void *data, const char *text, int len);
static void musicxml_entity(void *data, const char *name, int is_parameter,
                            const char *value, int len, const char *base,
                            const char *system, const char *public,
                            const char *notation);
static musicxml_element_t musicxml_element(const char *name);
static const char *musicxml_attribute(const char **attrs, const char *name);
static void musicxml_begun(musicxml_t *reader, musicxml_element_t element,
                           const char **attrs);
static void musicxml_ended(musicxml_t *reader, musicxml_element_t element,
                           musicxml_element_t parent);
static void musicxml_names(musicxml_t *reader, musicxml_element_t element,
                           musicxml_element_t parent);
static void musicxml_measures(musicxml_t *reader, musicxml_element_t element,
                              musicxml_element_t parent);
static void musicxml_tempo(musicxml_t *reader, musicxml_element_t element,
                           musicxml_element_t parent);
static void musicxml_lyrics(musicxml_t *reader, musicxml_element_t element,
                            musicxml_element_t parent);
static void musicxml_creator(musicxml_t *reader);
static void musicxml_time(musicxml_t *reader);
static void musicxml_sung(musicxml_t *reader);
static double musicxml_number(const char *text);
static int musicxml_refuse(musicxml_t *reader, const char *complaint);


musicxml_t *
musicxml_create(music_t *music)
{
    musicxml_t *reader;

    memset(music, 0, sizeof(*music));

    reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }

    reader->music = music;
    reader->parser = XML_ParserCreate(NULL);
    if (reader->parser == NULL) {
        free(reader);
        return NULL;
    }

    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, musicxml_start, musicxml_stop);
    XML_SetCharacterDataHandler(reader->parser, musicxml_text);
    XML_SetEntityDeclHandler(reader->parser, musicxml_entity);
    return reader;
}


void
musicxml_free(musicxml_t *reader)
{
    if (reader != NULL) {
        XML_ParserFree(reader->parser);
        free(reader);
    }
}


const char *
musicxml_complaint(const musicxml_t *reader)
{
    return reader->complaint;
}


int
musicxml_feed(void *data, const char *bytes, size_t len)
{
    int n;
    XML_Index at;
    musicxml_t *reader = data;

    if (reader->complaint != NULL) {
        return -1;
    }

    if (len > MUSICXML_SIZE_MAX - reader->fed) {
        return musicxml_refuse(reader, musicxml_large);
    }

    /* Each call scans an unfinished token from its start: calls must be many
       bytes apart, and tokens few. */
    for (; len > 0; bytes += n, len -= (size_t) n) {
        n = len > MUSICXML_TOKEN_MAX ? (int) MUSICXML_TOKEN_MAX : (int) len;
        reader->fed += (size_t) n;

        if (XML_Parse(reader->parser, bytes, n, 0) != XML_STATUS_OK) {
            return musicxml_refuse(reader, musicxml_damaged);
        }

        at = XML_GetCurrentByteIndex(reader->parser); /* -1: before the first */
        if (reader->fed - (at > 0 ? (size_t) at : 0) > 2 * MUSICXML_TOKEN_MAX) {
            return musicxml_refuse(reader, musicxml_large);
        }
    }

    return 0;
}


int
musicxml_end(musicxml_t *reader)
{
    size_t i;
    music_t *music = reader->music;

    if (reader->complaint != NULL) {
        return -1;
    }
    if (XML_Parse(reader->parser, "", 0, 1) != XML_STATUS_OK) {
        return musicxml_refuse(reader, musicxml_damaged);
    }
    if (!reader->is_score) {
        return musicxml_refuse(reader, musicxml_no_score);
    }

    if (music->title[0] == '\0') {
        words_copy(music->title, sizeof(music->title), reader->movement);
    }
    if (music->tempo <= 0) {
        music->tempo = reader->marked;
    }
    for (i = 0; i < MUSICXML_VERSES_MAX; i++) {
        music_words(music, reader->verses[i].text, reader->verses[i].len);
    }

    return 0;
}


static void
musicxml_start(void *data, const char *name, const char **attrs)
{
    musicxml_t *reader = data;
    musicxml_element_t element;

    if (reader->depth == MUSICXML_DEPTH_MAX) {
        musicxml_refuse(reader, musicxml_nested);
        return;
    }

    element = musicxml_element(name);
    reader->open[reader->depth++] = element;
    reader->value_len = 0;
    reader->value[0] = '\0';

    musicxml_begun(reader, element, attrs);
}


static void
musicxml_stop(void *data, const char *name)
{
    musicxml_t *reader = data;
    musicxml_element_t element, parent;

    (void) name;

    if (reader->complaint != NULL || reader->depth == 0) {
        return;
    }

    element = reader->open[--reader->depth];
    parent = reader->depth > 0 ? reader->open[reader->depth - 1]
                               : MUSICXML_OTHER;

    if (element != MUSICXML_OTHER) {
        musicxml_ended(reader, element, parent);
    }

    reader->value_len = 0;
    reader->value[0] = '\0';
}


static void
musicxml_text(void *data, const char *text, int len)
{
    size_t n = (size_t) len, room;
    musicxml_t *reader = data;

    if (reader->depth == 0
        || reader->open[reader->depth - 1] == MUSICXML_OTHER) {
        return;
    }

    room = sizeof(reader->value) - 1 - reader->value_len;
    if (n > room) {
        n = room;
        while (n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80) {
            n--;
        }
    }

    memcpy(reader->value + reader->value_len, text, n);
    reader->value_len += n;
    reader->value[reader->value_len] = '\0';
}


static void
musicxml_entity(void *data, const char *name, int is_parameter,
                const char *value, int len, const char *base,
                const char *system, const char *public, const char *notation)
{
    (void) name;
    (void) is_parameter;
    (void) value;
    (void) len;
    (void) base;
    (void) system;
    (void) public;
    (void) notation;

    musicxml_refuse(data, musicxml_entities);
}


/* The first complaint is the one that counts: what follows comes of it. */
static int
musicxml_refuse(musicxml_t *reader, const char *complaint)
{
    if (reader->complaint == NULL) {
        reader->complaint = complaint;
        XML_StopParser(reader->parser, XML_FALSE);
    }

    return -1;
}


static musicxml_element_t
musicxml_element(const char *name)
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
musicxml_attribute(const char **attrs, const char *name)
{
    for (; attrs[0] != NULL; attrs += 2) {
        if (strcmp(attrs[0], name) == 0) {
            return attrs[1];
        }
    }

    return "";
}


static void
musicxml_begun(musicxml_t *reader, musicxml_element_t element,
               const char **attrs)
{
    double tempo;
    long verse;

    switch (element) {

    case MUSICXML_SCORE:
        reader->is_score |= reader->depth == 1;
        break;

    case MUSICXML_CREATOR:
        snprintf(reader->creator, sizeof(reader->creator), "%s",
                 musicxml_attribute(attrs, "type"));
        break;

    case MUSICXML_PART:
        reader->parts++;
        break;

    case MUSICXML_KEY:
        reader->has_fifths = 0;
        reader->mode[0] = '\0';
        break;

    case MUSICXML_TIME:
        reader->beats[0] = reader->beat_type[0] = '\0';
        break;

    case MUSICXML_SOUND:
        tempo = musicxml_number(musicxml_attribute(attrs, "tempo"));
        if (reader->music->tempo <= 0) {
            reader->music->tempo = tempo;
        }
        break;

    case MUSICXML_METRONOME:
        reader->unit = 0;
        break;

    case MUSICXML_LYRIC:
        verse = strtol(musicxml_attribute(attrs, "number"), NULL, 10);
        reader->verse = verse >= 1 && verse <= MUSICXML_VERSES_MAX
                            ? (unsigned) verse - 1
                            : 0;
        reader->joined = 0;
        break;

    default:
        break;
    }
}


static void
musicxml_ended(musicxml_t *reader, musicxml_element_t element,
               musicxml_element_t parent)
{
    musicxml_names(reader, element, parent);
    musicxml_measures(reader, element, parent);
    musicxml_tempo(reader, element, parent);
    musicxml_lyrics(reader, element, parent);
}


static void
musicxml_names(musicxml_t *reader, musicxml_element_t element,
               musicxml_element_t parent)
{
    music_t *music = reader->music;

    if (element == MUSICXML_WORK_TITLE) {
        words_copy(music->title, sizeof(music->title), reader->value);

    } else if (element == MUSICXML_MOVEMENT_TITLE) {
        words_copy(reader->movement, sizeof(reader->movement), reader->value);

    } else if (element == MUSICXML_CREATOR) {
        musicxml_creator(reader);

    } else if (element == MUSICXML_PART_NAME && parent == MUSICXML_SCORE_PART) {
        music_part(music, reader->value, reader->value_len);
    }
}


/* Several of a kind stand one behind the other. */
static void
musicxml_creator(musicxml_t *reader)
{
    size_t i, len;
    char name[MUSIC_NAME_SIZE];
    const struct {
        const char *type;
        char *to;
    } creators[] = {
        { "composer", reader->music->composer },
        { "lyricist", reader->music->lyricist },
        { "poet", reader->music->lyricist },
        { "arranger", reader->music->arranger },
    };

    if (words_copy(name, sizeof(name), reader->value) == 0) {
        return;
    }

    for (i = 0; i < sizeof(creators) / sizeof(creators[0]); i++) {
        if (strcmp(creators[i].type, reader->creator) != 0) {
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
musicxml_measures(musicxml_t *reader, musicxml_element_t element,
                  musicxml_element_t parent)
{
    char *end;
    music_t *music = reader->music;

    switch (element) {

    case MUSICXML_MEASURE:
        /* of the first part, or around all parts of one measure */
        music->measures += (parent == MUSICXML_PART && reader->parts == 1)
                           || parent == MUSICXML_SCORE;
        break;

    case MUSICXML_FIFTHS:
        reader->fifths = strtol(reader->value, &end, 10);
        reader->has_fifths = parent == MUSICXML_KEY && end != reader->value;
        break;

    case MUSICXML_MODE:
        words_copy(reader->mode, sizeof(reader->mode), reader->value);
        break;

    case MUSICXML_KEY:
        if (music->key[0] == '\0' && reader->has_fifths) {
            music_key(music->key, reader->fifths, reader->mode);
        }
        break;

    case MUSICXML_BEATS:
        words_copy(reader->beats, sizeof(reader->beats), reader->value);
        break;

    case MUSICXML_BEAT_TYPE:
        words_copy(reader->beat_type, sizeof(reader->beat_type), reader->value);
        break;

    case MUSICXML_TIME:
        musicxml_time(reader);
        break;

    default:
        break;
    }
}


/* "4" and "4", or "3+2" and "8" */
static void
musicxml_time(musicxml_t *reader)
{
    music_t *music = reader->music;

    if (music->time[0] == '\0' && reader->beats[0] != '\0'
        && reader->beat_type[0] != '\0'
        && reader->beats[strspn(reader->beats, "0123456789+")] == '\0'
        && reader->beat_type[strspn(reader->beat_type, "0123456789")] == '\0') {
        snprintf(music->time, sizeof(music->time), "%.15s/%.7s", reader->beats,
                 reader->beat_type);
    }
}


static void
musicxml_tempo(musicxml_t *reader, musicxml_element_t element,
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

    if (element == MUSICXML_BEAT_UNIT && reader->unit <= 0) {
        for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            if (strcmp(units[i].name, reader->value) == 0) {
                reader->unit = units[i].quarters;
            }
        }

    } else if (element == MUSICXML_BEAT_UNIT_DOT) {
        reader->unit *= 1.5;

    } else if (element == MUSICXML_PER_MINUTE && reader->marked <= 0) {
        tempo = musicxml_number(reader->value) * reader->unit;
        reader->marked = tempo <= MUSICXML_TEMPO_MAX ? tempo : 0;
    }
}


static void
musicxml_lyrics(musicxml_t *reader, musicxml_element_t element,
                musicxml_element_t parent)
{
    if (element == MUSICXML_SYLLABIC) {
        reader->joined = strcmp(reader->value, "begin") == 0
                         || strcmp(reader->value, "middle") == 0;

    } else if (element == MUSICXML_TEXT && parent == MUSICXML_LYRIC) {
        musicxml_sung(reader);

    } else if (element == MUSICXML_WORDS || element == MUSICXML_CREDIT_WORDS) {
        music_words(reader->music, reader->value, reader->value_len);
    }
}


static void
musicxml_sung(musicxml_t *reader)
{
    musicxml_verse_t *verse = &reader->verses[reader->verse];

    if (reader->value_len + 1 > sizeof(verse->text) - verse->len) {
        return;
    }

    memcpy(verse->text + verse->len, reader->value, reader->value_len);
    verse->len += reader->value_len;
    if (!reader->joined) {
        verse->text[verse->len++] = ' ';
    }
}


/* Decimal digits and a point, as XML has them; 0 for anything else. */
static double
musicxml_number(const char *text)
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
