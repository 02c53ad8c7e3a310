#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hls.h"
#include "rendition.h"

#define HLS_GROUPS_MAX 4
#define HLS_CODECS_SIZE 512
#define HLS_BEGIN_SIDE 720 /* lines of the picture to begin with, at most */

/* Every track in one encoding; where a track has not that one, in another:
   groups must have the same members (RFC 8216, 4.3.4.1.1). */
typedef struct {
    const char *suffix; /* of its members' names */
    const rendition_t *member[RENDITION_MAX];
    size_t count;
    uint64_t bandwidth, average; /* of the largest */
    char codecs[HLS_CODECS_SIZE];
} hls_group_t;

typedef struct {
    renditions_t all;
    hls_group_t group[HLS_GROUPS_MAX];
    size_t groups;
    const rendition_t *video[RENDITION_MAX];
    size_t videos, subtitles;
    FILE *out;
} hls_master_t;


static const char *
hls_suffix(const rendition_t *rendition)
{
    return rendition->name + strlen(rendition->base);
}


/* Adds a codec that is not in the list yet. */
static void
hls_codecs_add(char codecs[HLS_CODECS_SIZE], const char *codec)
{
    const char *found = codecs;
    const size_t used = strlen(codecs), len = strlen(codec);

    while ((found = strstr(found, codec)) != NULL) {
        if ((found == codecs || found[-1] == ',')
            && (found[len] == ',' || found[len] == '\0')) {
            return;
        }
        found += len;
    }

    if (used + len + 2 <= HLS_CODECS_SIZE) {
        snprintf(codecs + used, HLS_CODECS_SIZE - used, "%s%s", used ? "," : "",
                 codec);
    }
}


static void
hls_group_add(hls_group_t *group, const rendition_t *rendition)
{
    group->member[group->count++] = rendition;
    group->bandwidth = rendition->bandwidth > group->bandwidth
                           ? rendition->bandwidth
                           : group->bandwidth;
    group->average = rendition->average > group->average ? rendition->average
                                                         : group->average;
    hls_codecs_add(group->codecs, rendition->codecs);
}


/* The sound of a track in a group. */
static const rendition_t *
hls_member(const renditions_t *all, const rendition_t *track,
           const char *suffix)
{
    size_t i;
    const rendition_t *one;

    for (i = 0; i < all->count; i++) {
        one = &all->rendition[i];
        if (one->kind == RENDITION_AUDIO && strcmp(one->base, track->base) == 0
            && strcmp(hls_suffix(one), suffix) == 0) {
            return one;
        }
    }

    return track;
}


/* 1 for the first row of a track. */
static int
hls_is_first(const renditions_t *all, const rendition_t *rendition)
{
    const rendition_t *other;

    for (other = all->rendition; other < rendition; other++) {
        if (other->kind == rendition->kind
            && strcmp(other->base, rendition->base) == 0) {
            return 0;
        }
    }

    return 1;
}


static void
hls_group(hls_master_t *master, const char *suffix)
{
    size_t i;
    hls_group_t *group;
    const rendition_t *one;

    for (i = 0; i < master->groups; i++) {
        if (strcmp(master->group[i].suffix, suffix) == 0) {
            return;
        }
    }
    if (master->groups == HLS_GROUPS_MAX) {
        return;
    }

    group = &master->group[master->groups++];
    group->suffix = suffix;
    for (i = 0; i < master->all.count; i++) {
        one = &master->all.rendition[i];
        if (one->kind == RENDITION_AUDIO && hls_is_first(&master->all, one)) {
            hls_group_add(group, hls_member(&master->all, one, suffix));
        }
    }
}


/* Plain sound first. */
static void
hls_groups(hls_master_t *master)
{
    int plain;
    size_t i;
    const rendition_t *one;

    for (plain = 1; plain >= 0; plain--) {
        for (i = 0; i < master->all.count; i++) {
            one = &master->all.rendition[i];
            if (one->kind == RENDITION_AUDIO
                && (*hls_suffix(one) == '\0') == plain) {
                hls_group(master, hls_suffix(one));
            }
        }
    }
}


static int
hls_side(const rendition_t *video)
{
    return video->width < video->height ? video->width : video->height;
}


/* 1 when a player had better begin with the first one: what every player has
   a decoder for, then what is not too large for a start, then what is large. */
static int
hls_before(const rendition_t *a, const rendition_t *b)
{
    const int floor_a = strncmp(a->codecs, "avc", 3) == 0,
              floor_b = strncmp(b->codecs, "avc", 3) == 0,
              fits_a = hls_side(a) <= HLS_BEGIN_SIDE,
              fits_b = hls_side(b) <= HLS_BEGIN_SIDE;

    if (floor_a != floor_b) {
        return floor_a;
    }
    if (fits_a != fits_b) {
        return fits_a;
    }
    if (hls_side(a) != hls_side(b)) {
        return fits_a == (hls_side(a) > hls_side(b));
    }
    return a->bandwidth < b->bandwidth;
}


/* By their rates, behind the one to begin with. */
static void
hls_videos(hls_master_t *master)
{
    size_t i, at, begin = 0;
    const rendition_t *one;

    for (i = 0; i < master->all.count; i++) {
        one = &master->all.rendition[i];
        master->subtitles += one->kind == RENDITION_SUBTITLES;
        if (one->kind != RENDITION_VIDEO) {
            continue;
        }
        for (at = master->videos++;
             at > 0 && master->video[at - 1]->bandwidth > one->bandwidth;
             at--) {
            master->video[at] = master->video[at - 1];
        }
        master->video[at] = one;
    }

    for (i = 1; i < master->videos; i++) {
        begin = hls_before(master->video[i], master->video[begin]) ? i : begin;
    }
    if (master->videos > 0) {
        one = master->video[begin];
        memmove(&master->video[1], &master->video[0],
                begin * sizeof(master->video[0]));
        master->video[0] = one;
    }
}


static void
hls_characteristics(FILE *out, const rendition_t *one)
{
    if (one->purpose == RENDITION_DESCRIPTION) {
        fputs(",CHARACTERISTICS=\"public.accessibility.describes-video\"", out);
    }
    if (one->purpose == RENDITION_HEARING_IMPAIRED
        && one->kind == RENDITION_SUBTITLES) {
        fputs(",CHARACTERISTICS=\"public.accessibility.transcribes-spoken-"
              "dialog,public.accessibility.describes-music-and-sound\"",
              out);
    }
}


/* One rendition of a group; without `uri` it is in the variants themselves. */
static void
hls_rendition(FILE *out, const rendition_t *one, const char *group, int uri)
{
    fprintf(out, "#EXT-X-MEDIA:TYPE=%s,GROUP-ID=\"%s\",NAME=\"%s\"",
            one->kind == RENDITION_AUDIO ? "AUDIO" : "SUBTITLES", group,
            one->label);
    if (one->language[0] != '\0') {
        fprintf(out, ",LANGUAGE=\"%s\"", one->language);
    }
    fprintf(out, ",DEFAULT=%s,AUTOSELECT=%s", one->is_default ? "YES" : "NO",
            one->automatic ? "YES" : "NO");
    if (one->kind == RENDITION_SUBTITLES) {
        fprintf(out, ",FORCED=%s",
                one->purpose == RENDITION_FORCED ? "YES" : "NO");
    }
    hls_characteristics(out, one);
    if (one->kind == RENDITION_AUDIO && one->channels > 0) {
        fprintf(out, ",CHANNELS=\"%d\"", one->channels);
    }
    if (uri) {
        fprintf(out, ",URI=\"%s/%s.m3u8\"", one->folder, one->name);
    }
    fputc('\n', out);
}


static void
hls_group_write(const hls_master_t *master, const hls_group_t *group)
{
    size_t i;
    char id[RENDITION_NAME_SIZE + 8];

    snprintf(id, sizeof(id), "audio%s", group->suffix);
    for (i = 0; i < group->count; i++) {
        hls_rendition(master->out, group->member[i], id,
                      master->videos > 0 || !group->member[i]->is_default);
    }
}


static void
hls_subtitles_write(const hls_master_t *master)
{
    size_t i;

    for (i = 0; i < master->all.count; i++) {
        if (master->all.rendition[i].kind == RENDITION_SUBTITLES) {
            hls_rendition(master->out, &master->all.rendition[i], "text", 1);
        }
    }
}


static void
hls_picture(FILE *out, const rendition_t *video)
{
    if (video->supplemental[0] != '\0') {
        fprintf(out, ",SUPPLEMENTAL-CODECS=\"%s\"", video->supplemental);
    }
    if (video->width > 0 && video->height > 0) {
        fprintf(out, ",RESOLUTION=%dx%d", video->width, video->height);
    }
    if (video->range[0] != '\0') {
        fprintf(out, ",VIDEO-RANGE=%s", video->range);
    }
}


/* A picture (or NULL) with the sound of a group (or NULL). */
static void
hls_variant(const hls_master_t *master, const rendition_t *video,
            const hls_group_t *group)
{
    FILE *out = master->out;
    char codecs[HLS_CODECS_SIZE] = "";
    const uint64_t peak = (video ? video->bandwidth : 0)
                          + (group ? group->bandwidth : 0),
                   average = (video ? video->average : 0)
                             + (group ? group->average : 0);

    if (video != NULL) {
        hls_codecs_add(codecs, video->codecs);
    }
    if (group != NULL) {
        hls_codecs_add(codecs, group->codecs);
    }

    fprintf(out,
            "#EXT-X-STREAM-INF:BANDWIDTH=%" PRIu64 ",AVERAGE-BANDWIDTH=%" PRIu64
            ",CODECS=\"%s\"",
            peak, average, codecs);
    if (video != NULL) {
        hls_picture(out, video);
        if (video->frame_rate > 0) {
            fprintf(out, ",FRAME-RATE=%.3f", video->frame_rate);
        }
    }
    if (group != NULL && (video != NULL || group->count > 1)) {
        fprintf(out, ",AUDIO=\"audio%s\"", group->suffix);
    }
    if (master->subtitles > 0) {
        fputs(",SUBTITLES=\"text\"", out);
    }
    fputs(",CLOSED-CAPTIONS=NONE\n", out);
}


static void
hls_variants(const hls_master_t *master)
{
    size_t i, group = 0;
    const rendition_t *video;

    do {
        for (i = 0; i < master->videos; i++) {
            video = master->video[i];
            hls_variant(master, video,
                        master->groups > 0 ? &master->group[group] : NULL);
            fprintf(master->out, "%s/%s.m3u8\n", video->folder, video->name);
        }
    } while (++group < master->groups);

    for (i = 0; i < master->videos; i++) {
        video = master->video[i];
        if (video->iframes > 0) {
            fprintf(master->out,
                    "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%" PRIu64
                    ",CODECS=\"%s\"",
                    video->iframes, video->codecs);
            hls_picture(master->out, video);
            fprintf(master->out, ",URI=\"%s/%s.iframes.m3u8\"\n", video->folder,
                    video->name);
        }
    }
}


/* Sound alone: the variants are its default track, as each group has it. */
static void
hls_sounds(const hls_master_t *master)
{
    size_t i, j;
    const hls_group_t *group;

    for (i = 0; i < master->groups; i++) {
        group = &master->group[i];
        for (j = 0; j < group->count; j++) {
            if (group->member[j]->is_default) {
                hls_variant(master, NULL, group);
                fprintf(master->out, "%s/%s.m3u8\n", group->member[j]->folder,
                        group->member[j]->name);
                break;
            }
        }
    }
}


static void
hls_master_write(hls_master_t *master)
{
    size_t i;
    int open = 0;

    for (i = 0; i < master->all.count; i++) {
        open |= master->all.rendition[i].open;
    }
    fprintf(master->out, "#EXTM3U\n#EXT-X-VERSION:7\n%s",
            open ? "" : "#EXT-X-INDEPENDENT-SEGMENTS\n");

    for (i = 0; i < master->groups; i++) {
        if (master->videos > 0 || master->group[i].count > 1) {
            hls_group_write(master, &master->group[i]);
        }
    }
    hls_subtitles_write(master);

    if (master->videos > 0) {
        hls_variants(master);
    } else {
        hls_sounds(master);
    }
}


char *
hls_master(const json_t *rows)
{
    int failed;
    char *text = NULL;
    size_t size;
    hls_master_t *master;

    master = calloc(1, sizeof(*master));
    if (master == NULL || rendition_read(rows, &master->all) != 0) {
        free(master);
        return NULL;
    }

    hls_groups(master);
    hls_videos(master);

    master->out = open_memstream(&text, &size);
    if (master->out != NULL) {
        hls_master_write(master);
        failed = ferror(master->out);
        if (fclose(master->out) != 0 || failed) {
            free(text);
            text = NULL;
        }
    }

    free(master->all.rendition);
    free(master);
    return text;
}
