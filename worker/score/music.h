/* What a file of notes says about the music: the same for MusicXML and MIDI.
   Pure. */

#ifndef SLUICE_MUSIC_H
#define SLUICE_MUSIC_H

#include <stddef.h>
#include <jansson.h>

#define MUSIC_NAME_SIZE 256
#define MUSIC_PARTS_MAX 64
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
    char key[24];               /* "F major" */
    char time[24];              /* "4/4" */
    double tempo;               /* quarter notes a minute; 0: unknown */
    int measures;               /* 0: unknown */
    double seconds;             /* as played; 0: unknown */
    char text[MUSIC_TEXT_SIZE]; /* what is sung and written: for search */
    size_t text_len;
} music_t;

/* Makes a key's name from its sharps (or flats below zero) and its mode, as in
   MusicXML: "" and "none" count as major. `key` is empty for what is no key. */
void music_key(char key[24], long fifths, const char *mode);

/* Adds a part's name, unless there are enough. */
void music_part(music_t *music, const char *name, size_t len);

/* Adds words behind a blank, as many as fit. */
void music_words(music_t *music, const char *text, size_t len);

/* The members title, composer, lyricist, arranger, parts, key, time, tempo,
   measures and duration, as far as they are known, set in `about`. */
void music_tell(const music_t *music, json_t *about);

#endif
