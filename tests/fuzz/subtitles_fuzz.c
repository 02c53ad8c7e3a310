/* Any bytes as subtitles: what comes out is UTF-8 with our own marks alone,
   each of which is closed, and no line of it is an arrow but those with times.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/text.h"
#include "must.h"
#include "worker/media/encoding.h"
#include "worker/media/subtitles.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Behind a "<": the bytes of a tag that may be there. */
static size_t
tag(const char *text)
{
    static const char *const tags[] = { "b>",  "i>",     "u>",  "ruby>",
                                        "rt>", "/b>",    "/i>", "/u>",
                                        "/v>", "/ruby>", "/rt>" };
    size_t i;

    for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (strncmp(text, tags[i], strlen(tags[i])) == 0) {
            return strlen(tags[i]);
        }
    }

    return strncmp(text, "v", 1) == 0 ? strcspn(text, ">\n<&") + 1 : 0;
}


static void
check(const char *vtt)
{
    size_t n, arrows = 0, cues = 0;
    const char *at;
    long open = 0;

    must(text_is_utf8(vtt, strlen(vtt)));
    must(strncmp(vtt, "WEBVTT\n\n", 8) == 0);

    for (at = vtt; (at = strstr(at, "-->")) != NULL; at += 3) {
        arrows++;
    }
    for (at = vtt; (at = strstr(at, "\n\n")) != NULL; at++) {
        cues++;
    }
    must(arrows == cues);

    for (at = strchr(vtt, '<'); at != NULL; at = strchr(at + n, '<')) {
        n = 1 + tag(at + 1);
        must(n > 1);
        open += at[1] == '/' ? -1 : 1;
        must(open >= 0);
    }
    must(open == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text, *vtt;
    size_t len, count;
    cues_t cues;
    const char *name;
    subtitles_form_t form;
    static const char *const languages[] = { "", "fr", "pl", "ru", "ja", "zh" };

    if (size == 0) {
        return 0;
    }

    name = encoding_guess((const char *) data, size, languages[data[0] % 6]);
    text = name != NULL
               ? encoding_convert(name, (const char *) data, size, &len)
               : NULL;
    if (text == NULL) {
        return 0;
    }
    must(text_is_utf8(text, len));

    form = subtitles_form(text, len);
    if (form != SUBTITLES_NONE) {
        cues_init(&cues);
        subtitles_read(form, text, len, &cues);
        vtt = cues_vtt(&cues, 0.5, data[size - 1] % 2 ? 100 : 0, &count);
        if (vtt != NULL) {
            must(count > 0 && count <= CUES_MAX);
            check(vtt);
        }
        free(vtt);
        cues_free(&cues);
    }

    free(text);
    return 0;
}
