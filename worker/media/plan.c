#include <math.h>
#include <stdio.h>
#include <string.h>
#include "plan.h"

#define PLAN_LONG_SIDE 1920
#define PLAN_SHORT_SIDE 1080

/* Seconds that sound and picture may begin or end apart, while it takes no more
   than another length of a segment to tell; and that do not count. */
#define PLAN_APART_MAX 2.0
#define PLAN_APART_MIN 0.001

/* Pictures, and seconds of sound, that an edit list may hide: encoders have
   some to warm up. */
#define PLAN_HIDDEN_PICTURES 1.5
#define PLAN_HIDDEN_SOUND 0.12

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


/* NULL: every player decodes it, as it is. */
static const char *
plan_video_why(const ffprobe_stream_t *video)
{
    static const char *const formats[] = { "yuv420p", "yuvj420p", NULL };
    static const char *const profiles[] = { "Constrained Baseline", "Baseline",
                                            "Main", "High", NULL };

    return strcmp(video->codec, "h264") != 0     ? "not H.264"
           : video->rotation != 0                ? "turned"
           : !plan_any(video->pix_fmt, formats)  ? "not 8 bit 4:2:0"
           : !plan_any(video->profile, profiles) ? "of another profile"
           : plan_is_interlaced(video)           ? "interlaced"
           : plan_is_hdr(video)                  ? "of high dynamic range"
           : video->hidden * video->frame_rate > PLAN_HIDDEN_PICTURES
               ? "partly hidden"
               : NULL;
}


static const char *
plan_audio_why(const ffprobe_stream_t *audio)
{
    return strcmp(audio->codec, "aac") != 0 ? "not AAC"
           : strcmp(audio->profile, "LC") != 0
                   && strncmp(audio->profile, "HE-AAC", 6) != 0
               ? "of another profile"
           : audio->channels < 1 || audio->channels > 6 ? "of many channels"
           : audio->sample_rate > 48000                 ? "of a high rate"
           : audio->hidden > PLAN_HIDDEN_SOUND          ? "partly hidden"
                                                        : NULL;
}


/* Into 1920 × 1080, standing or lying; never larger; even. */
static void
plan_scale(const ffprobe_stream_t *video, int *width, int *height)
{
    double scale = 1, longer, shorter;

    longer = video->width > video->height ? video->width : video->height;
    shorter = video->width > video->height ? video->height : video->width;

    if (longer > PLAN_LONG_SIDE) {
        scale = PLAN_LONG_SIDE / longer;
    }
    if (shorter * scale > PLAN_SHORT_SIDE) {
        scale = PLAN_SHORT_SIDE / shorter;
    }

    *width = 2 * (int) lround(video->width * scale / 2);
    *height = 2 * (int) lround(video->height * scale / 2);
    *width = *width < 2 ? 2 : *width;
    *height = *height < 2 ? 2 : *height;
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


/* While the sound is alone, it is black before the picture, and the last one
   stays behind it. */
static void
plan_filter(plan_t *plan, const ffprobe_stream_t *video)
{
    size_t used;
    char tone[PLAN_TONE_SIZE], pad[128] = "";

    plan_tone_map(video, tone);
    if (plan->head > PLAN_APART_MAX) {
        snprintf(pad, sizeof(pad),
                 ",setpts=PTS-STARTPTS,tpad=start_duration=%f", plan->head);
        plan->head = 0;
    }
    if (plan->tail > PLAN_APART_MAX) {
        used = strlen(pad);
        snprintf(pad + used, sizeof(pad) - used,
                 ",tpad=stop_mode=clone:stop_duration=%f", plan->tail);
        plan->tail = 0;
    }

    snprintf(plan->filter, sizeof(plan->filter),
             "%sscale=%d:%d%s,%ssetsar=1,format=yuv420p%s",
             plan_deinterlace(video), plan->width, plan->height,
             plan_is_rgb(video) ? ":out_color_matrix=bt709:out_range=tv" : "",
             tone, pad);
}


/* Where sound is heard without a picture. */
static void
plan_ends(plan_t *plan, const ffprobe_t *probe)
{
    double start, end;
    const ffprobe_stream_t *video = &probe->video, *audio = &probe->audio;

    plan->duration = probe->duration;

    if (!plan->video || !plan->audio || !(video->duration > 0)) {
        return;
    }

    start = fmin(video->start, audio->start);
    end = fmax(video->start + video->duration, audio->start + audio->duration);

    plan->head = video->start - start;
    plan->tail = end - video->start - video->duration;
    plan->head = plan->head > PLAN_APART_MIN ? plan->head : 0;
    plan->tail = plan->tail > PLAN_APART_MIN ? plan->tail : 0;
    plan->duration = end - start;
}


void
plan_make(plan_t *plan, const ffprobe_t *probe)
{
    const ffprobe_stream_t *video = &probe->video;

    memset(plan, 0, sizeof(*plan));

    plan->video = video->index != -1;
    plan->audio = probe->audio.index != -1;
    plan->recode_audio = plan->audio ? plan_audio_why(&probe->audio) : NULL;
    plan_ends(plan, probe);

    if (!plan->video) {
        return;
    }

    plan->width = video->width;
    plan->height = video->height;
    plan->recode_video = plan_video_why(video);

    if (plan->recode_video == NULL
        && (plan->head > PLAN_APART_MAX || plan->tail > PLAN_APART_MAX)) {
        plan->recode_video = "shorter than the sound";
    }
    if (plan->recode_video != NULL) {
        plan_recode(plan, probe, plan->recode_video);
    }
}


void
plan_recode(plan_t *plan, const ffprobe_t *probe, const char *why)
{
    const ffprobe_stream_t *video = &probe->video;

    plan->recode_video = why;
    plan->bt709 = plan_is_hdr(video) || plan_is_rgb(video);
    plan_scale(video, &plan->width, &plan->height);
    plan_filter(plan, video);
}
