#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/mxl.h"
#include "zip_made.h"

#define CONTAINER "META-INF/container.xml"
#define ROOT(path)                                                          \
    "<?xml version='1.0'?><container><rootfiles><rootfile full-path='" path \
    "'/><rootfile full-path='b.pdf' media-type='application/pdf'/>"         \
    "</rootfiles></container>"

static char unpacked[1 << 16];
static size_t unpacked_len;
static const char *complaint;


static int
keep(void *data, const char *more, size_t size)
{
    (void) data;

    if (size > sizeof(unpacked) - 1 - unpacked_len) {
        return -1;
    }
    memcpy(unpacked + unpacked_len, more, size);
    unpacked_len += size;
    unpacked[unpacked_len] = '\0';
    return 0;
}


static int
unpack(void)
{
    zip_t zip;
    zip_entry_t score;

    unpacked_len = 0;
    complaint = NULL;
    if (mxl_score(made, made_len, &zip, &score, &complaint) != 0) {
        return -1;
    }
    complaint = mxl_complaint(
        zip_unpack(&zip, &score, sizeof(unpacked), keep, NULL));
    return complaint == NULL ? 0 : -1;
}


static void
finds(const char *text)
{
    ck_assert_msg(unpack() == 0, "%s", complaint);
    ck_assert_str_eq(unpacked, text);
}


static void
refuses(const char *says)
{
    ck_assert_int_eq(unpack(), -1);
    ck_assert_ptr_nonnull(complaint);
    ck_assert_msg(strstr(complaint, says) != NULL, "%s", complaint);
}


START_TEST(the_container_leads_to_the_score)
{
    made_begin();
    made_add("mimetype", "application/vnd.recordare.musicxml", 34, 0);
    made_text(CONTAINER, ROOT("a/score.xml"));
    made_text("score.xml", "another");
    made_text("a/score.xml", "the score");
    made_end();
    finds("the score");
}
END_TEST


START_TEST(a_path_is_taken_as_it_is_meant)
{
    static const char *const roots[] = { ROOT("./a/score.xml"),
                                         ROOT("/a/score.xml"),
                                         ROOT("a\\score.xml") };
    size_t i;

    for (i = 0; i < COUNT(roots); i++) {
        made_begin();
        made_text(CONTAINER, roots[i]);
        made_text("first.xml", "another");
        made_text("a/score.xml", "the score");
        made_end();
        finds("the score");
    }
}
END_TEST


START_TEST(the_first_file_that_is_notes_counts_whatever_its_type)
{
    static const char *const types[] = {
        "application/vnd.recordare.musicxml+xml",
        "application/vnd.recordare.musicxml", "text/xml", "application/xml", ""
    };
    size_t i;
    char text[512];

    for (i = 0; i < COUNT(types); i++) {
        snprintf(text, sizeof(text),
                 "<container><rootfiles>"
                 "<rootfile full-path='a.pdf' media-type='application/pdf'/>"
                 "<rootfile full-path='b.xml' media-type='%s'/>"
                 "<rootfile full-path='c.xml'/></rootfiles></container>",
                 types[i]);
        made_begin();
        made_text(CONTAINER, text);
        made_text("c.xml", "another");
        made_text("b.xml", "the score");
        made_end();
        finds("the score");
    }
}
END_TEST


START_TEST(without_container_the_first_that_is_called_a_score_is_it)
{
    made_begin();
    made_text("__MACOSX/._s.xml", "another");
    made_text("a/._s.xml", "another");
    made_text("META-INF/other.xml", "another");
    made_text("a/s.MusicXML", "the score");
    made_text("b.xml", "another");
    made_end();
    finds("the score");

    made_begin();
    made_text(CONTAINER, ROOT("gone.xml"));
    made_text("s.xml", "the score");
    made_end();
    finds("the score");
}
END_TEST


START_TEST(a_zip_without_score_is_refused)
{
    made_begin();
    made_text("score.txt", "the score");
    made_end();
    refuses("no score");

    made_begin();
    made_text(CONTAINER, ROOT("score.xml"));
    made_end();
    refuses("no score");

    made_begin();
    made_text(CONTAINER, "<container/>");
    made_end();
    refuses("no score");
}
END_TEST


START_TEST(a_file_of_musescore_s_is_called_so)
{
    made_begin();
    made_text(CONTAINER, ROOT("song.mscx"));
    made_text("song.mscx", "<museScore/>");
    made_end();
    refuses("MuseScore's own format");

    made_begin();
    made_text("score_style.mss", "");
    made_text("song.mscx", "<museScore/>");
    made_end();
    refuses("MuseScore's own format");
}
END_TEST


START_TEST(a_container_that_declares_anything_is_refused)
{
    made_begin();
    made_text(CONTAINER, "<!DOCTYPE c [<!ENTITY a 'score.xml'>]><c>"
                         "<rootfile full-path='&a;'/></c>");
    made_text("score.xml", "the score");
    made_end();
    refuses("damaged");

    made_begin();
    made_text(CONTAINER, "<!DOCTYPE c [<!ATTLIST c a CDATA 'b'>]><c/>");
    made_text("score.xml", "the score");
    made_end();
    refuses("damaged");
}
END_TEST


START_TEST(a_zip_that_is_cut_is_refused)
{
    size_t whole, i;

    made_begin();
    made_text(CONTAINER, ROOT("s.xml"));
    made_text("s.xml", "the score");
    made_end();
    whole = made_len;
    for (i = 0; i < whole - 4; i++) {
        made_len = i;
        ck_assert_int_eq(unpack(), -1);
        ck_assert_ptr_nonnull(complaint);
    }
}
END_TEST


START_TEST(an_encrypted_score_is_called_so)
{
    made_begin();
    made_text(CONTAINER, ROOT("s.xml"));
    made_text("s.xml", "the score")[8] = 1;
    made_end();
    refuses("encrypted");
}
END_TEST


START_TEST(a_large_container_is_refused)
{
    char *blanks = malloc(MXL_CONTAINER_MAX + 1);

    memset(blanks, ' ', MXL_CONTAINER_MAX + 1);
    made_begin();
    made_add(CONTAINER, blanks, MXL_CONTAINER_MAX + 1, 1);
    made_end();
    free(blanks);
    refuses("more than");
}
END_TEST


RUN("worker/mxl", the_container_leads_to_the_score,
    a_path_is_taken_as_it_is_meant,
    the_first_file_that_is_notes_counts_whatever_its_type,
    without_container_the_first_that_is_called_a_score_is_it,
    a_zip_without_score_is_refused, a_file_of_musescore_s_is_called_so,
    a_container_that_declares_anything_is_refused, a_zip_that_is_cut_is_refused,
    an_encrypted_score_is_called_so, a_large_container_is_refused)
