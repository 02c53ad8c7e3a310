#include <math.h>
#include <stdio.h>
#include <string.h>
#include "ffprobe_internal.h"
#include "words.h"

#define FFPROBE_ASPECT_MAX 10 /* of a pixel, either way */
#define FFPROBE_FULL_TURN 360


static void
ffprobe_words(char *dst, size_t size, const json_t *stream, const char *name)
{
    const char *tag = ffprobe_tag(stream, name);

    words_copy(dst, size, tag ? tag : "");
}


/* "1/90000" */
static void
ffprobe_tick(const json_t *stream, ffprobe_stream_t *found)
{
    int num, den;
    const char *text;

    text = json_string_value(json_object_get(stream, "time_base"));

    if (text != NULL && sscanf(text, "%9d/%9d", &num, &den) == 2 && num > 0
        && den > 0) {
        found->tick_num = num;
        found->tick_den = den;
    }
}


static void
ffprobe_display(const json_t *stream, ffprobe_stream_t *found)
{
    int side, turned = 0;
    size_t i;
    double aspect;
    json_t *data;

    json_array_foreach(json_object_get(stream, "side_data_list"), i, data)
    {
        if (json_object_get(data, "rotation") != NULL) {
            /* counter-clockwise, from -180 to 180 */
            turned = -ffprobe_integer(data, "rotation");
        }
    }

    turned = turned % FFPROBE_FULL_TURN + FFPROBE_FULL_TURN;
    found->rotation = (turned + 45) / 90 * 90 % FFPROBE_FULL_TURN;
    found->width = found->coded_width;
    found->height = found->coded_height;

    aspect = ffprobe_ratio(stream, "sample_aspect_ratio", ':');
    found->square = aspect <= 0 || fabs(aspect - 1) < 0.001;
    if (!found->square && aspect > 1.0 / FFPROBE_ASPECT_MAX
        && aspect < FFPROBE_ASPECT_MAX) {
        found->width = (int) fmax(round(found->width * aspect), 1);
    }

    if (found->rotation % 180 != 0) {
        side = found->width;
        found->width = found->height;
        found->height = side;
    }
}


/* Matroska keeps in a tag when a stream ends: "00:01:30.500000000". */
static double
ffprobe_duration(const json_t *stream, double start)
{
    double hours, minutes, seconds;
    const char *tag = ffprobe_tag(stream, "DURATION");

    if (tag != NULL
        && sscanf(tag, "%lf:%lf:%lf", &hours, &minutes, &seconds) == 3) {
        seconds += 60 * (minutes + 60 * hours) - fmax(start, 0);
        return isfinite(seconds) && seconds > 0 ? seconds : 0;
    }

    return fmax(ffprobe_number(stream, "duration"), 0);
}


/* A file that counts its frames has those, too, that its edit list hides. */
static double
ffprobe_hidden(const json_t *stream, const ffprobe_stream_t *found)
{
    double frames, rate;

    /* AAC has 1,024 samples a frame, or 2,048 with spectral band replication
       (ISO/IEC 14496-3, 4.6.18) */
    frames = ffprobe_number(stream, "nb_frames");
    rate = found->coded_width > 0 ? found->frame_rate
           : strcmp(found->codec, "aac") == 0
               ? found->sample_rate
                     / (strncmp(found->profile, "HE-", 3) == 0 ? 2048.0
                                                               : 1024.0)
               : 0;

    return frames > 0 && rate > 0 && found->duration > 0
               ? fmax(frames / rate - found->duration, 0)
               : 0;
}


void
ffprobe_read(const json_t *stream, ffprobe_stream_t *found)
{
    char format[FFPROBE_NAME_SIZE];

    memset(found, 0, sizeof(*found));

    found->index = ffprobe_integer(stream, "index");
    found->is_default = ffprobe_disposition(stream, "default");
    found->is_comment = ffprobe_disposition(stream, "comment");
    found->is_description = ffprobe_disposition(stream, "visual_impaired");
    found->is_forced = ffprobe_disposition(stream, "forced");
    found->is_hearing = ffprobe_disposition(stream, "hearing_impaired")
                        || ffprobe_disposition(stream, "captions");
    ffprobe_copy(found->codec, sizeof(found->codec), stream, "codec_name");
    ffprobe_copy(found->profile, sizeof(found->profile), stream, "profile");
    ffprobe_copy(found->pix_fmt, sizeof(found->pix_fmt), stream, "pix_fmt");
    ffprobe_copy(format, sizeof(format), stream, "sample_fmt");
    found->decodable = codecs_decodable(found->codec,
                                        *format ? format : found->pix_fmt);

    found->level = ffprobe_integer(stream, "level");
    found->reordered = ffprobe_integer(stream, "has_b_frames") > 0;
    found->coded_width = ffprobe_integer(stream, "width");
    found->coded_height = ffprobe_integer(stream, "height");
    found->frame_rate = ffprobe_ratio(stream, "avg_frame_rate", '/');
    found->start = ffprobe_number(stream, "start_time");
    found->duration = ffprobe_duration(stream, found->start);
    found->channels = ffprobe_integer(stream, "channels");
    found->sample_rate = ffprobe_integer(stream, "sample_rate");
    found->hidden = ffprobe_hidden(stream, found);
    ffprobe_copy(found->field_order, sizeof(found->field_order), stream,
                 "field_order");
    ffprobe_copy(found->transfer, sizeof(found->transfer), stream,
                 "color_transfer");

    ffprobe_words(found->language, sizeof(found->language), stream, "language");
    ffprobe_words(found->title, sizeof(found->title), stream, "title");
    ffprobe_tick(stream, found);
    ffprobe_display(stream, found);
}


/* What is to know of a stream that is not played, or NULL. */
static const char *
ffprobe_note(const json_t *stream, const ffprobe_stream_t *found)
{
    static const char *const pictures[] = { "hdmv_pgs_subtitle", "dvd_subtitle",
                                            "dvb_subtitle", "xsub" };
    const char *type;
    size_t i;

    for (i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
        if (strcmp(found->codec, pictures[i]) == 0) {
            return "pictures of text";
        }
    }

    type = json_string_value(json_object_get(stream, "codec_type"));

    return !found->decodable
                   && (strcmp(type, "video") == 0 || strcmp(type, "audio") == 0)
               ? "no decoder"
               : NULL;
}


static const char *
ffprobe_filled(const char *text)
{
    return *text ? text : NULL;
}


static void
ffprobe_put(json_t *row, const char *name, double value)
{
    if (value > 0 && value < 1e15) {
        json_object_set_new(row, name, json_integer((json_int_t) value));
    }
}


/* Members that have no meaning for a stream are left out. */
json_t *
ffprobe_describe(const json_t *stream, const ffprobe_stream_t *found)
{
    int picture;
    const char *language;
    json_t *row;

    picture = found->coded_width > 0;
    language = ffprobe_tag(stream, "language");
    if (language != NULL && strcmp(language, "und") == 0) {
        language = NULL;
    }

    row = json_pack(
        "{s:i, s:O, s:s*, s:s*, s:s*, s:s*, s:s*, s:b, s:s*}", "index",
        found->index, "type", json_object_get(stream, "codec_type"), "codec",
        ffprobe_filled(found->codec), "profile", ffprobe_filled(found->profile),
        "pix_fmt", ffprobe_filled(found->pix_fmt), "language", language,
        "title", ffprobe_tag(stream, "title"), "default", found->is_default,
        "note", ffprobe_note(stream, found));

    ffprobe_put(row, "level", picture ? found->level : 0);
    ffprobe_put(row, "width", found->coded_width);
    ffprobe_put(row, "height", found->coded_height);
    ffprobe_put(row, "channels", found->channels);
    ffprobe_put(row, "sample_rate", found->sample_rate);
    ffprobe_put(row, "bit_rate", ffprobe_number(stream, "bit_rate"));

    if (picture) {
        json_object_set_new(row, "rotation", json_integer(found->rotation));
        json_object_set_new(
            row, "picture",
            json_boolean(ffprobe_disposition(stream, "attached_pic")));
    }
    if (picture && found->frame_rate > 0) {
        json_object_set_new(row, "frame_rate", json_real(found->frame_rate));
    }

    return row;
}
