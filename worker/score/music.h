/* What a file of notes says about the music: the same for MusicXML and MIDI.
   Pure. */

#ifndef SLUICE_MUSIC_H
#define SLUICE_MUSIC_H

#include <stddef.h>
#include <jansson.h>

#define MUSIC_NAME_SIZE 256
#define MUSIC_PARTS_MAX 64
#define MUSIC_KEY_SIZE 24
#define MUSIC_TIME_SIZE 40
#define MUSIC_TEMPO_MAX 1000.0    /* quarter notes a minute */
#define MUSIC_SECONDS_MAX 86400.0 /* as played */
#define MUSIC_MEASURES_MAX 1000000
#define MUSIC_TEXT_SIZE (128 * 1024)

/* Texts are clean (media/words.h), and empty where nothing is known. Of what
   changes in the course of a piece, the first is told. */
typedef struct {
    char title[MUSIC_NAME_SIZE];
    char composer[MUSIC_NAME_SIZE];
    char lyricist[MUSIC_NAME_SIZE];
    char arranger[MUSIC_NAME_SIZE];
    char part[MUSIC_PARTS_MAX][MUSIC_NAME_SIZE];
    int parts;                  /* in `part`; more are not named */
    char key[MUSIC_KEY_SIZE];   /* "F major"; or "1 flat", without mode */
    char time[MUSIC_TIME_SIZE]; /* "4/4", "3/8+2/4" */
    double tempo;               /* quarter notes a minute; 0: unknown */
    int measures;               /* 0: unknown */
    double seconds;             /* as played; 0: unknown */
    char text[MUSIC_TEXT_SIZE]; /* what is sung and written: for search */
    size_t text_len;
} music_t;

/* Makes a key's name from its sharps (or flats below zero) and its mode, as in
   MusicXML. Of a mode that is not known, "" and "none" among them, the
   signature alone is told: "2 flats", "no sharps or flats". `key` is empty for
   what is no key. */
void music_key(char key[MUSIC_KEY_SIZE], long fifths, const char *mode);

/* Adds a part's name, unless there are enough. */
void music_part(music_t *music, const char *name, size_t len);

/* Adds words behind a blank, as many as fit; of a text in an encoding that is
   not known, those that are plain. */
void music_words(music_t *music, const char *text, size_t len);

/* The members title, composer, lyricist, arranger, parts, key, time, tempo,
   measures and duration, as far as they are known, set in `about`. */
void music_tell(const music_t *music, json_t *about);

/* The same of what another process read out of a stranger's file, with `text`
   beside: sets in `about` what is of its kind and in its range, texts clean and
   cut. Returns `text`, likewise, to free(); NULL without memory. */
char *music_judge(const json_t *found, json_t *about);

#endif
