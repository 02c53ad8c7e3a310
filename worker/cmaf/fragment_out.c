#include "box.h"
#include "fragment_out.h"

#define FRAGMENT_OUT_TRACK 1

/* tfhd: a default duration and flags are there; data counts from the moof */
#define FRAGMENT_OUT_TFHD (0x8U | 0x20U | 0x20000U)

/* trun */
#define FRAGMENT_OUT_OFFSET 0x1U
#define FRAGMENT_OUT_FIRST_FLAGS 0x4U
#define FRAGMENT_OUT_DURATIONS 0x100U
#define FRAGMENT_OUT_SIZES 0x200U
#define FRAGMENT_OUT_FLAGS 0x400U
#define FRAGMENT_OUT_COMPOSITION 0x800U

/* Samples: depends on no other; depends on others, and is no sync sample */
#define FRAGMENT_OUT_KEY 0x2000000U
#define FRAGMENT_OUT_OTHER 0x1010000U

/* Bytes of moof, mfhd, traf, tfhd, tfdt and trun, without its samples. */
#define FRAGMENT_OUT_HEADS (8 + 16 + 8 + 24 + 20 + 20)

typedef struct {
    uint32_t run;   /* flags of trun */
    uint32_t flags; /* of most samples */
} fragment_shape_t;


/* What need not be said of each sample. */
static fragment_shape_t
fragment_shape(const segment_t *segment, const samples_t *samples)
{
    size_t i, keys = 0;
    const sample_t *sample = &samples->sample[segment->first];
    int64_t decoded = segment->decoded;
    fragment_shape_t shape = { FRAGMENT_OUT_OFFSET | FRAGMENT_OUT_SIZES,
                               FRAGMENT_OUT_OTHER };

    for (i = 0; i < segment->count; i++) {
        keys += sample[i].key;
        if (sample[i].duration != sample[0].duration) {
            shape.run |= FRAGMENT_OUT_DURATIONS;
        }
        if (sample[i].shown != decoded) {
            shape.run |= FRAGMENT_OUT_COMPOSITION;
        }
        decoded += sample[i].duration;
    }

    if (keys == segment->count) {
        shape.flags = FRAGMENT_OUT_KEY;
    } else {
        shape.run |= keys == 1 ? FRAGMENT_OUT_FIRST_FLAGS : FRAGMENT_OUT_FLAGS;
    }

    return shape;
}


static uint64_t
fragment_moof_size(const segment_t *segment, uint32_t run)
{
    uint64_t words = 1;

    words += (run & FRAGMENT_OUT_DURATIONS) != 0;
    words += (run & FRAGMENT_OUT_FLAGS) != 0;
    words += (run & FRAGMENT_OUT_COMPOSITION) != 0;

    return FRAGMENT_OUT_HEADS + (run & FRAGMENT_OUT_FIRST_FLAGS ? 4U : 0U)
           + segment->count * words * 4;
}


uint64_t
fragment_out_size(const segment_t *segment, const samples_t *samples)
{
    return fragment_moof_size(segment, fragment_shape(segment, samples).run)
           + BOX_HEAD;
}


static void
fragment_trun(box_out_t *out, const segment_t *segment,
              const samples_t *samples, const fragment_shape_t *shape)
{
    size_t i, trun;
    int64_t decoded = segment->decoded;
    const sample_t *sample = &samples->sample[segment->first];

    trun = box_out_full(out, "trun", 1, shape->run);
    box_out_32(out, (uint32_t) segment->count);
    box_out_32(out,
               (uint32_t) (fragment_moof_size(segment, shape->run) + BOX_HEAD));
    if (shape->run & FRAGMENT_OUT_FIRST_FLAGS) {
        box_out_32(out, FRAGMENT_OUT_KEY);
    }

    for (i = 0; i < segment->count; i++, sample++) {
        if (shape->run & FRAGMENT_OUT_DURATIONS) {
            box_out_32(out, sample->duration);
        }
        box_out_32(out, sample->size);
        if (shape->run & FRAGMENT_OUT_FLAGS) {
            box_out_32(out,
                       sample->key ? FRAGMENT_OUT_KEY : FRAGMENT_OUT_OTHER);
        }
        if (shape->run & FRAGMENT_OUT_COMPOSITION) {
            box_out_32(out, (uint32_t) (sample->shown - decoded));
        }
        decoded += sample->duration;
    }

    box_out_end(out, trun);
}


void
fragment_out(box_out_t *out, const segment_t *segment, const samples_t *samples,
             uint32_t number)
{
    size_t moof, traf, box;
    const fragment_shape_t shape = fragment_shape(segment, samples);

    moof = box_out_begin(out, "moof");
    box = box_out_full(out, "mfhd", 0, 0);
    box_out_32(out, number);
    box_out_end(out, box);

    traf = box_out_begin(out, "traf");
    box = box_out_full(out, "tfhd", 0, FRAGMENT_OUT_TFHD);
    box_out_32(out, FRAGMENT_OUT_TRACK);
    box_out_32(out, samples->sample[segment->first].duration);
    box_out_32(out, shape.flags);
    box_out_end(out, box);

    box = box_out_full(out, "tfdt", 1, 0);
    box_out_64(out, (uint64_t) segment->decoded);
    box_out_end(out, box);

    fragment_trun(out, segment, samples, &shape);
    box_out_end(out, traf);
    box_out_end(out, moof);

    /* segments have less than 2 GiB */
    box_out_32(out, (uint32_t) (BOX_HEAD + segment->bytes));
    box_out_bytes(out, "mdat", 4);
}
