#include <stdio.h>
#include <string.h>
#include "drawn.h"
#include "words.h"

#define DRAWN_LINE_MAX 512
#define DRAWN_ORIENTATIONS 8

static const struct {
    const char *word;
    int sized, spoken; /* has width and height; has a sentence */
} drawn_words[] = {
    [DRAWN_PAGE] = { "page", 1, 0 },   [DRAWN_LOST] = { "lost", 0, 1 },
    [DRAWN_CUT] = { "cut", 0, 0 },     [DRAWN_REFUSED] = { "refused", 0, 1 },
    [DRAWN_SAME] = { "same", 1, 0 },   [DRAWN_DIFFERS] = { "differs", 1, 0 },
    [DRAWN_ALONE] = { "alone", 1, 0 }, [DRAWN_BROKEN] = { "broken", 0, 0 },
};

#define DRAWN_WORDS (sizeof(drawn_words) / sizeof(drawn_words[0]))


static int
drawn_kind(const char *line, size_t len)
{
    size_t i;

    for (i = 0; i < DRAWN_WORDS; i++) {
        if (strlen(drawn_words[i].word) == len
            && strncmp(line, drawn_words[i].word, len) == 0) {
            return (int) i;
        }
    }

    return -1;
}


/* "page 3 2480 3508 1", "lost 3 The picture is cut off." */
static int
drawn_parse(const char *line, drawn_t *drawn)
{
    int at = 0;
    const size_t len = strcspn(line, " ");
    const int kind = drawn_kind(line, len);

    if (kind == -1) {
        return -1;
    }

    memset(drawn, 0, sizeof(*drawn));
    drawn->kind = (drawn_kind_t) kind;
    drawn->orientation = 1;
    line += len;

    if (kind == DRAWN_CUT) {
        return 0;
    }
    if (kind != DRAWN_REFUSED) {
        if (sscanf(line, " %6d%n", &drawn->index, &at) != 1 || drawn->index < 1
            || (line[at] != ' ' && line[at] != '\0')) {
            return -1;
        }
        line += at;
    }
    if (drawn_words[kind].spoken) {
        return words_copy(drawn->sentence, sizeof(drawn->sentence), line) > 0
                   ? 0
                   : -1;
    }
    if (drawn_words[kind].sized) {
        return sscanf(line, " %10lf %10lf %1d", &drawn->width, &drawn->height,
                      &drawn->orientation)
                           >= 2
                       && drawn->width > 0 && drawn->height > 0
                       && drawn->width <= DRAWN_SIDE_MAX
                       && drawn->height <= DRAWN_SIDE_MAX
                       && drawn->orientation >= 1
                       && drawn->orientation <= DRAWN_ORIENTATIONS
                   ? 0
                   : -1;
    }

    return 0;
}


const char *
drawn_next(const char *text, drawn_t *drawn)
{
    char line[DRAWN_LINE_MAX];
    const size_t len = strcspn(text, "\n");

    if (text[len] == '\0' || len >= sizeof(line)) {
        return NULL;
    }

    memcpy(line, text, len);
    line[len] = '\0';
    return drawn_parse(line, drawn) == 0 ? text + len + 1 : NULL;
}
