#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/dash.h"

#define ROW(name, kind, more)                               \
    "{\"name\":\"" name "\",\"kind\":\"" kind               \
    "\",\"folder\":\"f1\",\"about\":{"                      \
    "\"bandwidth\":1000,\"duration\":20.0004,\"init\":700," \
    "\"index\":[700,64]," more "}}"
#define AVC "\"codecs\":\"avc1.64001f\",\"cuts\":\"a1\""
#define SIZE ",\"width\":1280,\"height\":720"
#define AAC "\"codecs\":\"mp4a.40.2\""
#define RATE(rate) ",\"frame_rate\":" rate

#define MANIFEST(...) manifest((const char *const[]){ __VA_ARGS__, NULL })

static char *text;


static const char *
manifest(const char *const *row)
{
    json_t *rows = json_array();

    for (/* void */; *row != NULL; row++) {
        json_array_append_new(rows, json_loads(*row, JSON_DECODE_ANY, NULL));
    }
    free(text);
    text = dash_manifest(rows);
    json_decref(rows);

    return text;
}


static void
has(const char *part)
{
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(strstr(text, part) != NULL, "%s is not in\n%s", part, text);
}


static void
lacks(const char *part)
{
    ck_assert_msg(strstr(text, part) == NULL, "%s is in\n%s", part, text);
}


START_TEST(a_picture_is_found_by_its_index)
{
    MANIFEST(ROW("v720", "video", AVC SIZE RATE("25")));
    has("profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" "
        "type=\"static\" mediaPresentationDuration=\"PT20.001S\"");
    has("<AdaptationSet id=\"1\" contentType=\"video\" mimeType=\"video/mp4\" "
        "subsegmentAlignment=\"true\" subsegmentStartsWithSAP=\"1\">");
    has("<Representation id=\"v720\" bandwidth=\"1000\" codecs=\"avc1.64001f\" "
        "width=\"1280\" height=\"720\" frameRate=\"25\">");
    has("<BaseURL>f1/v720.mp4</BaseURL>");
    has("<SegmentBase indexRange=\"700-763\">");
    has("<Initialization range=\"0-699\"/>");
}
END_TEST


START_TEST(rates_of_television_are_fractions)
{
    MANIFEST(ROW("v1", "video", AVC RATE("29.97002997")));
    has("frameRate=\"30000/1001\"");
    MANIFEST(ROW("v1", "video", AVC RATE("23.976")));
    has("frameRate=\"24000/1001\"");
    MANIFEST(ROW("v1", "video", AVC RATE("12.5")));
    has("frameRate=\"12500/1000\"");
    MANIFEST(ROW("v1", "video", AVC RATE("60") ",\"mean_rate\":24"));
    has("frameRate=\"24\"");
    MANIFEST(ROW("v1", "video", AVC));
    lacks("frameRate");
}
END_TEST


START_TEST(a_set_has_one_codec_and_what_all_play_is_first)
{
    MANIFEST(ROW("v1080-hevc", "video", "\"codecs\":\"hvc1.1.6.L120.90\""),
             ROW("v720", "video", AVC), ROW("v360", "video", AVC));
    has("<AdaptationSet id=\"2\"");
    lacks("<AdaptationSet id=\"3\"");
    ck_assert(strstr(text, "v720") < strstr(text, "v1080-hevc"));
    ck_assert(strstr(text, "v360") < strstr(text, "v1080-hevc"));
}
END_TEST


START_TEST(alignment_is_said_where_it_is_so)
{
    MANIFEST(ROW("v720", "video", AVC),
             ROW("v360", "video", "\"codecs\":\"avc1.64001e\",\"cuts\":\"b\""));
    has("subsegmentAlignment=\"false\"");
    MANIFEST(ROW("v720", "video", AVC ",\"open\":true"));
    has("subsegmentStartsWithSAP=\"3\"");
}
END_TEST


START_TEST(a_high_range_is_told)
{
    MANIFEST(ROW("v1", "video",
                 "\"codecs\":\"hvc1.2.4.L150.90\",\"range\":"
                 "\"PQ\""),
             ROW("v2", "video",
                 "\"codecs\":\"hvc1.2.4.L150.90\",\"range\":"
                 "\"HLG\""));
    has("<EssentialProperty schemeIdUri=\"urn:mpeg:mpegB:cicp:"
        "TransferCharacteristics\" value=\"16\"/>");
    has("<SupplementalProperty schemeIdUri=\"urn:mpeg:mpegB:cicp:"
        "TransferCharacteristics\" value=\"18\"/>");
    has("ColourPrimaries\" value=\"9\"");
}
END_TEST


START_TEST(sound_tells_its_channels_and_what_it_is_for)
{
    MANIFEST(
        ROW("a1", "audio",
            AAC ",\"language\":\"fr\",\"channels\":2,\"sample_rate\":48000"),
        ROW("a2", "audio", AAC ",\"purpose\":\"description\",\"channels\":8"),
        ROW("a3", "audio", AAC ",\"purpose\":\"commentary\""));
    has("mimeType=\"audio/mp4\" lang=\"fr\" subsegmentAlignment");
    has("ChannelConfiguration\" value=\"2\"/>");
    has("ChannelConfiguration\" value=\"12\"/>");
    has("audioSamplingRate=\"48000\"");
    has("<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/>");
    has("<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"commentary\"/>");
    has("<Accessibility schemeIdUri=\"urn:tva:metadata:cs:AudioPurposeCS:2007\""
        " value=\"1\"/>");
}
END_TEST


START_TEST(subtitles_are_files_beside)
{
    MANIFEST("{\"name\":\"s1\",\"kind\":\"subtitles\",\"folder\":\"f3\","
             "\"about\":{\"language\":\"de\",\"purpose\":\"forced\"}}",
             "{\"name\":\"s2\",\"kind\":\"subtitles\",\"folder\":\"f3\","
             "\"about\":{\"purpose\":\"hearing-impaired\"}}");
    has("mimeType=\"text/vtt\" lang=\"de\"");
    has("<BaseURL>f3/s1.vtt</BaseURL>");
    has("value=\"forced-subtitle\"");
    has("value=\"caption\"");
    lacks("SegmentBase");
}
END_TEST


START_TEST(a_title_is_text_and_no_elements)
{
    MANIFEST(ROW("a1", "audio", AAC ",\"title\":\"<b> & \\uffff\\u0001x\""));
    has("<Label>&lt;b&gt; &amp;  x</Label>");
}
END_TEST


START_TEST(a_track_without_an_index_is_refused)
{
    ck_assert_ptr_null(
        MANIFEST("{\"name\":\"v1\",\"kind\":\"video\",\"folder\":\"f\","
                 "\"about\":{\"codecs\":\"avc1.64001f\",\"init\":5}}"));
    ck_assert_ptr_null(MANIFEST(ROW("v<1", "video", AVC)));
}
END_TEST


RUN("worker/media/dash", a_picture_is_found_by_its_index,
    rates_of_television_are_fractions,
    a_set_has_one_codec_and_what_all_play_is_first,
    alignment_is_said_where_it_is_so, a_high_range_is_told,
    sound_tells_its_channels_and_what_it_is_for, subtitles_are_files_beside,
    a_title_is_text_and_no_elements, a_track_without_an_index_is_refused)
