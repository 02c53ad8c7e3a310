#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cue_text.h"
#include "subtitles_ass.h"

#define SUBTITLES_STYLES 128 /* that are known by name */
#define SUBTITLES_NAME 64
#define SUBTITLES_COLUMNS 32

/* The canvas on which places are told, where nothing is said of it. */
#define SUBTITLES_WIDTH 384
#define SUBTITLES_HEIGHT 288

/* Columns that count, of styles and of events. */
enum {
    NAME,
    BOLD,
    ITALIC,
    UNDERLINE,
    ALIGNMENT,
    START,
    END,
    STYLE,
    TEXT,
    COLUMNS
};

typedef struct {
    char name[SUBTITLES_NAME];
    cue_text_style_t letters;
    int align;
} subtitles_style_t;

typedef struct {
    cues_t *cues;
    int old;              /* SSA: aligned by other numbers */
    int events;           /* in [Events], not in the styles */
    int width, height;    /* of the canvas; 0: not said */
    int columns[COLUMNS]; /* where each stands in a line; -1: nowhere */
    int last;             /* column that takes the rest of the line */
    subtitles_style_t styles[SUBTITLES_STYLES];
    int count;
    cue_text_t text;
} subtitles_ass_t;

/* The cells of a line. */
typedef struct {
    const char *at[SUBTITLES_COLUMNS];
    size_t len[SUBTITLES_COLUMNS];
    int count;
} subtitles_row_t;


static int
subtitles_begins(const char *line, const char *end, const char *word)
{
    const size_t len = strlen(word);

    return (size_t) (end - line) >= len && strncasecmp(line, word, len) == 0;
}


/* Cells between commas, without blanks around them; the last may have some. */
static void
subtitles_cells(const char *line, const char *end, int most,
                subtitles_row_t *row)
{
    const char *comma, *stop;

    for (row->count = 0; row->count < most; line = comma + 1) {
        comma = memchr(line, ',', (size_t) (end - line));
        if (comma == NULL || row->count == most - 1) {
            comma = end;
        }
        stop = comma;
        while (line < stop && (*line == ' ' || *line == '\t')) {
            line++;
        }
        while (comma != end && stop > line && stop[-1] == ' ') {
            stop--;
        }
        row->at[row->count] = line;
        row->len[row->count++] = (size_t) (stop - line);
        if (comma == end) {
            break;
        }
    }
}


static void
subtitles_format(subtitles_ass_t *ass, const char *line, const char *end)
{
    static const char *const names[] = { "Name",      "Bold",      "Italic",
                                         "Underline", "Alignment", "Start",
                                         "End",       "Style",     "Text" };
    int i, column;
    subtitles_row_t row;

    subtitles_cells(line, end, SUBTITLES_COLUMNS, &row);
    for (column = 0; column < COLUMNS; column++) {
        ass->columns[column] = -1;
        for (i = 0; i < row.count; i++) {
            if (row.len[i] == strlen(names[column])
                && strncasecmp(row.at[i], names[column], row.len[i]) == 0) {
                ass->columns[column] = i;
            }
        }
    }
    ass->last = row.count;
}


/* A cell, terminated; empty when there is none. */
static void
subtitles_cell(const subtitles_ass_t *ass, const subtitles_row_t *row,
               int column, char *text, size_t size)
{
    const int i = ass->columns[column];

    *text = '\0';
    if (i >= 0 && i < row->count && row->len[i] < size) {
        memcpy(text, row->at[i], row->len[i]);
        text[row->len[i]] = '\0';
    }
}


static int
subtitles_flag(const subtitles_ass_t *ass, const subtitles_row_t *row,
               int column)
{
    char text[16];

    subtitles_cell(ass, row, column, text, sizeof(text));
    return atoi(text) != 0;
}


static void
subtitles_style(subtitles_ass_t *ass, const char *line, const char *end)
{
    char text[16];
    subtitles_row_t row;
    subtitles_style_t *style;

    if (ass->count == SUBTITLES_STYLES || ass->columns[NAME] < 0) {
        return;
    }

    style = &ass->styles[ass->count++];
    subtitles_cells(line, end, ass->last, &row);
    subtitles_cell(ass, &row, NAME, style->name, sizeof(style->name));
    style->letters.bold = subtitles_flag(ass, &row, BOLD);
    style->letters.italic = subtitles_flag(ass, &row, ITALIC);
    style->letters.underline = subtitles_flag(ass, &row, UNDERLINE);

    subtitles_cell(ass, &row, ALIGNMENT, text, sizeof(text));
    style->align = atoi(text);
    if (ass->old) { /* 1 to 3, and 4 more above, 8 more in the middle */
        style->align = style->align > 8   ? style->align - 5
                       : style->align > 4 ? style->align + 2
                                          : style->align;
    }
}


/* "0:01:02.34" */
static double
subtitles_ass_time(const char *text)
{
    int hours, minutes;
    double seconds;

    return sscanf(text, "%d:%d:%lf", &hours, &minutes, &seconds) == 3
                   && hours >= 0 && hours < 1000 && minutes >= 0 && minutes < 60
                   && seconds >= 0 && seconds < 61
               ? hours * 3600.0 + minutes * 60.0 + seconds
               : -1;
}


/* What is not said of the canvas follows from the rest, as 4 from 3. */
static void
subtitles_canvas(const subtitles_ass_t *ass, double *width, double *height)
{
    *width = ass->width > 0    ? ass->width
             : ass->height > 0 ? ass->height * 4 / 3.0
                               : SUBTITLES_WIDTH;
    *height = ass->height > 0  ? ass->height
              : ass->width > 0 ? ass->width * 3 / 4.0
                               : SUBTITLES_HEIGHT;
}


/* A text that has a place of its own: above, in the middle or below, and across
   to the hundredth. What it has to be aligned as. */
static int
subtitles_place(const subtitles_ass_t *ass, int align, char settings[48])
{
    double width, height, across, down;
    static const char *const ends[] = { " align:start", "", " align:end" };

    *settings = '\0';
    if (ass->text.x < 0 || align < 1 || align > 9) {
        return align;
    }

    subtitles_canvas(ass, &width, &height);
    across = fmin(ass->text.x / width, 1);
    down = ass->text.y / height;
    snprintf(settings, 48, " position:%.0f%%%s", 100 * across,
             ends[(align - 1) % 3]);

    return down < 1 / 3.0 ? 8 : down < 2 / 3.0 ? 5 : 2;
}


static void
subtitles_event(subtitles_ass_t *ass, const char *line, const char *end)
{
    int i, text, align;
    char from[32], to[32], name[SUBTITLES_NAME], settings[48];
    double start;
    subtitles_row_t row;
    const subtitles_style_t *style = NULL;

    text = ass->columns[TEXT];
    subtitles_cells(line, end, ass->last, &row);
    if (text < 0 || text >= row.count) {
        return;
    }

    subtitles_cell(ass, &row, START, from, sizeof(from));
    subtitles_cell(ass, &row, END, to, sizeof(to));
    subtitles_cell(ass, &row, STYLE, name, sizeof(name));
    start = subtitles_ass_time(from);
    if (start < 0) {
        return;
    }

    for (i = 0; i < ass->count && style == NULL; i++) {
        if (strcmp(ass->styles[i].name, name) == 0) {
            style = &ass->styles[i];
        }
    }

    cue_text(&ass->text, CUE_TEXT_ASS, style ? &style->letters : NULL,
             row.at[text], row.len[text]);
    align = ass->text.align ? ass->text.align : style ? style->align : 2;
    align = subtitles_place(ass, align, settings);
    cues_add(ass->cues, start, subtitles_ass_time(to), align, settings,
             ass->text.text, ass->text.len);
}


const char *
subtitles_line(const char *text, const char *end, const char **next)
{
    const char *stop = text;

    while (stop < end && *stop != '\n' && *stop != '\r') {
        stop++;
    }

    *next = stop < end ? stop + 1 : end;
    if (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n') {
        *next = stop + 2;
    }

    return stop;
}


static int
subtitles_number(const char *line, const char *end)
{
    char text[16];
    const size_t len = (size_t) (end - line);

    if (len >= sizeof(text)) {
        return 0;
    }

    memcpy(text, line, len);
    text[len] = '\0';
    return atoi(text);
}


static void
subtitles_ass_line(subtitles_ass_t *ass, const char *line, const char *end)
{
    if (*line == '[') {
        ass->events = subtitles_begins(line, end, "[Events]");
        ass->old = ass->old || subtitles_begins(line, end, "[V4 Styles]");
    } else if (subtitles_begins(line, end, "Format:")) {
        subtitles_format(ass, line + 7, end);
    } else if (ass->events && subtitles_begins(line, end, "Dialogue:")) {
        subtitles_event(ass, line + 9, end);
    } else if (!ass->events && subtitles_begins(line, end, "Style:")) {
        subtitles_style(ass, line + 6, end);
    } else if (!ass->events && subtitles_begins(line, end, "PlayResX:")) {
        ass->width = subtitles_number(line + 9, end);
    } else if (!ass->events && subtitles_begins(line, end, "PlayResY:")) {
        ass->height = subtitles_number(line + 9, end);
    }
}


void
subtitles_ass(const char *text, size_t len, cues_t *cues)
{
    subtitles_ass_t *ass;
    const char *stop, *next, *end = text + len;

    ass = calloc(1, sizeof(*ass));
    if (ass == NULL) {
        cues->full = 1;
        return;
    }

    ass->cues = cues;
    for (/* void */; text < end; text = next) {
        stop = subtitles_line(text, end, &next);
        if (stop > text) {
            subtitles_ass_line(ass, text, stop);
        }
    }

    free(ass);
}
