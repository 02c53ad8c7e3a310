/* What a standard MIDI file (RP-001, 1.0) says about the music, by its meta
   events; the notes only tell how long it lasts. Pure. */

#ifndef SLUICE_MIDI_H
#define SLUICE_MIDI_H

#include <stddef.h>
#include "music.h"

/* Reads the whole file's bytes into `music`, which is emptied. 0, or -1 when
   they are no MIDI file or cut off. */
int midi_parse(const void *bytes, size_t len, music_t *music);

#endif
