#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cues.h"
#include "vtt.h"

#define CUES_FIRST 256
#define CUES_SHORT 0.001 /* seconds: what is shorter is not seen */


void
cues_init(cues_t *cues)
{
    memset(cues, 0, sizeof(*cues));
}


void
cues_free(cues_t *cues)
{
    free(cues->list);
    free(cues->words);
}


/* Room for one more, and for its text. 0, or -1. */
static int
cues_grow(cues_t *cues, size_t len)
{
    void *more;

    if (cues->count == CUES_MAX) {
        return -1;
    }

    if (cues->count == cues->size) {
        more = realloc(cues->list,
                       (2 * cues->size + CUES_FIRST) * sizeof(cue_t));
        if (more == NULL) {
            return -1;
        }
        cues->list = more;
        cues->size = 2 * cues->size + CUES_FIRST;
    }

    if (cues->len + len > cues->room) {
        more = realloc(cues->words, 2 * (cues->len + len));
        if (more == NULL) {
            return -1;
        }
        cues->words = more;
        cues->room = 2 * (cues->len + len);
    }

    return 0;
}


void
cues_add(cues_t *cues, double start, double end, int align,
         const char *settings, const char *text, size_t len)
{
    cue_t *cue;

    if (len == 0 || !isfinite(start) || !isfinite(end)
        || end - start < CUES_SHORT) {
        return;
    }
    if (len > CUES_TEXT_MAX || cues_grow(cues, len) != 0) {
        cues->full = 1;
        return;
    }

    cue = &cues->list[cues->count++];
    cue->start = start;
    cue->end = end;
    cue->align = align;
    cue->text = cues->len;
    cue->len = len;
    snprintf(cue->settings, sizeof(cue->settings), "%s",
             settings ? settings : "");

    memcpy(cues->words + cues->len, text, len);
    cues->len += len;
}


static int
cues_compare(const void *a, const void *b)
{
    const cue_t *one = a, *other = b;

    return one->start < other->start   ? -1
           : one->start > other->start ? 1
           : one->text < other->text   ? -1
                                       : one->text > other->text;
}


/* Layers of one title are the same text over itself. */
static int
cues_same(const cues_t *cues, const cue_t *one, const cue_t *other)
{
    return one->len == other->len && fabs(one->start - other->start) < 0.02
           && fabs(one->end - other->end) < 0.02
           && memcmp(cues->words + one->text, cues->words + other->text,
                     one->len)
                  == 0;
}


static void
cues_settings(const cue_t *cue, char settings[128])
{
    static const char *const across[] = { "", " position:5% align:start",
                                          " position:95% align:end" };
    static const char *const up[] = { "", " line:50%", " line:0" };
    const int place = cue->align >= 1 && cue->align <= 9 ? cue->align - 1 : 1;

    /* 1 left, 2 in the middle, 3 right; 1 to 3 below, 7 to 9 above */
    snprintf(settings, 128, "%s%s%s", up[place / 3],
             across[place % 3 == 0   ? 1
                    : place % 3 == 2 ? 2
                                     : 0],
             cue->settings);
}


char *
cues_vtt(cues_t *cues, double zero, double duration, size_t *count)
{
    size_t i, n = 0;
    vtt_t vtt;
    double start, end;
    char settings[128];
    const cue_t *cue, *before = NULL;

    if (cues->count > 0) {
        qsort(cues->list, cues->count, sizeof(cue_t), cues_compare);
    }
    vtt_init(&vtt, CUES_VTT_MAX);
    vtt_raw(&vtt, "WEBVTT\n", 7);

    for (i = 0; i < cues->count; i++) {
        cue = &cues->list[i];
        start = fmax(cue->start - zero, 0);
        end = cue->end - zero;
        if (duration > 0) {
            end = fmin(end, duration);
        }
        if (end - start < CUES_SHORT
            || (before != NULL && cues_same(cues, before, cue))) {
            continue;
        }
        cues_settings(cue, settings);
        vtt_cue(&vtt, start, end, settings);
        vtt_raw(&vtt, cues->words + cue->text, cue->len);
        vtt_raw(&vtt, "\n", 1);
        before = cue;
        n++;
    }

    cues->full |= vtt.full;
    *count = n;
    if (vtt.full || n == 0) {
        vtt_free(&vtt);
        return NULL;
    }

    return vtt.text;
}
