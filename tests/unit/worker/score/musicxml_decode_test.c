#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/musicxml_decode.h"

static char text[4096];
static size_t text_len;
static musicxml_decode_t decode;


static int
keep(void *data, const char *utf8, size_t len)
{
    (void) data;

    ck_assert_uint_lt(text_len + len, sizeof(text));
    memcpy(text + text_len, utf8, len);
    text_len += len;
    text[text_len] = '\0';
    return 0;
}


static musicxml_decode_rc_t
read_by(const char *bytes, size_t len, size_t piece)
{
    size_t n;
    musicxml_decode_rc_t rc = MUSICXML_DECODE_OK;

    text_len = 0;
    text[0] = '\0';
    musicxml_decode_init(&decode, keep, NULL);
    for (; rc == MUSICXML_DECODE_OK && len > 0; bytes += n, len -= n) {
        n = len < piece ? len : piece;
        rc = musicxml_decode_feed(&decode, bytes, n);
    }
    if (rc == MUSICXML_DECODE_OK) {
        rc = musicxml_decode_end(&decode);
    }
    musicxml_decode_free(&decode);
    return rc;
}


/* In whatever pieces it comes. */
static void
reads(const char *bytes, size_t len, const char *as)
{
    size_t piece;

    for (piece = 1; piece <= len; piece += piece < 8 ? 1 : 7) {
        ck_assert_int_eq(read_by(bytes, len, piece), MUSICXML_DECODE_OK);
        ck_assert_str_eq(text, as);
    }
}

#define READS(bytes, as) reads(bytes, sizeof(bytes) - 1, as)


START_TEST(utf_8_is_passed_on)
{
    READS("<?xml version='1.0'?><a>ö", "<?xml version='1.0'?><a>ö");
    READS("<?xml encoding='UTF-8'?>ö", "<?xml encoding='UTF-8'?>ö");
    READS("<a>ö", "<a>ö");
    READS("", "");
}
END_TEST


START_TEST(marks_and_blanks_in_front_are_left_out)
{
    READS("\xef\xbb\xbf<a>ö", "<a>ö");
    READS(" \r\n\t<a>ö", "<a>ö");
}
END_TEST


START_TEST(a_mark_counts_for_more_than_what_is_said)
{
    READS("\xef\xbb\xbf<?xml encoding='GBK'?>ö", "<?xml encoding='GBK'?>ö");
    READS("\xff\xfe<\0a\0>\0\xf6\0", "<a>ö");
    READS("\xfe\xff\0<\0a\0>\0\xf6", "<a>ö");
    READS("\xff\xfe\0\0<\0\0\0>\0\0\0", "<>");
}
END_TEST


START_TEST(two_bytes_a_letter_need_no_mark)
{
    READS("<\0a\0>\0\x34\xd8\x1e\xdd", "<a>𝄞");
    READS("\0<\0a\0>\xd8\x34\xdd\x1e", "<a>𝄞");
}
END_TEST


START_TEST(what_has_ascii_s_letters_is_no_utf_16)
{
    READS("<?xml encoding='UTF-16'?>ö", "<?xml encoding='UTF-16'?>ö");
}
END_TEST


START_TEST(other_encodings_are_converted)
{
    READS("<?xml version='1.0' encoding = \"GB18030\" ?>\xdc\xd4\x81\x30\x81"
          "\x30",
          "<?xml version='1.0' encoding = \"GB18030\" ?>茉\xc2\x80");
    READS("<?xml encoding='windows-1251'?>\xca", "<?xml encoding='windows-1251'"
                                                 "?>К");
}
END_TEST


START_TEST(an_unknown_encoding_is_named)
{
    static const char klingon[] = "<?xml encoding='x-klingon'?>";

    ck_assert_int_eq(read_by(klingon, sizeof(klingon) - 1, 64),
                     MUSICXML_DECODE_UNKNOWN);
    ck_assert_str_eq(decode.name, "x-klingon");
}
END_TEST


START_TEST(what_is_not_written_as_it_says_is_refused)
{
    static const char *const texts[] = {
        "<?xml encoding='Shift_JIS'?>\x81", "<?xml encoding='GBK'?>\xff\xff ",
        "<?xml encoding='windows-1252'?>\x81"
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_int_eq(read_by(texts[i], strlen(texts[i]), 1),
                         MUSICXML_DECODE_UNTRUE);
    }
    ck_assert_int_eq(read_by("\xff\xfe<", 3, 1), MUSICXML_DECODE_UNTRUE);
}
END_TEST


RUN("worker/musicxml_decode", utf_8_is_passed_on,
    marks_and_blanks_in_front_are_left_out,
    a_mark_counts_for_more_than_what_is_said, two_bytes_a_letter_need_no_mark,
    what_has_ascii_s_letters_is_no_utf_16, other_encodings_are_converted,
    an_unknown_encoding_is_named, what_is_not_written_as_it_says_is_refused)
