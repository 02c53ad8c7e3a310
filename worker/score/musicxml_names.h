/* What a score calls itself and who made it: by the elements that are for it,
   and where these say nothing, by what is printed on its first page. For
   musicxml_facts.c. */

#ifndef SLUICE_MUSICXML_NAMES_H
#define SLUICE_MUSICXML_NAMES_H

#include <stddef.h>
#include "music.h"

#define MUSICXML_TYPE_SIZE 32

/* Something printed: <credit>. */
typedef struct {
    long page;
    char type[MUSICXML_TYPE_SIZE]; /* the first that it has; empty: none */
    char text[MUSIC_NAME_SIZE];
    double size; /* of its letters, in points; 0: unknown */
    int centred;
} musicxml_credit_t;

typedef struct {
    music_t *music;

    char work[MUSIC_NAME_SIZE], movement[MUSIC_NAME_SIZE];
    char number[MUSICXML_TYPE_SIZE]; /* of the movement */
    char creator_type[MUSICXML_TYPE_SIZE];
    char maker[MUSIC_NAME_SIZE]; /* who only "created" it */

    musicxml_credit_t credit; /* the one that is open */
    char printed_title[MUSIC_NAME_SIZE];
    char printed_composer[MUSIC_NAME_SIZE];
    char printed_lyricist[MUSIC_NAME_SIZE];
    char printed_arranger[MUSIC_NAME_SIZE];
    char largest[MUSIC_NAME_SIZE]; /* of the lines that are centred */
    double largest_size;
    int largest_count;
} musicxml_names_t;

/* A <creator> is at its end: its type, and who. */
void musicxml_names_creator(musicxml_names_t *names, const char *type,
                            const char *who);

/* <credit-words> are at their end. */
void musicxml_names_words(musicxml_names_t *names, const char *text);

/* The <credit> is at its end. */
void musicxml_names_credit(musicxml_names_t *names);

/* All is read: sets title, composer, lyricist and arranger. */
void musicxml_names_close(musicxml_names_t *names);

#endif
