/* Files of notes, by their first bytes: for sniff.c. */

#ifndef SLUICE_SNIFF_NOTES_H
#define SLUICE_SNIFF_NOTES_H

#include <stddef.h>
#include <stdint.h>
#include "sniff.h"

/* Each takes SNIFF_SIZE bytes of the file's beginning at most, and finds its
   format, or NULL. Whoever reads the file sees more, and may refuse it with a
   true reason: MuseScore's own files pass here as MusicXML. */
const sniff_t *sniff_midi(const uint8_t *bytes, size_t len);
const sniff_t *sniff_mxl(const uint8_t *bytes, size_t len);
const sniff_t *sniff_musicxml(const uint8_t *bytes, size_t len);

#endif
