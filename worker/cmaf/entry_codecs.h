/* The codecs parameter (RFC 6381) out of each codec's configuration. Pure. Each
   writes it, terminated: 0, or -1 when the configuration is broken. */

#ifndef SLUICE_ENTRY_CODECS_H
#define SLUICE_ENTRY_CODECS_H

#include <stddef.h>
#include "box.h"

typedef struct {
    const char *entry; /* type of the sample entry */
    bytes_t config;    /* what is in the box of the codec */
    bytes_t colour;    /* in colr; NULL: there is none */
} entry_config_t;

int entry_codecs_avc(const entry_config_t *config, char *codecs, size_t size);
int entry_codecs_hevc(const entry_config_t *config, char *codecs, size_t size);
int entry_codecs_av1(const entry_config_t *config, char *codecs, size_t size);
int entry_codecs_vp9(const entry_config_t *config, char *codecs, size_t size);
int entry_codecs_mp4a(const entry_config_t *config, char *codecs, size_t size);
int entry_codecs_opus(const entry_config_t *config, char *codecs, size_t size);
int entry_codecs_plain(const entry_config_t *config, char *codecs, size_t size);

#endif
