#include "core/base/fail.h"
#include "fragment_in.h"

/* tfhd */
#define FRAGMENT_IN_BASE 0x1
#define FRAGMENT_IN_ENTRY 0x2
#define FRAGMENT_IN_DURATION 0x8
#define FRAGMENT_IN_SIZE 0x10
#define FRAGMENT_IN_FLAGS 0x20

/* trun */
#define FRAGMENT_IN_OFFSET 0x1
#define FRAGMENT_IN_FIRST_FLAGS 0x4
#define FRAGMENT_IN_DURATIONS 0x100
#define FRAGMENT_IN_SIZES 0x200
#define FRAGMENT_IN_ALL_FLAGS 0x400
#define FRAGMENT_IN_COMPOSITION 0x800

#define FRAGMENT_IN_NON_SYNC 0x10000

/* Ticks either way: nine years of the finest clock; no sum of two overflows. */
#define FRAGMENT_IN_TIME_MAX (INT64_C(1) << 58)

/* One traf. */
typedef struct {
    fragment_in_t *in;
    fragment_defaults_t defaults; /* of tfhd */
    uint64_t base, at;            /* of its data */
    samples_t *samples;
    char *why;
    size_t why_size;
} fragment_traf_t;

/* One trun. */
typedef struct {
    unsigned version;
    uint32_t flags, first_flags;
} fragment_run_t;

#define FRAGMENT_IN_FAIL(traf, ...) \
    fail_because((traf)->why, (traf)->why_size, __VA_ARGS__)


static int
fragment_tfhd(fragment_traf_t *traf, bytes_t in)
{
    uint32_t flags, track;
    fragment_defaults_t *defaults = &traf->defaults;

    flags = box_32(&in) & 0xffffffU;
    track = box_32(&in);
    traf->base = flags & FRAGMENT_IN_BASE ? box_64(&in) : traf->in->moof;
    if (flags & FRAGMENT_IN_ENTRY) {
        box_skip(&in, 4);
    }
    defaults->duration = flags & FRAGMENT_IN_DURATION ? box_32(&in)
                                                      : defaults->duration;
    defaults->size = flags & FRAGMENT_IN_SIZE ? box_32(&in) : defaults->size;
    defaults->flags = flags & FRAGMENT_IN_FLAGS ? box_32(&in) : defaults->flags;
    traf->at = traf->base;

    return box_ended(&in) || track != traf->in->track
               ? FRAGMENT_IN_FAIL(traf, "a broken tfhd")
               : 0;
}


/* ffmpeg writes times before 0 as they are, though the number has no sign. */
static int
fragment_tfdt(fragment_traf_t *traf, bytes_t in)
{
    const unsigned version = box_8(&in);

    box_skip(&in, 3);
    traf->in->decoded = version == 1 ? (int64_t) box_64(&in)
                                     : (int64_t) box_32(&in);

    return box_ended(&in) || traf->in->decoded > FRAGMENT_IN_TIME_MAX
                   || traf->in->decoded < -FRAGMENT_IN_TIME_MAX
               ? FRAGMENT_IN_FAIL(traf, "a time that is none")
               : 0;
}


static int
fragment_sample(fragment_traf_t *traf, const fragment_run_t *run, int first,
                bytes_t *in)
{
    uint32_t duration, flags;
    int64_t offset = 0;
    sample_t sample = { .size = traf->defaults.size };

    duration = run->flags & FRAGMENT_IN_DURATIONS ? box_32(in)
                                                  : traf->defaults.duration;
    if (run->flags & FRAGMENT_IN_SIZES) {
        sample.size = box_32(in);
    }
    flags = run->flags & FRAGMENT_IN_ALL_FLAGS ? box_32(in)
            : first && (run->flags & FRAGMENT_IN_FIRST_FLAGS)
                ? run->first_flags
                : traf->defaults.flags;
    if (run->flags & FRAGMENT_IN_COMPOSITION) {
        offset = box_32(in);
        offset = run->version > 0 ? (int32_t) offset : offset;
    }

    if (box_ended(in) || traf->in->decoded > FRAGMENT_IN_TIME_MAX) {
        return FRAGMENT_IN_FAIL(traf, "a broken trun");
    }
    if (traf->at > traf->in->end || sample.size > traf->in->end - traf->at) {
        return FRAGMENT_IN_FAIL(traf, "samples behind its end");
    }

    sample.shown = traf->in->decoded + offset;
    sample.key = traf->in->everything || (flags & FRAGMENT_IN_NON_SYNC) == 0;
    sample.at = traf->at & (UINT64_MAX >> 1);
    traf->at += sample.size;
    traf->in->decoded += duration;
    traf->in->last_duration = duration;

    if (sample.size > 0 && sample_add(traf->samples, &sample) != 0) {
        return FRAGMENT_IN_FAIL(traf, "more than %d samples", SAMPLE_MAX);
    }

    return 0;
}


static int
fragment_trun(fragment_traf_t *traf, bytes_t in)
{
    uint32_t i, count;
    int32_t offset;
    fragment_run_t run = { .version = box_8(&in) };

    run.flags = (uint32_t) box_8(&in) << 16;
    run.flags |= box_16(&in);
    count = box_32(&in);

    if (run.flags & FRAGMENT_IN_OFFSET) {
        offset = (int32_t) box_32(&in);
        if (traf->base > traf->in->end
            || (offset < 0 && (uint64_t) - (int64_t) offset > traf->base)) {
            return FRAGMENT_IN_FAIL(traf, "samples before its beginning");
        }
        traf->at = traf->base + (uint64_t) (int64_t) offset;
    }
    run.first_flags = run.flags & FRAGMENT_IN_FIRST_FLAGS ? box_32(&in) : 0;

    if (box_ended(&in)) {
        return FRAGMENT_IN_FAIL(traf, "a broken trun");
    }
    /* those of no bytes are not kept, but cost time */
    if (count > SAMPLE_MAX - traf->in->seen) {
        return FRAGMENT_IN_FAIL(traf, "more than %d samples", SAMPLE_MAX);
    }
    traf->in->seen += count;

    for (i = 0; i < count; i++) {
        if (fragment_sample(traf, &run, i == 0, &in) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
fragment_traf(fragment_traf_t *traf, bytes_t body)
{
    int rc;
    box_t box;

    if (box_find(body, "tfhd", &box) != 0
        || fragment_tfhd(traf, box.body) != 0) {
        return FRAGMENT_IN_FAIL(traf, "a broken tfhd");
    }
    if (box_find(body, "tfdt", &box) == 0
        && fragment_tfdt(traf, box.body) != 0) {
        return -1;
    }

    while ((rc = box_next(&body, &box)) == 1) {
        if (box.type == BOX_TYPE("trun")
            && fragment_trun(traf, box.body) != 0) {
            return -1;
        }
    }

    return rc == 0 ? 0 : FRAGMENT_IN_FAIL(traf, "a broken traf");
}


int
fragment_in(fragment_in_t *in, bytes_t moof, samples_t *samples, char *why,
            size_t why_size)
{
    int rc;
    box_t box;
    fragment_traf_t traf = { .in = in,
                             .defaults = in->defaults,
                             .samples = samples,
                             .why = why,
                             .why_size = why_size };
    int found = 0;

    while ((rc = box_next(&moof, &box)) == 1) {
        if (box.type != BOX_TYPE("traf")) {
            continue;
        }
        if (found++ || fragment_traf(&traf, box.body) != 0) {
            return found > 1 ? FRAGMENT_IN_FAIL(&traf, "two trafs in a moof")
                             : -1;
        }
    }

    return rc == 0 ? 0 : FRAGMENT_IN_FAIL(&traf, "a broken moof");
}
