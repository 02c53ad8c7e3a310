#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/musicxml.h"
#include "worker/score/musicxml_verses.h"

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
    ck_assert_str_eq(music.title, "Au clair de la lune: Un autre");
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


START_TEST(times_are_added_up_and_alternatives_left_out)
{
    reads(HEAD "<time><beats>3</beats><beat-type>8</beat-type><beats>2</beats>"
               "<beat-type>4</beat-type></time>" TAIL);
    ck_assert_str_eq(music.time, "3/8+2/4");
    reads(HEAD "<time><beats>3+2</beats><beat-type>8</beat-type><beats>3"
               "</beats><beat-type>4</beat-type></time>" TAIL);
    ck_assert_str_eq(music.time, "3+2/8+3/4");
    reads(HEAD "<time><beats>3</beats><beat-type>4</beat-type>"
               "<interchangeable><beats>6</beats><beat-type>8</beat-type>"
               "</interchangeable></time>" TAIL);
    ck_assert_str_eq(music.time, "3/4");
    reads(HEAD "<time><senza-misura/></time>" TAIL);
    ck_assert_str_eq(music.time, "");
}
END_TEST


START_TEST(a_time_that_does_not_fit_is_none)
{
    int i;
    char text[1024] = HEAD "<time>";

    for (i = 0; i < 16; i++) {
        strcat(text, "<beats>3</beats><beat-type>8</beat-type>");
    }
    strcat(text, "</time>" TAIL);
    reads(text);
    ck_assert_str_eq(music.time, "");
}
END_TEST


static void
titled(const char *head, const char *title)
{
    char text[1024];

    snprintf(text, sizeof(text), HEAD "%s" TAIL, head);
    reads(text);
    ck_assert_str_eq(music.title, title);
}


START_TEST(a_movement_is_named_behind_its_work)
{
    titled("<work><work-title>Dichterliebe</work-title></work>"
           "<movement-number>7</movement-number>"
           "<movement-title>Ich grolle nicht</movement-title>",
           "Dichterliebe: 7. Ich grolle nicht");
    titled("<work><work-title>Suite</work-title></work>"
           "<movement-number>2</movement-number>",
           "Suite: 2");
    titled("<movement-title>Air</movement-title>", "Air");
}
END_TEST


START_TEST(a_title_that_is_told_twice_is_told_once)
{
    titled("<work><work-title>Air</work-title></work>"
           "<movement-title>AIR</movement-title>",
           "Air");
    titled("<work><work-title>Dichterliebe, op. 48</work-title></work>"
           "<movement-title>Dichterliebe</movement-title>",
           "Dichterliebe, op. 48");
    titled("<work><work-title>Suite in A</work-title></work>"
           "<movement-title>A</movement-title>",
           "Suite in A: A");
}
END_TEST


#define CREDIT(page, attributes, type, words)                             \
    "<credit page='" page "'>" type "<credit-words " attributes ">" words \
    "</credit-words></credit>"

START_TEST(what_is_printed_names_a_score_that_says_nothing_itself)
{
    titled(
        CREDIT("1", "", "<credit-type>composer</credit-type>", "Brahms")
            CREDIT("1", "", "<credit-type>title</credit-type>", "Wiegenlied"),
        "Wiegenlied");
    ck_assert_str_eq(music.composer, "Brahms");
    titled("<movement-title>Air</movement-title>" CREDIT(
               "1", "", "<credit-type>title</credit-type>", "Wiegenlied"),
           "Air");
}
END_TEST


START_TEST(the_largest_centred_line_of_page_one_is_a_title)
{
    titled(CREDIT("1", "font-size='24' justify='center'", "", "Sonata")
               CREDIT("1", "font-size='14' justify='center'", "", "for two")
                   CREDIT("1", "font-size='30' justify='right'", "", "Haydn")
                       CREDIT("2", "font-size='48' justify='center'", "", "II"),
           "Sonata");
    titled(CREDIT("1", "font-size='24' justify='center'", "", "Sonata")
               CREDIT("1", "font-size='24' halign='center'", "", "Score"),
           "");
    titled(CREDIT("1", "justify='center'", "", "Sonata"), "");
}
END_TEST


START_TEST(a_creator_is_known_by_any_form_of_his_type)
{
    reads(HEAD "<creator type='Composer'>Clara</creator>"
               "<creator type='translator'>Kafka</creator>"
               "<creator>Robert</creator>" TAIL);
    ck_assert_str_eq(music.composer, "Clara");
    ck_assert_str_eq(music.text, "Kafka Robert");
    reads(HEAD "<creator>Robert</creator>" TAIL);
    ck_assert_str_eq(music.composer, "Robert");
}
END_TEST


#define LYRIC(voice, number, syllabic, text)                              \
    "<note><voice>" voice "</voice><lyric " number "><syllabic>" syllabic \
    "</syllabic><text>" text "</text></lyric></note>"

START_TEST(verses_may_have_names)
{
    reads(HEAD
          "<part id='a'>" LYRIC("1", "number='part1verse1'", "begin", "Quell")
              LYRIC("1", "number='part1verse2'", "begin", "Zwie")
                  LYRIC("1", "number='1' name='chorus'", "begin", "Wunsch")
                      LYRIC("1", "number='part1verse1'", "end", "wasser")
                          LYRIC("1", "number='part1verse2'", "end", "licht")
                              LYRIC("1", "number='1' name='chorus'", "end",
                                    "traum") "</part>" TAIL);
    ck_assert_str_eq(music.text, "Quellwasser Zwielicht Wunschtraum");
}
END_TEST


START_TEST(voices_and_parts_sing_their_own_words)
{
    reads(HEAD "<part id='a'>" LYRIC("1", "", "begin", "Glo")
              LYRIC("2", "", "begin", "Mise") LYRIC("1", "", "end", "ria")
                  LYRIC("2", "", "end", "rere") "</part>" TAIL);
    ck_assert_str_eq(music.text, "Gloria Miserere");
    reads("<score-timewise><measure>"
          "<part id='a'>" LYRIC(
              "1", "", "begin",
              "Glo") "</part>"
                     "<part id='b'>" LYRIC(
                         "1", "", "begin",
                         "Mise") "</part>"
                                 "</measure><measure>"
                                 "<part id='a'>" LYRIC(
                                     "1", "", "end",
                                     "ria") "</part>"
                                            "<part id='b'>" LYRIC(
                                                "1", "", "end",
                                                "rere") "</part>"
                                                        "</measure></"
                                                        "score-timewise>");
    ck_assert_str_eq(music.text, "Gloria Miserere");
}
END_TEST


START_TEST(more_verses_and_syllables_than_fit_are_left_out)
{
    int i;
    size_t len = 0, size = 8 << 20;
    char *text = malloc(size);

    len += (size_t) sprintf(text, HEAD);
    for (i = 0; i < 2 * MUSICXML_SYLLABLES_MAX; i++) {
        len += (size_t) sprintf(text + len,
                                "<lyric number='%d'><text>a</text></lyric>", i);
    }
    sprintf(text + len, TAIL);
    reads(text);
    ck_assert_uint_eq(music.text_len, 2 * MUSICXML_SYLLABLES_MAX - 1);
    free(text);
}
END_TEST


START_TEST(a_metronome_may_be_put_in_words)
{
    static const struct {
        const char *text;
        double tempo;
    } marks[] = { { "ca. 72", 72 },
                  { "72-76", 72 },
                  { "c. 60.5 (live)", 60.5 },
                  { "fast", 0 },
                  { "", 0 },
                  { "1.", 1 },
                  { "99999999999999999", 0 } };
    size_t i;
    char text[256];

    for (i = 0; i < COUNT(marks); i++) {
        snprintf(text, sizeof(text),
                 HEAD "<metronome><beat-unit>quarter</beat-unit>"
                      "<per-minute>%s</per-minute></metronome>" TAIL,
                 marks[i].text);
        reads(text);
        ck_assert_double_eq_tol(music.tempo, marks[i].tempo, 1e-9);
    }
    reads(HEAD "<metronome><beat-unit>half</beat-unit><beat-unit-tied>"
               "<beat-unit>eighth</beat-unit></beat-unit-tied>"
               "<per-minute>60</per-minute></metronome>" TAIL);
    ck_assert_double_eq_tol(music.tempo, 150, 1e-9);
}
END_TEST


START_TEST(a_text_that_declares_a_type_of_its_own_is_refused)
{
    static const char *const declared[] = { "<!ATTLIST x a CDATA 'v'>",
                                            "<!ELEMENT x ANY>",
                                            "<!NOTATION x SYSTEM 'y'>", "%p;" };
    size_t i;
    char text[256];

    for (i = 0; i < COUNT(declared); i++) {
        snprintf(text, sizeof(text),
                 "<!DOCTYPE score-partwise [%s]><score-partwise/>",
                 declared[i]);
        refuses(text, "document type of its own");
    }
}
END_TEST


START_TEST(a_document_type_may_be_empty)
{
    reads("<!DOCTYPE score-partwise PUBLIC 'a' 'b'[]><score-partwise/>");
    reads("<!DOCTYPE score-partwise [ <!-- a --> <?b c?> ]><score-partwise/>");
}
END_TEST


START_TEST(names_without_end_are_refused)
{
    int i;
    size_t len = 0;
    char *text = malloc(24 << 20);

    len += (size_t) sprintf(text, HEAD);
    for (i = 0; i < 1000000; i++) {
        len += (size_t) sprintf(text + len, "<a%x a%x=''/>", (unsigned) i,
                                (unsigned) i);
    }
    ck_assert_int_eq(read_by(text, len, len), -1);
    ck_assert_ptr_nonnull(strstr(complaint, "memory"));
    reads(HEAD TAIL); /* all of it was given back */
    free(text);
}
END_TEST


START_TEST(other_encodings_are_read)
{
    static const char head[] = "\xff\xfe", text[] = HEAD TAIL;
    size_t i, n = 2;
    char wide[2 * sizeof(text)];

    reads("<?xml version='1.0' encoding='Shift_JIS'?><score-partwise>"
          "<movement-title>\x8d\x72\x8f\xe9</movement-title>" TAIL);
    ck_assert_str_eq(music.title, "荒城");

    memcpy(wide, head, 2);
    for (i = 0; i < sizeof(text) - 1; i++) {
        wide[n++] = text[i];
        wide[n++] = '\0';
    }
    ck_assert_int_eq(read_by(wide, n, 1), 0);
}
END_TEST


START_TEST(an_encoding_that_is_unknown_or_untrue_is_named)
{
    refuses("<?xml version='1.0' encoding='x-klingon'?><score-partwise/>",
            "x-klingon");
    refuses("<?xml version='1.0' encoding='GBK'?><score-partwise>\xff\xff",
            "names: GBK");
    refuses("<?xml version='1.0'?><score-partwise>gr\xf6\xdf"
            "er</score-partwise>",
            "names: UTF-8");
}
END_TEST


START_TEST(collections_and_musescore_s_own_are_called_so)
{
    refuses("<?xml version='1.0'?><opus/>", "only points at scores");
    refuses("<?xml version='1.0'?><museScore/>", "MuseScore's own format");
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
    times_are_added_up_and_alternatives_left_out,
    a_time_that_does_not_fit_is_none, a_movement_is_named_behind_its_work,
    a_title_that_is_told_twice_is_told_once,
    what_is_printed_names_a_score_that_says_nothing_itself,
    the_largest_centred_line_of_page_one_is_a_title,
    a_creator_is_known_by_any_form_of_his_type, verses_may_have_names,
    voices_and_parts_sing_their_own_words,
    more_verses_and_syllables_than_fit_are_left_out,
    a_metronome_may_be_put_in_words,
    a_text_that_declares_a_type_of_its_own_is_refused,
    a_document_type_may_be_empty, names_without_end_are_refused,
    other_encodings_are_read, an_encoding_that_is_unknown_or_untrue_is_named,
    collections_and_musescore_s_own_are_called_so,
    a_text_that_declares_entities_is_refused,
    a_text_nested_without_end_is_refused, a_token_without_end_is_refused,
    a_text_that_is_cut_off_is_refused, xml_of_another_kind_is_refused,
    a_long_name_is_cut_between_characters)
