#include <string.h>
#include <strings.h>
#include <expat.h>
#include "musicxml.h"
#include "mxl.h"

#define MXL_CONTAINER "META-INF/container.xml"
#define MXL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char mxl_damaged[] =
    "The compressed MusicXML cannot be read: it is damaged or cut off.";
static const char mxl_missing[] =
    "The compressed MusicXML cannot be read: it holds no score.";

typedef struct {
    XML_Parser parser;
    char first[MXL_NAME_SIZE]; /* of all that it names; empty: none */
    char notes[MXL_NAME_SIZE]; /* the first that calls itself MusicXML */
} mxl_container_t;


const char *
mxl_complaint(zip_rc_t rc)
{
    switch (rc) {

    case ZIP_OK:
    case ZIP_ENOUGH:
        return NULL;

    case ZIP_ENCRYPTED:
        return "The compressed MusicXML is encrypted: bring it without a "
               "password.";

    case ZIP_ODD:
        return "The compressed MusicXML is packed in a way that is not taken.";

    case ZIP_LARGE:
        return "The compressed MusicXML unpacks to more than any score is.";

    default:
        return mxl_damaged;
    }
}


static int
mxl_container(void *data, const char *bytes, size_t len)
{
    const mxl_container_t *container = data;

    return XML_Parse(container->parser, bytes, (int) len, 0) == XML_STATUS_OK
               ? 0
               : -1;
}


/* What programs write there: application/vnd.recordare.musicxml+xml, the same
   without +xml, text/xml, application/xml, or nothing. */
static int
mxl_is_notes(const char *type)
{
    return type[0] == '\0' || strstr(type, "musicxml") != NULL
           || strstr(type, "/xml") != NULL;
}


/* <rootfile full-path="score.xml" media-type="…"/>: the first is the score,
   others are other forms of it. */
static void
mxl_element(void *data, const char *name, const char **attrs)
{
    size_t len;
    const char *path = "", *type = "";
    mxl_container_t *container = data;

    if (strcmp(name, "rootfile") != 0) {
        return;
    }

    for (; attrs[0] != NULL; attrs += 2) {
        if (strcmp(attrs[0], "full-path") == 0) {
            path = attrs[1];
        } else if (strcmp(attrs[0], "media-type") == 0) {
            type = attrs[1];
        }
    }

    len = strlen(path);
    if (len >= MXL_NAME_SIZE) {
        return;
    }
    if (container->first[0] == '\0') {
        memcpy(container->first, path, len + 1);
    }
    if (container->notes[0] == '\0' && mxl_is_notes(type)) {
        memcpy(container->notes, path, len + 1);
    }
}


/* It is small, but may declare what grows. */
static void
mxl_doctype(void *data, const char *name, const char *system,
            const char *public, int has_subset)
{
    const mxl_container_t *container = data;

    (void) name;
    (void) system;
    (void) public;

    if (has_subset) {
        XML_StopParser(container->parser, XML_FALSE);
    }
}


/* A path as it is meant: "./score.xml", "/score.xml", "a\score.xml". */
static int
mxl_is_named(const zip_entry_t *entry, const char *path)
{
    size_t i, len;
    const char *name = entry->name;

    while (path[0] == '/' || (path[0] == '.' && path[1] == '/')) {
        path += path[0] == '/' ? 1 : 2;
    }

    len = strlen(path);
    if (entry->name_len != len) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if (name[i] != path[i]
            && ((name[i] != '\\' && name[i] != '/')
                || (path[i] != '\\' && path[i] != '/'))) {
            return 0;
        }
    }

    return 1;
}


static int
mxl_find(const zip_t *zip, const char *path, zip_entry_t *entry)
{
    zip_t all = *zip;

    while (zip_next(&all, entry) == 1) {
        if (mxl_is_named(entry, path)) {
            return 0;
        }
    }

    return -1;
}


static int
mxl_ends(const zip_entry_t *entry, const char *end)
{
    size_t len = strlen(end);

    return entry->name_len > len
           && strncasecmp(entry->name + entry->name_len - len, end, len) == 0;
}


/* Neither what describes the zip nor what a Mac puts beside each file. */
static int
mxl_is_called_score(const zip_entry_t *entry)
{
    size_t i, at = 0;
    static const char *const elsewhere[] = { "META-INF", "__MACOSX" };

    for (i = 0; i < entry->name_len; i++) {
        if (entry->name[i] == '/' || entry->name[i] == '\\') {
            at = i + 1;
        }
    }
    if (entry->name_len == at || entry->name[at] == '.') {
        return 0;
    }

    for (i = 0; i < MXL_COUNT(elsewhere); i++) {
        if (entry->name_len > strlen(elsewhere[i])
            && memcmp(entry->name, elsewhere[i], strlen(elsewhere[i])) == 0) {
            return 0;
        }
    }

    return mxl_ends(entry, ".musicxml") || mxl_ends(entry, ".xml");
}


static int
mxl_guess(const zip_t *zip, zip_entry_t *score, const char **complaint)
{
    int rc;
    zip_t all = *zip;

    *complaint = mxl_missing;

    while ((rc = zip_next(&all, score)) == 1) {
        if (mxl_is_called_score(score)) {
            return 0;
        }
        if (mxl_ends(score, ".mscx")) {
            *complaint = MUSICXML_MUSESCORE;
        }
    }

    if (rc == -1) {
        *complaint = mxl_damaged;
    }
    return -1;
}


static int
mxl_read_container(const zip_t *zip, const zip_entry_t *entry,
                   mxl_container_t *container, const char **complaint)
{
    zip_rc_t rc;

    container->parser = XML_ParserCreate(NULL);
    if (container->parser == NULL) {
        *complaint = mxl_damaged;
        return -1;
    }

    XML_SetUserData(container->parser, container);
    XML_SetStartElementHandler(container->parser, mxl_element);
    XML_SetStartDoctypeDeclHandler(container->parser, mxl_doctype);

    rc = zip_unpack(zip, entry, MXL_CONTAINER_MAX, mxl_container, container);
    if (rc == ZIP_ENOUGH
        || (rc == ZIP_OK
            && XML_Parse(container->parser, "", 0, 1) != XML_STATUS_OK)) {
        rc = ZIP_DAMAGED;
    }

    XML_ParserFree(container->parser);
    *complaint = mxl_complaint(rc);
    return rc == ZIP_OK ? 0 : -1;
}


int
mxl_score(const void *bytes, size_t len, zip_t *zip, zip_entry_t *score,
          const char **complaint)
{
    const char *path;
    mxl_container_t container = { NULL, "", "" };

    if (zip_open(zip, bytes, len) != 0) {
        *complaint = mxl_damaged;
        return -1;
    }

    if (mxl_find(zip, MXL_CONTAINER, score) == 0
        && mxl_read_container(zip, score, &container, complaint) != 0) {
        return -1;
    }

    path = container.notes[0] != '\0' ? container.notes : container.first;
    if (path[0] == '\0' || mxl_find(zip, path, score) != 0) {
        return mxl_guess(zip, score, complaint);
    }

    if (mxl_ends(score, ".mscx")) {
        *complaint = MUSICXML_MUSESCORE;
        return -1;
    }

    return 0;
}
