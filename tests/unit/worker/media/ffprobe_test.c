#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/ffprobe.h"

#define FILE_OF(duration, streams)                                      \
    "{\"format\":{\"format_name\":\"mov,mp4\",\"duration\":\"" duration \
    "\",\"bit_rate\":\"1000\"},\"streams\":[" streams "]}"

#define FILM_STREAM                                                    \
    "{\"index\":0,\"codec_type\":\"video\",\"codec_name\":\"h264\","   \
    "\"profile\":\"High\",\"level\":31,\"width\":1280,\"height\":720," \
    "\"pix_fmt\":\"yuv420p\",\"avg_frame_rate\":\"30000/1001\","       \
    "\"sample_aspect_ratio\":\"1:1\",\"duration\":\"20.0\","           \
    "\"disposition\":{\"default\":1}}"

#define SOUND_STREAM                                                \
    "{\"index\":1,\"codec_type\":\"audio\",\"codec_name\":\"aac\"," \
    "\"profile\":\"LC\",\"sample_rate\":\"44100\",\"channels\":2,"  \
    "\"tags\":{\"LANGUAGE\":\"fra\",\"title\":\"Commentaire\"}}"

#define COVER_STREAM                                                  \
    "{\"index\":2,\"codec_type\":\"video\",\"codec_name\":\"mjpeg\"," \
    "\"width\":300,\"height\":300,\"disposition\":{\"attached_pic\":1}}"

static ffprobe_t probe;


static void
parse(const char *json)
{
    ck_assert_int_eq(ffprobe_parse(json, strlen(json), &probe), 0);
}


START_TEST(a_film_has_its_picture_and_its_sound)
{
    parse(FILE_OF("20.5", FILM_STREAM "," SOUND_STREAM));

    ck_assert_int_eq(probe.video.index, 0);
    ck_assert_int_eq(probe.audio.index, 1);
    ck_assert_str_eq(probe.video.profile, "High");
    ck_assert_double_eq_tol(probe.duration, 20.5, 1e-9);
    ck_assert_double_eq_tol(probe.video.frame_rate, 29.97003, 1e-4);
    ck_assert_ptr_null(ffprobe_complaint(&probe, 1 << 20));
    ffprobe_free(&probe);
}
END_TEST


START_TEST(names_are_those_of_the_file_and_not_of_a_stream)
{
    parse("{\"format\":{\"format_name\":\"mov,mp4\",\"tags\":{"
          "\"TITLE\":\"Am\\nMeer\",\"artist\":\"Jan \\u00d8re\"}},"
          "\"streams\":[" FILM_STREAM "," SOUND_STREAM "]}");
    ck_assert_str_eq(probe.title, "Am Meer");
    ck_assert_str_eq(probe.author, "Jan \u00d8re");
    ffprobe_free(&probe);

    parse(FILE_OF("20", SOUND_STREAM));
    ck_assert_str_eq(probe.title, "");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_recording_has_its_album_and_its_cover)
{
    parse("{\"format\":{\"format_name\":\"mp3\",\"tags\":{"
          "\"album\":\"Suiten\",\"track\":\"3/12\",\"disc\":\"0\","
          "\"DATE\":\"1987-05-01\"}},\"streams\":[" SOUND_STREAM
          "," COVER_STREAM "]}");
    ck_assert_str_eq(probe.album, "Suiten");
    ck_assert_int_eq(probe.track, 3);
    ck_assert_int_eq(probe.disc, 0);
    ck_assert_int_eq(probe.year, 1987);
    ck_assert_int_eq(probe.cover, 2);
    ffprobe_free(&probe);

    parse(FILE_OF("20", SOUND_STREAM));
    ck_assert_int_eq(probe.cover, -1);
    ck_assert_int_eq(probe.year, 0);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(matroska_says_when_it_ends_and_not_how_long_it_is)
{
    parse("{\"format\":{\"format_name\":\"matroska,webm\","
          "\"start_time\":\"1000.0\",\"duration\":\"1003.0\"},\"streams\":["
          "{\"index\":0,\"codec_type\":\"audio\",\"codec_name\":\"opus\","
          "\"sample_rate\":\"48000\",\"channels\":2,"
          "\"start_time\":\"1001.0\","
          "\"tags\":{\"DURATION\":\"00:16:42.500000000\"}}]}");
    ck_assert_double_eq_tol(probe.duration, 3, 1e-9);
    ck_assert_double_eq_tol(probe.audio.start, 1001, 1e-9);
    ck_assert_double_eq_tol(probe.audio.duration, 1.5, 1e-9);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(frames_beyond_the_duration_are_hidden)
{
    parse(FILE_OF(
        "6.8", "{\"index\":0,\"codec_type\":\"video\",\"codec_name\":\"h264\","
               "\"width\":320,\"height\":180,\"avg_frame_rate\":\"25/1\","
               "\"duration\":\"6.8\",\"nb_frames\":\"200\"},"
               "{\"index\":1,\"codec_type\":\"audio\",\"codec_name\":\"aac\","
               "\"profile\":\"LC\",\"sample_rate\":\"48000\",\"channels\":1,"
               "\"duration\":\"6.8\",\"nb_frames\":\"379\"}"));
    ck_assert_double_eq_tol(probe.video.hidden, 1.2, 1e-9);
    ck_assert_double_eq_tol(probe.audio.hidden, 1.285333, 1e-6);
    ffprobe_free(&probe);

    /* it does not say how many there are */
    parse(FILE_OF("20.5", FILM_STREAM "," SOUND_STREAM));
    ck_assert_double_eq(probe.video.hidden, 0);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(pictures_that_avi_counts_and_has_not_are_missing)
{
    parse("{\"format\":{\"format_name\":\"avi\",\"duration\":\"1.84\"},"
          "\"streams\":[{\"index\":0,\"codec_type\":\"video\","
          "\"codec_name\":\"h264\",\"width\":320,\"height\":180,"
          "\"avg_frame_rate\":\"25/1\",\"duration\":\"1.84\","
          "\"nb_frames\":\"75\"}]}");
    ck_assert_double_eq_tol(probe.video.duration, 3, 1e-9);
    ck_assert_double_eq(probe.video.hidden, 0);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(ogg_has_its_names_with_the_first_stream)
{
    parse("{\"format\":{\"format_name\":\"ogg\"},\"streams\":[" SOUND_STREAM
          "]}");
    ck_assert_str_eq(probe.title, "Commentaire");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(tags_are_found_whatever_their_case)
{
    json_t *sound;

    parse(FILE_OF("20", FILM_STREAM "," SOUND_STREAM));

    sound = json_array_get(probe.streams, 1);
    ck_assert_str_eq(json_string_value(json_object_get(sound, "language")),
                     "fra");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_cover_picture_is_no_film)
{
    parse(FILE_OF("20", SOUND_STREAM "," COVER_STREAM));

    ck_assert_int_eq(probe.video.index, -1);
    ck_assert_int_eq(probe.audio.index, 1);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_turned_film_is_measured_as_displayed)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"video\","
                        "\"codec_name\":\"h264\",\"width\":640,\"height\":360,"
                        "\"side_data_list\":[{\"rotation\":-90}]}"));

    ck_assert_int_eq(probe.video.rotation, 90);
    ck_assert_int_eq(probe.video.width, 360);
    ck_assert_int_eq(probe.video.height, 640);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(pixels_that_are_not_square_are_stretched)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"video\","
                        "\"codec_name\":\"h264\",\"width\":720,\"height\":576,"
                        "\"sample_aspect_ratio\":\"64:45\"}"));

    ck_assert_int_eq(probe.video.width, 1024);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(in_matroska_a_stream_s_duration_is_a_tag)
{
    parse(FILE_OF("90.5", "{\"index\":0,\"codec_type\":\"video\","
                          "\"codec_name\":\"vp9\",\"width\":64,\"height\":36,"
                          "\"tags\":{\"DURATION\":\"00:01:05.500000000\"}}"));

    ck_assert_double_eq_tol(probe.video.duration, 65.5, 1e-9);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(the_stream_marked_as_default_is_played)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"audio\","
                        "\"codec_name\":\"aac\",\"sample_rate\":\"48000\"},"
                        "{\"index\":1,\"codec_type\":\"audio\","
                        "\"codec_name\":\"aac\",\"sample_rate\":\"48000\","
                        "\"disposition\":{\"default\":1}}"));

    ck_assert_int_eq(probe.audio.index, 1);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_file_without_pictures_or_sound_is_refused)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"data\"}"));

    ck_assert_ptr_nonnull(ffprobe_complaint(&probe, 1 << 20));
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_file_that_does_not_know_its_length_is_refused)
{
    parse(FILE_OF("N/A", FILM_STREAM));

    ck_assert_ptr_nonnull(ffprobe_complaint(&probe, 1 << 20));
    ffprobe_free(&probe);
}
END_TEST


START_TEST(what_cannot_be_decoded_is_named_and_not_played)
{
    parse(FILE_OF("20", FILM_STREAM ",{\"index\":1,\"codec_type\":\"audio\","
                                    "\"codec_name\":\"mpegh_3d_audio\","
                                    "\"sample_rate\":\"48000\"}"));
    ck_assert_int_eq(probe.audio.index, -1);
    ck_assert_ptr_null(ffprobe_complaint(&probe, 1 << 20));
    ck_assert_str_eq(probe.missing,
                     "There is no decoder here for its sound (MPEG-H 3D "
                     "Audio): it is played without.");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(probe.streams, 1), "note")),
                     "no decoder");
    ffprobe_free(&probe);

    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"video\","
                        "\"codec_tag_string\":\"vvc1\"}"));
    ck_assert_str_eq(ffprobe_complaint(&probe, 1 << 20),
                     "There is no decoder here for H.266 (VVC): nothing in "
                     "the file can be played.");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(nothing_is_missing_where_another_stream_is_played)
{
    parse(FILE_OF("20", FILM_STREAM
                  "," SOUND_STREAM ",{\"index\":2,\"codec_type\":\"audio\","
                  "\"codec_tag_string\":\"ac-4\",\"sample_rate\":\"48000\"}"));
    ck_assert_int_eq(probe.audio.index, 1);
    ck_assert_str_eq(probe.missing, "");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(pictures_of_text_are_told)
{
    parse(FILE_OF("20", FILM_STREAM ",{\"index\":1,\"codec_type\":\"subtitle\","
                                    "\"codec_name\":\"hdmv_pgs_subtitle\"}"));
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(probe.streams, 1), "note")),
                     "pictures of text");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(hours_of_next_to_nothing_are_refused)
{
    parse(FILE_OF("86000", FILM_STREAM));
    ck_assert_ptr_nonnull(
        strstr(ffprobe_complaint(&probe, 126000), "next to nothing"));
    ck_assert_ptr_null(ffprobe_complaint(&probe, 344000));
    ffprobe_free(&probe);

    parse(FILE_OF("3600", FILM_STREAM));
    ck_assert_ptr_null(ffprobe_complaint(&probe, 1));
    ffprobe_free(&probe);
}
END_TEST


START_TEST(what_has_more_values_than_any_film_is_no_answer)
{
    size_t n;
    static char json[1 << 18];

    n = (size_t) sprintf(json, "{\"format\":{},\"streams\":[{}");
    while (n < 150100) {
        n += (size_t) sprintf(json + n, ",{}");
    }
    sprintf(json + n, "]}");
    ck_assert_int_eq(ffprobe_parse(json, strlen(json), &probe), -1);
}
END_TEST


START_TEST(more_than_a_day_is_refused)
{
    parse(FILE_OF("86401", FILM_STREAM));

    ck_assert_ptr_nonnull(
        strstr(ffprobe_complaint(&probe, 1 << 20), "24 hours"));
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_text_that_ends_late_makes_no_film_longer)
{
    static const char text[] =
        "{\"index\":2,\"codec_type\":\"subtitle\",\"codec_name\":\"subrip\"}";
    char json[4096];

    snprintf(json, sizeof(json), FILE_OF("4294969", FILM_STREAM ",%s"), text);
    parse(json);
    ck_assert_double_eq_tol(probe.duration, 20, 1e-9);
    ck_assert_ptr_null(ffprobe_complaint(&probe, 1 << 20));
    ffprobe_free(&probe);

    parse(FILE_OF("4294969", FILM_STREAM));
    ck_assert_double_eq_tol(probe.duration, 4294969, 1e-9);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(what_is_not_from_ffprobe_is_refused)
{
    size_t i;
    static const char *const wrong[] = { "", "{}", "[]", "{\"format\":{}}",
                                         "{\"format\":[],\"streams\":[]}" };

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(ffprobe_parse(wrong[i], strlen(wrong[i]), &probe) == -1,
                      "%s was taken", wrong[i]);
    }
}
END_TEST


START_TEST(numbers_beyond_all_measure_count_as_none)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"video\","
                        "\"codec_name\":\"h264\",\"width\":720,\"height\":576,"
                        "\"level\":1e300,\"duration\":\"-5\","
                        "\"avg_frame_rate\":\"1e308/1e-308\","
                        "\"side_data_list\":[{\"rotation\":1e300}]}"));

    ck_assert_int_eq(probe.video.level, 0);
    ck_assert_int_eq(probe.video.rotation, 0);
    ck_assert(probe.video.duration == 0 && probe.video.frame_rate == 0);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_film_without_height_is_no_film)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"video\","
                        "\"codec_name\":\"h264\",\"width\":720}"));

    ck_assert_int_eq(probe.video.index, -1);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_narrow_film_is_never_without_width)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"video\","
                        "\"codec_name\":\"h264\",\"width\":1,\"height\":9,"
                        "\"sample_aspect_ratio\":\"11:100\"}"));

    ck_assert_int_eq(probe.video.width, 1);
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_name_is_cut_between_two_letters)
{
    parse(FILE_OF("20", "{\"index\":0,\"codec_type\":\"audio\",\"codec_name\":"
                        "\"abcdefghijklmnopqrstuvwxyzabcd\u00e9\","
                        "\"sample_rate\":1}"));

    ck_assert_uint_eq(json_array_size(probe.streams), 1);
    ck_assert_str_eq(probe.audio.codec, "abcdefghijklmnopqrstuvwxyzabcd");
    ffprobe_free(&probe);
}
END_TEST


START_TEST(a_sound_that_changes_is_remembered)
{
    json_t *facts;

    parse(FILE_OF("20", "{\"index\":3,\"codec_type\":\"audio\",\"codec_name\":"
                        "\"aac\",\"channels\":2,\"sample_rate\":48000}"));
    ck_assert_int_eq(probe.sounds[0].changes, 0);
    ck_assert_int_eq(ffprobe_changes(&probe, 0), 0);
    ck_assert_int_eq(ffprobe_changes(&probe, -1), 0);
    ck_assert_int_eq(ffprobe_changes(&probe, 3), 1);
    ck_assert_int_eq(ffprobe_changes(&probe, 3), 0);
    ck_assert_int_eq(probe.sounds[0].changes, 1);

    facts = json_incref(probe.facts);
    ffprobe_free(&probe);
    ck_assert_int_eq(ffprobe_recall(facts, &probe), 0);
    ck_assert_int_eq(probe.sounds[0].changes, 1);
    json_decref(facts);
    ffprobe_free(&probe);
}
END_TEST


RUN("worker/ffprobe", a_sound_that_changes_is_remembered,
    a_text_that_ends_late_makes_no_film_longer,
    a_recording_has_its_album_and_its_cover,
    matroska_says_when_it_ends_and_not_how_long_it_is,
    frames_beyond_the_duration_are_hidden,
    pictures_that_avi_counts_and_has_not_are_missing,
    a_film_has_its_picture_and_its_sound,
    names_are_those_of_the_file_and_not_of_a_stream,
    ogg_has_its_names_with_the_first_stream, tags_are_found_whatever_their_case,
    a_cover_picture_is_no_film, a_turned_film_is_measured_as_displayed,
    pixels_that_are_not_square_are_stretched,
    in_matroska_a_stream_s_duration_is_a_tag,
    the_stream_marked_as_default_is_played,
    a_file_without_pictures_or_sound_is_refused,
    a_file_that_does_not_know_its_length_is_refused, more_than_a_day_is_refused,
    hours_of_next_to_nothing_are_refused,
    what_cannot_be_decoded_is_named_and_not_played,
    nothing_is_missing_where_another_stream_is_played,
    pictures_of_text_are_told, what_has_more_values_than_any_film_is_no_answer,
    what_is_not_from_ffprobe_is_refused,
    numbers_beyond_all_measure_count_as_none, a_film_without_height_is_no_film,
    a_narrow_film_is_never_without_width, a_name_is_cut_between_two_letters)
