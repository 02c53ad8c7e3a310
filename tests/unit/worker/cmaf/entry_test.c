#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/cmaf/box_out.h"
#include "worker/cmaf/entry.h"

static char codecs[ENTRY_CODECS_SIZE];


/* A sample entry with the codec's box, and perhaps colours. */
static int
read_entry(const char *type, const char *config, const char *bytes, size_t len,
           const char *colour)
{
    int rc;
    box_out_t out = { 0 };
    const int video = strncmp(config, "esds", 4) != 0
                      && strncmp(config, "d", 1) != 0;
    const size_t entry = box_out_begin(&out, type);
    size_t box;

    box_out_zeros(&out, video ? 78 : 28);
    box = box_out_begin(&out, config);
    box_out_bytes(&out, bytes, len);
    box_out_end(&out, box);
    if (colour != NULL) {
        box = box_out_begin(&out, "colr");
        box_out_bytes(&out, colour, 11);
        box_out_end(&out, box);
    }
    box_out_end(&out, entry);

    codecs[0] = '\0';
    rc = entry_codecs(out.bytes, out.len, video, codecs);
    free(out.bytes);
    return rc;
}

#define READ(type, config, bytes) \
    read_entry(type, config, bytes, sizeof(bytes) - 1, NULL)
#define HDR10 "nclx\0\x09\0\x10\0\x09\0"


START_TEST(pictures_tell_their_codec)
{
    ck_assert_int_eq(READ("avc1", "avcC", "\1\x64\0\x1f\xff"), 0);
    ck_assert_str_eq(codecs, "avc1.64001f");

    /* ISO/IEC 14496-15, annex E.3 */
    ck_assert_int_eq(READ("hvc1", "hvcC", "\1\1\x60\0\0\0\x90\0\0\0\0\0\x5d"),
                     0);
    ck_assert_str_eq(codecs, "hvc1.1.6.L93.90");
    ck_assert_int_eq(READ("hev1", "hvcC", "\1\x22\x20\0\0\0\xb0\0\1\0\0\0\x99"),
                     0);
    ck_assert_str_eq(codecs, "hev1.2.4.H153.B0.0.1");

    ck_assert_int_eq(READ("av01", "av1C", "\x81\x08\x0c\0"), 0);
    ck_assert_str_eq(codecs, "av01.0.08M.08");
    ck_assert_int_eq(READ("vp09", "vpcC", "\1\0\0\0\0\x29\x82\1\1\1\0\0"), 0);
    ck_assert_str_eq(codecs, "vp09.00.41.08");
}
END_TEST


START_TEST(colours_that_are_not_the_usual_ones_are_told)
{
    ck_assert_int_eq(read_entry("av01", "av1C", "\x81\x0d\xcc\0", 4, HDR10), 0);
    ck_assert_str_eq(codecs, "av01.0.13H.10.0.110.09.16.09.0");
    ck_assert_int_eq(READ("vp09", "vpcC", "\1\0\0\0\2\x29\xa2\x09\x10\x09\0\0"),
                     0);
    ck_assert_str_eq(codecs, "vp09.02.41.10.01.09.16.09.00");
}
END_TEST


#define ES(kind, config)                                                   \
    "\0\0\0\0\3\x80\x80\x80\x25\0\1\0\4\x80\x80\x80\x17" kind "\x15\0\0\0" \
    "\0\0\0\0\0\0\0\0\5\x80\x80\x80\5" config "\6\x80\x80\x80\1\2"


START_TEST(sound_tells_its_codec)
{
    ck_assert_int_eq(READ("mp4a", "esds", ES("\x40", "\x12\x10\0\0\0")), 0);
    ck_assert_str_eq(codecs, "mp4a.40.2");

    /* SBR that is told in front, and behind what others understand */
    ck_assert_int_eq(READ("mp4a", "esds", ES("\x40", "\x2b\x92\x08\0\0")), 0);
    ck_assert_str_eq(codecs, "mp4a.40.5");
    ck_assert_int_eq(READ("mp4a", "esds", ES("\x40", "\x13\x10\x56\xe5\x98")),
                     0);
    ck_assert_str_eq(codecs, "mp4a.40.5");

    /* escaped: 32 and ten */
    ck_assert_int_eq(READ("mp4a", "esds", ES("\x40", "\xf9\x40\0\0\0")), 0);
    ck_assert_str_eq(codecs, "mp4a.40.42");
    ck_assert_int_eq(READ("mp4a", "esds", ES("\x6b", "\0\0\0\0\0")), 0);
    ck_assert_str_eq(codecs, "mp4a.6b");

    ck_assert_int_eq(READ("ac-3", "dac3", "\x10\x3d\xc0"), 0);
    ck_assert_str_eq(codecs, "ac-3");
    ck_assert_int_eq(READ("Opus", "dOps", "\0\2\1\x38"), 0);
    ck_assert_str_eq(codecs, "opus");
    ck_assert_int_eq(READ("fLaC", "dfLa", "\0\0\0\0"), 0);
    ck_assert_str_eq(codecs, "fLaC");
}
END_TEST


START_TEST(what_is_short_or_unknown_is_refused)
{
    size_t len;
    static const char es[] = ES("\x40", "\x12\x10\0\0\0");

    for (len = 0; len < 4; len++) {
        ck_assert_int_eq(read_entry("avc1", "avcC", "\1\x64\0\x1f", len, NULL),
                         -1);
    }
    for (len = 0; len < sizeof(es) - 9; len++) {
        ck_assert_int_eq(read_entry("mp4a", "esds", es, len, NULL), -1);
    }
    ck_assert_int_eq(READ("avc1", "hvcC", "\1\x64\0\x1f"), -1);
    ck_assert_int_eq(READ("encv", "avcC", "\1\x64\0\x1f"), -1);
    ck_assert_int_eq(READ("hvc1", "hvcC", "\1\1\x60\0\0\0\x90\0\0\0\0\0"), -1);
}
END_TEST


RUN("worker/cmaf/entry", pictures_tell_their_codec,
    colours_that_are_not_the_usual_ones_are_told, sound_tells_its_codec,
    what_is_short_or_unknown_is_refused)
