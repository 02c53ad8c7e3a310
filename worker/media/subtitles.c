#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cue_text.h"
#include "subtitles.h"
#include "subtitles_ass.h"
#include "vtt_settings.h"

#define SUBTITLES_LINE 256 /* bytes of one that has times */

static const struct {
    const char *name, *extension;
} forms[] = {
    [SUBTITLES_NONE] = { "text", "txt" },
    [SUBTITLES_SRT] = { "SubRip", "srt" },
    [SUBTITLES_VTT] = { "WebVTT", "vtt" },
    [SUBTITLES_ASS] = { "SubStation Alpha", "ass" },
};


const char *
subtitles_name(subtitles_form_t form)
{
    return forms[form].name;
}


const char *
subtitles_extension(subtitles_form_t form)
{
    return forms[form].extension;
}


/* "00:01:02,345", "01:02.345", "0:01:02.3": seconds, and where it ends; NULL
   when it is none. */
static const char *
subtitles_time(const char *text, double *seconds)
{
    int parts = 0;
    char *end;
    long number;
    double unit, sum = 0;

    for (;;) {
        if (*text < '0' || *text > '9') {
            return NULL;
        }
        number = strtol(text, &end, 10);
        if (number > 99999 || ++parts > 3) {
            return NULL;
        }
        sum = sum * 60 + (double) number;
        text = end + 1;
        if (*end != ':') {
            break;
        }
    }

    if (parts < 2) {
        return NULL;
    }
    if (*end == ',' || *end == '.') {
        for (unit = 0.1; *text >= '0' && *text <= '9'; text++, unit /= 10) {
            sum += unit * (*text - '0');
        }
        end = (char *) text;
    }

    *seconds = sum;
    return end;
}


/* "00:00:01,000 --> 00:00:02,000 …": what follows the times, or NULL. */
static const char *
subtitles_times(const char *line, double *start, double *end)
{
    line += strspn(line, " \t");
    line = subtitles_time(line, start);
    if (line == NULL) {
        return NULL;
    }

    line += strspn(line, " \t");
    if (strncmp(line, "-->", 3) != 0) {
        return NULL;
    }
    line += 3;
    line += strspn(line, " \t");

    return subtitles_time(line, end);
}


/* A line that may have times, terminated; empty when it is too long. */
static void
subtitles_copy(char copy[SUBTITLES_LINE], const char *line, const char *end)
{
    const size_t len = (size_t) (end - line);

    *copy = '\0';
    if (len < SUBTITLES_LINE && memmem(line, len, "-->", 3) != NULL) {
        memcpy(copy, line, len);
        copy[len] = '\0';
    }
}


/* The number that SubRip has above a cue's times. */
static int
subtitles_is_number(const char *line, const char *end)
{
    while (line < end && *line == ' ') {
        line++;
    }
    while (end > line && end[-1] == ' ') {
        end--;
    }
    if (line == end) {
        return 0;
    }
    for (/* void */; line < end; line++) {
        if (*line < '0' || *line > '9') {
            return 0;
        }
    }

    return 1;
}


/* A cue whose times were read: its text begins at `text`. */
typedef struct {
    double start, end;
    char settings[100];
    const char *text; /* NULL: none is open */
} subtitles_cue_t;


static void
subtitles_close(subtitles_form_t form, subtitles_cue_t *cue, const char *end,
                cue_text_t *text, cues_t *cues)
{
    if (cue->text == NULL) {
        return;
    }

    cue_text(text, form == SUBTITLES_VTT ? CUE_TEXT_VTT : CUE_TEXT_SRT, NULL,
             cue->text, end > cue->text ? (size_t) (end - cue->text) : 0);
    cues_add(cues, cue->start, cue->end, text->align ? text->align : 2,
             cue->settings, text->text, text->len);
    cue->text = NULL;
}


/* Line by line: times begin a cue. In WebVTT an empty line ends it; in SubRip
   only other times do, since texts with empty lines are there. */
static void
subtitles_lines(subtitles_form_t form, const char *text, const char *end,
                cue_text_t *words, cues_t *cues)
{
    char copy[SUBTITLES_LINE];
    double start, stop;
    const char *line = text, *after, *next, *rest, *number = NULL;
    subtitles_cue_t cue = { .text = NULL };

    for (/* void */; line < end; line = next) {
        after = subtitles_line(line, end, &next);
        subtitles_copy(copy, line, after);
        rest = subtitles_times(copy, &start, &stop);

        if (rest != NULL) {
            subtitles_close(form, &cue, number ? number : line, words, cues);
            cue.start = start;
            cue.end = stop;
            cue.settings[0] = '\0';
            if (form == SUBTITLES_VTT) {
                vtt_settings(rest, cue.settings, sizeof(cue.settings));
            }
            cue.text = next;
        } else if (form == SUBTITLES_VTT && after == line) {
            subtitles_close(form, &cue, line, words, cues);
        }

        number = form == SUBTITLES_SRT && subtitles_is_number(line, after)
                     ? line
                     : NULL;
    }

    subtitles_close(form, &cue, end, words, cues);
}


subtitles_form_t
subtitles_form(const char *text, size_t len)
{
    char copy[SUBTITLES_LINE];
    double start, stop;
    const char *line, *after, *next, *end = text + len;

    if (len >= 6 && memcmp(text, "WEBVTT", 6) == 0) {
        return SUBTITLES_VTT;
    }
    if (memmem(text, len, "[Events]", 8) != NULL
        && memmem(text, len, "Dialogue:", 9) != NULL) {
        return SUBTITLES_ASS;
    }

    for (line = text; line < end; line = next) {
        after = subtitles_line(line, end, &next);
        subtitles_copy(copy, line, after);
        if (subtitles_times(copy, &start, &stop) != NULL) {
            return SUBTITLES_SRT;
        }
    }

    return SUBTITLES_NONE;
}


void
subtitles_read(subtitles_form_t form, const char *text, size_t len,
               cues_t *cues)
{
    cue_text_t *words;

    if (form == SUBTITLES_ASS) {
        subtitles_ass(text, len, cues);
        return;
    }

    words = malloc(sizeof(*words));
    if (words == NULL) {
        cues->full = 1;
        return;
    }
    subtitles_lines(form, text, text + len, words, cues);
    free(words);
}
