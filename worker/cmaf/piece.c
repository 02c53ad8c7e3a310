#include <stdlib.h>
#include <string.h>
#include "core/base/fail.h"
#include "box.h"
#include "entry.h"
#include "fragment_in.h"
#include "piece.h"

#define PIECE_MOOV_MAX (4U << 20)  /* bytes: ffmpeg writes one or two KiB */
#define PIECE_MOOF_MAX (96U << 20) /* bytes: SAMPLE_MAX of 12 bytes each */
#define PIECE_TIMESCALE_MAX 1000000000U
#define PIECE_TKHD_0 12 /* bytes between the flags and the duration's end */

typedef struct {
    const source_t *source;
    samples_t *samples;
    piece_t *piece;
    fragment_in_t in; /* what moofs are read with */
    int begun;        /* there was a moov */
    char *why;
    size_t why_size;
} piece_read_t;

#define PIECE_FAIL(read, ...) \
    fail_because((read)->why, (read)->why_size, __VA_ARGS__)


/* creation, modification (64 bits each in version 1), timescale, duration */
static int
piece_mdhd(piece_read_t *read, bytes_t in)
{
    const unsigned version = box_8(&in);

    box_skip(&in, 3 + (version == 1 ? 16 : 8));
    read->piece->timescale = box_32(&in);
    box_skip(&in, version == 1 ? 8 : 4);
    read->piece->language = box_16(&in);

    if (box_ended(&in) || read->piece->timescale == 0
        || read->piece->timescale > PIECE_TIMESCALE_MAX) {
        return PIECE_FAIL(read, "a clock of %u ticks a second",
                          read->piece->timescale);
    }

    return 0;
}


/* creation, modification, id, reserved, duration; reserved (8), layer, group,
   volume, reserved, matrix, width, height */
static int
piece_tkhd(piece_read_t *read, bytes_t in)
{
    piece_t *piece = read->piece;
    const unsigned version = box_8(&in);

    box_skip(&in, 3 + (version == 1 ? 16 : 8));
    read->in.track = box_32(&in);
    box_skip(&in, 4 + (version == 1 ? 8 : 4) + 8 + 4);
    piece->volume = box_16(&in);
    box_skip(&in, 2);
    if (box_left(&in) >= sizeof(piece->matrix)) {
        memcpy(piece->matrix, in.at, sizeof(piece->matrix));
    }
    box_skip(&in, sizeof(piece->matrix));
    piece->width = box_32(&in);
    piece->height = box_32(&in);

    return box_ended(&in) ? PIECE_FAIL(read, "a broken tkhd") : 0;
}


/* predefined, "vide" or "soun" */
static int
piece_hdlr(piece_read_t *read, bytes_t in)
{
    uint32_t kind;

    box_skip(&in, BOX_FULL + 4);
    kind = box_32(&in);
    read->piece->video = kind == BOX_TYPE("vide");

    return read->piece->video || kind == BOX_TYPE("soun")
               ? 0
               : PIECE_FAIL(read, "a track that is neither seen nor heard");
}


static int
piece_stsd(piece_read_t *read, bytes_t in)
{
    uint32_t count;
    box_t entry, more;
    piece_t *piece = read->piece;

    box_skip(&in, BOX_FULL);
    count = box_32(&in);
    if (count != 1 || box_next(&in, &entry) != 1 || box_next(&in, &more) != 0) {
        return PIECE_FAIL(read, "%u sample entries", count);
    }

    piece->entry = entry_bare(&entry, piece->video, &piece->entry_len);
    return piece->entry != NULL ? 0 : PIECE_FAIL(read, "a broken sample entry");
}


/* What applies to all samples: id, entry, duration, size, flags */
static int
piece_trex(piece_read_t *read, bytes_t moov)
{
    box_t mvex, trex;
    bytes_t in;
    fragment_defaults_t *defaults = &read->in.defaults;

    if (box_find(moov, "mvex", &mvex) != 0) {
        return PIECE_FAIL(read, "no fragments");
    }

    while (box_next(&mvex.body, &trex) == 1) {
        in = trex.body;
        box_skip(&in, BOX_FULL);
        if (trex.type != BOX_TYPE("trex") || box_32(&in) != read->in.track) {
            continue;
        }
        box_skip(&in, 4);
        defaults->duration = box_32(&in);
        defaults->size = box_32(&in);
        defaults->flags = box_32(&in);
        return box_ended(&in) ? PIECE_FAIL(read, "a broken trex") : 0;
    }

    return PIECE_FAIL(read, "no trex");
}


static int
piece_trak(piece_read_t *read, bytes_t trak)
{
    size_t i;
    box_t box;
    static const struct {
        const char *path;
        int (*read)(piece_read_t *read, bytes_t in);
    } parts[] = { { "tkhd", piece_tkhd },
                  { "mdia/mdhd", piece_mdhd },
                  { "mdia/hdlr", piece_hdlr },
                  { "mdia/minf/stbl/stsd", piece_stsd } };

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (box_path(trak, parts[i].path, &box) != 0) {
            return PIECE_FAIL(read, "no %s", parts[i].path);
        }
        if (parts[i].read(read, box.body) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
piece_moov(piece_read_t *read, bytes_t moov)
{
    int rc;
    size_t traks = 0;
    bytes_t in = moov;
    box_t box, trak = { 0 };

    if (read->begun) {
        return PIECE_FAIL(read, "a second moov");
    }
    read->begun = 1;

    while ((rc = box_next(&in, &box)) == 1) {
        if (box.type == BOX_TYPE("trak")) {
            trak = box;
            traks++;
        }
    }
    if (rc != 0 || traks != 1) {
        return PIECE_FAIL(read, "%zu tracks", traks);
    }

    return piece_trak(read, trak.body) == 0 ? piece_trex(read, moov) : -1;
}


static int
piece_moof(piece_read_t *read, bytes_t moof)
{
    if (!read->begun) {
        return PIECE_FAIL(read, "a moof before the moov");
    }

    read->in.everything = !read->piece->video;
    return fragment_in(&read->in, moof, read->samples, read->why,
                       read->why_size);
}


/* One whole box in memory. */
static int
piece_box(piece_read_t *read, uint64_t at, uint64_t size, size_t head,
          int (*take)(piece_read_t *read, bytes_t body))
{
    int rc;
    uint8_t *bytes;

    bytes = malloc((size_t) size);
    if (bytes == NULL) {
        return PIECE_FAIL(read, "no memory for a box");
    }

    rc = read->source->read(read->source->data, at, bytes, (size_t) size);
    if (rc != 0) {
        (void) PIECE_FAIL(read, "it cannot be read");
    } else {
        rc = take(read, (bytes_t){ bytes + head, bytes + size });
    }

    free(bytes);
    return rc;
}


/* Reads the box at `*at`, and goes on to the next one. */
static int
piece_step(piece_read_t *read, uint64_t *at)
{
    uint8_t bytes[BOX_HEAD_LARGE];
    size_t head;
    uint32_t type;
    uint64_t size, left = read->source->size - *at;
    const size_t known = left < sizeof(bytes) ? (size_t) left : sizeof(bytes);

    if (read->source->read(read->source->data, *at, bytes, known) != 0) {
        return PIECE_FAIL(read, "it cannot be read");
    }

    head = box_head(bytes, known, &type, &size);
    size = size == 0 ? left : size;
    if (head == 0 || size > left) {
        return PIECE_FAIL(read, "it is cut off");
    }

    read->in.moof = *at;
    if ((type == BOX_TYPE("moov") && size > PIECE_MOOV_MAX)
        || (type == BOX_TYPE("moof") && size > PIECE_MOOF_MAX)) {
        return PIECE_FAIL(read, "a box that is too large");
    }
    if ((type == BOX_TYPE("moov")
         && piece_box(read, *at, size, head, piece_moov) != 0)
        || (type == BOX_TYPE("moof")
            && piece_box(read, *at, size, head, piece_moof) != 0)) {
        return -1;
    }

    *at += size;
    return 0;
}


int
piece_read(const source_t *source, samples_t *samples, piece_t *piece,
           char *why, size_t why_size)
{
    uint64_t at = 0;
    piece_read_t read = { .source = source,
                          .samples = samples,
                          .piece = piece,
                          .in = { .end = source->size },
                          .why = why,
                          .why_size = why_size };

    memset(piece, 0, sizeof(*piece));
    piece->first = samples->count;

    while (at < source->size) {
        if (piece_step(&read, &at) != 0) {
            return -1;
        }
    }

    piece->count = samples->count - piece->first;
    piece->last_duration = read.in.last_duration;
    return piece->count > 0 ? 0 : PIECE_FAIL(&read, "no samples");
}
