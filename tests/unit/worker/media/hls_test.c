#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/hls.h"

#define VIDEO(name, codecs, rate, width, height)                   \
    "{\"name\":\"" name "\",\"kind\":\"video\",\"folder\":\"f1\"," \
    "\"about\":{\"codecs\":\"" codecs "\",\"bandwidth\":" rate     \
    ",\"average\":" rate ",\"width\":" width ",\"height\":" height \
    ",\"frame_rate\":25,\"range\":\"SDR\",\"iframes\":1000}}"
#define AUDIO(name, more)                                          \
    "{\"name\":\"" name "\",\"kind\":\"audio\",\"folder\":\"f2\"," \
    "\"about\":{" more "}}"
#define AAC "\"codecs\":\"mp4a.40.2\",\"bandwidth\":130000,\"average\":128000"
#define AC3 "\"codecs\":\"ac-3\",\"bandwidth\":450000,\"average\":448000"
#define TEXT(name, more)                                               \
    "{\"name\":\"" name "\",\"kind\":\"subtitles\",\"folder\":\"f3\"," \
    "\"about\":{" more "}}"
#define EN ",\"language\":\"en\""
#define PURPOSE(word) ",\"purpose\":\"" word "\""
#define TITLE(text) ",\"title\":\"" text "\""
#define FLOOR VIDEO("v720", "avc1.64001f", "2000000", "1280", "720")

static track_segment_t segments[] = { { 764, 6000, 6006, 1000 },
                                      { 6764, 2000, 4000, 900 } };
static track_t track = { .video = 1,
                         .timescale = 1000,
                         .end = 10006,
                         .codecs = "avc1.64001f",
                         .init = 700,
                         .index_at = 700,
                         .index_size = 64,
                         .segment = segments,
                         .count = 2 };
static char *text;


#define MASTER(...) master((const char *const[]){ __VA_ARGS__, NULL })

static const char *
master(const char *const *row)
{
    json_t *rows = json_array();

    for (/* void */; *row != NULL; row++) {
        json_array_append_new(rows, json_loads(*row, JSON_DECODE_ANY, NULL));
    }
    free(text);
    text = hls_master(rows);
    json_decref(rows);

    return text;
}


static void
has(const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "%s is not in\n%s", part, text);
}


static void
lacks(const char *part)
{
    ck_assert_msg(strstr(text, part) == NULL, "%s is in\n%s", part, text);
}


START_TEST(a_media_playlist_has_ranges_of_one_file)
{
    text = hls_media(&track, "v720.mp4");
    ck_assert_str_eq(text, "#EXTM3U\n"
                           "#EXT-X-VERSION:7\n"
                           "#EXT-X-TARGETDURATION:6\n"
                           "#EXT-X-MEDIA-SEQUENCE:0\n"
                           "#EXT-X-PLAYLIST-TYPE:VOD\n"
                           "#EXT-X-INDEPENDENT-SEGMENTS\n"
                           "#EXT-X-MAP:URI=\"v720.mp4\",BYTERANGE=\"700@0\"\n"
                           "#EXTINF:6.006000,\n"
                           "#EXT-X-BYTERANGE:6000@764\n"
                           "v720.mp4\n"
                           "#EXTINF:4.000000,\n"
                           "#EXT-X-BYTERANGE:2000@6764\n"
                           "v720.mp4\n"
                           "#EXT-X-ENDLIST\n");
    free(text);
}
END_TEST


START_TEST(first_pictures_have_a_playlist)
{
    text = hls_iframes(&track, "v720.mp4");
    has("#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:");
    has("#EXTINF:6.006000,\n#EXT-X-BYTERANGE:1000@764\n");
    has("#EXTINF:4.000000,\n#EXT-X-BYTERANGE:900@6764\n");
    free(text);
}
END_TEST


START_TEST(segments_that_need_others_are_not_called_independent)
{
    track_t open = track;

    open.open = 1;
    text = hls_media(&open, "v720.mp4");
    lacks("INDEPENDENT");
    free(text);
}
END_TEST


START_TEST(sound_that_begins_late_lasts_from_the_films_zero)
{
    track_t late = track;

    late.first = 1500;
    late.end += 1500;
    text = hls_media(&late, "a1.mp4");
    has("#EXTINF:7.506000,\n");
    has("TARGETDURATION:8\n");
    free(text);
}
END_TEST


START_TEST(rounding_does_not_add_up)
{
    track_segment_t thirds[] = { { 0, 1, 1, 1 },
                                 { 1, 1, 1, 1 },
                                 { 2, 1, 1, 1 } };
    track_t odd = track;

    odd.timescale = 3;
    odd.segment = thirds;
    odd.count = 3;
    text = hls_media(&odd, "x.mp4");
    has("0.333333,");
    has("0.333334,");
    free(text);
}
END_TEST


START_TEST(subtitles_are_one_segment)
{
    text = hls_text("s1.vtt", 61.5);
    has("#EXT-X-TARGETDURATION:62\n");
    has("#EXTINF:61.500000,\ns1.vtt\n#EXT-X-ENDLIST\n");
    free(text);
}
END_TEST


START_TEST(a_variant_tells_all_of_picture_and_sound)
{
    MASTER(FLOOR, AUDIO("a1", AAC));
    has("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    has("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"a1\",DEFAULT=YES,"
        "AUTOSELECT=YES,URI=\"f2/a1.m3u8\"\n");
    has("#EXT-X-STREAM-INF:BANDWIDTH=2130000,AVERAGE-BANDWIDTH=2128000,"
        "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,VIDEO-RANGE=SDR,"
        "FRAME-RATE=25.000,AUDIO=\"audio\",CLOSED-CAPTIONS=NONE\n"
        "f1/v720.m3u8\n");
    has("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1000,CODECS=\"avc1.64001f\","
        "RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI=\"f1/v720.iframes.m3u8\"\n");
}
END_TEST


START_TEST(the_largest_sound_of_a_group_counts)
{
    MASTER(FLOOR, AUDIO("a1", AAC), AUDIO("a2", AC3));
    has("BANDWIDTH=2450000,AVERAGE-BANDWIDTH=2448000,"
        "CODECS=\"avc1.64001f,mp4a.40.2,ac-3\"");
}
END_TEST


START_TEST(more_channels_are_a_group_with_all_tracks)
{
    MASTER(FLOOR, AUDIO("a1", AAC EN ",\"channels\":2"),
           AUDIO("a1-51", AC3 ",\"channels\":6"),
           AUDIO("a2", AAC ",\"channels\":2,\"language\":\"fr\""));
    has("GROUP-ID=\"audio\",NAME=\"en\",LANGUAGE=\"en\",DEFAULT=YES,"
        "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"f2/a1.m3u8\"\n");
    has("GROUP-ID=\"audio-51\",NAME=\"en\",LANGUAGE=\"en\",DEFAULT=YES,"
        "AUTOSELECT=YES,CHANNELS=\"6\",URI=\"f2/a1-51.m3u8\"\n");
    has("GROUP-ID=\"audio-51\",NAME=\"fr\",LANGUAGE=\"fr\",DEFAULT=NO,"
        "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"f2/a2.m3u8\"\n");
    has("AUDIO=\"audio-51\"");
    has("BANDWIDTH=2450000,");
    has("BANDWIDTH=2130000,");
}
END_TEST


START_TEST(purposes_are_said_in_the_words_of_the_field)
{
    MASTER(FLOOR, AUDIO("a1", AAC EN),
           AUDIO("a2", AAC EN PURPOSE("description")),
           AUDIO("a3", AAC EN PURPOSE("commentary") TITLE("Ann")),
           TEXT("s1", "\"n\":1" EN PURPOSE("hearing-impaired")),
           TEXT("s2", "\"language\":\"de\"" PURPOSE("forced")));
    has("NAME=\"en (2)\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,"
        "CHARACTERISTICS=\"public.accessibility.describes-video\",");
    has("NAME=\"Ann\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,URI=");
    has("TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"en\",LANGUAGE=\"en\","
        "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\""
        "public.accessibility.transcribes-spoken-dialog,"
        "public.accessibility.describes-music-and-sound\","
        "URI=\"f3/s1.m3u8\"\n");
    has("LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI=");
    has(",SUBTITLES=\"text\",");
}
END_TEST


START_TEST(one_sound_alone_is_the_default)
{
    MASTER(FLOOR, AUDIO("a1", AAC), AUDIO("a2", AAC ",\"default\":true"),
           AUDIO("a3", AAC ",\"default\":true"));
    has("NAME=\"a1\",DEFAULT=NO,AUTOSELECT=NO");
    has("NAME=\"a2\",DEFAULT=YES,AUTOSELECT=YES");
    has("NAME=\"a3\",DEFAULT=NO,AUTOSELECT=NO");
}
END_TEST


START_TEST(a_title_cannot_end_its_quotes)
{
    MASTER(FLOOR, AUDIO("a1", AAC TITLE("A \\\"B\\\"\\nC,X=\\u0007\\u00e9")));
    has("NAME=\"A 'B' C,X= \xc3\xa9\",");
}
END_TEST


START_TEST(a_player_begins_with_what_all_play_and_is_not_large)
{
    const char *first;

    MASTER(VIDEO("v1080", "avc1.640028", "6000000", "1920", "1080"),
           VIDEO("v1080-hevc", "hvc1.1.6.L120.90", "900000", "1920", "1080"),
           VIDEO("v240", "avc1.640015", "300000", "426", "240"), FLOOR);
    first = strstr(text, "#EXT-X-STREAM-INF");
    ck_assert_ptr_nonnull(strstr(first, "f1/v720.m3u8"));
    ck_assert_ptr_eq(strstr(first, "f1/"), strstr(first, "f1/v720.m3u8"));
    ck_assert(strstr(first, "f1/v240.m3u8") < strstr(first, "f1/v1080.m3u8"));
}
END_TEST


START_TEST(sound_alone_is_a_variant)
{
    MASTER(AUDIO("a1", AAC));
    lacks("EXT-X-MEDIA:");
    lacks("AUDIO=");
    has("CODECS=\"mp4a.40.2\",CLOSED-CAPTIONS=NONE\nf2/a1.m3u8\n");

    MASTER(AUDIO("a1", AAC), AUDIO("a2", AAC));
    has("NAME=\"a1\",DEFAULT=YES,AUTOSELECT=YES\n");
    has("NAME=\"a2\",DEFAULT=NO,AUTOSELECT=NO,URI=\"f2/a2.m3u8\"\n");
    has(",AUDIO=\"audio\",CLOSED-CAPTIONS=NONE\nf2/a1.m3u8\n");
}
END_TEST


START_TEST(a_picture_that_is_open_takes_independence_from_all)
{
    MASTER("{\"name\":\"v1\",\"kind\":\"video\",\"folder\":\"f\",\"about\":{"
           "\"codecs\":\"avc1.64001f\",\"bandwidth\":1,\"open\":true}}");
    lacks("INDEPENDENT");
    lacks("FRAME-RATE");
    lacks("RESOLUTION");
}
END_TEST


START_TEST(what_cannot_be_named_is_refused)
{
    ck_assert_ptr_null(MASTER(VIDEO("v\\n1", "avc1.64001f", "1", "1", "1")));
    ck_assert_ptr_null(MASTER(VIDEO("../v1", "avc1.64001f", "1", "1", "1")));
    ck_assert_ptr_null(MASTER(VIDEO("v1", "avc1\\\"", "1", "1", "1")));
    ck_assert_ptr_null(MASTER("{\"name\":\"v1\",\"kind\":\"smell\","
                              "\"folder\":\"f\",\"about\":{}}"));
    ck_assert_ptr_null(MASTER("3"));
}
END_TEST


RUN("worker/media/hls", a_media_playlist_has_ranges_of_one_file,
    first_pictures_have_a_playlist,
    segments_that_need_others_are_not_called_independent,
    sound_that_begins_late_lasts_from_the_films_zero, rounding_does_not_add_up,
    subtitles_are_one_segment, a_variant_tells_all_of_picture_and_sound,
    the_largest_sound_of_a_group_counts,
    more_channels_are_a_group_with_all_tracks,
    purposes_are_said_in_the_words_of_the_field, one_sound_alone_is_the_default,
    a_title_cannot_end_its_quotes,
    a_player_begins_with_what_all_play_and_is_not_large,
    sound_alone_is_a_variant,
    a_picture_that_is_open_takes_independence_from_all,
    what_cannot_be_named_is_refused)
