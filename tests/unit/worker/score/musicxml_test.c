#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/musicxml.h"

#define HEAD "<?xml version='1.0'?><score-partwise>"
#define TAIL "</score-partwise>"

static music_t music;
static char complaint[256];


/* Reads it in pieces of so many bytes. */
static int
read_by(const char *text, size_t len, size_t piece)
{
    int rc = 0;
    size_t n;
    musicxml_t *reader = musicxml_create(&music);

    ck_assert_ptr_nonnull(reader);
    for (; rc == 0 && len > 0; text += n, len -= n) {
        n = len < piece ? len : piece;
        rc = musicxml_feed(reader, text, n);
    }
    if (rc == 0) {
        rc = musicxml_end(reader);
    }

    snprintf(complaint, sizeof(complaint), "%s",
             rc == 0 ? "" : musicxml_complaint(reader));
    musicxml_free(reader);
    return rc;
}


static void
reads(const char *text)
{
    ck_assert_msg(read_by(text, strlen(text), strlen(text)) == 0, "%s",
                  complaint);
}


static void
refuses(const char *text, const char *says)
{
    ck_assert_int_eq(read_by(text, strlen(text), strlen(text)), -1);
    ck_assert_msg(strstr(complaint, says) != NULL, "%s", complaint);
}


static const char score[] =
    "<?xml version='1.0' encoding='UTF-8'?>"
    "<!DOCTYPE score-partwise PUBLIC '-//Recordare//DTD MusicXML 4.0//EN' "
    "'http://www.musicxml.org/dtds/partwise.dtd'>"
    "<score-partwise version='4.0'>"
    "<work><work-title>Au clair  de la lune</work-title></work>"
    "<movement-title>Un autre</movement-title>"
    "<identification><creator type='composer'>Lully</creator>"
    "<creator type='lyricist'>Anonyme</creator>"
    "<creator type='composer'>Boieldieu</creator>"
    "<rights>none</rights></identification>"
    "<part-list><score-part id='P1'><part-name>Voix</part-name>"
    "<score-instrument><part-name>no</part-name></score-instrument>"
    "</score-part><score-part id='P2'><part-name>Fl&#251;te</part-name>"
    "</score-part></part-list>"
    "<part id='P1'><measure><attributes><key><fifths>-1</fifths>"
    "<mode>major</mode></key><time><beats>4</beats><beat-type>4</beat-type>"
    "</time></attributes>"
    "<direction><direction-type><words>Andante</words></direction-type>"
    "<sound tempo='96.5'/></direction>"
    "<note><lyric number='1'><syllabic>begin</syllabic><text>lu</text></lyric>"
    "<lyric number='2'><text>Pierrot</text></lyric></note>"
    "<note><lyric number='1'><syllabic>end</syllabic><text>ne</text></lyric>"
    "<lyric number='2'><text>dort</text></lyric></note>"
    "</measure><measure><attributes><key><fifths>3</fifths></key>"
    "</attributes></measure></part>"
    "<part id='P2'><measure/><measure/></part></score-partwise>";


START_TEST(a_score_says_who_made_what)
{
    reads(score);
    ck_assert_str_eq(music.title, "Au clair de la lune");
    ck_assert_str_eq(music.composer, "Lully, Boieldieu");
    ck_assert_str_eq(music.lyricist, "Anonyme");
    ck_assert_str_eq(music.arranger, "");
}
END_TEST


START_TEST(its_parts_are_named)
{
    reads(score);
    ck_assert_int_eq(music.parts, 2);
    ck_assert_str_eq(music.part[0], "Voix");
    ck_assert_str_eq(music.part[1], "Flûte");
}
END_TEST


START_TEST(the_first_key_time_and_tempo_are_told)
{
    reads(score);
    ck_assert_str_eq(music.key, "F major");
    ck_assert_str_eq(music.time, "4/4");
    ck_assert_double_eq_tol(music.tempo, 96.5, 1e-9);
    ck_assert_int_eq(music.measures, 2);
}
END_TEST


START_TEST(syllables_are_joined_verse_by_verse)
{
    reads(score);
    ck_assert_str_eq(music.text, "Andante lune Pierrot dort");
}
END_TEST


START_TEST(pieces_of_a_byte_read_as_well_as_the_whole)
{
    ck_assert_int_eq(read_by(score, sizeof(score) - 1, 1), 0);
    ck_assert_str_eq(music.text, "Andante lune Pierrot dort");
    ck_assert_str_eq(music.part[1], "Flûte");
}
END_TEST


START_TEST(a_score_by_measures_counts_them)
{
    reads("<score-timewise><movement-title>Air</movement-title>"
          "<measure><part id='a'/><part id='b'/></measure>"
          "<measure><part id='a'/><part id='b'/></measure></score-timewise>");
    ck_assert_int_eq(music.measures, 2);
    ck_assert_str_eq(music.title, "Air");
}
END_TEST


START_TEST(a_metronome_counts_in_its_own_notes)
{
    reads(HEAD "<metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
               "<per-minute>80</per-minute></metronome>" TAIL);
    ck_assert_double_eq_tol(music.tempo, 120, 1e-9);
    reads(HEAD "<metronome><beat-unit>half</beat-unit>"
               "<per-minute>fast</per-minute></metronome>" TAIL);
    ck_assert_double_eq_tol(music.tempo, 0, 1e-9);
}
END_TEST


START_TEST(what_is_no_number_is_no_tempo)
{
    static const char *const tempos[] = { "",    "-1",   "nan",  "0x60",
                                          "1e3", "1001", "1.2.3" };
    size_t i;
    char text[128];

    for (i = 0; i < COUNT(tempos); i++) {
        snprintf(text, sizeof(text), HEAD "<sound tempo='%s'/>" TAIL,
                 tempos[i]);
        reads(text);
        ck_assert_msg(music.tempo <= 0, "%s", tempos[i]);
    }
}
END_TEST


START_TEST(a_time_of_other_than_digits_is_none)
{
    reads(HEAD "<time><beats>3+2</beats><beat-type>8</beat-type></time>" TAIL);
    ck_assert_str_eq(music.time, "3+2/8");
    reads(HEAD "<time><beats>x</beats><beat-type>8</beat-type></time>" TAIL);
    ck_assert_str_eq(music.time, "");
}
END_TEST


START_TEST(a_text_that_declares_entities_is_refused)
{
    refuses("<!DOCTYPE score-partwise [<!ENTITY a 'aaaa'>"
            "<!ENTITY b '&a;&a;&a;'>]><score-partwise>&b;</score-partwise>",
            "entities");
    refuses("<!DOCTYPE score-partwise [<!ENTITY a SYSTEM 'file:///etc/passwd'>]"
            "><score-partwise>&a;</score-partwise>",
            "entities");
    refuses("<!DOCTYPE score-partwise [<!ENTITY % p SYSTEM 'http://x/'> %p;]>"
            "<score-partwise/>",
            "entities");
}
END_TEST


START_TEST(a_text_nested_without_end_is_refused)
{
    char text[2048] = HEAD;
    int i;

    for (i = 0; i < MUSICXML_DEPTH_MAX; i++) {
        strcat(text, "<a>");
    }
    refuses(text, "nested");
}
END_TEST


START_TEST(a_token_without_end_is_refused)
{
    size_t len = 4 * MUSICXML_TOKEN_MAX;
    char *text = malloc(len);

    memset(text, 'a', len);
    memcpy(text, HEAD "<!--", sizeof(HEAD "<!--") - 1);
    ck_assert_int_eq(read_by(text, len, 65536), -1);
    ck_assert_ptr_nonnull(strstr(complaint, "larger"));
    free(text);
}
END_TEST


START_TEST(a_text_that_is_cut_off_is_refused)
{
    size_t len;

    for (len = 0; len < sizeof(score) - 1; len += 7) {
        ck_assert_int_eq(read_by(score, len, 64), -1);
    }
}
END_TEST


START_TEST(xml_of_another_kind_is_refused)
{
    refuses("<svg/>", "no score");
    refuses("<a><score-partwise/></a>", "no score");
    refuses("not at all", "damaged");
}
END_TEST


START_TEST(a_long_name_is_cut_between_characters)
{
    char text[4096] = HEAD "<work-title>";
    int i;

    for (i = 0; i < 700; i++) {
        strcat(text, "é");
    }
    strcat(text, "</work-title>" TAIL);
    reads(text);
    ck_assert_uint_eq(strlen(music.title), 254);
}
END_TEST


RUN("worker/musicxml", a_score_says_who_made_what, its_parts_are_named,
    the_first_key_time_and_tempo_are_told, syllables_are_joined_verse_by_verse,
    pieces_of_a_byte_read_as_well_as_the_whole, a_score_by_measures_counts_them,
    a_metronome_counts_in_its_own_notes, what_is_no_number_is_no_tempo,
    a_time_of_other_than_digits_is_none,
    a_text_that_declares_entities_is_refused,
    a_text_nested_without_end_is_refused, a_token_without_end_is_refused,
    a_text_that_is_cut_off_is_refused, xml_of_another_kind_is_refused,
    a_long_name_is_cut_between_characters)
