#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/midi.h"

#define BYTES(text) text, sizeof(text) - 1
#define HEAD(format) "MThd\0\0\0\6\0" format "\0\2\1\x80" /* 384 a quarter */

/* a name, 3/4, two flats in minor, 100 a minute from the start, 50 after four
   quarters, the end after six */
#define TRACK_1                    \
    "MTrk\0\0\0\x2b"               \
    "\0\xff\3\5Suite"              \
    "\0\xff\x58\4\3\2\x18\x08"     \
    "\0\xff\x59\2\xfe\1"           \
    "\0\xff\x51\3\x09\x27\xc0"     \
    "\x8c\0\xff\x51\3\x12\x4f\x80" \
    "\x86\0\xff\x2f\0"

/* a name, a note of a quarter by running status, two syllables */
#define TRACK_2      \
    "MTrk\0\0\0\x21" \
    "\0\xff\3\4Voix" \
    "\0\xff\5\3lu-"  \
    "\0\xff\5\2ne"   \
    "\0\x90\x3c\x40" \
    "\x83\0\x3c\0"   \
    "\0\xff\x2f\0"

static music_t music;


START_TEST(meta_events_tell_of_the_music)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\1") TRACK_1 TRACK_2), &music), 0);
    ck_assert_str_eq(music.title, "Suite");
    ck_assert_str_eq(music.time, "3/4");
    ck_assert_str_eq(music.key, "G minor");
    ck_assert_int_eq(music.parts, 1);
    ck_assert_str_eq(music.part[0], "Voix");
    ck_assert_str_eq(music.text, "lu-ne");
}
END_TEST


START_TEST(its_length_follows_each_change_of_tempo)
{
    midi_parse(BYTES(HEAD("\1") TRACK_1 TRACK_2), &music);
    ck_assert_double_eq_tol(music.tempo, 100, 1e-9);
    ck_assert_double_eq_tol(music.seconds, 4 * 0.6 + 2 * 1.2, 1e-9);
}
END_TEST


START_TEST(other_chunks_are_passed_over)
{
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") "XXXX\0\0\0\2ab" TRACK_1), &music), 0);
    ck_assert_str_eq(music.title, "Suite");
}
END_TEST


START_TEST(a_file_that_is_cut_off_is_refused)
{
    static const char file[] = HEAD("\1") TRACK_1 TRACK_2;
    size_t len;

    for (len = 0; len < sizeof(HEAD("\1") TRACK_1) - 1; len++) {
        ck_assert_msg(midi_parse(file, len, &music) == -1, "%zu", len);
    }
}
END_TEST


START_TEST(data_where_a_status_belongs_is_refused)
{
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") "MTrk\0\0\0\3\0\x3c\x40"), &music), -1);
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\1") "MTrk\0\0\0\2\0\xf4"), &music),
                     -1);
}
END_TEST


START_TEST(a_length_that_leads_outside_is_refused)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\1") "MTrk\0\0\0\5\0\xff\3\x7f"
                                                 "a"),
                                &music),
                     -1);
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") "MTrk\0\0\0\5\xff\xff\xff\xff\x7f"),
                   &music),
        -1);
}
END_TEST


START_TEST(a_tempo_or_division_of_nothing_is_none)
{
    ck_assert_int_eq(midi_parse(BYTES("MThd\0\0\0\6\0\1\0\1\0\0"
                                      "MTrk\0\0\0\4\x10\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_double_eq_tol(music.seconds, 0, 1e-9);
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") "MTrk\0\0\0\7\0\xff\x51\3\0\0\0"), &music),
        0);
    ck_assert_double_eq_tol(music.tempo, 0, 1e-9);
}
END_TEST


RUN("worker/midi", meta_events_tell_of_the_music,
    its_length_follows_each_change_of_tempo, other_chunks_are_passed_over,
    a_file_that_is_cut_off_is_refused, data_where_a_status_belongs_is_refused,
    a_length_that_leads_outside_is_refused,
    a_tempo_or_division_of_nothing_is_none)
