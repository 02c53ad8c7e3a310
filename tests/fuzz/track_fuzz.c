/* A line with a file's size and what sluice-cmaf said of it; then the same
   bytes as rows of the record. What comes out has the form of a playlist. */

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/dash.h"
#include "worker/media/hls.h"
#include "must.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line is a tag or a path, and has its quotes in pairs. */
static void
is_playlist(char *text)
{
    char *line, *rest = NULL;
    size_t quotes;

    must(text != NULL && strncmp(text, "#EXTM3U\n", 8) == 0);
    for (line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        must(line[0] == '#' ? strncmp(line, "#EXT", 4) == 0
                            : isalnum((unsigned char) line[0])
                                  || strchr("._-", line[0]) != NULL);
        for (quotes = 0; *line != '\0'; line++) {
            quotes += *line == '"';
            must((unsigned char) *line >= ' ');
        }
        must(quotes % 2 == 0);
    }
    free(text);
}


static void
is_manifest(char *text)
{
    size_t open = 0;
    const char *p;

    must(strncmp(text, "<?xml ", 6) == 0);
    must(strcmp(text + strlen(text) - 7, "</MPD>\n") == 0);
    for (p = text; *p != '\0'; p++) {
        open += *p == '<';
        must(*p != '>' || open-- == 1);
    }
    must(open == 0);
    free(text);
}


static void
check_track(const char *text, size_t len, uint64_t file_size)
{
    char err[192];
    json_t *about;
    track_t track;
    const int rc = track_parse(text, len, file_size, &track, err, sizeof(err));

    if (rc != 0) {
        must(rc == 1 || *err != '\0');
        return;
    }

    about = json_object();
    must(track.count > 0 && track.init > 0 && track_duration(&track) > 0);
    must(track_describe(&track, about) == 0);
    must(json_integer_value(json_object_get(about, "bandwidth"))
         >= json_integer_value(json_object_get(about, "average")));
    is_playlist(hls_media(&track, "v720.mp4"));
    is_playlist(hls_iframes(&track, "v720.mp4"));
    json_decref(about);
    track_free(&track);
}


static void
check_rows(const char *text, size_t len)
{
    char *written;
    json_t *rows = json_loadb(text, len, 0, NULL);

    written = hls_master(rows);
    if (written != NULL) {
        is_playlist(written);
    }
    written = dash_manifest(rows);
    if (written != NULL) {
        is_manifest(written);
    }
    json_decref(rows);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t file_size = 0;
    const uint8_t *p, *end = data + size;

    for (p = data; p < end && *p != '\n'; p++) {
        file_size = file_size * 10 + (*p & 15U);
    }
    if (p < end) {
        check_track((const char *) p + 1, (size_t) (end - p) - 1, file_size);
    }
    check_rows((const char *) data, size);
    return 0;
}
