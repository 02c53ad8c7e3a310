/* Subtitles, as somebody wrote them or as ffmpeg took them out of a film. */

#include <stdlib.h>
#include <string.h>
#include "worker/media/encoding.h"
#include "worker/media/subtitles.h"
#include "reading.h"

#define READING_SUBTITLES_LARGE                                                \
    "The subtitles are larger than any: at most 8 MiB, 20,000 titles and 640 " \
    "KiB of words are taken."


/* What was read, as far as it is to be told. */
static int
reading_subtitles_tell(reading_t *reading, subtitles_form_t form,
                       const char *encoding, cues_t *cues)
{
    int rc;
    char *text;
    size_t count;
    const double zero = strtod(reading->words[1], NULL);
    const double duration = strtod(reading->words[2], NULL);

    text = cues->full ? NULL : cues_vtt(cues, zero, duration, &count);
    if (text == NULL) {
        return reading_refuse(
            reading, cues->full ? READING_SUBTITLES_LARGE
                                : "There is no title in the subtitles that "
                                  "would be shown while the film lasts.");
    }

    rc = json_object_update_new(
        reading->found, json_pack("{s:s, s:I, s:s, s:s, s:s}", "vtt", text,
                                  "titles", (json_int_t) count, "encoding",
                                  encoding, "format", subtitles_name(form),
                                  "extension", subtitles_extension(form)));
    free(text);

    return rc;
}


static int
reading_subtitles_text(reading_t *reading, const char *text, size_t len,
                       const char *encoding)
{
    int rc;
    cues_t cues;
    const subtitles_form_t form = subtitles_form(text, len);

    if (form == SUBTITLES_NONE) {
        return reading_refuse(reading, "These are no subtitles that are known: "
                                       "bring SubRip (.srt), WebVTT (.vtt) or "
                                       "SubStation Alpha (.ass).");
    }

    cues_init(&cues);
    subtitles_read(form, text, len, &cues);
    rc = reading_subtitles_tell(reading, form, encoding, &cues);
    cues_free(&cues);

    return rc;
}


/* words: the language, or ""; the film's zero on the file's clock; how long it
   is. */
int
reading_subtitles(reading_t *reading)
{
    int rc;
    char *text;
    size_t len;
    const char *encoding, *bytes = (const char *) reading->bytes;

    if (reading->words[0] == NULL || reading->words[1] == NULL
        || reading->words[2] == NULL) {
        return reading_refuse(reading, "Nobody said which film they are for.");
    }
    if (reading->len == 0) {
        return reading_refuse(reading, "The file is empty.");
    }
    if (reading->len > ENCODING_MAX) {
        return reading_refuse(reading, READING_SUBTITLES_LARGE);
    }

    encoding = encoding_guess(bytes, reading->len, reading->words[0]);
    text = encoding != NULL
               ? encoding_convert(encoding, bytes, reading->len, &len)
               : NULL;
    if (text == NULL) {
        return reading_refuse(reading, "How the text is written (its encoding) "
                                       "cannot be told: save it as UTF-8.");
    }

    rc = reading_subtitles_text(reading, text, len, encoding);
    free(text);

    return rc;
}
