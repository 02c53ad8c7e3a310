/* What ffprobe says about a file, as a transcoder needs it. Pure: reads the
   JSON of `ffprobe -of json -show_entries` with these. */

#ifndef SLUICE_FFPROBE_H
#define SLUICE_FFPROBE_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* All that is read: a file may have tags, chapters and lists without end. */
#define FFPROBE_ENTRIES                                                       \
    "format=format_name,duration,start_time,bit_rate"                         \
    ":format_tags=title,TITLE,artist,ARTIST"                                  \
    ":stream=index,codec_type,codec_name,profile,pix_fmt,level,width,height," \
    "sample_aspect_ratio,avg_frame_rate,start_time,duration,nb_frames,"       \
    "field_order,color_transfer,channels,sample_rate,"                        \
    "bit_rate:stream_tags=language,LANGUAGE,title,TITLE,artist,ARTIST,"       \
    "DURATION"                                                                \
    ":stream_disposition=default,attached_pic"                                \
    ":stream_side_data=side_data_type,rotation"

#define FFPROBE_NAME_SIZE 32
#define FFPROBE_TEXT_SIZE 201              /* bytes of a title */
#define FFPROBE_DURATION_MAX (24 * 3600.0) /* seconds: one day */

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
    double frame_rate; /* 0: unknown */
    double start;      /* seconds: of the file's clock */
    double duration;   /* seconds; 0: unknown */
    double hidden;     /* seconds more that an edit list does not show */
    char field_order[FFPROBE_NAME_SIZE]; /* "progressive", "tt" … */
    char transfer[FFPROBE_NAME_SIZE];    /* of the light: "smpte2084" … */
    int channels, sample_rate;
    int is_default; /* marked as the one to play */
} ffprobe_stream_t;

typedef struct {
    char format[64];
    char title[FFPROBE_TEXT_SIZE];  /* as the file's tags have it, or empty */
    char author[FFPROBE_TEXT_SIZE]; /* the artist */
    double duration;                /* seconds; 0: unknown */
    double bit_rate;                /* bits a second; 0: unknown */
    ffprobe_stream_t video;         /* the one to play: no cover pictures */
    ffprobe_stream_t audio;
    json_t *streams; /* all, for media.streams; json_decref() it */
} ffprobe_t;

/* 0, or -1 when the text is not ffprobe's. `probe->streams` is set on 0. */
int ffprobe_parse(const char *json, size_t len, ffprobe_t *probe);

/* NULL when the file of so many bytes can be played, else a sentence for its
   owner. */
const char *ffprobe_complaint(const ffprobe_t *probe, uint64_t bytes);

#endif
