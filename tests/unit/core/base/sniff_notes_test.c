#include <string.h>
#include "core/base/sniff.h"
#include "tests/unit/suite.h"

static unsigned char bytes[SNIFF_SIZE];


/* Bytes that no format starts with, for what stands behind a signature. */
static void
clear(void)
{
    memset(bytes, 0xa5, sizeof(bytes));
}


static void
at(size_t offset, const void *what, size_t len)
{
    memcpy(bytes + offset, what, len);
}

#define AT(offset, text) at(offset, text, sizeof(text) - 1)


/* Expects the first `len` bytes to be of this format, or of none. */
static void
is(size_t len, const char *extension, const char *demuxer, media_kind_t kind)
{
    const sniff_t *found = sniff(bytes, len);

    ck_assert_msg(found != NULL, "no %s", extension);
    ck_assert_str_eq(found->extension, extension);
    ck_assert_pstr_eq(found->demuxer, demuxer);
    ck_assert_int_eq(found->kind, kind);
}


static void
is_nothing(size_t len)
{
    const sniff_t *found = sniff(bytes, len);

    ck_assert_msg(found == NULL, "%s", found ? found->name : "");
}


static void
text_is_nothing(const char *text)
{
    const sniff_t *found = sniff(text, strlen(text));

    ck_assert_msg(found == NULL, "%s", text);
}


/* A zip's first entry: its name, and what stands behind that. */
static void
zip(const char *name, const char *data)
{
    unsigned char lengths[4] = { (unsigned char) strlen(name) };

    clear();
    AT(0, "PK\3\4");
    at(26, lengths, sizeof(lengths));
    at(30, name, strlen(name));
    at(30 + strlen(name), data, strlen(data));
}


/* A second entry. */
static void
behind(const char *name)
{
    unsigned char lengths[4] = { (unsigned char) strlen(name) };

    AT(100, "PK\3\4");
    at(126, lengths, sizeof(lengths));
    at(130, name, strlen(name));
}


START_TEST(compressed_musicxml_is_a_zip_of_its_own_kind)
{
    zip("mimetype", "application/vnd.recordare.musicxml");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
    is_nothing(71);
    zip("META-INF/container.xml", "");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
    zip("META-INF/", "");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
    zip("score.xml", "");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
    is_nothing(38);
    zip("a/score.musicxml", "");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
}
END_TEST


START_TEST(a_zip_s_score_may_stand_behind_other_files)
{
    zip("a/cover.png", "");
    behind("a/b.xml");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
    zip("score_style.mss", "");
    is(SNIFF_SIZE, "mxl", NULL, MEDIA_SCORE);
}
END_TEST


START_TEST(another_zip_is_nothing)
{
    zip("mimetype", "application/epub+zip");
    is_nothing(SNIFF_SIZE);
    zip("META-INF/MANIFEST.MF", "");
    is_nothing(SNIFF_SIZE);
    zip("[Content_Types].xml", "");
    is_nothing(SNIFF_SIZE);
    zip("evil.exe", "");
    is_nothing(SNIFF_SIZE);
    zip("a.rels", "");
    behind("[Content_Types].xml");
    is_nothing(SNIFF_SIZE);
    zip("", "");
    is_nothing(SNIFF_SIZE);
    zip("xml", "");
    AT(26, "\xff\xff");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(midi_has_a_magic)
{
    clear();
    AT(0, "MThd\0\0\0\6\0\1\0\2");
    is(SNIFF_SIZE, "mid", NULL, MEDIA_SCORE);
    is_nothing(7);
    AT(4, "\0\0\0\x0a"); /* a longer header */
    is(SNIFF_SIZE, "mid", NULL, MEDIA_SCORE);
    AT(4, "\0\0\0\5");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(midi_may_be_wrapped_in_riff)
{
    clear();
    AT(0, "RIFF\x20\0\0\0RMIDdata");
    is(SNIFF_SIZE, "mid", NULL, MEDIA_SCORE);
}
END_TEST


START_TEST(musicxml_is_xml_with_a_score)
{
    static const char *const texts[] = {
        "<?xml version=\"1.0\"?>\n<score-partwise version=\"4.0\">",
        "\xef\xbb\xbf<?xml version=\"1.0\"?><score-timewise>",
        "  \r\n\t<score-partwise>",
        "<!DOCTYPE score-partwise><score-partwise\n>",
        "<?xml version='1.0'?><!-- <svg> --><?pi <svg>?><score-partwise>",
        "<?xml version='1.0'?><opus>",
        "<?xml version='1.0'?><museScore version='3'>"
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        clear();
        at(0, texts[i], strlen(texts[i]));
        is(strlen(texts[i]), "musicxml", NULL, MEDIA_SCORE);
    }
}
END_TEST


START_TEST(musicxml_may_be_of_two_bytes_a_letter)
{
    static const char text[] = "<?xml version='1.0'?><score-partwise>";
    size_t i, big;

    for (big = 0; big < 2; big++) {
        clear();
        at(0, big ? "\xfe\xff" : "\xff\xfe", 2);
        for (i = 0; i < sizeof(text) - 1; i++) {
            at(2 + 2 * i + big, text + i, 1);
            at(2 + 2 * i + !big, "", 1);
        }
        is(SNIFF_SIZE, "musicxml", NULL, MEDIA_SCORE);
        is_nothing(2 * sizeof(text) - 2);
        is_nothing(2);
        is_nothing(3);
    }
}
END_TEST


START_TEST(musicxml_of_two_bytes_needs_no_mark)
{
    static const char text[] = "<?xml version='1.0'?><score-partwise>";
    size_t i, big;

    for (big = 0; big < 2; big++) {
        clear();
        for (i = 0; i < sizeof(text) - 1; i++) {
            at(2 * i + big, text + i, 1);
            at(2 * i + !big, "", 1);
        }
        is(SNIFF_SIZE, "musicxml", NULL, MEDIA_SCORE);
    }
}
END_TEST


START_TEST(xml_may_begin_with_a_long_comment)
{
    clear();
    memset(bytes, 'a', sizeof(bytes));
    AT(0, "<?xml version='1.0'?><!--");
    is(SNIFF_SIZE, "musicxml", NULL, MEDIA_SCORE);
    is_nothing(1000);
}
END_TEST


START_TEST(xml_without_a_score_is_nothing)
{
    text_is_nothing("<?xml version=\"1.0\"?><svg><!-- <score-partwise> -->");
    text_is_nothing("<?xml version=\"1.0\"?><a><score-partwise/></a>");
    text_is_nothing("<?xml version=\"1.0\"?>");
    text_is_nothing("<?xml version=\"1.0\"?><svg width=\"1\"></svg>");
    text_is_nothing("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash\"/>");
    text_is_nothing("<?xml version=\"1.0\"?><score-partwise");
    text_is_nothing("<?xml version=\"1.0\"?><score-partwiser>");
    text_is_nothing("about <?xml and <score-partwise> in words");
}
END_TEST


RUN("core/sniff_notes", compressed_musicxml_is_a_zip_of_its_own_kind,
    a_zip_s_score_may_stand_behind_other_files, another_zip_is_nothing,
    midi_has_a_magic, midi_may_be_wrapped_in_riff, musicxml_is_xml_with_a_score,
    musicxml_may_be_of_two_bytes_a_letter, musicxml_of_two_bytes_needs_no_mark,
    xml_may_begin_with_a_long_comment, xml_without_a_score_is_nothing)
