#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stamp.h"
#include "vtt.h"

#define VTT_FIRST 4096


void
vtt_init(vtt_t *vtt, size_t most)
{
    memset(vtt, 0, sizeof(*vtt));
    vtt->most = most;
}


void
vtt_free(vtt_t *vtt)
{
    free(vtt->text);
}


void
vtt_raw(vtt_t *vtt, const char *bytes, size_t len)
{
    char *text;
    size_t size;

    if (vtt->full || len >= vtt->most - vtt->len) {
        vtt->full = 1;
        return;
    }

    if (vtt->len + len >= vtt->size) {
        size = 2 * (vtt->len + len) + VTT_FIRST;
        text = realloc(vtt->text, size);
        if (text == NULL) {
            vtt->full = 1;
            return;
        }
        vtt->text = text;
        vtt->size = size;
    }

    memcpy(vtt->text + vtt->len, bytes, len);
    vtt->len += len;
    vtt->text[vtt->len] = '\0';
}


void
vtt_words(vtt_t *vtt, const char *text, size_t len)
{
    size_t i;
    const char *escape;

    for (i = 0; i < len; i++) {
        escape = text[i] == '&'   ? "&amp;"
                 : text[i] == '<' ? "&lt;"
                 : text[i] == '>' ? "&gt;"
                                  : NULL;
        if (escape != NULL) {
            vtt_raw(vtt, escape, strlen(escape));
        } else {
            vtt_raw(vtt, text + i, 1);
        }
    }
}


void
vtt_cue(vtt_t *vtt, double from, double to, const char *settings)
{
    int n;
    char line[2 * STAMP_SIZE + 128], begins[STAMP_SIZE], ends[STAMP_SIZE];

    stamp(begins, from);
    stamp(ends, to);
    n = snprintf(line, sizeof(line), "\n%s --> %s%.100s\n", begins, ends,
                 settings);
    vtt_raw(vtt, line, (size_t) n);
}
