#define _GNU_SOURCE /* memrchr */
#include "media_type.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))


typedef struct {
    const char *extension;
    media_kind_t kind; /* MEDIA_UNKNOWN: nobody brings it */
    const char *type;  /* IANA's names, where there is one; NULL: not ours */
} media_type_t;


/* RFC 8216 for m3u8, ISO/IEC 23009-1 for mpd */

static const media_type_t types[] = {
    { "mp4", MEDIA_VIDEO, "video/mp4" },
    { "m4s", MEDIA_UNKNOWN, "video/iso.segment" },
    { "m3u8", MEDIA_UNKNOWN, "application/vnd.apple.mpegurl" },
    { "jpg", MEDIA_SCORE, "image/jpeg" },
    { "png", MEDIA_SCORE, "image/png" },
    { "pdf", MEDIA_SCORE, "application/pdf" },
    { "mpd", MEDIA_UNKNOWN, "application/dash+xml" },
    { "vtt", MEDIA_UNKNOWN, "text/vtt" },
    { "json", MEDIA_UNKNOWN, "application/json" },
    { "webm", MEDIA_VIDEO, "video/webm" },
    { "mkv", MEDIA_VIDEO, "video/x-matroska" },
    { "mov", MEDIA_VIDEO, "video/quicktime" },
    { "m4v", MEDIA_VIDEO, "video/mp4" },
    { "3gp", MEDIA_VIDEO, "video/3gpp" },
    { "avi", MEDIA_VIDEO, "video/x-msvideo" },
    { "flv", MEDIA_VIDEO, "video/x-flv" },
    { "mpg", MEDIA_VIDEO, "video/mpeg" },
    { "mpeg", MEDIA_VIDEO, "video/mpeg" },
    { "vob", MEDIA_VIDEO, "video/mpeg" },
    { "ts", MEDIA_VIDEO, "video/mp2t" },
    { "mts", MEDIA_VIDEO, "video/mp2t" },
    { "m2ts", MEDIA_VIDEO, "video/mp2t" },
    { "ogv", MEDIA_VIDEO, "video/ogg" },
    { "m4a", MEDIA_AUDIO, "audio/mp4" },
    { "m4b", MEDIA_AUDIO, "audio/mp4" },
    { "mp3", MEDIA_AUDIO, "audio/mpeg" },
    { "aac", MEDIA_AUDIO, "audio/aac" },
    { "flac", MEDIA_AUDIO, "audio/flac" },
    { "ogg", MEDIA_AUDIO, "audio/ogg" },
    { "oga", MEDIA_AUDIO, "audio/ogg" },
    { "opus", MEDIA_AUDIO, "audio/ogg" },
    { "wav", MEDIA_AUDIO, "audio/wav" },
    { "aif", MEDIA_AUDIO, "audio/aiff" },
    { "aiff", MEDIA_AUDIO, "audio/aiff" },
    { "aifc", MEDIA_AUDIO, "audio/aiff" },
    { "mka", MEDIA_AUDIO, "audio/x-matroska" },
    { "asf", MEDIA_VIDEO, "video/x-ms-asf" },
    { "wmv", MEDIA_VIDEO, "video/x-ms-wmv" },
    { "wma", MEDIA_AUDIO, "audio/x-ms-wma" },
    { "mxf", MEDIA_VIDEO, "application/mxf" },
    { "rm", MEDIA_VIDEO, "application/vnd.rn-realmedia" },
    { "rmvb", MEDIA_VIDEO, "application/vnd.rn-realmedia-vbr" },
    { "dv", MEDIA_VIDEO, "video/dv" },
    { "caf", MEDIA_AUDIO, "audio/x-caf" },
    { "amr", MEDIA_AUDIO, "audio/amr" },
    { "wv", MEDIA_AUDIO, "audio/x-wavpack" },
    { "w64", MEDIA_AUDIO, "audio/x-w64" },
    { "au", MEDIA_AUDIO, "audio/basic" },
    { "ape", MEDIA_AUDIO, "audio/x-ape" },
    { "tta", MEDIA_AUDIO, "audio/x-tta" },
    { "ac3", MEDIA_AUDIO, "audio/ac3" },
    { "eac3", MEDIA_AUDIO, "audio/eac3" },
    { "jpeg", MEDIA_SCORE, "image/jpeg" },
    { "tif", MEDIA_SCORE, "image/tiff" },
    { "tiff", MEDIA_SCORE, "image/tiff" },
    { "heic", MEDIA_SCORE, "image/heic" },
    { "heif", MEDIA_SCORE, "image/heif" },
    { "musicxml", MEDIA_SCORE, "application/vnd.recordare.musicxml+xml" },
    { "mxl", MEDIA_SCORE, "application/vnd.recordare.musicxml" },
    { "mid", MEDIA_SCORE, "audio/midi" },
    { "midi", MEDIA_SCORE, "audio/midi" },
    { "kar", MEDIA_SCORE, "audio/midi" },
    { "rmi", MEDIA_SCORE, "audio/midi" },
    { "mscz", MEDIA_SCORE, NULL }, /* MuseScore's own: the answer says so */
    { "mscx", MEDIA_SCORE, NULL },
    { "xml", MEDIA_SCORE, NULL }
};


static const media_type_t *
media_type_find(const char *extension, size_t len)
{
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        if (strlen(types[i].extension) == len
            && strncasecmp(types[i].extension, extension, len) == 0) {
            return &types[i];
        }
    }

    return NULL;
}


media_kind_t
media_kind_from_name(const char *filename, size_t len)
{
    const char *dot;
    const media_type_t *found;

    dot = memrchr(filename, '.', len);
    if (dot == NULL) {
        return MEDIA_UNKNOWN;
    }

    found = media_type_find(dot + 1, (size_t) (filename + len - dot) - 1);

    return found ? found->kind : MEDIA_UNKNOWN;
}


const char *
media_kind_name(media_kind_t kind)
{
    static const char *const names[] = { [MEDIA_UNKNOWN] = "unknown",
                                         [MEDIA_VIDEO] = "video",
                                         [MEDIA_AUDIO] = "audio",
                                         [MEDIA_SCORE] = "score" };

    return ((size_t) kind < COUNT(names)) ? names[kind] : names[MEDIA_UNKNOWN];
}


const char *
media_type(const char *extension, size_t len)
{
    const media_type_t *found;

    found = media_type_find(extension, len);

    return found ? found->type : NULL;
}


int
media_type_runs(const char *type, size_t len)
{
    size_t i, size;

    static const char *const ends[] = { "html", "xml", "/xsl" };

    for (i = 0; i < COUNT(ends); i++) {
        size = strlen(ends[i]);

        if (len > size && strncasecmp(type + len - size, ends[i], size) == 0) {
            return 1;
        }
    }

    return 0;
}
