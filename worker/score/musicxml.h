/*
 * What a MusicXML text (4.0 and before, partwise or timewise) says about the
 * music; the notes are passed over. Read by expat, as it comes, in whatever
 * encoding it is written. No DTD is loaded, and a text that declares one of its
 * own is refused, as is one that nests, or has tokens, beyond all use.
 */

#ifndef SLUICE_MUSICXML_H
#define SLUICE_MUSICXML_H

#include <stddef.h>
#include "music.h"

#define MUSICXML_SIZE_MAX (128UL << 20) /* bytes of a text, in UTF-8 */
#define MUSICXML_DEPTH_MAX 64
#define MUSICXML_TOKEN_MAX (1UL << 20)   /* bytes between two marks */
#define MUSICXML_MEMORY_MAX (32UL << 20) /* bytes that expat may hold */

/* What is to say of a file that is MuseScore's: a sentence for its owner. */
#define MUSICXML_MUSESCORE \
    "This is MuseScore's own format: export it as MusicXML or PDF."

typedef struct musicxml_s musicxml_t;

/* Starts to read into `music`, which is emptied and has to last as long as the
   reader. NULL without memory. One text at a time, in one thread. */
musicxml_t *musicxml_create(music_t *music);

/* The next bytes. 0, or -1: it is not to be read, and musicxml_complaint()
   says why. `data` is a musicxml_t. */
int musicxml_feed(void *data, const char *bytes, size_t len);

/* The text is at its end. 0, or -1 when that came too early, or when it was no
   score. */
int musicxml_end(musicxml_t *reader);

/* Why it was refused: a sentence for its owner, as long as the reader is. */
const char *musicxml_complaint(const musicxml_t *reader);

void musicxml_free(musicxml_t *reader);

#endif
