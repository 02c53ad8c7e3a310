#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rendition.h"
#include "words.h"

#define RENDITION_LETTERS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define RENDITION_PATH RENDITION_LETTERS "._-"
#define RENDITION_CODECS RENDITION_LETTERS "._-/,"
#define RENDITION_RATE_MAX INT64_C(1000000000000000) /* and bytes */
#define RENDITION_SIDE_MAX 65535


static const char *
rendition_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}


/* Copies a text of these characters alone: 0; -1 and an empty one. */
static int
rendition_copy(char *to, size_t size, const char *text, const char *allowed)
{
    const size_t len = strlen(text);

    to[0] = '\0';
    if (len == 0 || len >= size || text[strspn(text, allowed)] != '\0') {
        return -1;
    }

    memcpy(to, text, len + 1);
    return 0;
}


/* A place in a file. */
static uint64_t
rendition_size(const json_t *value)
{
    const int64_t number = json_integer_value(value);

    return number > 0 && number <= RENDITION_RATE_MAX ? (uint64_t) number : 0;
}


static int64_t
rendition_integer(const json_t *object, const char *name, int64_t max)
{
    const int64_t number = json_integer_value(json_object_get(object, name));

    return number > 0 && number <= max ? number : 0;
}


static double
rendition_number(const json_t *object, const char *name, double max)
{
    const double number = json_number_value(json_object_get(object, name));

    return number > 0 && number <= max ? number : 0;
}


/* The place of a word in a list; -1: it is not there. */
static int
rendition_word(const char *word, const char *const *words, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (int) i;
        }
    }

    return -1;
}


static rendition_purpose_t
rendition_purpose(const json_t *about)
{
    static const char *const purposes[] = { "", "commentary", "description",
                                            "hearing-impaired", "forced" };
    const int i = rendition_word(rendition_text(about, "purpose"), purposes,
                                 sizeof(purposes) / sizeof(purposes[0]));

    return i > 0 ? (rendition_purpose_t) i : RENDITION_PLAIN;
}


static void
rendition_about(rendition_t *rendition, const json_t *about)
{
    static const char *const ranges[] = { "SDR", "PQ", "HLG" };
    const json_t *index = json_object_get(about, "index");
    const char *range = rendition_text(about, "range");

    if (rendition_word(range, ranges, 3) >= 0) {
        (void) rendition_copy(rendition->range, sizeof(rendition->range), range,
                              RENDITION_LETTERS);
    }
    (void) rendition_copy(
        rendition->supplemental, sizeof(rendition->supplemental),
        rendition_text(about, "supplemental"), RENDITION_CODECS);
    (void) rendition_copy(rendition->language, sizeof(rendition->language),
                          rendition_text(about, "language"),
                          RENDITION_LETTERS "-");
    if (strcmp(rendition->language, "und") == 0) {
        rendition->language[0] = '\0';
    }

    rendition->purpose = rendition_purpose(about);
    rendition->is_default = json_is_true(json_object_get(about, "default"));
    rendition->open = json_is_true(json_object_get(about, "open"));
    rendition->width = (int) rendition_integer(about, "width",
                                               RENDITION_SIDE_MAX);
    rendition->height = (int) rendition_integer(about, "height",
                                                RENDITION_SIDE_MAX);
    rendition->channels = (int) rendition_integer(about, "channels", 64);
    rendition->sample_rate = (int) rendition_integer(about, "sample_rate",
                                                     1000000);
    rendition->frame_rate = rendition_number(about, "frame_rate", 1000);
    rendition->mean_rate = rendition_number(about, "mean_rate", 1000);
    if (!(rendition->mean_rate > 0)) {
        rendition->mean_rate = rendition->frame_rate;
    }
    rendition->duration = rendition_number(about, "duration", 1e9);

#define RENDITION_RATE(member) \
    (uint64_t) rendition_integer(about, member, RENDITION_RATE_MAX)

    rendition->bandwidth = RENDITION_RATE("bandwidth");
    rendition->average = RENDITION_RATE("average");
    rendition->iframes = RENDITION_RATE("iframes");
    rendition->init = RENDITION_RATE("init");

#undef RENDITION_RATE

    rendition->index_at = rendition_size(json_array_get(index, 0));
    rendition->index_size = rendition_size(json_array_get(index, 1));
    (void) rendition_copy(rendition->cuts, sizeof(rendition->cuts),
                          rendition_text(about, "cuts"), RENDITION_LETTERS);
}


static int
rendition_row(rendition_t *rendition, const json_t *row)
{
    static const char *const kinds[] = { "video", "audio", "subtitles" };
    const json_t *about = json_object_get(row, "about");
    const int kind = rendition_word(rendition_text(row, "kind"), kinds, 3);

    if (kind == -1 || !json_is_object(about)
        || rendition_copy(rendition->name, sizeof(rendition->name),
                          rendition_text(row, "name"), RENDITION_PATH)
               != 0
        || rendition_copy(rendition->folder, sizeof(rendition->folder),
                          rendition_text(row, "folder"), RENDITION_PATH)
               != 0
        || (kind != RENDITION_SUBTITLES
            && rendition_copy(rendition->codecs, sizeof(rendition->codecs),
                              rendition_text(about, "codecs"), RENDITION_CODECS)
                   != 0)) {
        return -1;
    }

    rendition->kind = (rendition_kind_t) kind;
    snprintf(rendition->base, sizeof(rendition->base), "%.*s",
             (int) strcspn(rendition->name, "-"), rendition->name);
    rendition_about(rendition, about);
    return 0;
}


/* The first track of the same kind and another name in front of it that is
   called the same. */
static int
rendition_called(const renditions_t *renditions, const rendition_t *rendition)
{
    const rendition_t *other = renditions->rendition;

    for (/* void */; other < rendition; other++) {
        if (other->kind == rendition->kind
            && strcmp(other->base, rendition->base) != 0
            && strcmp(other->label, rendition->label) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Its title; else its language; else its name; with a number where another is
   called so. No quotation mark may be in it (RFC 8216, 4.2). */
static void
rendition_label(const renditions_t *renditions, rendition_t *rendition,
                const char *title)
{
    int number;
    char *p, words[RENDITION_LABEL_SIZE - 16];

    if (words_copy(words, sizeof(words), title) == 0) {
        snprintf(words, sizeof(words), "%s",
                 rendition->language[0] ? rendition->language
                                        : rendition->base);
    }
    for (p = strchr(words, '"'); p != NULL; p = strchr(p, '"')) {
        *p = '\'';
    }

    snprintf(rendition->label, sizeof(rendition->label), "%s", words);
    for (number = 2; rendition_called(renditions, rendition); number++) {
        snprintf(rendition->label, sizeof(rendition->label), "%s (%d)", words,
                 number);
    }
}


/* Another track is chosen where a player knows no more than language and
   purpose. */
static int
rendition_alike(const renditions_t *renditions, const rendition_t *rendition)
{
    const rendition_t *other = renditions->rendition,
                      *end = other + renditions->count;

    for (/* void */; other < end; other++) {
        if (other->kind == rendition->kind && other->automatic
            && strcmp(other->base, rendition->base) != 0
            && strcmp(other->language, rendition->language) == 0
            && other->purpose == rendition->purpose) {
            return 1;
        }
    }

    return 0;
}


/* One track of its kind is the default, in all of its encodings. */
static void
rendition_choose(renditions_t *renditions, rendition_kind_t kind)
{
    size_t i;
    rendition_t *one;
    const rendition_t *chosen = NULL;

    for (i = 0; i < renditions->count; i++) {
        one = &renditions->rendition[i];
        if (one->kind == kind && one->is_default && chosen == NULL) {
            chosen = one;
        }
    }
    for (i = 0; i < renditions->count && chosen == NULL; i++) {
        one = &renditions->rendition[i];
        chosen = one->kind == kind && kind == RENDITION_AUDIO ? one : NULL;
    }

    for (i = 0; i < renditions->count; i++) {
        one = &renditions->rendition[i];
        if (one->kind == kind) {
            one->is_default = chosen != NULL
                              && strcmp(one->base, chosen->base) == 0;
        }
    }
}


static void
rendition_automatic(renditions_t *renditions)
{
    size_t i;
    rendition_t *one;

    rendition_choose(renditions, RENDITION_AUDIO);
    rendition_choose(renditions, RENDITION_SUBTITLES);

    /* the default one has its place before those that came earlier */
    for (i = 0; i < renditions->count; i++) {
        one = &renditions->rendition[i];
        one->automatic = one->is_default;
    }
    for (i = 0; i < renditions->count; i++) {
        one = &renditions->rendition[i];
        one->automatic = one->is_default
                         || (one->purpose != RENDITION_COMMENTARY
                             && !rendition_alike(renditions, one));
    }
}


/* What is the same track in another encoding says the same of it. */
static int
rendition_twin(const renditions_t *renditions, rendition_t *rendition)
{
    const rendition_t *other = renditions->rendition;

    for (/* void */; other < rendition; other++) {
        if (other->kind == rendition->kind
            && strcmp(other->base, rendition->base) == 0) {
            memcpy(rendition->label, other->label, sizeof(rendition->label));
            memcpy(rendition->language, other->language,
                   sizeof(rendition->language));
            rendition->purpose = other->purpose;
            return 0;
        }
    }

    return -1;
}


int
rendition_read(const json_t *rows, renditions_t *renditions)
{
    size_t i;
    const json_t *row;
    const size_t count = json_array_size(rows);

    renditions->rendition = NULL;
    renditions->count = 0;
    if (count > RENDITION_MAX) {
        return -1;
    }
    renditions->rendition = calloc(count + 1, sizeof(rendition_t));
    if (renditions->rendition == NULL) {
        return -1;
    }

    for (i = 0; i < count; i++) {
        row = json_array_get(rows, i);
        if (rendition_row(&renditions->rendition[i], row) != 0) {
            free(renditions->rendition);
            renditions->rendition = NULL;
            return -1;
        }
        if (rendition_twin(renditions, &renditions->rendition[i]) != 0) {
            rendition_label(
                renditions, &renditions->rendition[i],
                rendition_text(json_object_get(row, "about"), "title"));
        }
        renditions->count = i + 1;
    }

    rendition_automatic(renditions);
    return 0;
}
