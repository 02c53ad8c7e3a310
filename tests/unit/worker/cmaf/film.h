/* Fragmented MP4 files made by hand, as ffmpeg writes them; and a track file
   made of some, in memory. */

#ifndef TEST_FILM_H
#define TEST_FILM_H

#include <stdlib.h>
#include <string.h>
#include "worker/cmaf/box_out.h"
#include "worker/cmaf/join.h"

#define FILM_TIMESCALE 1000

typedef struct {
    int64_t offset; /* of composition */
    uint32_t duration, size;
    int key;
} film_sample_t;


static inline void
film_entry(box_out_t *out, int video, uint8_t level)
{
    size_t entry, box;
    static const uint8_t sound[] = { 0,  0,    0,  0, 3, 22, 0,    0,   0, 4,
                                     17, 0x40, 21, 0, 0, 0,  0,    0,   0, 0,
                                     0,  0,    0,  0, 5, 2,  0x11, 0x90 };

    entry = box_out_begin(out, video ? "avc1" : "mp4a");
    box_out_zeros(out, video ? 78 : 28);
    if (video) {
        box = box_out_begin(out, "avcC");
        box_out_bytes(out, "\1\x64\0", 3);
        box_out_8(out, level);
    } else {
        box = box_out_begin(out, "esds");
        box_out_bytes(out, sound, sizeof(sound));
    }
    box_out_end(out, box);
    box = box_out_begin(out, "btrt");
    box_out_32(out, level);
    box_out_end(out, box);
    box_out_end(out, entry);
}


static inline void
film_moov(box_out_t *out, int video, uint8_t level)
{
    size_t moov, trak, mdia, minf, stbl, box;

    moov = box_out_begin(out, "moov");
    trak = box_out_begin(out, "trak");
    box = box_out_full(out, "tkhd", 0, 3);
    box_out_zeros(out, 8);
    box_out_32(out, 1);
    box_out_zeros(out, 60);
    box_out_32(out, 320 << 16);
    box_out_32(out, 180 << 16);
    box_out_end(out, box);
    mdia = box_out_begin(out, "mdia");
    box = box_out_full(out, "mdhd", 0, 0);
    box_out_zeros(out, 8);
    box_out_32(out, FILM_TIMESCALE);
    box_out_zeros(out, 8);
    box_out_end(out, box);
    box = box_out_full(out, "hdlr", 0, 0);
    box_out_32(out, 0);
    box_out_bytes(out, video ? "vide" : "soun", 4);
    box_out_end(out, box);
    minf = box_out_begin(out, "minf");
    stbl = box_out_begin(out, "stbl");
    box = box_out_full(out, "stsd", 0, 0);
    box_out_32(out, 1);
    film_entry(out, video, level);
    box_out_end(out, box);
    box_out_end(out, stbl);
    box_out_end(out, minf);
    box_out_end(out, mdia);
    box_out_end(out, trak);
    box = box_out_begin(out, "mvex");
    trak = box_out_full(out, "trex", 0, 0);
    box_out_32(out, 1);
    box_out_32(out, 1);
    box_out_zeros(out, 12);
    box_out_end(out, trak);
    box_out_end(out, box);
    box_out_end(out, moov);
}


/* A moof, and an mdat of which each sample is a run of one letter, from 'a' */
static inline void
film_moof(box_out_t *out, int64_t decoded, const film_sample_t *sample,
          size_t n)
{
    size_t i, j, moof, traf, box;

    moof = box_out_begin(out, "moof");
    traf = box_out_begin(out, "traf");
    box = box_out_full(out, "tfhd", 0, 0x20000);
    box_out_32(out, 1);
    box_out_end(out, box);
    box = box_out_full(out, "tfdt", 1, 0);
    box_out_64(out, (uint64_t) decoded);
    box_out_end(out, box);
    box = box_out_full(out, "trun", 1, 0xf01);
    box_out_32(out, (uint32_t) n);
    box_out_32(out, (uint32_t) (8 + 8 + 16 + 20 + 20 + 16 * n + 8));
    for (i = 0; i < n; i++) {
        box_out_32(out, sample[i].duration);
        box_out_32(out, sample[i].size);
        box_out_32(out, sample[i].key ? 0x2000000 : 0x1010000);
        box_out_32(out, (uint32_t) sample[i].offset);
    }
    box_out_end(out, box);
    box_out_end(out, traf);
    box_out_end(out, moof);

    box = box_out_begin(out, "mdat");
    for (i = 0; i < n; i++) {
        for (j = 0; j < sample[i].size; j++) {
            box_out_8(out, (uint8_t) ('a' + i % 26));
        }
    }
    box_out_end(out, box);
}


static inline int
film_read(void *data, uint64_t at, void *to, size_t len)
{
    const box_out_t *film = data;

    if (at > film->len || len > film->len - at) {
        abort();
    }
    memcpy(to, film->bytes + at, len);
    return 0;
}


static inline source_t
film_source(box_out_t *film)
{
    return (source_t){ film_read, film, film->len };
}


typedef struct {
    box_out_t out;
    const source_t *source;
} film_sink_t;


static inline int
film_write(void *data, const void *bytes, size_t len)
{
    film_sink_t *sink = data;

    box_out_bytes(&sink->out, bytes, len);
    return sink->out.failed;
}


static inline int
film_copy(void *data, size_t piece, uint64_t at, uint64_t len)
{
    int rc;
    film_sink_t *sink = data;
    uint8_t *bytes = malloc(len);

    rc = sink->source[piece].read(sink->source[piece].data, at, bytes, len);
    box_out_bytes(&sink->out, bytes, len);
    free(bytes);
    return rc;
}

#endif
