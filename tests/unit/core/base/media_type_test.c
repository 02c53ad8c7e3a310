#include "core/base/media_type.h"
#include "tests/unit/suite.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))


static media_kind_t
kind_of(const char *name)
{
    return media_kind_from_name(name, strlen(name));
}


START_TEST(a_name_promises_a_kind)
{
    ck_assert_int_eq(kind_of("a.mp4"), MEDIA_VIDEO);
    ck_assert_int_eq(kind_of("a.webm"), MEDIA_VIDEO);
    ck_assert_int_eq(kind_of("a.b.mp3"), MEDIA_AUDIO);
    ck_assert_int_eq(kind_of("a.pdf"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of(".pdf"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("A.MusicXML"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("A.PNG"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("a.mxl"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("a.HEIC"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("a.tiff"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("song.kar"), MEDIA_SCORE);
    ck_assert_int_eq(kind_of("song.mscz"), MEDIA_SCORE);
}
END_TEST


START_TEST(other_names_promise_nothing)
{
    static const char *const names[] = { "",          ".",      "a",
                                         "mp4",       "a.",     "a.txt",
                                         "a.mp",      "a.mp44", "a.mp4 ",
                                         "a.mp4.exe", "a.m3u8", "a.svg" };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_int_eq(kind_of(names[i]), MEDIA_UNKNOWN);
    }
}
END_TEST


START_TEST(a_name_needs_no_terminator)
{
    ck_assert_int_eq(media_kind_from_name("a.mp4.txt", 5), MEDIA_VIDEO);
}
END_TEST


START_TEST(kinds_have_names)
{
    ck_assert_str_eq(media_kind_name(MEDIA_VIDEO), "video");
    ck_assert_str_eq(media_kind_name(MEDIA_AUDIO), "audio");
    ck_assert_str_eq(media_kind_name(MEDIA_SCORE), "score");
    ck_assert_str_eq(media_kind_name(MEDIA_UNKNOWN), "unknown");
    ck_assert_str_eq(media_kind_name((media_kind_t) 99), "unknown");
}
END_TEST


START_TEST(an_extension_has_a_type_in_either_case)
{
    ck_assert_str_eq(media_type("mp4", 3), "video/mp4");
    ck_assert_str_eq(media_type("AVIx", 3), "video/x-msvideo");
    ck_assert_str_eq(media_type("m3u8", 4), "application/vnd.apple.mpegurl");
}
END_TEST


START_TEST(other_extensions_have_none)
{
    ck_assert_ptr_null(media_type("", 0));
    ck_assert_ptr_null(media_type("html", 4));
    ck_assert_ptr_null(media_type("xml", 3));
}
END_TEST


START_TEST(documents_are_html_and_xml_of_any_kind)
{
    static const char *const documents[] = {
        "text/html", "TEXT/HTML",     "application/xhtml+xml",
        "text/xml",  "image/svg+xml", "application/vnd.recordare.musicxml+xml",
        "text/xsl"
    };
    static const char *const others[] = { "", "text/plain", "video/mp4", "xml",
                                          "application/pdf" };
    size_t i;

    for (i = 0; i < COUNT(documents); i++) {
        ck_assert(media_type_runs(documents[i], strlen(documents[i])));
    }

    for (i = 0; i < COUNT(others); i++) {
        ck_assert(!media_type_runs(others[i], strlen(others[i])));
    }
}
END_TEST


RUN("core/media_type", a_name_promises_a_kind, other_names_promise_nothing,
    a_name_needs_no_terminator, kinds_have_names,
    an_extension_has_a_type_in_either_case, other_extensions_have_none,
    documents_are_html_and_xml_of_any_kind)
