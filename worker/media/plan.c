#include <math.h>
#include <stdio.h>
#include <string.h>
#include "plan.h"

/* A rung has at most so much of the lines of the one above it. */
#define PLAN_STEP 0.8

#define PLAN_LONG_SIDE                                                    \
    (16.0 / 9)               /* of the shorter one: a wider one is scaled \
                                by its width */
#define PLAN_FRAMES_MAX 60.0 /* pictures a second, of what is encoded */

/* Bits a second: of 1080 lines at 30 pictures a second, and how it grows with
   pixels and pictures, as encoders' rates do (Netflix's per-title work has
   0.75). A film that needs less is held to half as much again as it needs. */
#define PLAN_RATE 6500000.0
#define PLAN_RATE_PIXELS (1920.0 * 1080)
#define PLAN_RATE_GROWTH 0.75
#define PLAN_RATE_FRAMES 30.0
#define PLAN_RATE_ROOM 1.5
#define PLAN_RATE_MIN 200000.0

#define PLAN_MANY 6 /* channels of sound beside stereo */

/* Seconds that the picture may begin later or end earlier than the sound while
   one of its pictures is shown for longer: behind the last one of a copy,
   Chromium does not find its way when somebody goes there. And seconds that
   sound may begin later. */
#define PLAN_HEAD_MAX 2.0
#define PLAN_TAIL_MAX 0.75
#define PLAN_LATE_SOUND 0.04

/* Pictures a second: of fewer, players wait for the next one in vain. */
#define PLAN_FRAMES_MIN 1.0
#define PLAN_FRAMES_FEW 2
#define PLAN_FILLED 1000.0      /* that may be made of any file */
#define PLAN_FILLED_BYTES 512.0 /* of the file for each one more */

/* Pictures, and seconds of sound, that an edit list may hide: encoders have
   some to warm up. */
#define PLAN_HIDDEN_PICTURES 1.5
#define PLAN_HIDDEN_SOUND 0.12

/* Of a picture whose size changes within the film, what has another shape than
   the first keeps it, between black bars. */
#define PLAN_SHAPE                                                         \
    "scale=w='if(lt(abs(dar-%f),%f),%d,2*max(1,round(min(%d,%d*dar)/2)))'" \
    ":h='if(lt(abs(dar-%f),%f),%d,2*max(1,round(min(%d,%d/dar)/2)))'"      \
    ":eval=frame"
#define PLAN_SHAPE_BARS ",pad=%d:%d:-1:-1:eval=frame"
#define PLAN_SHAPE_SAME 0.02 /* of the ratio: sides are whole, and even */

#define PLAN_SOME_FIELDS "bwdif=mode=send_frame:deint=interlaced,"

/* To what a screen of 100 cd/m² shows; 203 cd/m² are white: ITU-R BT.2408. */
#define PLAN_TONE_MAP                                                \
    "zscale=tin=%s:pin=bt2020:min=bt2020nc:rin=tv:t=linear:npl=203," \
    "format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"         \
    "zscale=t=bt709:m=bt709:r=tv,"


static int
plan_any(const char *word, const char *const *words)
{
    for (/* void */; *words; words++) {
        if (strcmp(word, *words) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
plan_is_hdr(const ffprobe_stream_t *video)
{
    static const char *const transfers[] = { "smpte2084", "arib-std-b67",
                                             NULL };

    return plan_any(video->transfer, transfers);
}


static int
plan_is_interlaced(const ffprobe_stream_t *video)
{
    static const char *const orders[] = { "tt", "bb", "tb", "bt", NULL };

    return plan_any(video->field_order, orders);
}


/* Without a matrix of their own. */
static int
plan_is_rgb(const ffprobe_stream_t *video)
{
    static const char *const starts[] = { "rgb",  "bgr",  "gbr",  "argb",
                                          "abgr", "0rgb", "0bgr", "pal8" };
    size_t i;

    for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (strncmp(video->pix_fmt, starts[i], strlen(starts[i])) == 0) {
            return 1;
        }
    }

    return 0;
}


/* AVI says when they are decoded, and nothing else. */
static int
plan_is_untimed(const ffprobe_t *probe)
{
    return probe->video.reordered && strcmp(probe->format, "avi") == 0;
}


/* NULL: every player decodes it, as it is. */
static const char *
plan_video_why(const ffprobe_t *probe)
{
    const ffprobe_stream_t *video = &probe->video;
    static const char *const formats[] = { "yuv420p", "yuvj420p", NULL };
    static const char *const profiles[] = { "Constrained Baseline", "Baseline",
                                            "Main", "High", NULL };

    return strcmp(video->codec, "h264") != 0     ? "not H.264"
           : video->rotation != 0                ? "turned"
           : !plan_any(video->pix_fmt, formats)  ? "not 8 bit 4:2:0"
           : !plan_any(video->profile, profiles) ? "of another profile"
           : plan_is_interlaced(video)           ? "interlaced"
           : plan_is_hdr(video)                  ? "of high dynamic range"
           : plan_is_untimed(probe)              ? "without times of its own"
           : video->hidden * video->frame_rate > PLAN_HIDDEN_PICTURES
               ? "partly hidden"
               : NULL;
}


/* A codec beside H.264 that players of today take as it is: its suffix, or
   NULL. */
static const char *
plan_beside(const ffprobe_stream_t *video)
{
    size_t i;
    static const char *const formats[] = { "yuv420p", "yuv420p10le", NULL };
    static const char *const codecs[][2] = { { "hevc", "hevc" },
                                             { "av1", "av1" },
                                             { "vp9", "vp9" } };

    if (video->rotation != 0 || !plan_any(video->pix_fmt, formats)
        || plan_is_interlaced(video)
        || video->hidden * video->frame_rate > PLAN_HIDDEN_PICTURES) {
        return NULL;
    }

    for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (strcmp(video->codec, codecs[i][0]) == 0) {
            return codecs[i][1];
        }
    }

    return NULL;
}


static const char *
plan_audio_why(const plan_t *plan, const ffprobe_stream_t *audio, int channels)
{
    return strcmp(audio->codec, "aac") != 0 ? "not AAC"
           : strcmp(audio->profile, "LC") != 0
                   && strncmp(audio->profile, "HE-AAC", 6) != 0
               ? "of another profile"
           : audio->channels < 1 || audio->channels > channels
               ? "of many channels"
           : audio->sample_rate > 48000                   ? "of a high rate"
           : audio->changes                               ? PLAN_CHANGES
           : audio->gaps                                  ? "with gaps"
           : audio->hidden > PLAN_HIDDEN_SOUND            ? "partly hidden"
           : audio->start - plan->start > PLAN_LATE_SOUND ? "begins later"
                                                          : NULL;
}


int
plan_sample_rate(const ffprobe_stream_t *sound)
{
    return sound->sample_rate == 44100 ? 44100 : 48000;
}


const char *
plan_range(const ffprobe_stream_t *video)
{
    return !plan_is_hdr(video)                         ? "SDR"
           : strcmp(video->transfer, "smpte2084") == 0 ? "PQ"
                                                       : "HLG";
}


/* Pictures a second that it may be repeated to: that may cost what came in, and
   no more, since a file can claim any length. 0: to none. */
static double
plan_fills(const ffprobe_t *probe, double rate)
{
    const double most = fmax(PLAN_FILLED, probe->bytes / PLAN_FILLED_BYTES);

    rate = fmin(fmax(rate, PLAN_FRAMES_FEW), PLAN_FRAMES_MAX);

    return probe->duration * rate <= most              ? rate
           : probe->duration * PLAN_FRAMES_FEW <= most ? PLAN_FRAMES_FEW
                                                       : 0;
}


/* Where some are decoded ahead, as in all that is encoded, players wait for
   several. */
static int
plan_is_slides(const ffprobe_stream_t *video, int copied)
{
    return video->frame_rate > 0
           && video->frame_rate < (copied && !video->reordered
                                       ? PLAN_FRAMES_MIN
                                       : PLAN_FRAMES_FEW);
}


/* So that the shorter side has at most so many lines, and the longer one what
   belongs to them on a screen; never larger; even. Returns the lines. */
static int
plan_scale(const ffprobe_stream_t *video, int lines, int *width, int *height)
{
    double scale = 1, longer, shorter;

    longer = video->width > video->height ? video->width : video->height;
    shorter = video->width > video->height ? video->height : video->width;

    if (longer > PLAN_LONG_SIDE * lines) {
        scale = PLAN_LONG_SIDE * lines / longer;
    }
    if (shorter * scale > lines) {
        scale = lines / shorter;
    }

    *width = 2 * (int) lround(video->width * scale / 2);
    *height = 2 * (int) lround(video->height * scale / 2);
    *width = *width < 2 ? 2 : *width;
    *height = *height < 2 ? 2 : *height;

    return *width < *height ? *width : *height;
}


const char *
plan_deinterlace(const ffprobe_stream_t *video)
{
    return plan_is_interlaced(video) ? "bwdif=mode=send_frame," : "";
}


void
plan_tone_map(const ffprobe_stream_t *video, char filter[PLAN_TONE_SIZE])
{
    *filter = '\0';

    if (plan_is_hdr(video)) {
        snprintf(filter, PLAN_TONE_SIZE, PLAN_TONE_MAP, video->transfer);
    }
}


/* Pixels whose shape nobody believes. */
static int
plan_is_absurd(const ffprobe_stream_t *video)
{
    const int turned = video->rotation % 180 != 0;

    return !video->square
           && video->width
                  == (turned ? video->coded_height : video->coded_width)
           && video->height
                  == (turned ? video->coded_width : video->coded_height);
}


static void
plan_shape(const ffprobe_stream_t *video, int width, int height,
           char shape[PLAN_SHAPE_SIZE])
{
    const double ratio = (double) video->width / video->height;
    const double same = ratio * PLAN_SHAPE_SAME;
    const char *square = plan_is_absurd(video) ? "setsar=1," : "";

    snprintf(shape, PLAN_SHAPE_SIZE, "%s" PLAN_SHAPE, square, ratio, same,
             width, width, height, ratio, same, height, height, width);
}


/* Where pictures have no times, the first is shown when the film begins. While
   the sound is alone, it is black before the picture, and the last one
   stays behind it. */
static void
plan_filter(plan_t *plan, int width, int height)
{
    size_t used;
    char tone[PLAN_TONE_SIZE], times[64] = "", pad[224];
    char shape[PLAN_SHAPE_SIZE];
    const ffprobe_stream_t *video = &plan->probe->video;

    plan_tone_map(video, tone);
    plan_shape(video, width, height, shape);
    snprintf(pad, sizeof(pad), PLAN_SHAPE_BARS, width, height);

    used = strlen(pad);
    if (video->frame_rate > PLAN_FRAMES_MAX) {
        snprintf(pad + used, sizeof(pad) - used, ",fps=%g", PLAN_FRAMES_MAX);
    } else if (plan->slides > 0) {
        snprintf(pad + used, sizeof(pad) - used, ",fps=%g", plan->slides);
    }
    if (plan->head > 0) {
        used = strlen(pad);
        snprintf(pad + used, sizeof(pad) - used,
                 ",setpts=PTS-STARTPTS,tpad=start_duration=%f,"
                 "setpts=PTS+%f/TB",
                 plan->head, plan->start);
    }
    if (plan->tail > 0) {
        used = strlen(pad);
        snprintf(pad + used, sizeof(pad) - used,
                 ",tpad=stop_mode=clone:stop_duration=%f", plan->tail);
    }

    if (plan_is_untimed(plan->probe)) {
        snprintf(times, sizeof(times), "setpts=PTS-STARTPTS+%f/TB,",
                 video->start);
    }

    snprintf(plan->filter, sizeof(plan->filter),
             "%s%s%s%s,%ssetsar=1,format=yuv420p%s", times,
             plan->fields ? PLAN_SOME_FIELDS : plan_deinterlace(video), shape,
             plan_is_rgb(video) ? ":out_color_matrix=bt709:out_range=tv" : "",
             tone, pad);
}


/* From the first moment that is seen or heard to the last. */
static void
plan_ends(plan_t *plan)
{
    int i;
    double end = 0;
    const ffprobe_t *probe = plan->probe;
    const ffprobe_stream_t *video = &probe->video, *sound;

    plan->duration = probe->duration;
    plan->start = video->index != -1 ? video->start : probe->audio.start;
    end = video->index != -1 && video->duration > 0
              ? video->start + video->duration
              : 0;

    for (i = 0; i < probe->nsounds; i++) {
        sound = &probe->sounds[i];
        plan->start = fmin(plan->start, sound->start);
        end = fmax(end, sound->start + sound->duration);
    }

    if (video->index == -1 || !(video->duration > 0)) {
        return;
    }

    plan->duration = end - plan->start;
    plan->head = video->start - plan->start;
    plan->tail = end - video->start - video->duration;
    plan->head = plan->head > PLAN_HEAD_MAX ? plan->head : 0;
    plan->tail = plan->tail > PLAN_TAIL_MAX ? plan->tail : 0;
}


static plan_output_t *
plan_add(plan_t *plan, const ffprobe_stream_t *source)
{
    plan_output_t *output = &plan->outputs[plan->noutputs++];

    output->source = source;
    return output;
}


static double
plan_rate(double pixels, double frames)
{
    return PLAN_RATE
           * pow(
               pixels / PLAN_RATE_PIXELS
                   * fmax(fmin(frames, PLAN_FRAMES_MAX) / PLAN_RATE_FRAMES, 1),
               PLAN_RATE_GROWTH);
}


/* One rung; returns its lines. */
static int
plan_rung(plan_t *plan, int lines, const char *why)
{
    const ffprobe_stream_t *video = &plan->probe->video;
    plan_output_t *output = plan_add(plan, video);

    output->is_video = 1;
    output->recode = why;
    lines = plan_scale(video, lines, &output->width, &output->height);
    output->rate = plan_rate((double) output->width * output->height,
                             video->frame_rate);
    snprintf(output->name, sizeof(output->name), "v%d", lines);
    plan->nvideos++;

    return lines;
}


/* A picture as it is. */
static int
plan_copy(plan_t *plan, const char *codec)
{
    int lines;
    const ffprobe_stream_t *video = &plan->probe->video;
    plan_output_t *output = plan_add(plan, video);

    output->is_video = 1;
    output->first = 1;
    output->width = video->width;
    output->height = video->height;
    lines = video->width < video->height ? video->width : video->height;
    snprintf(output->name, sizeof(output->name), "v%d%s%s", lines,
             *codec ? "-" : "", codec);
    plan->nvideos++;

    return lines;
}


static void
plan_ladder(plan_t *plan, int most)
{
    static const int rungs[] = { 2160, 1080, 720, 480, 360, 240 };
    int lines;
    size_t i;
    const char *beside, *why = plan->recode_video;
    const ffprobe_stream_t *video = &plan->probe->video;

    if (why == NULL) {
        lines = plan_copy(plan, "");
        why = "for slower lines";
    } else {
        beside = plan->encoded ? NULL : plan_beside(video);
        if (beside != NULL) {
            (void) plan_copy(plan, beside);
        }
        lines = plan_rung(plan, most, why);
    }

    for (i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
        if (rungs[i] <= lines * PLAN_STEP && rungs[i] <= most) {
            lines = plan_rung(plan, rungs[i], why);
        }
    }

    if (plan->recode_video != NULL) {
        plan->outputs[plan->nvideos - 1].first = 1;
    }
}


/* Stereo for all, and more channels beside it. */
static void
plan_sound(plan_t *plan, const ffprobe_stream_t *sound, int number)
{
    plan_output_t *output;

    output = plan_add(plan, sound);
    output->first = 1;
    output->channels = sound->channels == 1 ? 1 : 2;
    output->recode = plan_audio_why(plan, sound, 2);
    snprintf(output->name, sizeof(output->name), "a%d", number);

    if (sound->channels == PLAN_MANY) {
        output = plan_add(plan, sound);
        output->first = 1;
        output->channels = PLAN_MANY;
        output->recode = plan_audio_why(plan, sound, PLAN_MANY);
        snprintf(output->name, sizeof(output->name), "a%d-51", number);
    }
}


static void
plan_outputs(plan_t *plan, int lines)
{
    int i;
    const ffprobe_t *probe = plan->probe;

    plan->noutputs = plan->nvideos = 0;
    memset(plan->outputs, 0, sizeof(plan->outputs));

    if (probe->video.index != -1) {
        plan_ladder(plan, lines);
    }
    for (i = 0; i < probe->nsounds; i++) {
        plan_sound(plan, &probe->sounds[i], i + 1);
    }

    for (i = 0; i < plan->nvideos; i++) {
        if (plan->outputs[i].recode != NULL) {
            plan_filter(plan, plan->outputs[i].width, plan->outputs[i].height);
            break;
        }
    }
}


void
plan_make(plan_t *plan, const ffprobe_t *probe, int lines)
{
    const ffprobe_stream_t *video = &probe->video;

    memset(plan, 0, sizeof(*plan));
    plan->probe = probe;
    plan_ends(plan);

    if (video->index != -1) {
        plan->recode_video = plan_video_why(probe);
        plan->bt709 = plan_is_hdr(video) || plan_is_rgb(video);
        plan->slides = probe->slides > 0
                               || plan_is_slides(video,
                                                 plan->recode_video == NULL)
                           ? plan_fills(probe, probe->slides)
                           : 0;
        plan->whole = plan->head > 0 || plan->tail > 0
                      || video->frame_rate > PLAN_FRAMES_MAX
                      || plan->slides > 0;

        if (plan->recode_video == NULL) {
            plan->recode_video = plan->head > 0 || plan->tail > 0
                                     ? "shorter than the sound"
                                 : plan->slides > 0 ? "of few pictures"
                                                    : NULL;
        }
    }

    plan_outputs(plan, lines);
}


void
plan_recode(plan_t *plan, const ffprobe_t *probe, int lines, const char *why)
{
    plan_make(plan, probe, lines);
    plan->recode_video = why;
    if (!(plan->slides > 0) && plan_is_slides(&probe->video, 0)) {
        plan->slides = plan_fills(probe, 0);
    }
    plan->whole |= plan->slides > 0;
    plan->encoded = 1;
    plan_outputs(plan, lines);
}


void
plan_encode(plan_t *plan, plan_output_t *output, const char *why)
{
    output->recode = why;

    if (output->is_video) {
        plan->fields = strcmp(why, PLAN_FIELDS) == 0;
        output->width &= ~1;
        output->height &= ~1;
        output->rate = plan_rate((double) output->width * output->height,
                                 output->source->frame_rate);
        plan_filter(plan, output->width, output->height);
    }
}


plan_output_t *
plan_find(plan_t *plan, const char *name)
{
    int i;

    for (i = 0; name != NULL && i < plan->noutputs; i++) {
        if (strcmp(plan->outputs[i].name, name) == 0) {
            return &plan->outputs[i];
        }
    }

    return NULL;
}


void
plan_measure(plan_t *plan, double pixels, double rate)
{
    int i;
    double needed;
    plan_output_t *output;

    for (i = 0; i < plan->nvideos; i++) {
        output = &plan->outputs[i];
        needed = PLAN_RATE_ROOM * rate
                 * pow((double) output->width * output->height / pixels,
                       PLAN_RATE_GROWTH);
        output->rate = fmin(output->rate, fmax(needed, PLAN_RATE_MIN));
    }
}
