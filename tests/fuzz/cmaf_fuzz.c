/* Pieces of a film that a stranger talked ffmpeg into: a byte with how many,
   START in four, then each with its length in three bytes. What is made of them
   can be read again, and is told in lines that our reader takes. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/cmaf/box_out.h"
#include "worker/cmaf/join.h"
#include "worker/media/track.h"
#include "must.h"

#define PIECES 4

typedef struct {
    const uint8_t *bytes;
    size_t len;
} part_t;

typedef struct {
    box_out_t out;
    const part_t *part;
} made_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
read_part(void *data, uint64_t at, void *to, size_t len)
{
    const part_t *part = data;

    must(at <= part->len && len <= part->len - at);
    memcpy(to, part->bytes + at, len);
    return 0;
}


static int
write_made(void *data, const void *bytes, size_t len)
{
    made_t *made = data;

    box_out_bytes(&made->out, bytes, len);
    return 0;
}


static int
copy_made(void *data, size_t piece, uint64_t at, uint64_t len)
{
    made_t *made = data;
    const part_t *part = &made->part[piece];

    must(len > 0 && at <= part->len && len <= part->len - at);
    box_out_bytes(&made->out, part->bytes + at, len);
    return 0;
}


/* The same samples in the same order, none decoded before the other. */
static void
read_again(const join_t *join, made_t *made)
{
    char why[192];
    size_t i;
    const size_t from = join->timing.from;
    part_t whole = { made->out.bytes, made->out.len };
    const source_t source = { read_part, &whole, whole.len };
    samples_t again = { 0 };
    piece_t piece;

    must(piece_read(&source, &again, &piece, why, sizeof(why)) == 0);
    must(again.count == join->samples.count - from);
    for (i = 0; i < again.count; i++) {
        must(again.sample[i].shown == join->samples.sample[from + i].shown);
        must(again.sample[i].size == join->samples.sample[from + i].size);
        must(join->samples.sample[from + i].duration > 0);
    }
    free(piece.entry);
    free(again.sample);
}


static void
tell(const join_t *join, size_t size)
{
    char *text = NULL, err[192];
    size_t len;
    track_t track;
    FILE *out = open_memstream(&text, &len);

    join_tell(join, out);
    fclose(out);
    must(track_parse(text, len, size, &track, err, sizeof(err)) == 0);
    must(track.count == join->segments.count);
    track_free(&track);
    free(text);
}


static void
check(const part_t *part, size_t n, int64_t start)
{
    size_t i;
    source_t source[PIECES];
    join_t join;
    made_t made = { .part = part };
    const timing_film_t film = { start, start };
    const sink_t sink = { write_made, copy_made, &made };

    for (i = 0; i < n; i++) {
        source[i] = (source_t){ read_part, (void *) (uintptr_t) &part[i],
                                part[i].len };
    }

    if (join_read(&join, source, n, &film, 6) != 0) {
        must(join.why[0] != '\0');
    } else {
        must(join_write(&join, &sink) == 0 && !made.out.failed);
        read_again(&join, &made);
        tell(&join, made.out.len);
    }

    join_free(&join);
    free(made.out.bytes);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n, i, len;
    int32_t start;
    part_t part[PIECES];
    const uint8_t *p = data + 5, *end = data + size;

    if (size < 5) {
        return 0;
    }
    n = 1 + data[0] % PIECES;
    memcpy(&start, data + 1, sizeof(start));

    for (i = 0; i < n && end - p >= 3; i++) {
        len = (size_t) p[0] << 16 | (size_t) p[1] << 8 | p[2];
        p += 3;
        len = len > (size_t) (end - p) ? (size_t) (end - p) : len;
        part[i] = (part_t){ p, len };
        p += len;
    }

    check(part, i, start);
    return 0;
}
