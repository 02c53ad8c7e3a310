#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "entry.h"
#include "entry_codecs.h"

#define ENTRY_MAX (256U << 10)
#define ENTRY_VISUAL 78 /* bytes in front of the boxes */
#define ENTRY_AUDIO 28
#define ENTRY_AUDIO_VERSION 8 /* where QuickTime says how much more follows */


/* Where the boxes inside begin; broken: box_ended(). */
static bytes_t
entry_boxes(const box_t *entry, int video)
{
    bytes_t in = entry->body;

    if (video) {
        box_skip(&in, ENTRY_VISUAL);
        return in;
    }

    box_skip(&in, ENTRY_AUDIO_VERSION);
    if (box_16(&in) != 0) {
        in.at = NULL;
    }
    box_skip(&in, ENTRY_AUDIO - ENTRY_AUDIO_VERSION - 2);
    return in;
}


static void
entry_put_size(uint8_t *bytes, size_t size)
{
    int i;

    for (i = 0; i < 4; i++) {
        bytes[i] = (uint8_t) (size >> (24 - 8 * i));
    }
}


uint8_t *
entry_bare(const box_t *entry, int video, size_t *len)
{
    int rc;
    box_t box;
    bytes_t in = entry_boxes(entry, video);
    uint8_t *bytes;
    const size_t size = (size_t) (entry->body.end - entry->begin);

    if (box_ended(&in) || size > ENTRY_MAX
        || entry->body.at - entry->begin != BOX_HEAD) {
        return NULL;
    }
    bytes = malloc(size);
    if (bytes == NULL) {
        return NULL;
    }

    *len = (size_t) (in.at - entry->begin);
    memcpy(bytes, entry->begin, *len);

    while ((rc = box_next(&in, &box)) == 1) {
        if (box.type != BOX_TYPE("btrt")) {
            memcpy(bytes + *len, box.begin,
                   (size_t) (box.body.end - box.begin));
            *len += (size_t) (box.body.end - box.begin);
        }
    }
    if (rc != 0) {
        free(bytes);
        return NULL;
    }

    entry_put_size(bytes, *len);
    return bytes;
}


int
entry_codecs(const uint8_t *entry, size_t len, int video,
             char codecs[ENTRY_CODECS_SIZE])
{
    size_t i;
    box_t box, config = { 0 }, colour;
    bytes_t in = { entry, entry + len };
    static const struct {
        const char *entry, *config;
        int video;
        int (*write)(const entry_config_t *config, char *codecs, size_t size);
    } kinds[] = {
        { "avc1", "avcC", 1, entry_codecs_avc },
        { "avc3", "avcC", 1, entry_codecs_avc },
        { "hvc1", "hvcC", 1, entry_codecs_hevc },
        { "hev1", "hvcC", 1, entry_codecs_hevc },
        { "av01", "av1C", 1, entry_codecs_av1 },
        { "vp09", "vpcC", 1, entry_codecs_vp9 },
        { "mp4a", "esds", 0, entry_codecs_mp4a },
        { "ac-3", "dac3", 0, entry_codecs_plain },
        { "ec-3", "dec3", 0, entry_codecs_plain },
        { "Opus", "dOps", 0, entry_codecs_opus },
        { "fLaC", "dfLa", 0, entry_codecs_plain },
    };

    if (box_next(&in, &box) != 1) {
        return -1;
    }
    in = entry_boxes(&box, video);

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (box.type == BOX_TYPE(kinds[i].entry) && kinds[i].video == video
            && !box_ended(&in) && box_find(in, kinds[i].config, &config) == 0) {
            const entry_config_t known = {
                .entry = kinds[i].entry,
                .config = config.body,
                .colour = box_find(in, "colr", &colour) == 0 ? colour.body
                                                             : (bytes_t){ 0 },
            };

            return kinds[i].write(&known, codecs, ENTRY_CODECS_SIZE);
        }
    }

    return -1;
}
