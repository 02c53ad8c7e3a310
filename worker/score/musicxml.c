#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <expat.h>
#include "musicxml.h"
#include "musicxml_decode.h"
#include "musicxml_facts.h"

#define MUSICXML_SAID_SIZE 128

static const char musicxml_damaged[] =
    "The MusicXML cannot be read: it is damaged or cut off.";
static const char musicxml_no_score[] =
    "The MusicXML cannot be read: it holds no score.";
static const char musicxml_opus[] =
    "The MusicXML is a collection that only points at scores: bring each of "
    "them.";
static const char musicxml_entities[] =
    "The MusicXML declares entities of its own, which is not allowed.";
static const char musicxml_declares[] =
    "The MusicXML declares a document type of its own, which is not allowed.";
static const char musicxml_nested[] =
    "The MusicXML is nested deeper than any score.";
static const char musicxml_large[] = "The MusicXML is larger than any score.";
static const char musicxml_memory[] =
    "The MusicXML takes more memory to read than any score.";

struct musicxml_s {
    XML_Parser parser;
    const char *complaint;
    char said[MUSICXML_SAID_SIZE]; /* a complaint that names something */
    size_t fed;

    musicxml_decode_t decode;
    char *buffer; /* expat's, that is being filled; NULL: none */
    size_t filled;

    musicxml_element_t open[MUSICXML_DEPTH_MAX];
    int depth;
    int in_subset;    /* between the brackets of a DOCTYPE */
    const char *root; /* what is wrong with the document element, or NULL */
    musicxml_facts_t facts;
};


/* Names are kept by expat for good, however many there are: its memory is
   bounded. It gives its functions no argument, so that one text is read at a
   time. */
static size_t musicxml_memory_used;


static int musicxml_fill(void *data, const char *utf8, size_t len);


static void *
musicxml_resize(void *bytes, size_t size)
{
    void *resized;
    size_t before = malloc_usable_size(bytes);

    if (size > MUSICXML_MEMORY_MAX
        || musicxml_memory_used - before > MUSICXML_MEMORY_MAX - size) {
        return NULL;
    }

    resized = realloc(bytes, size);
    if (resized != NULL) {
        musicxml_memory_used += malloc_usable_size(resized) - before;
    }

    return resized;
}


static void *
musicxml_allocate(size_t size)
{
    return musicxml_resize(NULL, size);
}


static void
musicxml_release(void *bytes)
{
    musicxml_memory_used -= malloc_usable_size(bytes);
    free(bytes);
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


static const char *
musicxml_root(const char *name, musicxml_element_t element)
{
    if (element == MUSICXML_SCORE) {
        return NULL;
    }
    if (strcmp(name, "opus") == 0) {
        return musicxml_opus;
    }

    return strcmp(name, "museScore") == 0 ? MUSICXML_MUSESCORE
                                          : musicxml_no_score;
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

    if (reader->depth == 1) {
        reader->root = musicxml_root(name, element);
        if (reader->root != NULL) {
            musicxml_refuse(reader, reader->root);
            return;
        }
    }

    if (element != MUSICXML_OTHER) {
        musicxml_facts_begin(&reader->facts, element, attrs);
    }
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
musicxml_doctype(void *data, const char *name, const char *system,
                 const char *public, int has_subset)
{
    musicxml_t *reader = data;

    (void) name;
    (void) system;
    (void) public;
    reader->in_subset = has_subset;
}


static void
musicxml_doctype_end(void *data)
{
    musicxml_t *reader = data;

    reader->in_subset = 0;
}


/* What no other handler is for. Some programs write an empty subset; all that
   is declared there costs expat more than it is long. */
static void
musicxml_other(void *data, const char *text, int len)
{
    musicxml_t *reader = data;

    if (!reader->in_subset || len == 0 || strchr(" \t\r\n[]>", text[0])) {
        return;
    }

    if (len >= 4
        && (memcmp(text, "<!--", 4) == 0 || memcmp(text, "<?", 2) == 0)) {
        return;
    }

    musicxml_refuse(reader, len >= 8 && memcmp(text, "<!ENTITY", 8) == 0
                                ? musicxml_entities
                                : musicxml_declares);
}


musicxml_t *
musicxml_create(music_t *music)
{
    musicxml_t *reader;
    static const XML_Memory_Handling_Suite bounded = { musicxml_allocate,
                                                       musicxml_resize,
                                                       musicxml_release };

    memset(music, 0, sizeof(*music));

    reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }

    musicxml_facts_init(&reader->facts, music);
    reader->root = musicxml_no_score;
    musicxml_decode_init(&reader->decode, musicxml_fill, reader);

    reader->parser = XML_ParserCreate_MM("UTF-8", &bounded, NULL);
    if (reader->parser == NULL) {
        free(reader);
        return NULL;
    }

    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, musicxml_start, musicxml_stop);
    XML_SetCharacterDataHandler(reader->parser, musicxml_text);
    XML_SetDoctypeDeclHandler(reader->parser, musicxml_doctype,
                              musicxml_doctype_end);
    XML_SetDefaultHandler(reader->parser, musicxml_other);
    return reader;
}


void
musicxml_free(musicxml_t *reader)
{
    if (reader != NULL) {
        musicxml_decode_free(&reader->decode);
        XML_ParserFree(reader->parser);
        free(reader);
    }
}


const char *
musicxml_complaint(const musicxml_t *reader)
{
    return reader->complaint;
}


static int
musicxml_refuse_encoding(musicxml_t *reader)
{
    const char *name = reader->decode.name;

    snprintf(reader->said, sizeof(reader->said),
             "The MusicXML is not written in the encoding that it names: %s.",
             name[0] != '\0' ? name : "UTF-8");
    return musicxml_refuse(reader, reader->said);
}


/* Expat does not tell a letter that is none in UTF-8 from bad markup. */
static int
musicxml_refuse_text(musicxml_t *reader)
{
    int at, len;
    const char *text;

    switch (XML_GetErrorCode(reader->parser)) {

    case XML_ERROR_NO_MEMORY:
        return musicxml_refuse(reader, musicxml_memory);

    case XML_ERROR_INVALID_TOKEN:
        text = XML_GetInputContext(reader->parser, &at, &len);
        if (text != NULL && at < len && (text[at] & 0x80) != 0) {
            return musicxml_refuse_encoding(reader);
        }
        return musicxml_refuse(reader, musicxml_damaged);

    default:
        return musicxml_refuse(reader, musicxml_damaged);
    }
}


static int
musicxml_parse(musicxml_t *reader, int is_end)
{
    XML_Index at;
    enum XML_Status status;

    status = reader->buffer != NULL
                 ? XML_ParseBuffer(reader->parser, (int) reader->filled, is_end)
                 : XML_Parse(reader->parser, "", 0, is_end);

    reader->fed += reader->filled;
    reader->filled = 0;
    reader->buffer = NULL;

    if (status != XML_STATUS_OK) {
        return musicxml_refuse_text(reader);
    }

    at = XML_GetCurrentByteIndex(reader->parser); /* -1: before the first */
    if (reader->fed - (at > 0 ? (size_t) at : 0) > 2 * MUSICXML_TOKEN_MAX) {
        return musicxml_refuse(reader, musicxml_large);
    }

    return 0;
}


/* Each call scans an unfinished token from its start: calls have to be many
   bytes apart, and tokens few. */
static int
musicxml_fill(void *data, const char *utf8, size_t len)
{
    size_t n;
    musicxml_t *reader = data;

    if (len > MUSICXML_SIZE_MAX - reader->fed - reader->filled) {
        return musicxml_refuse(reader, musicxml_large);
    }

    for (; len > 0; utf8 += n, len -= n) {
        if (reader->buffer == NULL) {
            reader->buffer = XML_GetBuffer(reader->parser,
                                           (int) MUSICXML_TOKEN_MAX);
        }
        if (reader->buffer == NULL) {
            return musicxml_refuse(reader, musicxml_memory);
        }

        n = MUSICXML_TOKEN_MAX - reader->filled;
        n = len < n ? len : n;
        memcpy(reader->buffer + reader->filled, utf8, n);
        reader->filled += n;

        if (reader->filled == MUSICXML_TOKEN_MAX
            && musicxml_parse(reader, 0) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
musicxml_judge(musicxml_t *reader, musicxml_decode_rc_t rc)
{
    switch (rc) {

    case MUSICXML_DECODE_OK:
        return 0;

    case MUSICXML_DECODE_UNKNOWN:
        snprintf(reader->said, sizeof(reader->said),
                 "The MusicXML is in an encoding that is not known here: %s.",
                 reader->decode.name);
        return musicxml_refuse(reader, reader->said);

    case MUSICXML_DECODE_UNTRUE:
        return musicxml_refuse_encoding(reader);

    default:
        return -1;
    }
}


int
musicxml_feed(void *data, const char *bytes, size_t len)
{
    musicxml_t *reader = data;

    if (reader->complaint != NULL) {
        return -1;
    }

    return musicxml_judge(reader,
                          musicxml_decode_feed(&reader->decode, bytes, len));
}


int
musicxml_end(musicxml_t *reader)
{
    if (reader->complaint != NULL
        || musicxml_judge(reader, musicxml_decode_end(&reader->decode)) != 0
        || musicxml_parse(reader, 1) != 0) {
        return -1;
    }
    if (reader->root != NULL) {
        return musicxml_refuse(reader, reader->root);
    }

    musicxml_facts_close(&reader->facts);
    return 0;
}
