/* A line with a file's size and a playlist, which a tool wrote that a stranger
   may have talked into it; then the same bytes as a film's first ones. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/playlist.h"
#include "must.h"

#define NAME "720p.mp4"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *text, size_t len, uint64_t file_size)
{
    char err[256], master[1024];
    playlist_t playlist;
    playlist_variant_t variant = { .uri = NAME, .codecs = "avc1.64001f" };

    if (playlist_check(text, len, NAME, file_size, &playlist, err, sizeof(err))
        != 0) {
        must(*err != '\0' && memchr(err, '\0', sizeof(err)) != NULL);
        return;
    }

    must(playlist.segments > 0 && playlist.duration > 0);
    must(playlist.map_size > 0 && playlist.map_size < file_size);

    variant.peak_rate = playlist.peak_rate;
    variant.average_rate = playlist.average_rate;
    must(playlist_master(&variant, master, sizeof(master))
         == (int) strlen(master));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char codecs[32];
    int kinds;
    uint64_t file_size = 0;
    const uint8_t *p, *end = data + size;

    for (kinds = 1; kinds < 4; kinds++) {
        if (playlist_codecs(data, size, kinds & 1, kinds & 2, codecs,
                            sizeof(codecs))
            == 0) {
            must(strlen(codecs) >= strlen("mp4a.40.0"));
        }
    }

    for (p = data; p < end && *p != '\n'; p++) {
        file_size = file_size * 10 + (*p & 15U);
    }
    if (p < end) {
        check((const char *) p + 1, (size_t) (end - p) - 1, file_size);
    }

    return 0;
}
