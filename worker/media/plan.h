/* What is made of a film or a recording, and why: of what ffprobe says. Pure.

   A film becomes a ladder of pictures, from the largest that is of use down to
   240 lines, in H.264, which all players decode, and its sounds in AAC. What
   plays as the source does is copied, else it is encoded; a picture in another
   codec of today is copied beside the ladder, for players that know it. */

#ifndef SLUICE_PLAN_H
#define SLUICE_PLAN_H

#include "ffprobe.h"

#define PLAN_FILTER_SIZE 960
#define PLAN_SHAPE_SIZE 240
#define PLAN_TONE_SIZE 256
#define PLAN_NAME_SIZE 24

#define PLAN_RUNGS_MAX 8
#define PLAN_OUTPUTS_MAX (PLAN_RUNGS_MAX + 1 + 2 * FFPROBE_SOUNDS_MAX)

/* Why a picture is encoded that plan_encode() is to make progressive. */
#define PLAN_FIELDS "partly interlaced"

/* Why a sound is encoded that changes within the film. */
#define PLAN_CHANGES "of changing channels or rate"

#define PLAN_LINES 1080 /* of the highest rung, unless it is configured */

/* Seconds: a longer segment is fetched for too long before it plays. */
#define PLAN_SEGMENT_MAX 10.0

typedef struct {
    char name[PLAN_NAME_SIZE]; /* of the rendition: "v720", "a1", "a1-51" */
    int is_video;
    const ffprobe_stream_t *source;
    const char *recode; /* why it is encoded; NULL: copied */
    int first;          /* the film plays as soon as it has those */

    int width, height; /* of a picture that is encoded; even */
    double rate;       /* bits a second that an encoded one keeps below */
    int channels;      /* of sound */
} plan_output_t;

typedef struct {
    const ffprobe_t *probe;
    plan_output_t outputs[PLAN_OUTPUTS_MAX]; /* pictures first, the highest in
                                                front; then sounds */
    int noutputs;
    int nvideos;

    const char *recode_video; /* why the ladder is all encoded; NULL: its
                                 highest rung is copied */
    double start;      /* seconds: zero of the film, on the file's clock */
    double duration;   /* seconds from the first moment to the last */
    double head, tail; /* seconds that an encoded picture is black
                          before, and stays behind */
    int bt709;         /* its colours are made to be that */
    int whole;         /* it cannot be encoded in pieces */
    int encoded;       /* plan_recode(): no picture is copied */
    int fields;        /* some pictures are of two fields, others are not */
    double slides;     /* of few pictures, which are repeated: so many a second
                          there are then; 0: they are not */
    char filter[PLAN_FILTER_SIZE]; /* makes the highest rung that is encoded;
                                      the others are made of that one */
} plan_t;

/* `lines` of the highest rung. `probe` stays the caller's, and is to outlive
   the plan. */
void plan_make(plan_t *plan, const ffprobe_t *probe, int lines);

/* Once more, with all pictures encoded for this reason. */
void plan_recode(plan_t *plan, const ffprobe_t *probe, int lines,
                 const char *why);

/* Has one that was to be copied encoded for this reason, as large as it is. Of
   pictures it is the only one to be made with `filter` from here on. */
void plan_encode(plan_t *plan, plan_output_t *output, const char *why);

/* The output of this name, or NULL. */
plan_output_t *plan_find(plan_t *plan, const char *name);

/* Holds the rungs to what the film's pictures need: where one of so many
   `pixels` took so many bits a second. */
void plan_measure(plan_t *plan, double pixels, double rate);

/* Filters that make of a picture what a screen shows, each with a comma behind
   it: of fields frames, and (behind the scaling) of a high dynamic range a
   standard one. Empty where there is nothing to do. */
const char *plan_deinterlace(const ffprobe_stream_t *video);
void plan_tone_map(const ffprobe_stream_t *video, char filter[PLAN_TONE_SIZE]);

/* Samples a second of what is made of a sound. */
int plan_sample_rate(const ffprobe_stream_t *sound);

/* "SDR", "PQ" or "HLG": RFC 8216bis, VIDEO-RANGE. */
const char *plan_range(const ffprobe_stream_t *video);

#endif
