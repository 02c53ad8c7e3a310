#include "bucket_xml.h"

#include <string.h>
#include <expat.h>

#define TEXT_MAX 2048 /* bytes of an element: a key has 1024, encoded more */

typedef struct {
    int (*leaf)(void *data, const char *name, const char *value);
    void *data;
    XML_Parser parser;
    char text[TEXT_MAX];
    size_t len;
    int is_leaf, bad, ended;
} reading_t;


static void
begins(void *data, const char *name, const char **attributes)
{
    reading_t *reading = data;

    (void) name, (void) attributes;
    reading->is_leaf = 1;
    reading->len = 0;
}


static void
said(void *data, const char *text, int len)
{
    reading_t *reading = data;

    if ((size_t) len >= TEXT_MAX - reading->len) {
        reading->bad = 1;
        XML_StopParser(reading->parser, XML_FALSE);
        return;
    }

    memcpy(reading->text + reading->len, text, (size_t) len);
    reading->len += (size_t) len;
}


static void
ends(void *data, const char *name)
{
    reading_t *reading = data;

    reading->text[reading->len] = '\0';

    if (reading->leaf(reading->data, name,
                      reading->is_leaf ? reading->text : NULL)
        != 0) {
        reading->ended = 1;
        XML_StopParser(reading->parser, XML_FALSE);
    }

    reading->is_leaf = 0;
    reading->len = 0;
}


static void
has_type(void *data, const char *name, const char *system, const char *public,
         int internal)
{
    reading_t *reading = data;

    (void) name, (void) system, (void) public, (void) internal;
    reading->bad = 1;
    XML_StopParser(reading->parser, XML_FALSE);
}


int
bucket_xml_read(const char *text, size_t len,
                int (*leaf)(void *data, const char *name, const char *value),
                void *data)
{
    enum XML_Status status;
    reading_t reading = { .leaf = leaf, .data = data };

    reading.parser = XML_ParserCreate(NULL);
    if (reading.parser == NULL) {
        return -1;
    }

    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, begins, ends);
    XML_SetCharacterDataHandler(reading.parser, said);
    XML_SetStartDoctypeDeclHandler(reading.parser, has_type);

    status = XML_Parse(reading.parser, text, (int) len, XML_TRUE);
    XML_ParserFree(reading.parser);

    return reading.ended || (status == XML_STATUS_OK && !reading.bad) ? 0 : -1;
}
