/* What ffprobe says about a file, as a transcoder needs it. Pure: reads the
   JSON of `ffprobe -of json -show_entries` with these. */

#ifndef SLUICE_FFPROBE_H
#define SLUICE_FFPROBE_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "codecs.h"

#define FFPROBE_TAGS                                                         \
    "title,TITLE,artist,ARTIST,album,ALBUM,track,TRACK,disc,DISC,date,DATE," \
    "year,YEAR"

/* All that is read: a file may have tags, chapters and lists without end. */
#define FFPROBE_ENTRIES                                                       \
    "format=format_name,duration,start_time,bit_rate"                         \
    ":format_tags=" FFPROBE_TAGS                                              \
    ":stream=index,codec_type,codec_name,profile,pix_fmt,level,width,height," \
    "sample_aspect_ratio,avg_frame_rate,time_base,start_time,duration,"       \
    "nb_frames,has_b_frames,field_order,color_transfer,channels,"             \
    "sample_rate,sample_fmt,codec_tag_string,"                                \
    "bit_rate:stream_tags=language,LANGUAGE,DURATION," FFPROBE_TAGS           \
    ":stream_disposition=default,attached_pic,comment,visual_impaired,"       \
    "forced,hearing_impaired,captions"                                        \
    ":stream_side_data=side_data_type,rotation"

#define FFPROBE_NAME_SIZE 32
#define FFPROBE_TEXT_SIZE 201              /* bytes of a title */
#define FFPROBE_DURATION_MAX (24 * 3600.0) /* seconds: one day */
#define FFPROBE_TEXTS_MAX 32
#define FFPROBE_SOUNDS_MAX 16 /* more stay in the original alone */

typedef struct {
    int index; /* ffmpeg's number of the stream, -1: there is none */
    char codec[FFPROBE_NAME_SIZE];
    char profile[FFPROBE_NAME_SIZE];
    char pix_fmt[FFPROBE_NAME_SIZE];
    int level;
    int width, height; /* as displayed: square pixels, after rotation */
    int coded_width, coded_height;
    int rotation;      /* degrees clockwise: 0, 90, 180, 270 */
    int square;        /* the pixels are */
    int reordered;     /* some are decoded before others that are shown first */
    double frame_rate; /* 0: unknown */
    int tick_num, tick_den; /* seconds of a tick of its clock; 0: unknown */
    double start;           /* seconds: of the file's clock */
    double duration;        /* seconds; 0: unknown */
    double hidden;          /* seconds more that an edit list does not show */
    char field_order[FFPROBE_NAME_SIZE]; /* "progressive", "tt" … */
    char transfer[FFPROBE_NAME_SIZE];    /* of the light: "smpte2084" … */
    int channels, sample_rate;
    char language[FFPROBE_NAME_SIZE]; /* as the file has it, or empty */
    char title[FFPROBE_TEXT_SIZE];    /* or empty */
    int is_default;                   /* marked as the one to play */
    int is_comment, is_description;   /* of the film; for who sees nothing */
    int is_forced, is_hearing; /* of a text: for what no one understands; for
                                  who hears nothing */
    int decodable;             /* there is a decoder for it */
    int changes, gaps;         /* facts.changes, facts.gaps: of a sound, its
                                  channels or its rate do within it; and some
                                  of it is missing */
} ffprobe_stream_t;

typedef struct {
    char format[64];
    char title[FFPROBE_TEXT_SIZE];  /* as the file's tags have it, or empty */
    char author[FFPROBE_TEXT_SIZE]; /* the artist */
    char album[FFPROBE_TEXT_SIZE];
    int track, disc, year;  /* 0: unknown */
    double duration;        /* seconds; 0: unknown */
    double bit_rate;        /* bits a second; 0: unknown */
    double start;           /* seconds: of the file's clock */
    ffprobe_stream_t video; /* the one to play: no cover pictures */
    ffprobe_stream_t audio; /* the same */
    ffprobe_stream_t sounds[FFPROBE_SOUNDS_MAX]; /* that one among them */
    int nsounds;
    double bytes;  /* of the file; the caller sets it */
    double slides; /* facts.slides: pictures are far apart somewhere, and where
                      they are not, there are so many a second; 0: they are as
                      near as is claimed */
    ffprobe_stream_t texts[FFPROBE_TEXTS_MAX]; /* subtitles of any kind */
    int ntexts;
    int more_sounds, more_texts; /* that stay in the original alone */
    int cover;       /* index of the picture that goes with a recording; -1:
                        there is none */
    json_t *streams; /* all, for media.streams */
    json_t *facts;   /* what was read, for ffprobe_recall() */

    /* for the owner: what of it cannot be decoded here; or empty */
    char missing[CODECS_SENTENCE_SIZE];
} ffprobe_t;

/* 0, or -1 when the text is not ffprobe's. On 0 it is to ffprobe_free(). */
int ffprobe_parse(const char *json, size_t len, ffprobe_t *probe);

/* The same of `facts`, which may have been kept meanwhile. */
int ffprobe_recall(const json_t *facts, ffprobe_t *probe);

/* That this sound changes, or has gaps, is found out by who reads all of it:
   kept in `facts`. 1, or 0 when it is known already or there is no such sound.
   */
int ffprobe_changes(ffprobe_t *probe, int index);
int ffprobe_gaps(ffprobe_t *probe, int index);

void ffprobe_free(ffprobe_t *probe);

/* NULL when the file of so many bytes can be played, else a sentence for its
   owner. */
const char *ffprobe_complaint(const ffprobe_t *probe, uint64_t bytes);

#endif
