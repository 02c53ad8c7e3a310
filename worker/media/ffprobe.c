#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/jose/json_bound.h"
#include "ffprobe.h"
#include "words.h"

#define FFPROBE_DEPTH_MAX 8           /* it writes five */
#define FFPROBE_VALUES_MAX 50000      /* some 70 a stream */
#define FFPROBE_SHORT 3600            /* seconds: may be as empty as it likes */
#define FFPROBE_BYTES_SECOND 4        /* a slide of 30 KB for two hours */
#define FFPROBE_STREAMS_MAX 64        /* more are not reported */
#define FFPROBE_INTEGER_MAX 100000000 /* pixels of a side, hertz, and so on */
#define FFPROBE_ASPECT_MAX 10         /* of a pixel, either way */
#define FFPROBE_FULL_TURN 360
#define FFPROBE_BESIDE 1.0     /* seconds that a text may last longer */
#define FFPROBE_COUNT_MAX 9999 /* of tracks, and of discs */
#define FFPROBE_YEAR_MIN 1000
#define FFPROBE_YEAR_MAX 2999


/* Names of what cannot be decoded. */
typedef struct {
    char video[CODECS_NAME_SIZE], audio[CODECS_NAME_SIZE];
} ffprobe_missing_t;

static void ffprobe_stream(const json_t *stream, ffprobe_t *probe,
                           ffprobe_missing_t *missing);
static void ffprobe_miss(char name[CODECS_NAME_SIZE], const json_t *stream,
                         const ffprobe_stream_t *found);
static void ffprobe_tell_missing(ffprobe_t *probe, ffprobe_missing_t *missing);
static void ffprobe_choose(ffprobe_stream_t *chosen,
                           const ffprobe_stream_t *found);
static void ffprobe_read(const json_t *stream, ffprobe_stream_t *found);
static void ffprobe_words(char *dst, size_t size, const json_t *stream,
                          const char *name);
static void ffprobe_tick(const json_t *stream, ffprobe_stream_t *found);
static void ffprobe_display(const json_t *stream, ffprobe_stream_t *found);
static json_t *ffprobe_describe(const json_t *stream,
                                const ffprobe_stream_t *found);
static void ffprobe_put(json_t *row, const char *name, double value);
static const char *ffprobe_filled(const char *text);
static const char *ffprobe_tag(const json_t *stream, const char *name);
static void ffprobe_names(const json_t *tagged, ffprobe_t *probe);
static void ffprobe_copy(char *dst, size_t size, const json_t *object,
                         const char *name);
static double ffprobe_duration(const json_t *stream, double start);
static void ffprobe_beside(const json_t *streams, ffprobe_t *probe);
static double ffprobe_hidden(const json_t *stream,
                             const ffprobe_stream_t *found);
static double ffprobe_number(const json_t *object, const char *name);
static int ffprobe_integer(const json_t *object, const char *name);
static double ffprobe_ratio(const json_t *object, const char *name, char sign);
static int ffprobe_disposition(const json_t *stream, const char *name);


int
ffprobe_parse(const char *json, size_t len, ffprobe_t *probe)
{
    int rc;
    json_t *root, *streams;

    root = json_bound_load(json, len, FFPROBE_DEPTH_MAX, FFPROBE_VALUES_MAX);

    streams = json_object_get(root, "streams");
    while (json_array_size(streams) > FFPROBE_STREAMS_MAX) {
        json_array_remove(streams, json_array_size(streams) - 1);
    }

    rc = ffprobe_recall(root, probe);
    json_decref(root);
    return rc;
}


void
ffprobe_free(ffprobe_t *probe)
{
    json_decref(probe->streams);
    json_decref(probe->facts);
}


static ffprobe_stream_t *
ffprobe_sound(ffprobe_t *probe, int index)
{
    int i;

    for (i = 0; i < probe->nsounds; i++) {
        if (probe->sounds[i].index == index) {
            return &probe->sounds[i];
        }
    }

    return NULL;
}


static int
ffprobe_mark(ffprobe_t *probe, const char *fact, int *mark, int index)
{
    json_t *list = json_object_get(probe->facts, fact);

    if (*mark) {
        return 0;
    }
    *mark = 1;

    if (list == NULL) {
        list = json_array();
        json_object_set_new(probe->facts, fact, list);
    }
    json_array_append_new(list, json_integer(index));

    return 1;
}


int
ffprobe_changes(ffprobe_t *probe, int index)
{
    ffprobe_stream_t *sound = ffprobe_sound(probe, index);

    return sound != NULL
           && ffprobe_mark(probe, "changes", &sound->changes, index);
}


int
ffprobe_gaps(ffprobe_t *probe, int index)
{
    ffprobe_stream_t *sound = ffprobe_sound(probe, index);

    return sound != NULL && ffprobe_mark(probe, "gaps", &sound->gaps, index);
}


static void
ffprobe_recall_marks(const json_t *root, ffprobe_t *probe)
{
    size_t i;
    json_t *index;
    ffprobe_stream_t *sound;

    json_array_foreach(json_object_get(root, "changes"), i, index)
    {
        sound = ffprobe_sound(probe, (int) json_integer_value(index));
        if (sound != NULL) {
            sound->changes = 1;
        }
    }
    json_array_foreach(json_object_get(root, "gaps"), i, index)
    {
        sound = ffprobe_sound(probe, (int) json_integer_value(index));
        if (sound != NULL) {
            sound->gaps = 1;
        }
    }
}


int
ffprobe_recall(const json_t *root, ffprobe_t *probe)
{
    size_t i;
    double start;
    json_t *format, *streams, *stream;
    ffprobe_missing_t missing = { "", "" };

    memset(probe, 0, sizeof(*probe));
    probe->video.index = probe->audio.index = probe->cover = -1;

    format = json_object_get(root, "format");
    streams = json_object_get(root, "streams");

    if (!json_is_object(format) || !json_is_array(streams)) {
        return -1;
    }

    ffprobe_copy(probe->format, sizeof(probe->format), format, "format_name");
    probe->duration = ffprobe_number(format, "duration");
    probe->bit_rate = ffprobe_number(format, "bit_rate");

    /* Matroska says when it ends, on a clock that may begin anywhere */
    start = probe->start = ffprobe_number(format, "start_time");
    if (strncmp(probe->format, "matroska", 8) == 0 && start > 0
        && probe->duration > start) {
        probe->duration -= start;
    }

    probe->streams = json_array();
    probe->facts = json_deep_copy(root);
    probe->slides = fmax(json_number_value(json_object_get(root, "slides")), 0);

    /* Ogg has the tags of the whole with its first stream */
    ffprobe_names(strcmp(probe->format, "ogg") == 0 ? json_array_get(streams, 0)
                                                    : format,
                  probe);

    json_array_foreach(streams, i, stream)
    {
        ffprobe_stream(stream, probe, &missing);
    }
    ffprobe_tell_missing(probe, &missing);
    ffprobe_recall_marks(root, probe);

    ffprobe_beside(streams, probe);

    /* AVI hides nothing: what its header counts and nobody finds is cut off */
    if (strcmp(probe->format, "avi") == 0) {
        probe->video.duration += probe->video.hidden;
        probe->video.hidden = 0;
    }

    return 0;
}


const char *
ffprobe_complaint(const ffprobe_t *probe, uint64_t bytes)
{
    if (probe->video.index == -1 && probe->audio.index == -1) {
        return *probe->missing ? probe->missing
                               : "The file holds neither pictures nor sound "
                                 "that can be played.";
    }

    if (!(probe->duration > 0)) {
        return "The file does not say how long it is, or it is cut off: "
               "nothing in it can be played.";
    }

    if (probe->duration > FFPROBE_DURATION_MAX) {
        return "The file is longer than 24 hours, which is the most that is "
               "taken.";
    }

    if (probe->duration > FFPROBE_SHORT
        && (double) bytes < FFPROBE_BYTES_SECOND * probe->duration) {
        return "The file claims to last for hours, and holds next to nothing.";
    }

    return NULL;
}


static void
ffprobe_stream(const json_t *stream, ffprobe_t *probe,
               ffprobe_missing_t *missing)
{
    const char *type;
    ffprobe_stream_t found;

    type = json_string_value(json_object_get(stream, "codec_type"));
    if (type == NULL) {
        return;
    }

    ffprobe_read(stream, &found);
    json_array_append_new(probe->streams, ffprobe_describe(stream, &found));

    if (strcmp(type, "video") == 0
        && ffprobe_disposition(stream, "attached_pic")) {
        if (found.decodable && probe->cover == -1) {
            probe->cover = found.index;
        }
    } else if (strcmp(type, "video") == 0) {
        if (!found.decodable) {
            ffprobe_miss(missing->video, stream, &found);
        } else if (found.coded_width > 0 && found.coded_height > 0) {
            ffprobe_choose(&probe->video, &found);
        }
    } else if (strcmp(type, "audio") == 0) {
        if (!found.decodable) {
            ffprobe_miss(missing->audio, stream, &found);
        } else if (found.sample_rate > 0) {
            ffprobe_choose(&probe->audio, &found);
            if (probe->nsounds < FFPROBE_SOUNDS_MAX) {
                probe->sounds[probe->nsounds++] = found;
            } else {
                probe->more_sounds++;
            }
        }
    } else if (strcmp(type, "subtitle") == 0) {
        if (probe->ntexts < FFPROBE_TEXTS_MAX) {
            probe->texts[probe->ntexts++] = found;
        } else {
            probe->more_texts++;
        }
    }
}


/* The first one is named. */
static void
ffprobe_miss(char name[CODECS_NAME_SIZE], const json_t *stream,
             const ffprobe_stream_t *found)
{
    char tag[FFPROBE_NAME_SIZE];

    if (*name == '\0') {
        ffprobe_copy(tag, sizeof(tag), stream, "codec_tag_string");
        codecs_name(name, found->codec, tag);
    }
}


/* Nothing is missing where another stream of the kind can be played. */
static void
ffprobe_tell_missing(ffprobe_t *probe, ffprobe_missing_t *missing)
{
    const int video = probe->video.index != -1;
    const int audio = probe->audio.index != -1;

    codecs_sentence(probe->missing, video ? "" : missing->video,
                    audio ? "" : missing->audio, video || audio);
}


/* The first, unless a later one is marked as the one to play. */
static void
ffprobe_choose(ffprobe_stream_t *chosen, const ffprobe_stream_t *found)
{
    if (chosen->index == -1 || (found->is_default && !chosen->is_default)) {
        *chosen = *found;
    }
}


static void
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


/* Members that have no meaning for a stream are left out. */
static json_t *
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


static void
ffprobe_put(json_t *row, const char *name, double value)
{
    if (value > 0 && value < 1e15) {
        json_object_set_new(row, name, json_integer((json_int_t) value));
    }
}


static const char *
ffprobe_filled(const char *text)
{
    return *text ? text : NULL;
}


/* Matroska writes its tags in capitals at times. */
static const char *
ffprobe_tag(const json_t *stream, const char *name)
{
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(stream, "tags"), key, value)
    {
        if (strcasecmp(key, name) == 0 && json_is_string(value)
            && json_string_length(value) > 0
            && json_string_length(value) < FFPROBE_TEXT_SIZE) {
            return json_string_value(value);
        }
    }

    return NULL;
}


static void
ffprobe_name(char name[FFPROBE_TEXT_SIZE], const json_t *tagged,
             const char *tag)
{
    const char *text = ffprobe_tag(tagged, tag);

    words_copy(name, FFPROBE_TEXT_SIZE, text ? text : "");
}


/* "3/12" */
static int
ffprobe_count(const json_t *tagged, const char *tag)
{
    const char *text = ffprobe_tag(tagged, tag);
    const long number = text ? strtol(text, NULL, 10) : 0;

    return number > 0 && number <= FFPROBE_COUNT_MAX ? (int) number : 0;
}


static void
ffprobe_names(const json_t *tagged, ffprobe_t *probe)
{
    long year;
    const char *date;

    ffprobe_name(probe->title, tagged, "title");
    ffprobe_name(probe->author, tagged, "artist");
    ffprobe_name(probe->album, tagged, "album");

    probe->track = ffprobe_count(tagged, "track");
    probe->disc = ffprobe_count(tagged, "disc");

    /* "2019-05-01" */
    date = ffprobe_tag(tagged, "date");
    date = date ? date : ffprobe_tag(tagged, "year");
    year = date ? strtol(date, NULL, 10) : 0;
    if (year >= FFPROBE_YEAR_MIN && year <= FFPROBE_YEAR_MAX) {
        probe->year = (int) year;
    }
}


static void
ffprobe_copy(char *dst, size_t size, const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    words_copy(dst, size, value ? value : "");
}


/* A text or data beside picture and sound may say anything of when they end: a
   film is as long as these, where all of them say so. */
static void
ffprobe_beside(const json_t *streams, ffprobe_t *probe)
{
    int i;
    double longest = 0;
    const ffprobe_stream_t *video = &probe->video;
    const size_t own = (size_t) probe->nsounds + (video->index != -1);

    if (json_array_size(streams) == own || own == 0
        || (video->index != -1 && !(video->duration > 0))) {
        return;
    }

    if (video->index != -1) {
        longest = video->start - probe->start + video->duration;
    }

    for (i = 0; i < probe->nsounds; i++) {
        if (!(probe->sounds[i].duration > 0)) {
            return;
        }
        longest = fmax(longest, probe->sounds[i].start - probe->start
                                    + probe->sounds[i].duration);
    }

    if (probe->duration > longest + FFPROBE_BESIDE) {
        probe->duration = longest;
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


/* A number, be it written as one or as a text; 0 when there is none. */
static double
ffprobe_number(const json_t *object, const char *name)
{
    double number;
    const json_t *value = json_object_get(object, name);

    number = json_is_string(value) ? strtod(json_string_value(value), NULL)
                                   : json_number_value(value);

    return isfinite(number) ? number : 0;
}


/* A whole number; 0 also when it is beyond all measure. */
static int
ffprobe_integer(const json_t *object, const char *name)
{
    double number = ffprobe_number(object, name);

    return fabs(number) <= FFPROBE_INTEGER_MAX ? (int) lround(number) : 0;
}


/* "30000/1001"; 0 when it makes no sense. */
static double
ffprobe_ratio(const json_t *object, const char *name, char sign)
{
    double over, under;
    const char *text, *at;

    text = json_string_value(json_object_get(object, name));
    at = text ? strchr(text, sign) : NULL;
    if (at == NULL) {
        return 0;
    }

    over = strtod(text, NULL);
    under = strtod(at + 1, NULL);
    return over > 0 && under > 0 && isfinite(over / under) ? over / under : 0;
}


static int
ffprobe_disposition(const json_t *stream, const char *name)
{
    const json_t *all = json_object_get(stream, "disposition");

    return json_integer_value(json_object_get(all, name)) != 0;
}
