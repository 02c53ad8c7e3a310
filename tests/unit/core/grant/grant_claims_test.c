#include <string.h>
#include "core/grant/grant.h"
#include "core/grant/grant_claims.h"
#include "tests/unit/exact.h"
#include "tests/unit/suite.h"


static int
holds_for(int (*rule)(const char *text, size_t len), const char *start,
          size_t len)
{
    char text[GRANT_TEXT_MAX];

    memset(text, 'x', sizeof(text));
    memcpy(text, start, strlen(start));
    text[len] = '\0';

    return holds(rule, text);
}


START_TEST(a_filename_may_be_anything_people_write)
{
    static const char *const names[] = {
        "a",    "film.mp4",      "a b.pdf",       "\"a\".pdf",
        "a\\b", "50% off; x=1",  "\u00e9t\u00e9", "\u00a0",
        "..",   "\U0001f3bc.pdf"
    };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(holds(grant_claims_filename, names[i]), "%s", names[i]);
    }
}
END_TEST


START_TEST(a_filename_is_no_path_and_has_no_controls)
{
    static const char *const names[] = {
        "",     "/",    "a/b",      "/etc",      "a\nb", "a\rb", "\t",
        "\x1f", "\x7f", "\xc2\x80", "a\xc2\x9f", "\xff", "a\xc3"
    };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(!holds(grant_claims_filename, names[i]), "%zu", i);
    }

    ck_assert(!grant_claims_filename("a\0b", 3));
}
END_TEST


START_TEST(a_filename_has_255_bytes_at_most)
{
    ck_assert(holds_for(grant_claims_filename, "a", 255));
    ck_assert(!holds_for(grant_claims_filename, "a", 256));
}
END_TEST


START_TEST(media_types_are_taken)
{
    static const char *const types[] = {
        "video/mp4",
        "application/vnd.apple.mpegurl",
        "image/svg+xml",
        "text/html;charset=utf-8",
        "text/html; charset=utf-8",
        "text/html \t;\t charset=utf-8",
        "text/html;charset=\"utf-8\"",
        "multipart/mixed; boundary=\"a b; \\\"c\\\\\"; x=y",
        "text/plain;",
        "text/plain; ;a=b",
        "a/b;c=\"\"",
        "!#$%&'*+-.^_`|~/1"
    };
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        ck_assert_msg(holds(grant_claims_type, types[i]), "%s", types[i]);
    }
}
END_TEST


START_TEST(what_is_no_media_type_is_refused)
{
    static const char *const types[] = { "",
                                         "video",
                                         "/",
                                         "video/",
                                         "/mp4",
                                         "video/mp4/x",
                                         "video /mp4",
                                         "video/ mp4",
                                         " video/mp4",
                                         "video/mp4 ",
                                         "video/mp4,video/webm",
                                         "video/mp4\r\nX: y",
                                         "video/mp4\n",
                                         "vid\u00e9o/mp4",
                                         "text/html charset=utf-8",
                                         "text/html;charset",
                                         "text/html;charset=",
                                         "text/html;charset =utf-8",
                                         "text/html;charset= utf-8",
                                         "text/html;=utf-8",
                                         "text/html;charset=\"utf-8",
                                         "text/html;charset=\"utf-8\\",
                                         "text/html;charset=\"utf-8\\\"",
                                         "text/html;charset=\"a\nb\"",
                                         "text/html;charset=\"a\\\nb\"",
                                         "text/html;charset=\"\u00e9\"",
                                         "text/html;charset=\"a\"b",
                                         "text/html;charset=a\"b\"",
                                         "text/html;charset=a b",
                                         "text/html;charset=\x7f",
                                         "<script>/x" };
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        ck_assert_msg(!holds(grant_claims_type, types[i]), "%s", types[i]);
    }

    ck_assert(!grant_claims_type("a/b\0c", 5));
    ck_assert(!grant_claims_type("a/b\0", 4));
}
END_TEST


START_TEST(what_plays_or_is_looked_at_is_passive)
{
    static const char *const types[] = {
        "video/mp4",       "audio/mpeg",      "image/jpeg",
        "application/pdf", "text/plain",      "application/octet-stream",
        "VIDEO/MP4",       "text/vtt",        "text/plain; charset=utf-8",
        "video/mp4 ;x=y",  "image/png;x=+xml"
    };
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        ck_assert_msg(holds(grant_claims_type_is_passive, types[i]), "%s",
                      types[i]);
    }
}
END_TEST


START_TEST(what_a_browser_may_run_is_not_passive)
{
    static const char *const types[] = {
        "text/html",
        "TEXT/HTML",
        "image/svg+xml",
        "image/SVG+XML; charset=utf-8",
        "text/xml",
        "application/xml",
        "text/javascript",
        "application/xhtml+xml",
        "video/x+xml",
        "text/plainer",
        "multipart/x-mixed-replace; boundary=video/mp4",
        "message/rfc822",
        "text/html;video/mp4"
    };
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        ck_assert_msg(!holds(grant_claims_type_is_passive, types[i]), "%s",
                      types[i]);
    }
}
END_TEST


START_TEST(a_media_type_has_127_characters_at_most)
{
    ck_assert(holds_for(grant_claims_type, "a/", 127));
    ck_assert(!holds_for(grant_claims_type, "a/", 128));
}
END_TEST


START_TEST(a_path_has_1023_bytes_at_most)
{
    ck_assert(holds_for(grant_claims_path, "/", 1023));
    ck_assert(!holds_for(grant_claims_path, "/", 1024));
}
END_TEST


START_TEST(a_path_is_utf8_without_nul)
{
    ck_assert(holds(grant_claims_path, "/\u00e9t\u00e9"));
    ck_assert(!holds(grant_claims_path, "/\xe9t\xe9"));
    ck_assert(!grant_claims_path("/a\0", 3));
}
END_TEST


RUN("core/grant_claims", a_filename_may_be_anything_people_write,
    a_filename_is_no_path_and_has_no_controls, a_filename_has_255_bytes_at_most,
    media_types_are_taken, what_is_no_media_type_is_refused,
    what_plays_or_is_looked_at_is_passive,
    what_a_browser_may_run_is_not_passive,
    a_media_type_has_127_characters_at_most, a_path_has_1023_bytes_at_most,
    a_path_is_utf8_without_nul)
