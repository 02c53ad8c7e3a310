/* Sample entries: ISO/IEC 14496-12, 8.5.2, with 14496-14 and -15 and what the
   codecs say themselves. Pure. */

#ifndef SLUICE_ENTRY_H
#define SLUICE_ENTRY_H

#include <stddef.h>
#include "box.h"

#define ENTRY_CODECS_SIZE 96

/* The whole entry without what encoders tell of rates (btrt), which differs
   from piece to piece. To free(); NULL when it is broken, too large, or there
   is no memory. */
uint8_t *entry_bare(const box_t *entry, int video, size_t *len);

/* The codecs parameter (RFC 6381) of such an entry. 0, or -1 when the codec is
   none of those that are played, or its configuration is broken. */
int entry_codecs(const uint8_t *entry, size_t len, int video,
                 char codecs[ENTRY_CODECS_SIZE]);

#endif
