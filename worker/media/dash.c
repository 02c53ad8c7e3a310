#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dash.h"
#include "rendition.h"

#define DASH_NTSC 1001
#define DASH_TEXT_RATE 256 /* bits a second: subtitles, which must say one */
#define DASH_ROLE "urn:mpeg:dash:role:2011"
#define DASH_CICP "urn:mpeg:mpegB:cicp:"
#define DASH_PURPOSE "urn:tva:metadata:cs:AudioPurposeCS:2007"
#define DASH_FAMILY 4 /* letters of a codec that tell which one it is */

/* Code points of ISO/IEC 23091-2. */
#define DASH_PQ 16
#define DASH_HLG 18
#define DASH_BT2020 9

typedef struct {
    renditions_t all;
    FILE *out;
    int set; /* number of the last AdaptationSet */
} dash_t;


/* Control characters are none in a label; U+FFFE and U+FFFF, which XML has not
   either (1.0, 2.2), may be. */
static void
dash_escaped(FILE *out, const char *text)
{
    size_t i;
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }
    };

    for (/* void */; *text != '\0'; text++) {
        if (strncmp(text, "\xef\xbf\xbe", 3) == 0
            || strncmp(text, "\xef\xbf\xbf", 3) == 0) {
            text += 2;
            continue;
        }
        for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
            if (*text == entities[i].c) {
                fputs(entities[i].entity, out);
                break;
            }
        }
        if (i == sizeof(entities) / sizeof(entities[0])) {
            fputc(*text, out);
        }
    }
}


static void
dash_descriptor(FILE *out, const char *element, const char *scheme,
                const char *value)
{
    fprintf(out, "      <%s schemeIdUri=\"%s\" value=\"%s\"/>\n", element,
            scheme, value);
}


static void
dash_cicp(FILE *out, const char *element, const char *name, int value)
{
    fprintf(out, "      <%s schemeIdUri=\"" DASH_CICP "%s\" value=\"%d\"/>\n",
            element, name, value);
}


/* The mean, as ISO/IEC 23009-1 (5.3.7) has it where pictures come unevenly. As
   a fraction where it is one of television: 29.97 is 30000/1001. */
static void
dash_frame_rate(FILE *out, double rate)
{
    const double ntsc = rate * DASH_NTSC;

    if (rate <= 0) {
        return;
    }
    if (fabs(rate - round(rate)) < 1e-4) {
        fprintf(out, " frameRate=\"%.0f\"", round(rate));
    } else if (fabs(ntsc - 1000 * round(ntsc / 1000)) < 2) {
        fprintf(out, " frameRate=\"%.0f/%d\"", 1000 * round(ntsc / 1000),
                DASH_NTSC);
    } else {
        fprintf(out, " frameRate=\"%.0f/1000\"", round(rate * 1000));
    }
}


static void
dash_begin(dash_t *dash, const char *content, const char *type,
           const char *language)
{
    fprintf(dash->out,
            "    <AdaptationSet id=\"%d\" contentType=\"%s\" mimeType=\"%s\"",
            ++dash->set, content, type);
    if (*language != '\0') {
        fprintf(dash->out, " lang=\"%s\"", language);
    }
}


static void
dash_end(dash_t *dash)
{
    fputs("    </AdaptationSet>\n", dash->out);
}


/* The file, and where in it the index is. */
static void
dash_file(FILE *out, const rendition_t *one)
{
    fprintf(out,
            "        <BaseURL>%s/%s.mp4</BaseURL>\n"
            "        <SegmentBase indexRange=\"%" PRIu64 "-%" PRIu64 "\">\n"
            "          <Initialization range=\"0-%" PRIu64 "\"/>\n"
            "        </SegmentBase>\n",
            one->folder, one->name, one->index_at,
            one->index_at + one->index_size - 1, one->init - 1);
}


/* Pictures among which a player may change: of one codec and one range. */
static int
dash_same(const rendition_t *a, const rendition_t *b)
{
    return b->kind == RENDITION_VIDEO
           && strncmp(a->codecs, b->codecs, DASH_FAMILY) == 0
           && strcmp(a->range, b->range) == 0;
}


static int
dash_is_first(const dash_t *dash, const rendition_t *video)
{
    const rendition_t *other;

    for (other = dash->all.rendition; other < video; other++) {
        if (dash_same(video, other)) {
            return 0;
        }
    }

    return 1;
}


/* PQ looks wrong on a player that does not know it; HLG does not. */
static void
dash_range(FILE *out, const rendition_t *video)
{
    const int pq = strcmp(video->range, "PQ") == 0;
    const char *element = pq ? "EssentialProperty" : "SupplementalProperty";

    if (pq || strcmp(video->range, "HLG") == 0) {
        dash_cicp(out, element, "ColourPrimaries", DASH_BT2020);
        dash_cicp(out, element, "TransferCharacteristics",
                  pq ? DASH_PQ : DASH_HLG);
        dash_cicp(out, element, "MatrixCoefficients", DASH_BT2020);
    }
}


static void
dash_picture(FILE *out, const rendition_t *video)
{
    fprintf(out,
            "      <Representation id=\"%s\" bandwidth=\"%" PRIu64
            "\" codecs=\"%s\"",
            video->name, video->bandwidth, video->codecs);
    if (video->width > 0 && video->height > 0) {
        fprintf(out, " width=\"%d\" height=\"%d\"", video->width,
                video->height);
    }
    dash_frame_rate(out, video->mean_rate);
    fputs(">\n", out);
    dash_file(out, video);
    fputs("      </Representation>\n", out);
}


/* All that are like `first`, in one set. */
static void
dash_videos(dash_t *dash, const rendition_t *first)
{
    int open = 0, aligned = 1;
    const rendition_t *one, *end = dash->all.rendition + dash->all.count;

    for (one = first; one < end; one++) {
        if (dash_same(first, one)) {
            open |= one->open;
            aligned &= strcmp(one->cuts, first->cuts) == 0;
        }
    }

    dash_begin(dash, "video", "video/mp4", "");
    fprintf(dash->out,
            " subsegmentAlignment=\"%s\" subsegmentStartsWithSAP=\"%d\">\n",
            aligned ? "true" : "false", open ? 3 : 1);
    dash_range(dash->out, first);
    for (one = first; one < end; one++) {
        if (dash_same(first, one)) {
            dash_picture(dash->out, one);
        }
    }
    dash_end(dash);
}


static void
dash_label(FILE *out, const rendition_t *one)
{
    fputs("      <Label>", out);
    dash_escaped(out, one->label);
    fputs("</Label>\n", out);
}


/* ISO/IEC 23091-3, table 10, which counts as we do up to six; 6.1, 7.1 */
static void
dash_channels(FILE *out, int channels)
{
    const int configuration = channels <= 6   ? channels
                              : channels == 7 ? 11
                              : channels == 8 ? 12
                                              : 0;

    if (configuration > 0) {
        dash_cicp(out, "AudioChannelConfiguration", "ChannelConfiguration",
                  configuration);
    }
}


static void
dash_audio(dash_t *dash, const rendition_t *audio)
{
    FILE *out = dash->out;

    dash_begin(dash, "audio", "audio/mp4", audio->language);
    fputs(" subsegmentAlignment=\"true\" subsegmentStartsWithSAP=\"1\">\n",
          out);
    dash_channels(out, audio->channels);
    dash_label(out, audio);
    if (audio->purpose == RENDITION_DESCRIPTION) {
        dash_descriptor(out, "Accessibility", DASH_PURPOSE, "1");
    }
    dash_descriptor(out, "Role", DASH_ROLE,
                    audio->is_default                        ? "main"
                    : audio->purpose == RENDITION_COMMENTARY ? "commentary"
                                                             : "alternate");

    fprintf(out,
            "      <Representation id=\"%s\" bandwidth=\"%" PRIu64
            "\" codecs=\"%s\"",
            audio->name, audio->bandwidth, audio->codecs);
    if (audio->sample_rate > 0) {
        fprintf(out, " audioSamplingRate=\"%d\"", audio->sample_rate);
    }
    fputs(">\n", out);
    dash_file(out, audio);
    fputs("      </Representation>\n", out);
    dash_end(dash);
}


static void
dash_text(dash_t *dash, const rendition_t *text)
{
    FILE *out = dash->out;
    const int hard = text->purpose == RENDITION_HEARING_IMPAIRED;

    dash_begin(dash, "text", "text/vtt", text->language);
    fputs(">\n", out);
    dash_label(out, text);
    if (hard) {
        dash_descriptor(out, "Accessibility", DASH_PURPOSE, "2");
    }
    dash_descriptor(out, "Role", DASH_ROLE,
                    text->purpose == RENDITION_FORCED ? "forced-subtitle"
                    : hard                            ? "caption"
                                                      : "subtitle");
    fprintf(out,
            "      <Representation id=\"%s\" bandwidth=\"%d\">\n"
            "        <BaseURL>%s/%s.vtt</BaseURL>\n"
            "      </Representation>\n",
            text->name, DASH_TEXT_RATE, text->folder, text->name);
    dash_end(dash);
}


/* What every player has a decoder for stands first. */
static void
dash_sets(dash_t *dash)
{
    int floor;
    const rendition_t *one, *end = dash->all.rendition + dash->all.count;

    for (floor = 1; floor >= 0; floor--) {
        for (one = dash->all.rendition; one < end; one++) {
            if (one->kind == RENDITION_VIDEO && dash_is_first(dash, one)
                && (strncmp(one->codecs, "avc", 3) == 0) == floor) {
                dash_videos(dash, one);
            }
        }
    }
    for (one = dash->all.rendition; one < end; one++) {
        if (one->kind == RENDITION_AUDIO) {
            dash_audio(dash, one);
        }
    }
    for (one = dash->all.rendition; one < end; one++) {
        if (one->kind == RENDITION_SUBTITLES) {
            dash_text(dash, one);
        }
    }
}


/* -1: a track without an index. */
static int
dash_duration(const dash_t *dash, double *duration)
{
    const rendition_t *one, *end = dash->all.rendition + dash->all.count;

    *duration = 0;
    for (one = dash->all.rendition; one < end; one++) {
        if (one->kind == RENDITION_SUBTITLES) {
            continue;
        }
        if (one->init == 0 || one->index_at == 0 || one->index_size == 0) {
            return -1;
        }
        *duration = fmax(*duration, one->duration);
    }

    return 0;
}


static void
dash_write(dash_t *dash, double duration)
{
    fprintf(dash->out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\""
            " profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\""
            " type=\"static\" mediaPresentationDuration=\"PT%.3fS\""
            " minBufferTime=\"PT2S\">\n"
            "  <Period id=\"1\" start=\"PT0S\">\n",
            ceil(duration * 1000) / 1000);
    dash_sets(dash);
    fputs("  </Period>\n</MPD>\n", dash->out);
}


char *
dash_manifest(const json_t *rows)
{
    int failed;
    char *text = NULL;
    double duration;
    size_t size;
    dash_t dash = { 0 };

    if (rendition_read(rows, &dash.all) != 0) {
        return NULL;
    }

    dash.out = dash_duration(&dash, &duration) == 0
                   ? open_memstream(&text, &size)
                   : NULL;
    if (dash.out != NULL) {
        dash_write(&dash, duration);
        failed = ferror(dash.out);
        if (fclose(dash.out) != 0 || failed) {
            free(text);
            text = NULL;
        }
    }

    free(dash.all.rendition);
    return text;
}
