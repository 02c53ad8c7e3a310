#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/cue_text.h"
#include "worker/media/subtitles.h"

static cue_text_t words;


/* What the text of a cue becomes. */
static void
becomes(cue_text_form_t form, const char *from, const char *expected)
{
    cue_text(&words, form, NULL, from, strlen(from));
    ck_assert_str_eq(words.text, expected);
}


/* What a file becomes. */
static void
file_becomes(subtitles_form_t form, const char *from, double zero,
             double duration, const char *expected)
{
    char *text;
    size_t count;
    cues_t cues;

    ck_assert_int_eq(subtitles_form(from, strlen(from)), form);
    cues_init(&cues);
    subtitles_read(form, from, strlen(from), &cues);
    text = cues_vtt(&cues, zero, duration, &count);
    if (expected == NULL) {
        ck_assert_ptr_null(text);
    } else {
        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, expected);
    }
    free(text);
    cues_free(&cues);
}


START_TEST(italics_stay_and_colours_go)
{
    becomes(CUE_TEXT_SRT,
            "<i>Ich</i> <font color=\"#ff0\">bin</font> <B>da</B>",
            "<i>Ich</i> bin <b>da</b>");
    becomes(CUE_TEXT_VTT,
            "<c.loud>Ich</c> <v.first Ann & <b>>bin</v> <00:01.000>da",
            "Ich <v Ann  b>&gt;bin</v> da");
    becomes(CUE_TEXT_ASS, "{\\i1\\c&HFF&}Ich{\\i0}\\Nbin{\\b700}da{\\r}!",
            "<i>Ich</i>\nbin<b>da</b>!");
}
END_TEST


START_TEST(no_markup_of_a_stranger_s_comes_through)
{
    becomes(CUE_TEXT_SRT, "<script>alert(1)</script> a & b --> c <3",
            "&lt;script&gt;alert(1)&lt;/script&gt; a &amp; b --&gt; c &lt;3");
    becomes(CUE_TEXT_VTT, "<img src=x onerror=y>&amp;&lt;b&gt;",
            "&lt;img src=x onerror=y&gt;&amp;&lt;b&gt;");
    becomes(CUE_TEXT_ASS, "<b>x</b>", "&lt;b&gt;x&lt;/b&gt;");
}
END_TEST


START_TEST(tags_are_closed_in_their_order)
{
    becomes(CUE_TEXT_SRT, "<b>a<i>b</b>c", "<b>a<i>b</i></b><i>c</i>");
    becomes(CUE_TEXT_SRT, "</i>a<i>b<i>c", "a<i>bc</i>");
}
END_TEST


START_TEST(no_line_is_empty)
{
    becomes(CUE_TEXT_SRT, "\n\n a  b \r\n\n\n\tc \n", "a b\nc");
    becomes(CUE_TEXT_SRT, "<i> \n </i>", "");
    becomes(CUE_TEXT_SRT, "", "");
}
END_TEST


START_TEST(what_turns_lines_around_goes)
{
    becomes(CUE_TEXT_SRT,
            "a\u202eb\x07"
            "c",
            "a b c");
}
END_TEST


START_TEST(what_is_drawn_is_no_text)
{
    becomes(CUE_TEXT_ASS, "{\\p1}m 0 0 l 10 10{\\p0}x", "x");
    becomes(CUE_TEXT_ASS, "{\\p1}m 0 0 l 10 10", "");
}
END_TEST


START_TEST(a_place_on_the_screen_is_read)
{
    cue_text(&words, CUE_TEXT_SRT, NULL, "{\\an8}up", 8);
    ck_assert_int_eq(words.align, 8);
    ck_assert_str_eq(words.text, "up");
}
END_TEST


START_TEST(subrip_is_read_as_players_do)
{
    file_becomes(SUBTITLES_SRT,
                 "1\n00:00:01,000 --> 00:00:02,500\n- Eins\n\n- und\n\n"
                 "2\r\n00:00:03,000 --> 00:00:04,000 X1:1 Y1:2\r\n"
                 "{\\an8}Zwei\r\n\r\n"
                 "no number\n0:00:05.5 --> 0:00:06\nDrei\n7\n",
                 0, 0,
                 "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n- Eins\n- und\n\n"
                 "00:00:03.000 --> 00:00:04.000 line:0\nZwei\nno number\n\n"
                 "00:00:05.500 --> 00:00:06.000\nDrei\n7\n");
}
END_TEST


START_TEST(webvtt_keeps_its_settings_and_no_style)
{
    file_becomes(SUBTITLES_VTT,
                 "WEBVTT - x\n\nSTYLE\n::cue { background: url(http://x) }\n\n"
                 "REGION\nid:r\n\nNOTE --> no\n\nfirst\n"
                 "00:01.000 --> 00:02.000 line:0 region:r align:start "
                 "position:10%,x;y\nEins\n\nNOTE\nno cue\n",
                 0, 0,
                 "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:start\n"
                 "Eins\n");
}
END_TEST


START_TEST(ass_is_read_with_its_styles)
{
    file_becomes(
        SUBTITLES_ASS,
        "[Script Info]\nTitle: x\n[V4+ Styles]\n"
        "Format: Name, Fontname, Bold, Italic, Alignment\n"
        "Style: Default,Arial,0,0,2\nStyle: Sign,Arial,-1,0,7\n"
        "[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Sign,,Schild, links\n"
        "Comment: 0,0:00:01.00,0:00:02.00,Default,,nichts\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,Hallo,\\Nihr\n"
        "Dialogue: 1,0:00:01.00,0:00:02.50,Default,Ann,Hallo,\\Nihr\n",
        0, 0,
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHallo,\nihr\n\n"
        "00:00:03.000 --> 00:00:04.000 line:0 position:5% align:start\n"
        "<b>Schild, links</b>\n");
}
END_TEST


START_TEST(ass_has_places_of_its_own)
{
    file_becomes(
        SUBTITLES_ASS,
        "[Script Info]\nPlayResY: 480\n[Events]\nFormat: Start, End, Text\n"
        "Dialogue: 0:00:01.00,0:00:02.00,{\\an7}{\\pos(64,400)}below\n"
        "Dialogue: 0:00:02.00,0:00:03.00,{\\pos(320,100)\\pos(0,0)}above\n"
        "Dialogue: 0:00:03.00,0:00:04.00,{\\an9\\pos(9999,200)}right\n"
        "Dialogue: 0:00:04.00,0:00:05.00,{\\pos(-1,nan)\\pos(1}none\n",
        0, 0,
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 position:10% align:start\n"
        "below\n\n"
        "00:00:02.000 --> 00:00:03.000 line:0 position:50%\nabove\n\n"
        "00:00:03.000 --> 00:00:04.000 line:50% position:100% align:end\n"
        "right\n\n"
        "00:00:04.000 --> 00:00:05.000\nnone\n");
}
END_TEST


START_TEST(times_count_from_the_film_s_beginning)
{
    file_becomes(SUBTITLES_SRT,
                 "1\n00:00:09,000 --> 00:00:11,000\nvor\n\n"
                 "2\n00:00:12,000 --> 00:00:30,000\nin\n\n"
                 "3\n00:00:20,000 --> 00:00:30,000\nnach\n",
                 10, 5,
                 "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nvor\n\n"
                 "00:00:02.000 --> 00:00:05.000\nin\n");
}
END_TEST


START_TEST(what_has_no_titles_is_none)
{
    const char *nothing = "Dear Sir,\nplease --> see below.\n";

    ck_assert_int_eq(subtitles_form(nothing, strlen(nothing)), SUBTITLES_NONE);
    ck_assert_int_eq(subtitles_form("", 0), SUBTITLES_NONE);
    file_becomes(SUBTITLES_VTT, "WEBVTT\n\n", 0, 0, NULL);
    file_becomes(SUBTITLES_SRT, "00:00:02,000 --> 00:00:01,000\nx\n", 0, 0,
                 NULL);
}
END_TEST


START_TEST(too_many_are_told)
{
    int i;
    size_t count;
    cues_t cues;

    cues_init(&cues);
    for (i = 0; i <= CUES_MAX; i++) {
        cues_add(&cues, i, i + 1, 2, NULL, "x", 1);
    }
    ck_assert_int_eq(cues.full, 1);
    cues_free(&cues);

    cues_init(&cues);
    for (i = 0; i < 200; i++) {
        memset(words.text, 'a' + i % 26, 4000);
        cues_add(&cues, i, i + 1, 2, NULL, words.text, 4000);
    }
    ck_assert_int_eq(cues.full, 0);
    ck_assert_ptr_null(cues_vtt(&cues, 0, 0, &count));
    ck_assert_int_eq(cues.full, 1);
    cues_free(&cues);
}
END_TEST


START_TEST(a_title_without_end_is_cut)
{
    size_t i;
    static char text[9000];

    for (i = 0; i < sizeof(text) - 4; i += 4) {
        memcpy(text + i, "<i>x", 4);
    }
    cue_text(&words, CUE_TEXT_SRT, NULL, text, sizeof(text) - 4);
    memset(text, 'y', sizeof(text));
    cue_text(&words, CUE_TEXT_SRT, NULL, text, sizeof(text));
    ck_assert_int_eq(words.full, 1);
    ck_assert_uint_le(words.len, CUES_TEXT_MAX);
}
END_TEST


RUN("worker/subtitles", italics_stay_and_colours_go,
    no_markup_of_a_stranger_s_comes_through, tags_are_closed_in_their_order,
    no_line_is_empty, what_turns_lines_around_goes, what_is_drawn_is_no_text,
    a_place_on_the_screen_is_read, subrip_is_read_as_players_do,
    webvtt_keeps_its_settings_and_no_style, ass_is_read_with_its_styles,
    ass_has_places_of_its_own, times_count_from_the_film_s_beginning,
    what_has_no_titles_is_none, too_many_are_told, a_title_without_end_is_cut)
