#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/base/text.h"
#include "cue_text.h"

#define CUE_TEXT_DEPTH 16 /* tags in tags */
#define CUE_TEXT_TAG 200  /* bytes of a tag; what is longer is none */
#define CUE_TEXT_NO_BREAK "\xc2\xa0"

/* Tags that stay, and the forms that have them. */
static const char *const tags[] = { "b", "i", "u", "v", "ruby", "rt" };

enum {
    BOLD,
    ITALIC,
    UNDERLINE,
    VOICE,
    RUBY,
    RUBY_TEXT,
    TAGS
};

typedef struct {
    cue_text_t *out;
    cue_text_form_t form;
    int open[CUE_TEXT_DEPTH];
    int depth;
    int drawing;    /* ASS: what follows are lines to draw */
    size_t at;      /* where the last line began */
    size_t letters; /* that are seen */
} cue_text_state_t;


static void
cue_text_put(cue_text_state_t *state, const char *bytes, size_t len)
{
    cue_text_t *out = state->out;

    /* whatever is open must still be closed */
    if (out->full || out->len + len + 8 * CUE_TEXT_DEPTH > CUES_TEXT_MAX) {
        out->full = 1;
        return;
    }

    memcpy(out->text + out->len, bytes, len);
    out->len += len;
}


static void
cue_text_end_tag(cue_text_state_t *state)
{
    cue_text_t *out = state->out;
    const char *name = tags[state->open[--state->depth]];
    const size_t len = strlen(name);

    memcpy(out->text + out->len, "</", 2);
    memcpy(out->text + out->len + 2, name, len);
    out->text[out->len + 2 + len] = '>';
    out->len += len + 3;
}


static int
cue_text_is_open(const cue_text_state_t *state, int tag)
{
    int i;

    for (i = 0; i < state->depth; i++) {
        if (state->open[i] == tag) {
            return 1;
        }
    }

    return 0;
}


/* Closes it, with those within, which are opened again. */
static void
cue_text_close(cue_text_state_t *state, int tag)
{
    int again[CUE_TEXT_DEPTH], n = 0;

    if (!cue_text_is_open(state, tag)) {
        return;
    }
    while (state->open[state->depth - 1] != tag) {
        again[n++] = state->open[state->depth - 1];
        cue_text_end_tag(state);
    }
    cue_text_end_tag(state);

    while (n-- > 0) {
        if (again[n] > UNDERLINE || state->out->full) {
            continue;
        }
        cue_text_put(state, "<", 1);
        cue_text_put(state, tags[again[n]], strlen(tags[again[n]]));
        cue_text_put(state, ">", 1);
        if (!state->out->full) {
            state->open[state->depth++] = again[n];
        }
    }
}


/* `words`: who speaks, or empty. */
static void
cue_text_open(cue_text_state_t *state, int tag, const char *words, size_t len)
{
    size_t i;
    const size_t before = state->out->len;

    if (state->depth == CUE_TEXT_DEPTH || cue_text_is_open(state, tag)) {
        return;
    }

    cue_text_put(state, "<", 1);
    cue_text_put(state, tags[tag], strlen(tags[tag]));
    if (len > 0) {
        cue_text_put(state, " ", 1);
    }
    for (i = 0; i < len; i++) {
        if (strchr("<>&\n", words[i]) == NULL) {
            cue_text_put(state, words + i, 1);
        }
    }
    cue_text_put(state, ">", 1);

    if (state->out->full) {
        state->out->len = before; /* half a tag */
        return;
    }
    state->open[state->depth++] = tag;
}


static void
cue_text_set(cue_text_state_t *state, int tag, int on)
{
    if (on) {
        cue_text_open(state, tag, "", 0);
    } else {
        cue_text_close(state, tag);
    }
}


/* A blank or the end of a line: not at the beginning of a line, and not twice
   in a row. */
static void
cue_text_blank(cue_text_state_t *state, char blank)
{
    cue_text_t *out = state->out;

    if (blank == '\n') {
        while (out->len > state->at && out->text[out->len - 1] == ' ') {
            out->len--;
        }
        if (out->len > state->at) {
            cue_text_put(state, "\n", 1);
            state->at = out->len;
        }
    } else if (out->len > state->at && out->text[out->len - 1] != ' ') {
        cue_text_put(state, " ", 1);
    }
}


/* One character of the text. The bytes that it took. */
static size_t
cue_text_letter(cue_text_state_t *state, const char *from, size_t len)
{
    size_t n;
    uint32_t c;

    n = text_character(from, len, &c);
    if (n == 0) {
        return 1; /* it is UTF-8: never */
    }

    if (c == '\n') {
        cue_text_blank(state, '\n');
        return n;
    }
    if (c <= ' ' || (c >= 0x7f && c < 0xa0) || c == 0xfeff
        || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) {
        cue_text_blank(state, ' '); /* and what turns lines around */
        return n;
    }

    state->letters++;
    if (c == '<') {
        cue_text_put(state, "&lt;", 4);
    } else if (c == '>') {
        cue_text_put(state, "&gt;", 4);
    } else if (c == '&') {
        cue_text_put(state, "&amp;", 5);
    } else {
        cue_text_put(state, from, n);
    }

    return n;
}


static int
cue_text_is(const char *name, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(name, word, len) == 0;
}


/* "<i>", "</font>", "<v.loud Esme>": which are tags of this form, whether they
   stay or not. The bytes that it takes; 0: it is none. */
static size_t
cue_text_tag(cue_text_state_t *state, const char *from, size_t len)
{
    static const char *const gone[] = { "font", "span",   "c",     "lang",
                                        "s",    "strike", "br",    "p",
                                        "div",  "em",     "strong" };
    int tag, closes;
    size_t i, size, name;
    const char *end, *words;

    end = memchr(from, '>', len < CUE_TEXT_TAG ? len : CUE_TEXT_TAG);
    if (end == NULL) {
        return 0;
    }

    size = (size_t) (end - from) + 1;
    closes = from[1] == '/';
    from += 1 + closes;
    for (name = 0; ((from[name] | 0x20) >= 'a' && (from[name] | 0x20) <= 'z');
         name++) {
    }

    for (tag = 0; tag < TAGS; tag++) {
        if (!cue_text_is(from, name, tags[tag])
            || (tag > UNDERLINE && state->form != CUE_TEXT_VTT)) {
            continue;
        }
        words = memchr(from, ' ', (size_t) (end - from));
        if (closes) {
            cue_text_close(state, tag);
        } else {
            cue_text_open(state, tag, tag == VOICE && words ? words + 1 : "",
                          tag == VOICE && words ? (size_t) (end - words - 1)
                                                : 0);
        }
        return size;
    }

    for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        if (cue_text_is(from, name, gone[i])) {
            if (strcmp(gone[i], "br") == 0) {
                cue_text_blank(state, '\n');
            } else if (strcmp(gone[i], "em") == 0) {
                cue_text_set(state, ITALIC, !closes);
            } else if (strcmp(gone[i], "strong") == 0) {
                cue_text_set(state, BOLD, !closes);
            }
            return size;
        }
    }

    /* a time of WebVTT, when a word is sung */
    return state->form == CUE_TEXT_VTT && from[0] >= '0' && from[0] <= '9'
               ? size
               : 0;
}


/* "pos(38,243)": the first one counts. */
static void
cue_text_place(cue_text_state_t *state, const char *word, size_t len)
{
    double x, y;
    char text[64];

    if (len < sizeof(text) && state->out->x < 0) {
        memcpy(text, word, len);
        text[len] = '\0';
        if (sscanf(text, "pos(%lf,%lf)", &x, &y) == 2 && x >= 0 && y >= 0) {
            state->out->x = x;
            state->out->y = y;
        }
    }
}


/* What stands behind a backslash in braces: "an8", "i1", "b700", "p1", "r",
   "pos(38,243)". */
static void
cue_text_override(cue_text_state_t *state, const char *word, size_t len)
{
    static const char letters[] = "biu";
    const char *letter;
    const int number = len > 1 ? atoi(word + 1) : 0;

    if (len == 0) {
        return;
    }

    letter = strchr(letters, word[0]);
    if (letter != NULL && len <= 4
        && (len == 1 || (word[1] >= '0' && word[1] <= '9'))) {
        cue_text_set(state, (int) (letter - letters),
                     word[0] == 'b' ? number == 1 || number > 400 : number);
    } else if (len == 3 && word[0] == 'a' && word[1] == 'n' && word[2] >= '1'
               && word[2] <= '9') {
        state->out->align = state->out->align ? state->out->align
                                              : word[2] - '0';
    } else if (len > 4 && memcmp(word, "pos(", 4) == 0) {
        cue_text_place(state, word, len);
    } else if (word[0] == 'p' && len == 2 && word[1] >= '0' && word[1] <= '9') {
        state->drawing = word[1] != '0';
    } else if (word[0] == 'r' && len <= 1) {
        while (state->depth > 0) {
            cue_text_end_tag(state);
        }
    }
}


/* "{\i1\an8}". The bytes that it takes; 0: it is none. */
static size_t
cue_text_braces(cue_text_state_t *state, const char *from, size_t len)
{
    const char *end, *at, *next;

    end = memchr(from, '}', len);
    if (end == NULL || (state->form == CUE_TEXT_SRT && from[1] != '\\')) {
        return 0;
    }

    for (at = memchr(from, '\\', (size_t) (end - from)); at != NULL;
         at = next) {
        at++;
        next = memchr(at, '\\', (size_t) (end - at));
        cue_text_override(state, at,
                          (size_t) ((next != NULL ? next : end) - at));
    }

    return (size_t) (end - from) + 1;
}


/* "&amp;" of WebVTT, and of SRT that was made of it. The bytes; 0: none. */
static size_t
cue_text_entity(cue_text_state_t *state, const char *from, size_t len)
{
    static const struct {
        const char *name, *text;
    } entities[] = { { "&amp;", "&amp;" }, { "&lt;", "&lt;" },
                     { "&gt;", "&gt;" },   { "&nbsp;", CUE_TEXT_NO_BREAK },
                     { "&lrm;", "&lrm;" }, { "&rlm;", "&rlm;" },
                     { "&quot;", "\"" },   { "&#39;", "'" } };
    size_t i, n;

    for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        n = strlen(entities[i].name);
        if (len >= n && memcmp(from, entities[i].name, n) == 0) {
            cue_text_put(state, entities[i].text, strlen(entities[i].text));
            state->letters++;
            return n;
        }
    }

    return 0;
}


/* "\N" is the end of a line, "\h" a blank that does not break. */
static size_t
cue_text_backslash(cue_text_state_t *state, const char *from, size_t len)
{
    if (len < 2 || strchr("Nnh", from[1]) == NULL || from[1] == '\0') {
        return 0;
    }
    if (from[1] == 'h') {
        cue_text_put(state, CUE_TEXT_NO_BREAK, 2);
    } else {
        cue_text_blank(state, '\n');
    }

    return 2;
}


static size_t
cue_text_mark(cue_text_state_t *state, const char *from, size_t len)
{
    const int ass = state->form == CUE_TEXT_ASS;

    switch (*from) {
    case '<':
        return ass ? 0 : cue_text_tag(state, from, len);
    case '{':
        return state->form != CUE_TEXT_VTT ? cue_text_braces(state, from, len)
                                           : 0;
    case '&':
        return ass ? 0 : cue_text_entity(state, from, len);
    case '\\':
        return ass ? cue_text_backslash(state, from, len) : 0;
    default:
        return 0;
    }
}


void
cue_text(cue_text_t *out, cue_text_form_t form, const cue_text_style_t *style,
         const char *from, size_t len)
{
    size_t n;
    cue_text_state_t state = { .out = out, .form = form };

    out->len = 0;
    out->align = out->full = 0;
    out->x = out->y = -1;

    if (style != NULL) {
        cue_text_set(&state, BOLD, style->bold);
        cue_text_set(&state, ITALIC, style->italic);
        cue_text_set(&state, UNDERLINE, style->underline);
        state.at = out->len;
    }

    for (; len > 0; from += n, len -= n) {
        n = cue_text_mark(&state, from, len);
        if (n == 0 && state.drawing) {
            n = 1;
        } else if (n == 0) {
            n = cue_text_letter(&state, from, len);
        }
    }

    while (out->len > 0 && strchr(" \n", out->text[out->len - 1]) != NULL) {
        out->len--;
    }
    while (state.depth > 0) {
        cue_text_end_tag(&state);
    }
    if (state.letters == 0) {
        out->len = 0;
    }
    out->text[out->len] = '\0';
}
