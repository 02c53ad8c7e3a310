#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "core/jose/json_bound.h"
#include "ffprobe_internal.h"
#include "words.h"

#define FFPROBE_DEPTH_MAX 8        /* it writes five */
#define FFPROBE_VALUES_MAX 50000   /* some 70 a stream */
#define FFPROBE_SHORT 3600         /* seconds: may be as empty as it likes */
#define FFPROBE_CLOCK_TRUSTED 7200 /* seconds that a clock may tell */
#define FFPROBE_BYTES_SECOND 4     /* a slide of 30 KB for two hours */
#define FFPROBE_STREAMS_MAX 64     /* more are not reported */
#define FFPROBE_BESIDE 1.0         /* seconds that a text may last longer */
#define FFPROBE_COUNT_MAX 9999     /* of tracks, and of discs */
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
static void ffprobe_names(const json_t *tagged, ffprobe_t *probe);
static void ffprobe_beside(const json_t *streams, ffprobe_t *probe);


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


/* Sets that member, an int, of the sounds that the list names. */
static void
ffprobe_recall_marks(const json_t *list, ffprobe_t *probe, size_t member)
{
    size_t i;
    json_t *index;
    ffprobe_stream_t *sound;

    json_array_foreach(list, i, index)
    {
        sound = ffprobe_sound(probe, (int) json_integer_value(index));
        if (sound != NULL) {
            *(int *) ((char *) sound + member) = 1;
        }
    }
}


/* Where the clock of one that was joined jumps, ffprobe counts what was not
   there, and where it goes back takes it for one that ran over (at 2^33 of 90
   kHz, after 26.5 h): how long it is must be read. */
static void
ffprobe_unmeasured(ffprobe_t *probe)
{
    int i;

    probe->duration = probe->video.duration = 0;
    for (i = 0; i < probe->nsounds; i++) {
        probe->sounds[i].duration = 0;
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
    ffprobe_recall_marks(json_object_get(root, "changes"), probe,
                         offsetof(ffprobe_stream_t, changes));
    ffprobe_recall_marks(json_object_get(root, "gaps"), probe,
                         offsetof(ffprobe_stream_t, gaps));

    ffprobe_beside(streams, probe);

    if ((strcmp(probe->format, "mpegts") == 0
         || strcmp(probe->format, "mpeg") == 0)
        && probe->duration > FFPROBE_CLOCK_TRUSTED) {
        ffprobe_unmeasured(probe);
    }

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
