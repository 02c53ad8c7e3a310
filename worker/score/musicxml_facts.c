#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/words.h"
#include "musicxml_facts.h"


void
musicxml_facts_init(musicxml_facts_t *facts, music_t *music)
{
    facts->music = music;
    facts->names.music = music;
}


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
        { "work-number", MUSICXML_WORK_NUMBER },
        { "movement-title", MUSICXML_MOVEMENT_TITLE },
        { "movement-number", MUSICXML_MOVEMENT_NUMBER },
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
        { "beat-unit-tied", MUSICXML_BEAT_UNIT_TIED },
        { "per-minute", MUSICXML_PER_MINUTE },
        { "note", MUSICXML_NOTE },
        { "voice", MUSICXML_VOICE },
        { "lyric", MUSICXML_LYRIC },
        { "syllabic", MUSICXML_SYLLABIC },
        { "text", MUSICXML_TEXT },
        { "words", MUSICXML_WORDS },
        { "credit", MUSICXML_CREDIT },
        { "credit-type", MUSICXML_CREDIT_TYPE },
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
    return *end == '\0' && number <= MUSIC_TEMPO_MAX ? number : 0;
}


/* The first number of "72", "ca. 72", "72-76" and "72,5"; or 0. */
static double
musicxml_facts_about(const char *text)
{
    char number[16];
    size_t n;

    text += strcspn(text, "0123456789");
    n = strspn(text, "0123456789");
    if (text[n] == '.' && isdigit((unsigned char) text[n + 1])) {
        n += 1 + strspn(text + n + 1, "0123456789");
    }
    if (n == 0 || n >= sizeof(number)) {
        return 0;
    }

    memcpy(number, text, n);
    number[n] = '\0';
    return musicxml_facts_number(number);
}


static void
musicxml_facts_begin_credit(musicxml_facts_t *facts, musicxml_element_t element,
                            const char **attrs)
{
    double size;
    const char *page;
    musicxml_credit_t *credit = &facts->names.credit;

    if (element == MUSICXML_CREDIT) {
        memset(credit, 0, sizeof(*credit));
        page = musicxml_facts_attribute(attrs, "page");
        credit->page = page[0] != '\0' ? strtol(page, NULL, 10) : 1;

    } else if (element == MUSICXML_CREDIT_WORDS) {
        size = musicxml_facts_number(
            musicxml_facts_attribute(attrs, "font-size"));
        if (size > credit->size) {
            credit->size = size;
        }
        credit->centred |=
            strcmp(musicxml_facts_attribute(attrs, "justify"), "center") == 0
            || strcmp(musicxml_facts_attribute(attrs, "halign"), "center") == 0;
    }
}


static void
musicxml_facts_begin_note(musicxml_facts_t *facts, musicxml_element_t element,
                          const char **attrs)
{
    double tempo;

    if (element == MUSICXML_NOTE) {
        facts->voice[0] = '\0';

    } else if (element == MUSICXML_LYRIC) {
        snprintf(facts->lines, sizeof(facts->lines), "%.15s\n%.15s",
                 musicxml_facts_attribute(attrs, "number"),
                 musicxml_facts_attribute(attrs, "name"));
        facts->joined = 0;

    } else if (element == MUSICXML_SOUND && facts->music->tempo <= 0) {
        tempo = musicxml_facts_number(musicxml_facts_attribute(attrs, "tempo"));
        facts->music->tempo = tempo;
    }
}


void
musicxml_facts_begin(musicxml_facts_t *facts, musicxml_element_t element,
                     const char **attrs)
{
    switch (element) {

    case MUSICXML_CREATOR:
        snprintf(facts->names.creator_type, sizeof(facts->names.creator_type),
                 "%s", musicxml_facts_attribute(attrs, "type"));
        break;

    case MUSICXML_PART:
        facts->parts++;
        snprintf(facts->part, sizeof(facts->part), "%s",
                 musicxml_facts_attribute(attrs, "id"));
        break;

    case MUSICXML_KEY:
        facts->has_fifths = 0;
        facts->mode[0] = '\0';
        break;

    case MUSICXML_TIME:
        facts->time[0] = facts->beats[0] = '\0';
        facts->time_failed = 0;
        break;

    case MUSICXML_METRONOME:
        facts->unit = 0;
        break;

    case MUSICXML_CREDIT:
    case MUSICXML_CREDIT_WORDS:
        musicxml_facts_begin_credit(facts, element, attrs);
        break;

    case MUSICXML_NOTE:
    case MUSICXML_LYRIC:
    case MUSICXML_SOUND:
        musicxml_facts_begin_note(facts, element, attrs);
        break;

    default:
        break;
    }
}


static void
musicxml_facts_names(musicxml_facts_t *facts, musicxml_element_t element,
                     musicxml_element_t parent)
{
    musicxml_names_t *names = &facts->names;

    switch (element) {

    case MUSICXML_WORK_TITLE:
        words_copy(names->work, sizeof(names->work), facts->value);
        break;

    case MUSICXML_WORK_NUMBER: /* "op. 48" is looked for, too */
        music_words(facts->music, facts->value, facts->value_len);
        break;

    case MUSICXML_MOVEMENT_TITLE:
        words_copy(names->movement, sizeof(names->movement), facts->value);
        break;

    case MUSICXML_MOVEMENT_NUMBER:
        words_copy(names->number, sizeof(names->number), facts->value);
        break;

    case MUSICXML_CREATOR:
        musicxml_names_creator(names, names->creator_type, facts->value);
        break;

    case MUSICXML_PART_NAME:
        if (parent == MUSICXML_SCORE_PART) {
            music_part(facts->music, facts->value, facts->value_len);
        }
        break;

    case MUSICXML_CREDIT_TYPE:
        if (names->credit.type[0] == '\0') {
            words_copy(names->credit.type, sizeof(names->credit.type),
                       facts->value);
        }
        break;

    case MUSICXML_CREDIT:
        musicxml_names_credit(names);
        break;

    default:
        break;
    }
}


/* "4" and "4", or "3+2" and "8"; several of them are added up: "3/8+2/4". What
   stands in <interchangeable> is another way to count. */
static void
musicxml_facts_time_part(musicxml_facts_t *facts, const char *beat_type)
{
    size_t len = strlen(facts->time);
    int n;

    if (facts->beats[0] == '\0' || beat_type[0] == '\0'
        || facts->beats[strspn(facts->beats, "0123456789+")] != '\0'
        || beat_type[strspn(beat_type, "0123456789")] != '\0') {
        facts->time_failed = 1;
        return;
    }

    n = snprintf(facts->time + len, sizeof(facts->time) - len, "%s%s/%s",
                 len > 0 ? "+" : "", facts->beats, beat_type);
    facts->time_failed |= n < 0 || (size_t) n >= sizeof(facts->time) - len;
    facts->beats[0] = '\0';
}


static void
musicxml_facts_time(musicxml_facts_t *facts, musicxml_element_t element,
                    musicxml_element_t parent)
{
    char beat_type[16];
    music_t *music = facts->music;

    if (element == MUSICXML_BEATS && parent == MUSICXML_TIME) {
        words_copy(facts->beats, sizeof(facts->beats), facts->value);

    } else if (element == MUSICXML_BEAT_TYPE && parent == MUSICXML_TIME) {
        words_copy(beat_type, sizeof(beat_type), facts->value);
        musicxml_facts_time_part(facts, beat_type);

    } else if (element == MUSICXML_TIME && music->time[0] == '\0'
               && !facts->time_failed) {
        words_copy(music->time, sizeof(music->time), facts->time);
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

    default:
        break;
    }
}


/* In quarter notes; 0: none that is counted in. */
static double
musicxml_facts_unit(const char *name)
{
    size_t i;
    static const struct {
        const char *name;
        double quarters;
    } units[] = { { "long", 16 },   { "breve", 8 },    { "whole", 4 },
                  { "half", 2 },    { "quarter", 1 },  { "eighth", 0.5 },
                  { "16th", 0.25 }, { "32nd", 0.125 }, { "64th", 0.0625 } };

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].name, name) == 0) {
            return units[i].quarters;
        }
    }

    return 0;
}


static void
musicxml_facts_tempo(musicxml_facts_t *facts, musicxml_element_t element,
                     musicxml_element_t parent)
{
    double tempo;

    if (element == MUSICXML_BEAT_UNIT
        && (parent == MUSICXML_BEAT_UNIT_TIED
            || (parent == MUSICXML_METRONOME && facts->unit <= 0))) {
        facts->unit += musicxml_facts_unit(facts->value);

    } else if (element == MUSICXML_BEAT_UNIT_DOT
               && parent == MUSICXML_METRONOME) {
        facts->unit *= 1.5;

    } else if (element == MUSICXML_PER_MINUTE && facts->marked <= 0
               && parent == MUSICXML_METRONOME) {
        tempo = musicxml_facts_about(facts->value) * facts->unit;
        facts->marked = tempo <= MUSIC_TEMPO_MAX ? tempo : 0;
    }
}


static void
musicxml_facts_lyrics(musicxml_facts_t *facts, musicxml_element_t element,
                      musicxml_element_t parent)
{
    char verse[MUSICXML_VERSE_NAME];

    if (element == MUSICXML_VOICE && parent == MUSICXML_NOTE) {
        words_copy(facts->voice, sizeof(facts->voice), facts->value);

    } else if (element == MUSICXML_SYLLABIC) {
        facts->joined = strcmp(facts->value, "begin") == 0
                        || strcmp(facts->value, "middle") == 0;

    } else if (element == MUSICXML_TEXT && parent == MUSICXML_LYRIC) {
        snprintf(verse, sizeof(verse), "%s\n%s\n%s", facts->part, facts->voice,
                 facts->lines);
        musicxml_verses_add(&facts->verses, verse, facts->value,
                            facts->value_len, facts->joined);

    } else if (element == MUSICXML_WORDS) {
        music_words(facts->music, facts->value, facts->value_len);

    } else if (element == MUSICXML_CREDIT_WORDS) {
        music_words(facts->music, facts->value, facts->value_len);
        musicxml_names_words(&facts->names, facts->value);
    }
}


void
musicxml_facts_end(musicxml_facts_t *facts, musicxml_element_t element,
                   musicxml_element_t parent)
{
    musicxml_facts_names(facts, element, parent);
    musicxml_facts_measures(facts, element, parent);
    musicxml_facts_time(facts, element, parent);
    musicxml_facts_tempo(facts, element, parent);
    musicxml_facts_lyrics(facts, element, parent);
}


void
musicxml_facts_close(musicxml_facts_t *facts)
{
    musicxml_names_close(&facts->names);

    if (facts->music->tempo <= 0) {
        facts->music->tempo = facts->marked;
    }

    musicxml_verses_tell(&facts->verses, facts->music);
}
