#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "entry_name.h"

#define ENTRY_NAME_NONE "file"
#define ENTRY_NAME_BAD "\"*/:<>?\\|"
#define ENTRY_NAME_END_MAX 16 /* bytes of an extension that is kept */
#define ENTRY_NAME_COUNT 24   /* " (18446744073709551615)" */


/* Bytes of what turns the reading around or cannot be seen at `p`: U+200B to
   U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF, and C1 controls. */
static size_t
entry_name_hidden(const unsigned char *p)
{
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
        return 2;
    }

    if (p[0] == 0xe2
        && ((p[1] == 0x80
             && ((p[2] >= 0x8b && p[2] <= 0x8c)
                 || (p[2] >= 0x8e && p[2] <= 0x8f)
                 || (p[2] >= 0xa8 && p[2] <= 0xae)))
            || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9))) {
        return 3;
    }

    return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
}


/* CON, nul.txt, com1: devices, whatever stands behind the dot. */
static int
entry_name_device(const char *name)
{
    size_t i;
    const size_t len = strcspn(name, ". ");
    static const char *const devices[] = { "con", "prn", "aux", "nul" };

    for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (len == 3 && strncasecmp(name, devices[i], 3) == 0) {
            return 1;
        }
    }

    return len == 4
           && (strncasecmp(name, "com", 3) == 0
               || strncasecmp(name, "lpt", 3) == 0)
           && name[3] >= '0' && name[3] <= '9';
}


/* Where a text of so many bytes may be cut: never within a character. */
static size_t
entry_name_cut(const char *text, size_t len)
{
    while (len > 0 && ((unsigned char) text[len] & 0xc0) == 0x80) {
        len--;
    }

    return len;
}


/* The extension with its dot, or the text's end. */
static const char *
entry_name_end(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL && dot != name && strlen(dot) <= ENTRY_NAME_END_MAX
               ? dot
               : name + strlen(name);
}


/* Makes of a name, and what is to stand in front of its extension, one that is
   short enough. */
static void
entry_name_join(const char *name, const char *insert,
                char made[ENTRY_NAME_SIZE])
{
    const char *end = entry_name_end(name);
    size_t room, len = (size_t) (end - name);

    room = ENTRY_NAME_SIZE - 1 - strlen(insert) - strlen(end);
    if (len > room) {
        len = entry_name_cut(name, room);
    }

    snprintf(made, ENTRY_NAME_SIZE, "%.*s%s%s", (int) len, name, insert, end);
}


void
entry_name_safe(const char *name, char safe[ENTRY_NAME_SIZE])
{
    char clean[2 * ENTRY_NAME_SIZE] = "";
    size_t hidden, n = 0;
    const char *p;

    /* what is longer than any file's name is cut in the end */
    for (p = name; *p != '\0' && n < sizeof(clean) - 2; p++) {
        hidden = entry_name_hidden((const unsigned char *) p);

        if (hidden > 0) {
            clean[n++] = '_';
            p += hidden - 1;
        } else if ((unsigned char) *p < ' ' || *p == 0x7f
                   || strchr(ENTRY_NAME_BAD, *p) != NULL) {
            clean[n++] = '_';
        } else if (n > 0 || *p != ' ') {
            clean[n++] = *p;
        }
    }

    if (*p != '\0') {
        n = entry_name_cut(clean, n - 1); /* it may not be there to its end */
    }

    while (n > 0 && (clean[n - 1] == '.' || clean[n - 1] == ' ')) {
        n--;
    }
    clean[n] = '\0';

    if (n == 0) {
        memcpy(clean, ENTRY_NAME_NONE, sizeof(ENTRY_NAME_NONE));
    } else if (*clean == '.' || entry_name_device(clean)) {
        memmove(clean + 1, clean, n + 1);
        *clean = '_';
    }

    entry_name_join(clean, "", safe);
}


static int
entry_name_taken(const entry_names_t *names, const char *name)
{
    size_t i;

    for (i = 0; i < names->count; i++) {
        if (strcasecmp(names->names[i], name) == 0) {
            return 1;
        }
    }

    return 0;
}


int
entry_name_add(entry_names_t *names, const char *name,
               char safe[ENTRY_NAME_SIZE])
{
    char plain[ENTRY_NAME_SIZE], count[ENTRY_NAME_COUNT];
    size_t n, room;
    void *more;

    if (names->count == names->room) {
        room = names->room > 0 ? 2 * names->room : 4;
        more = realloc(names->names, room * ENTRY_NAME_SIZE);
        if (more == NULL) {
            return -1;
        }
        names->names = more;
        names->room = room;
    }

    entry_name_safe(name, plain);
    memcpy(safe, plain, ENTRY_NAME_SIZE);

    for (n = 2; entry_name_taken(names, safe); n++) {
        snprintf(count, sizeof(count), " (%zu)", n);
        entry_name_join(plain, count, safe);
    }

    memcpy(names->names[names->count++], safe, ENTRY_NAME_SIZE);

    return 0;
}


void
entry_names_clear(entry_names_t *names)
{
    names->count = 0;
}


void
entry_names_free(entry_names_t *names)
{
    free(names->names);
    memset(names, 0, sizeof(*names));
}
