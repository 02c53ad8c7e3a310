#include <stdlib.h>
#include <string.h>
#include "core/base/fail.h"
#include "fragment_out.h"
#include "head_out.h"
#include "join.h"

#define JOIN_FAIL(join, ...) \
    fail_because((join)->why, sizeof((join)->why), __VA_ARGS__)


static int
join_same(join_t *join, const piece_t *piece)
{
    const piece_t *first = &join->piece[0];

    if (piece->video != first->video || piece->timescale != first->timescale) {
        return JOIN_FAIL(join, "pieces of other kinds or clocks");
    }
    if (piece->entry_len != first->entry_len
        || memcmp(piece->entry, first->entry, first->entry_len) != 0) {
        return JOIN_FAIL(join, "pieces of which the codecs were set up "
                               "differently");
    }

    return 0;
}


static int
join_pieces(join_t *join, const source_t *sources, size_t n)
{
    size_t i;

    if (n == 0 || n > JOIN_PIECES_MAX) {
        return JOIN_FAIL(join, "%zu pieces", n);
    }
    join->piece = calloc(n, sizeof(*join->piece));
    if (join->piece == NULL) {
        return JOIN_FAIL(join, "no memory for pieces");
    }

    for (i = 0; i < n; i++) {
        join->pieces = i + 1;
        if (piece_read(&sources[i], &join->samples, &join->piece[i], join->why,
                       sizeof(join->why))
                != 0
            || join_same(join, &join->piece[i]) != 0) {
            return -1;
        }
    }

    if (entry_codecs(join->piece[0].entry, join->piece[0].entry_len,
                     join->piece[0].video, join->codecs)
        != 0) {
        return JOIN_FAIL(join, "a codec that is not known");
    }

    return 0;
}


/* How large each segment is, and what it says of itself must fit the sidx. */
static int
join_sizes(join_t *join)
{
    size_t i;
    const segment_t *segment;
    const size_t n = join->segments.count;

    join->size = calloc(n, sizeof(*join->size));
    if (join->size == NULL) {
        return JOIN_FAIL(join, "no memory for segments");
    }

    for (i = 0; i < n; i++) {
        segment = &join->segments.segment[i];
        join->size[i] = segment->bytes
                        + fragment_out_size(segment, &join->samples);
        if (join->size[i] >= HEAD_SEGMENT_MAX) {
            return JOIN_FAIL(join, "a segment of more than 2 GiB");
        }
        if (segment->duration == 0 || segment->duration > UINT32_MAX) {
            return JOIN_FAIL(join, "a segment that its clock cannot measure");
        }
    }

    return 0;
}


int
join_read(join_t *join, const source_t *sources, size_t n,
          const timing_film_t *film, double seconds)
{
    segment_aim_t aim = { .seconds = seconds };

    memset(join, 0, sizeof(*join));

    if (!(seconds >= 0.1 && seconds <= 3600)) {
        return JOIN_FAIL(join, "segments of %g seconds", seconds);
    }
    if (join_pieces(join, sources, n) != 0
        || timing_settle(film, join->piece, n, &join->samples, &join->timing,
                         join->why, sizeof(join->why))
               != 0) {
        return -1;
    }

    aim.video = join->piece[0].video;
    aim.timescale = join->piece[0].timescale;
    aim.from = join->timing.from;
    aim.begin = join->timing.begin;
    aim.end = join->timing.end;

    return segment_cut(&aim, &join->samples, &join->segments, join->why,
                       sizeof(join->why))
                   == 0
               ? join_sizes(join)
               : -1;
}


static int
join_out(join_t *join, const sink_t *sink, box_out_t *out)
{
    int rc;

    rc = out->failed ? -1 : sink->write(sink->data, out->bytes, out->len);
    out->len = 0;
    return rc == 0 ? 0 : JOIN_FAIL(join, "it cannot be written");
}


static int
join_head(join_t *join, const sink_t *sink, box_out_t *out)
{
    const piece_t *piece = &join->piece[0];

    head_out(out, piece,
             (uint64_t) (join->timing.end - join->segments.segment[0].begin));
    join->init = out->len;
    head_sidx(out, piece->timescale, &join->segments, join->size);
    join->index = out->len - join->init;

    return join_out(join, sink, out);
}


/* The samples' bytes, as many at once as lie together. */
static int
join_bytes(join_t *join, const sink_t *sink, const segment_t *segment,
           size_t *piece)
{
    size_t i;
    uint64_t at = 0, len = 0;
    const sample_t *sample;
    const size_t end = segment->first + segment->count;

    for (i = segment->first; i < end; i++) {
        sample = &join->samples.sample[i];

        if (len > 0
            && (sample->at != at + len
                || i
                       == join->piece[*piece].first
                              + join->piece[*piece].count)) {
            if (sink->copy(sink->data, *piece, at, len) != 0) {
                return JOIN_FAIL(join, "it cannot be written");
            }
            len = 0;
        }
        while (i >= join->piece[*piece].first + join->piece[*piece].count) {
            (*piece)++;
        }
        at = len > 0 ? at : sample->at;
        len += sample->size;
    }

    return sink->copy(sink->data, *piece, at, len) == 0
               ? 0
               : JOIN_FAIL(join, "it cannot be written");
}


int
join_write(join_t *join, const sink_t *sink)
{
    int rc;
    size_t i, piece = 0;
    box_out_t out = { 0 };
    const segment_t *segment;

    rc = join_head(join, sink, &out);

    for (i = 0; i < join->segments.count && rc == 0; i++) {
        segment = &join->segments.segment[i];
        fragment_out(&out, segment, &join->samples, (uint32_t) i + 1);
        rc = join_out(join, sink, &out);
        if (rc == 0) {
            rc = join_bytes(join, sink, segment, &piece);
        }
    }

    free(out.bytes);
    return rc;
}


uint64_t
join_key(const join_t *join, size_t segment)
{
    const segment_t *found = &join->segments.segment[segment];

    return join->piece[0].video ? join->size[segment] - found->bytes
                                      + join->samples.sample[found->first].size
                                : 0;
}


void
join_free(join_t *join)
{
    size_t i;

    for (i = 0; i < join->pieces; i++) {
        free(join->piece[i].entry);
    }
    free(join->piece);
    free(join->size);
    free(join->samples.sample);
    free(join->segments.segment);
    memset(join, 0, sizeof(*join));
}
