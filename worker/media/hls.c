#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "hls.h"

#define HLS_VERSION 7 /* fragmented MP4 in ranges, with a map */
#define HLS_MICRO 1000000


static void
hls_head(FILE *out, const track_t *track, unsigned target)
{
    fprintf(out,
            "#EXTM3U\n"
            "#EXT-X-VERSION:%d\n"
            "#EXT-X-TARGETDURATION:%u\n"
            "#EXT-X-MEDIA-SEQUENCE:0\n"
            "#EXT-X-PLAYLIST-TYPE:VOD\n",
            HLS_VERSION, target);
    if (track != NULL && !track->open) {
        fputs("#EXT-X-INDEPENDENT-SEGMENTS\n", out);
    }
}


/* What a segment lasts is the difference of rounded times: no sum goes astray.
 */
static void
hls_segments(FILE *out, const track_t *track, const char *file, int keys)
{
    size_t i;
    int64_t ticks = track->first, begin = 0, end;
    const track_segment_t *segment = track->segment;

    for (i = 0; i < track->count; i++, segment++) {
        ticks += (int64_t) segment->duration;
        end = track_micro(track, ticks);
        fprintf(out,
                "#EXTINF:%" PRId64 ".%06" PRId64 ",\n"
                "#EXT-X-BYTERANGE:%" PRIu64 "@%" PRIu64 "\n"
                "%s\n",
                (end - begin) / HLS_MICRO, (end - begin) % HLS_MICRO,
                keys ? segment->key : segment->size, segment->at, file);
        begin = end;
    }
}


/* The text of a memory stream that is closed here; NULL when it failed. */
static char *
hls_close(FILE *out, char **text)
{
    const int failed = ferror(out);

    if (fclose(out) != 0 || failed) {
        free(*text);
        *text = NULL;
    }

    return *text;
}


static char *
hls_track(const track_t *track, const char *file, int keys)
{
    char *text = NULL;
    size_t size;
    FILE *out;

    out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }

    hls_head(out, track, track_target(track));
    if (keys) {
        fputs("#EXT-X-I-FRAMES-ONLY\n", out);
    }
    fprintf(out, "#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%" PRIu64 "@0\"\n", file,
            track->init);
    hls_segments(out, track, file, keys);
    fputs("#EXT-X-ENDLIST\n", out);

    return hls_close(out, &text);
}


char *
hls_media(const track_t *track, const char *file)
{
    return hls_track(track, file, 0);
}


char *
hls_iframes(const track_t *track, const char *file)
{
    return hls_track(track, file, 1);
}


char *
hls_text(const char *file, double seconds)
{
    char *text = NULL;
    size_t size;
    FILE *out;

    out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }

    hls_head(out, NULL, (unsigned) fmin(fmax(round(seconds), 1), INT32_MAX));
    fprintf(out, "#EXTINF:%.6f,\n%s\n#EXT-X-ENDLIST\n", fmax(seconds, 0), file);

    return hls_close(out, &text);
}
