#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "chapters.h"
#include "vtt.h"
#include "words.h"

#define CHAPTERS_VTT_MAX (256U << 10)
#define CHAPTERS_BEFORE \
    1.0 /* seconds before the film, and it is another clock */
#define CHAPTERS_SHORT 0.001 /* seconds: what is shorter is none */


static double
chapters_number(const json_t *row, const char *name)
{
    double number;
    const char *text = json_string_value(json_object_get(row, name));

    number = text != NULL ? strtod(text, NULL)
                          : json_number_value(json_object_get(row, name));
    return isfinite(number) ? number : 0;
}


static void
chapters_title(chapter_t *chapter, const json_t *row)
{
    const char *key;
    json_t *value;

    *chapter->title = '\0';

    json_object_foreach(json_object_get(row, "tags"), key, value)
    {
        if (strcasecmp(key, "title") == 0 && json_is_string(value)) {
            words_copy(chapter->title, sizeof(chapter->title),
                       json_string_value(value));
        }
    }
}


static int
chapters_compare(const void *a, const void *b)
{
    const chapter_t *one = a, *other = b;

    return one->start < other->start ? -1 : one->start > other->start;
}


/* None lies over the next, and none is empty. */
static void
chapters_order(chapters_t *chapters, double duration)
{
    int i, n = 0;
    double end;
    chapter_t *list = chapters->list;

    qsort(list, (size_t) chapters->count, sizeof(*list), chapters_compare);

    for (i = 0; i < chapters->count; i++) {
        end = i + 1 < chapters->count ? list[i + 1].start : duration;
        list[n] = list[i];
        list[n].end = list[n].end > list[n].start ? fmin(list[n].end, end)
                                                  : end;
        if (list[n].end - list[n].start < CHAPTERS_SHORT) {
            continue;
        }
        n++;
        if (list[n - 1].title[0] == '\0') {
            snprintf(list[n - 1].title, sizeof(list[n - 1].title), "%d", n);
        }
    }

    chapters->count = n;
}


/* Some muxers leave them where they were when they move the clock. */
static double
chapters_zero(const json_t *rows, double zero)
{
    size_t i;
    const json_t *row;

    json_array_foreach(rows, i, row)
    {
        if (chapters_number(row, "start_time") < zero - CHAPTERS_BEFORE) {
            return 0;
        }
    }

    return zero;
}


void
chapters_read(chapters_t *chapters, const json_t *rows, double zero,
              double duration)
{
    size_t i;
    const json_t *row;
    chapter_t *chapter;

    chapters->count = 0;
    zero = chapters_zero(rows, zero);

    json_array_foreach(rows, i, row)
    {
        if (chapters->count == CHAPTERS_MAX) {
            break;
        }
        chapter = &chapters->list[chapters->count];
        chapter->start = fmax(chapters_number(row, "start_time") - zero, 0);
        chapter->end = fmin(chapters_number(row, "end_time") - zero, duration);
        chapters_title(chapter, row);
        chapters->count += chapter->start < duration;
    }

    chapters_order(chapters, duration);
}


json_t *
chapters_tell(const chapters_t *chapters)
{
    int i;
    json_t *rows;

    if (chapters->count == 0) {
        return NULL;
    }

    rows = json_array();
    for (i = 0; i < chapters->count; i++) {
        json_array_append_new(
            rows, json_pack("{s:f, s:f, s:s}", "start",
                            round(chapters->list[i].start * 1000) / 1000, "end",
                            round(chapters->list[i].end * 1000) / 1000, "title",
                            chapters->list[i].title));
    }

    return rows;
}


char *
chapters_vtt(const chapters_t *chapters)
{
    int i;
    vtt_t vtt;
    const chapter_t *chapter;

    if (chapters->count == 0) {
        return NULL;
    }

    vtt_init(&vtt, CHAPTERS_VTT_MAX);
    vtt_raw(&vtt, "WEBVTT\n", 7);

    for (i = 0; i < chapters->count; i++) {
        chapter = &chapters->list[i];
        vtt_cue(&vtt, chapter->start, chapter->end, "");
        vtt_words(&vtt, chapter->title, strlen(chapter->title));
        vtt_raw(&vtt, "\n", 1);
    }

    if (vtt.full) {
        vtt_free(&vtt);
        return NULL;
    }
    return vtt.text;
}
