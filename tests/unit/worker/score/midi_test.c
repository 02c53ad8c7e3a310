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
    ck_assert_str_eq(music.text, "lune");
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


START_TEST(a_track_whose_length_is_wrong_ends_where_it_says)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\0") "MTrk\0\0\0\x0e"
                                                 "\0\xff\3\3"
                                                 "Ave\0\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_str_eq(music.title, "Ave");
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") "MTrk\0\0\0\7\0\xff\x2f\0" TRACK_2),
                   &music),
        0);
    ck_assert_str_eq(music.part[0], "Voix");
}
END_TEST


START_TEST(bytes_behind_the_last_track_do_not_count)
{
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") TRACK_1 "Downloaded from here\r\n"),
                   &music),
        0);
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") TRACK_1 "\0\0\0\0\0\0\0\0\0"), &music), 0);
}
END_TEST


START_TEST(a_track_that_is_begun_is_missed)
{
    static const char file[] = HEAD("\1") TRACK_1 TRACK_2;
    size_t len;

    for (len = sizeof(HEAD("\1") TRACK_1); len < sizeof(file) - 5; len++) {
        ck_assert_msg(midi_parse(file, len, &music) == -1, "%zu", len);
    }
}
END_TEST


START_TEST(what_belongs_on_a_wire_is_passed_over)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\0") "MTrk\0\0\0\x1d"
                                                 "\0\x90\x3c\x40\0\xf8\0\xfe"
                                                 "\x83\0\x3c\0"
                                                 "\0\xf2\1\2\0\xf3\1\0\xf6"
                                                 "\0\xf1\1\0\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_double_eq_tol(music.seconds, 0.5, 1e-9);
}
END_TEST


START_TEST(a_header_may_be_longer)
{
    ck_assert_int_eq(midi_parse(BYTES("MThd\0\0\0\x0a\0\1\0\2\1\x80"
                                      "more" TRACK_1),
                                &music),
                     0);
    ck_assert_str_eq(music.title, "Suite");
}
END_TEST


START_TEST(a_file_in_riff_is_unwrapped)
{
    static const char file[] = "RIFF\0\0\0\0RMIDDISP\3\0\0\0abc\0"
                               "data\x41\0\0\0" HEAD("\1") TRACK_1;

    ck_assert_int_eq(midi_parse(BYTES(file), &music), 0);
    ck_assert_str_eq(music.title, "Suite");
    ck_assert_int_eq(midi_parse(file, 24, &music), -1);
}
END_TEST


START_TEST(frames_tell_the_length_without_tempo)
{
    ck_assert_int_eq(midi_parse(BYTES("MThd\0\0\0\6\0\0\0\1\xe7\x28"
                                      "MTrk\0\0\0\5\x8f\x50\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_double_eq_tol(music.seconds, 2, 1e-9);
    ck_assert_double_eq_tol(music.tempo, 0, 1e-9);
}
END_TEST


START_TEST(any_number_of_tempos_counts)
{
    static char file[14 + 8 + 7 * 10000 + 5] = HEAD("\0") "MTrk\0\1\x11\x75";
    size_t i;

    for (i = 0; i < 10000; i++) {
        memcpy(file + 22 + 7 * i,
               i < 9999 ? "\0\xff\x51\3\x12\x4f\x80" : "\0\xff\x51\3\7\xa1\x20",
               7);
    }
    memcpy(file + 22 + 7 * 10000, "\x83\0\xff\x2f\0", 5);
    ck_assert_int_eq(midi_parse(file, sizeof(file), &music), 0);
    ck_assert_double_eq_tol(music.seconds, 0.5, 1e-9);
}
END_TEST


#define KARAOKE_1              \
    "MTrk\0\0\0\x2a"           \
    "\0\xff\3\x0cSoft Karaoke" \
    "\0\xff\1\x12@KMIDI KARAOKE FIL\0\xff\x2f\0"

START_TEST(karaoke_sings_its_text_events)
{
    ck_assert_int_eq(
        midi_parse(BYTES(HEAD("\1") KARAOKE_1 "MTrk\0\0\0\x31"
                                              "\0\xff\1\5@TAir"
                                              "\0\xff\1\4@TWe"
                                              "\0\xff\1\4\\Zau"
                                              "\0\xff\1\4ber "
                                              "\0\xff\1\4/tal\0\xff\x2f\0"),
                   &music),
        0);
    ck_assert_str_eq(music.title, "Air");
    ck_assert_str_eq(music.text, "Zauber tal We");
}
END_TEST


START_TEST(a_karaoke_program_s_name_is_no_title)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\1") KARAOKE_1), &music), 0);
    ck_assert_str_eq(music.title, "");
}
END_TEST


START_TEST(syllables_with_blanks_are_joined_as_they_are)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\0") "MTrk\0\0\0\x19"
                                                 "\0\xff\5\2lu"
                                                 "\0\xff\5\3ne "
                                                 "\0\xff\5\4dort"
                                                 "\0\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_str_eq(music.text, "lune dort");
}
END_TEST


START_TEST(texts_are_in_the_encoding_that_the_file_names)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\0") "MTrk\0\0\0\x1d"
                                                 "\0\xff\3\4\x8d\x72\x8f\xe9"
                                                 "\0\xff\5\5{@JP}"
                                                 "\0\xff\5\2\x83\x5c"
                                                 "\0\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_str_eq(music.title, "荒城");
    ck_assert_str_eq(music.text, "ソ");
}
END_TEST


START_TEST(a_title_in_an_unknown_encoding_is_none)
{
    ck_assert_int_eq(midi_parse(BYTES(HEAD("\0") "MTrk\0\0\0\x0c"
                                                 "\0\xff\3\4\x8d\x72\x8f\xe9"
                                                 "\0\xff\x2f\0"),
                                &music),
                     0);
    ck_assert_str_eq(music.title, "");
}
END_TEST


RUN("worker/midi", meta_events_tell_of_the_music,
    its_length_follows_each_change_of_tempo, other_chunks_are_passed_over,
    a_file_that_is_cut_off_is_refused, data_where_a_status_belongs_is_refused,
    a_length_that_leads_outside_is_refused,
    a_tempo_or_division_of_nothing_is_none,
    a_track_whose_length_is_wrong_ends_where_it_says,
    bytes_behind_the_last_track_do_not_count, a_track_that_is_begun_is_missed,
    what_belongs_on_a_wire_is_passed_over, a_header_may_be_longer,
    a_file_in_riff_is_unwrapped, frames_tell_the_length_without_tempo,
    any_number_of_tempos_counts, karaoke_sings_its_text_events,
    a_karaoke_program_s_name_is_no_title,
    syllables_with_blanks_are_joined_as_they_are,
    texts_are_in_the_encoding_that_the_file_names,
    a_title_in_an_unknown_encoding_is_none)
