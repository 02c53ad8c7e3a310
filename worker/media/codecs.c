#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "codecs.h"

#define CODECS_TAG_CHARS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+_."

/* Those that ffmpeg 5.1 of Debian names without a decoder (`ffmpeg -codecs`);
   and, as tags (MP4RA's registry), those that came after it. */
static const struct {
    const char *codec, *name;
} codecs[] = {
    { "mpegh_3d_audio", "MPEG-H 3D Audio" },
    { "vvc", "H.266 (VVC)" },
    { "avs2", "AVS2" },
    { "avs3", "AVS3" },
    { "daala", "Daala" },
    { "celt", "CELT" },
    { "smv", "SMV" },
    { "4gv", "4GV" },
    { "sonicls", "Sonic" },
    { "ac4", "AC-4" },
    { "evc", "EVC" },
    { "lcevc", "LCEVC" },
    { "ac-4", "AC-4" },
    { "vvc1", "H.266 (VVC)" },
    { "vvi1", "H.266 (VVC)" },
    { "evc1", "EVC" },
    { "lvc1", "LCEVC" },
    { "iamf", "IAMF" },
    { "mha1", "MPEG-H 3D Audio" },
};


static const char *
codecs_find(const char *codec)
{
    size_t i;

    for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (strcasecmp(codecs[i].codec, codec) == 0) {
            return codecs[i].name;
        }
    }

    return NULL;
}


int
codecs_decodable(const char *codec, const char *format)
{
    return *codec != '\0' && (*format != '\0' || codecs_find(codec) == NULL);
}


void
codecs_name(char name[CODECS_NAME_SIZE], const char *codec, const char *tag)
{
    const char *text = *codec ? codec : tag;
    const char *known = codecs_find(text);

    if (known == NULL
        && (*text == '\0' || text[strspn(text, CODECS_TAG_CHARS)] != '\0')) {
        known = "an unknown codec";
    }

    snprintf(name, CODECS_NAME_SIZE, "%s", known ? known : text);
}


void
codecs_sentence(char sentence[CODECS_SENTENCE_SIZE], const char *video,
                const char *audio, int plays)
{
    char names[2 * CODECS_NAME_SIZE + 8];

    *sentence = '\0';
    if (*video == '\0' && *audio == '\0') {
        return;
    }

    snprintf(names, sizeof(names), "%s%s%s", video,
             *video && *audio ? " and " : "", audio);
    snprintf(sentence, CODECS_SENTENCE_SIZE,
             !plays   ? "There is no decoder here for %s: nothing in the file "
                        "can be played."
             : *video ? "There is no decoder here for its picture (%s): its "
                        "sound is played alone."
                      : "There is no decoder here for its sound (%s): it is "
                        "played without.",
             names);
}
