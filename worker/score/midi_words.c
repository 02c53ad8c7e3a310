#define _GNU_SOURCE /* memmem */
#include <string.h>
#include <strings.h>
#include "worker/media/words.h"
#include "worker/media/charset.h"
#include "midi_words.h"

#define MIDI_WORDS_SPACED 8       /* one of so many has a blank of its own */
#define MIDI_WORDS_BETWEEN '\x1f' /* two events of one text: unit separator */


/* RP-026: the first lyric event may say how texts are written. */
void
midi_words_init(midi_words_t *words, music_t *music, const uint8_t *bytes,
                size_t len)
{
    words->music = music;

    if (memmem(bytes, len, "{@JP}", 5) != NULL) {
        words->charset = CHARSET_JAPANESE;
    } else if (memmem(bytes, len, "{@LATIN}", 8) != NULL) {
        words->charset = CHARSET_WESTERN;
    }
}


/* A text that is neither what the file says that it is, nor UTF-8, is left to
   words_clean(). */
static size_t
midi_words_clean(const midi_words_t *words, char *to, size_t size,
                 const char *text, size_t len)
{
    long n;
    char utf8[4 * MUSIC_NAME_SIZE];

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }

    if (words->charset != NULL) {
        n = charset_convert(words->charset, utf8, sizeof(utf8), text, len);
        if (n >= 0) {
            return words_clean(to, size, utf8, (size_t) n);
        }
    }

    return words_clean(to, size, text, len);
}


/* Keeps an event's bytes, with a mark where it ends. Lines begin or end with /
   and \, unless that is the second byte of a character. */
static void
midi_words_keep(midi_text_t *text, const char *bytes, size_t len)
{
    size_t i;
    char c;

    if (len + 1 > sizeof(text->bytes) - text->len) {
        return;
    }

    for (i = 0; i < len; i++) {
        c = bytes[i];
        if ((c == '/' || c == '\\') && (i == 0 || (bytes[i - 1] & 0x80) == 0)) {
            c = ' ';
        }
        text->bytes[text->len++] = c == MIDI_WORDS_BETWEEN ? ' ' : c;
    }
    text->bytes[text->len++] = MIDI_WORDS_BETWEEN;
    text->events++;
    text->spaced += len > 0 && (bytes[0] == ' ' || bytes[len - 1] == ' ');
}


/* @KMIDI KARAOKE FILE, @L language, @T title, then who; @I, @V: more. */
static void
midi_words_tag(midi_words_t *words, const char *text, size_t len)
{
    if (text[1] == 'K' || text[1] == 'T' || text[1] == 'L') {
        words->karaoke = 1;
    }

    if (text[1] == 'T' && words->title[0] == '\0') {
        midi_words_clean(words, words->title, sizeof(words->title), text + 2,
                         len - 2);

    } else if (text[1] == 'T' || text[1] == 'I') {
        midi_words_keep(&words->written, text + 2, len - 2);
    }
}


void
midi_words_text(midi_words_t *words, unsigned type, const uint8_t *bytes,
                size_t len)
{
    const char *text = (const char *) bytes;

    if (len == 0) {
        return;
    }

    switch (type) {

    case MIDI_TRACK_NAME:
        if (words->name[0] == '\0') {
            midi_words_clean(words, words->name, sizeof(words->name), text,
                             len);
        }
        break;

    case MIDI_INSTRUMENT:
        if (words->instrument[0] == '\0') {
            midi_words_clean(words, words->instrument,
                             sizeof(words->instrument), text, len);
        }
        break;

    case MIDI_LYRIC: /* "{@LATIN}", "{#Title=…}": not sung */
        if (len < 2 || text[0] != '{' || (text[1] != '@' && text[1] != '#')) {
            midi_words_keep(&words->sung, text, len);
        }
        break;

    case MIDI_TEXT:
        if (len > 2 && text[0] == '@') {
            midi_words_tag(words, text, len);
        } else {
            midi_words_keep(words->karaoke ? &words->karaoke_sung
                                           : &words->written,
                            text, len);
        }
        break;

    default:
        midi_words_keep(&words->written, text, len);
        break;
    }
}


void
midi_words_begin(midi_words_t *words)
{
    words->name[0] = words->instrument[0] = '\0';
}


/* The first track of several that play together names the piece; so does one
   without notes. */
void
midi_words_end(midi_words_t *words, unsigned track, int beside, int has_notes)
{
    const char *name = words->name[0] != '\0' ? words->name : words->instrument;

    if (track == 0 && (!beside || !has_notes)) {
        words_copy(words->music->title, MUSIC_NAME_SIZE, words->name);
    } else if (has_notes) {
        music_part(words->music, name, strlen(name));
    }
}


/* Events come one a syllable. Where blanks are among them they are joined as
   they are; else each is a word, unless it ends with a hyphen. */
static void
midi_words_join(midi_text_t *text, int separate)
{
    size_t i, n = 0;
    const int spaced = text->spaced * MIDI_WORDS_SPACED >= text->events
                       && !separate;

    for (i = 0; i < text->len; i++) {
        if (text->bytes[i] != MIDI_WORDS_BETWEEN) {
            text->bytes[n++] = text->bytes[i];
        } else if (!spaced && n > 0 && text->bytes[n - 1] == '-' && !separate) {
            n--;
        } else if (!spaced) {
            text->bytes[n++] = ' ';
        }
    }

    text->len = n;
}


static void
midi_words_tell(const midi_words_t *words, midi_text_t *text, int separate)
{
    long n;
    char utf8[MUSIC_TEXT_SIZE];

    midi_words_join(text, separate);

    n = words->charset == NULL
            ? -1
            : charset_convert(words->charset, utf8, sizeof(utf8), text->bytes,
                              text->len);

    music_words(words->music, n >= 0 ? utf8 : text->bytes,
                n >= 0 ? (size_t) n : text->len);
}


void
midi_words_close(midi_words_t *words)
{
    music_t *music = words->music;

    if (words->title[0] != '\0') {
        words_copy(music->title, sizeof(music->title), words->title);
    } else if (words->karaoke
               && strncasecmp(music->title, "Soft Karaoke", 12) == 0) {
        music->title[0] = '\0'; /* the program's */
    }

    midi_words_tell(words, &words->sung, 0);
    midi_words_tell(words, &words->karaoke_sung, 0);
    midi_words_tell(words, &words->written, 1);
}
