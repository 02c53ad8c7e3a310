/* Any text as what ffprobe says: what can be played has sizes and times that a
   transcoder can work with, and the record can be written. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/ffprobe.h"
#include "must.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_stream(const ffprobe_stream_t *stream)
{
    if (stream->index == -1) {
        return;
    }

    must(stream->codec[0] != '\0');
    must(stream->rotation >= 0 && stream->rotation < 360
         && stream->rotation % 90 == 0);
    must(stream->frame_rate >= 0 && stream->duration >= 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;
    size_t i;
    json_t *stream;
    ffprobe_t probe;

    if (ffprobe_parse((const char *) data, size, &probe) != 0) {
        return 0;
    }

    check_stream(&probe.video);
    check_stream(&probe.audio);
    must(probe.video.index == -1
         || (probe.video.coded_width > 0 && probe.video.coded_height > 0
             && probe.video.width > 0 && probe.video.height > 0));
    must(probe.audio.index == -1 || probe.audio.sample_rate > 0);
    must(ffprobe_complaint(&probe, size) != NULL
         || (probe.duration > 0 && probe.duration <= FFPROBE_DURATION_MAX));

    json_array_foreach(probe.streams, i, stream)
    {
        must(json_is_object(stream));
    }

    text = json_dumps(probe.streams, JSON_COMPACT);
    must(text != NULL);
    free(text);
    ffprobe_free(&probe);

    return 0;
}
