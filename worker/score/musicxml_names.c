#define _GNU_SOURCE /* strcasestr */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "worker/media/words.h"
#include "musicxml_names.h"

#define MUSICXML_NAMES_WORD 4 /* bytes */
#define MUSICXML_NAMES_COUNT(array) (sizeof(array) / sizeof((array)[0]))


/* Several of a kind stand one behind the other, each once. */
static void
musicxml_names_add(char to[MUSIC_NAME_SIZE], const char *name)
{
    size_t len = strlen(to);

    if (strstr(to, name) == NULL
        && len + strlen(name) + sizeof(", ") <= MUSIC_NAME_SIZE) {
        snprintf(to + len, MUSIC_NAME_SIZE - len, "%s%s", len > 0 ? ", " : "",
                 name);
    }
}


void
musicxml_names_creator(musicxml_names_t *names, const char *type,
                       const char *who)
{
    size_t i;
    char name[MUSIC_NAME_SIZE];
    const struct {
        const char *type;
        char *to;
    } creators[] = {
        { "composer", names->music->composer },
        { "music", names->music->composer },
        { "lyricist", names->music->lyricist },
        { "poet", names->music->lyricist },
        { "librettist", names->music->lyricist },
        { "words", names->music->lyricist },
        { "lyrics", names->music->lyricist },
        { "arranger", names->music->arranger },
        { "", names->maker },
    };

    if (words_copy(name, sizeof(name), who) == 0) {
        return;
    }

    for (i = 0; i < MUSICXML_NAMES_COUNT(creators); i++) {
        if (strcasecmp(creators[i].type, type) == 0) {
            musicxml_names_add(creators[i].to, name);
            return;
        }
    }

    music_words(names->music, name, strlen(name));
}


void
musicxml_names_words(musicxml_names_t *names, const char *text)
{
    size_t len = strlen(names->credit.text);

    if (len > 0 && len < MUSIC_NAME_SIZE - 1) {
        names->credit.text[len++] = ' ';
    }
    if (words_copy(names->credit.text + len, MUSIC_NAME_SIZE - len, text) == 0
        && len > 0) {
        names->credit.text[len - 1] = '\0';
    }
}


static void
musicxml_names_line(musicxml_names_t *names)
{
    const musicxml_credit_t *credit = &names->credit;

    if (!credit->centred || credit->size <= 0) {
        return;
    }

    if (credit->size > names->largest_size) {
        names->largest_size = credit->size;
        names->largest_count = 0;
        words_copy(names->largest, sizeof(names->largest), credit->text);
    }
    names->largest_count += credit->size >= names->largest_size;
}


void
musicxml_names_credit(musicxml_names_t *names)
{
    size_t i;
    const struct {
        const char *type;
        char *to;
    } printed[] = {
        { "title", names->printed_title },
        { "composer", names->printed_composer },
        { "lyricist", names->printed_lyricist },
        { "arranger", names->printed_arranger },
    };

    if (names->credit.page != 1 || names->credit.text[0] == '\0') {
        return;
    }

    if (names->credit.type[0] == '\0') {
        musicxml_names_line(names);
        return;
    }

    for (i = 0; i < MUSICXML_NAMES_COUNT(printed); i++) {
        if (strcasecmp(printed[i].type, names->credit.type) == 0
            && printed[i].to[0] == '\0') {
            words_copy(printed[i].to, MUSIC_NAME_SIZE, names->credit.text);
        }
    }
}


/* A word of a letter or two is in any. */
static int
musicxml_names_holds(const char *whole, const char *part)
{
    return strcasecmp(whole, part) == 0
           || (strlen(part) >= MUSICXML_NAMES_WORD
               && strcasestr(whole, part) != NULL);
}


static void
musicxml_names_instead(char to[MUSIC_NAME_SIZE], const char *name)
{
    if (to[0] == '\0') {
        words_copy(to, MUSIC_NAME_SIZE, name);
    }
}


/* "Dichterliebe: 7. Ich grolle nicht"; where one holds the other, that alone.
 */
static void
musicxml_names_title(musicxml_names_t *names)
{
    char title[3 * MUSIC_NAME_SIZE];
    const char *point = strchr(names->number, '.') ? " " : ". ";
    const int numbered = names->number[0] != '\0';

    if (names->work[0] == '\0' || names->movement[0] == '\0') {
        snprintf(title, sizeof(title), "%s%s%s%s", names->work, names->movement,
                 names->work[0] != '\0' && numbered ? ": " : "",
                 names->work[0] != '\0' ? names->number : "");

    } else if (musicxml_names_holds(names->work, names->movement)) {
        snprintf(title, sizeof(title), "%s", names->work);

    } else if (musicxml_names_holds(names->movement, names->work)) {
        snprintf(title, sizeof(title), "%s", names->movement);

    } else {
        snprintf(title, sizeof(title), "%s: %s%s%s", names->work, names->number,
                 numbered ? point : "", names->movement);
    }

    words_copy(names->music->title, MUSIC_NAME_SIZE, title);
}


void
musicxml_names_close(musicxml_names_t *names)
{
    music_t *music = names->music;

    musicxml_names_title(names);
    musicxml_names_instead(music->title, names->printed_title);
    if (names->largest_count == 1) {
        musicxml_names_instead(music->title, names->largest);
    }

    musicxml_names_instead(music->composer, names->maker);
    musicxml_names_instead(music->composer, names->printed_composer);
    musicxml_names_instead(music->lyricist, names->printed_lyricist);
    musicxml_names_instead(music->arranger, names->printed_arranger);

    /* who made it and is not called so, is found all the same */
    music_words(music, names->maker, strlen(names->maker));
}
