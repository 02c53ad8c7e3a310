#include <stdlib.h>
#include <string.h>
#include <expat.h>
#include "musicxml.h"
#include "musicxml_facts.h"

static const char musicxml_damaged[] =
    "The MusicXML cannot be read: it is damaged or cut off.";
static const char musicxml_no_score[] =
    "The MusicXML cannot be read: it holds no score.";
static const char musicxml_entities[] =
    "The MusicXML declares entities of its own, which is not allowed.";
static const char musicxml_nested[] =
    "The MusicXML is nested deeper than any score.";
static const char musicxml_large[] = "The MusicXML is larger than any score.";

struct musicxml_s {
    XML_Parser parser;
    const char *complaint;
    size_t fed;

    musicxml_element_t open[MUSICXML_DEPTH_MAX];
    int depth;
    int is_score;
    musicxml_facts_t facts;
};


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


static void
musicxml_start(void *data, const char *name, const char **attrs)
{
    musicxml_t *reader = data;
    musicxml_element_t element;

    if (reader->depth == MUSICXML_DEPTH_MAX) {
        musicxml_refuse(reader, musicxml_nested);
        return;
    }

    element = musicxml_facts_element(name);
    reader->open[reader->depth++] = element;
    reader->facts.value_len = 0;
    reader->facts.value[0] = '\0';

    reader->is_score |= reader->depth == 1 && element == MUSICXML_SCORE;
    musicxml_facts_begin(&reader->facts, element, attrs);
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
        musicxml_facts_end(&reader->facts, element, parent);
    }

    reader->facts.value_len = 0;
    reader->facts.value[0] = '\0';
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

    room = sizeof(reader->facts.value) - 1 - reader->facts.value_len;
    if (n > room) {
        n = room;
        while (n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80) {
            n--;
        }
    }

    memcpy(reader->facts.value + reader->facts.value_len, text, n);
    reader->facts.value_len += n;
    reader->facts.value[reader->facts.value_len] = '\0';
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


musicxml_t *
musicxml_create(music_t *music)
{
    musicxml_t *reader;

    memset(music, 0, sizeof(*music));

    reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }

    reader->facts.music = music;
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
    if (reader->complaint != NULL) {
        return -1;
    }
    if (XML_Parse(reader->parser, "", 0, 1) != XML_STATUS_OK) {
        return musicxml_refuse(reader, musicxml_damaged);
    }
    if (!reader->is_score) {
        return musicxml_refuse(reader, musicxml_no_score);
    }

    musicxml_facts_close(&reader->facts);
    return 0;
}
