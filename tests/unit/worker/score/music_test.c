#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/music.h"

static music_t music;


static const char *
key_of(long fifths, const char *mode)
{
    static char key[24];

    music_key(key, fifths, mode);
    return key;
}


START_TEST(a_key_has_the_name_of_its_tonic_and_mode)
{
    ck_assert_str_eq(key_of(-1, "major"), "F major");
    ck_assert_str_eq(key_of(0, "minor"), "A minor");
    ck_assert_str_eq(key_of(7, "Major"), "C# major");
    ck_assert_str_eq(key_of(-7, "major"), "Cb major");
    ck_assert_str_eq(key_of(7, "minor"), "A# minor");
    ck_assert_str_eq(key_of(0, "dorian"), "D dorian");
    ck_assert_str_eq(key_of(-7, "lydian"), "Fb lydian");
    ck_assert_str_eq(key_of(7, "locrian"), "B# locrian");
}
END_TEST


START_TEST(a_key_without_mode_is_its_signature)
{
    ck_assert_str_eq(key_of(0, ""), "no sharps or flats");
    ck_assert_str_eq(key_of(1, "none"), "1 sharp");
    ck_assert_str_eq(key_of(-3, "jolly"), "3 flats");
}
END_TEST


START_TEST(what_is_no_key_has_no_name)
{
    ck_assert_str_eq(key_of(8, "major"), "");
    ck_assert_str_eq(key_of(-8, "major"), "");
}
END_TEST


START_TEST(more_parts_than_fit_are_not_named)
{
    int i;

    memset(&music, 0, sizeof(music));
    music_part(&music, "  ", 2);
    for (i = 0; i < MUSIC_PARTS_MAX + 1; i++) {
        music_part(&music, "Viola", 5);
    }
    ck_assert_int_eq(music.parts, MUSIC_PARTS_MAX);
}
END_TEST


START_TEST(words_are_added_as_long_as_they_fit)
{
    size_t i;

    memset(&music, 0, sizeof(music));
    music_words(&music, "", 0);
    music_words(&music, " a ", 3);
    music_words(&music, "", 0);
    music_words(&music, "b", 1);
    ck_assert_str_eq(music.text, "a b");

    for (i = 0; i < MUSIC_TEXT_SIZE; i++) {
        music_words(&music, "word", 4);
    }
    ck_assert_uint_lt(music.text_len, MUSIC_TEXT_SIZE);
    ck_assert_uint_eq(music.text_len, strlen(music.text));
}
END_TEST


START_TEST(of_an_unknown_encoding_the_plain_words_are_kept)
{
    memset(&music, 0, sizeof(music));
    music_words(&music, "Pr\xe9lude \xe0 la lune", 17);
    ck_assert_str_eq(music.text, "Prélude la lune");
}
END_TEST


static char *
judged(const char *json, char **told)
{
    json_t *found = json_loads(json, 0, NULL), *about = json_object();
    char *text;

    ck_assert_ptr_nonnull(found);
    text = music_judge(found, about);
    *told = json_dumps(about, JSON_SORT_KEYS | JSON_COMPACT);
    json_decref(about);
    json_decref(found);
    return text;
}


START_TEST(what_a_reader_says_is_judged_again)
{
    static const char *const lies[] = {
        "{}",
        "{\"title\":1,\"composer\":null,\"text\":[]}",
        "{\"tempo\":-1,\"duration\":1e9,\"measures\":0.5}",
        "{\"tempo\":1001,\"duration\":0,\"measures\":99999999}",
        "{\"parts\":\"a\",\"evil\":\"b\",\"format\":\"c\"}",
        "{\"parts\":[1,\" \",{}],\"title\":\"\\n\"}"
    };
    size_t i;
    char *text, *told;

    for (i = 0; i < COUNT(lies); i++) {
        text = judged(lies[i], &told);
        ck_assert_str_eq(told, "{}");
        ck_assert_str_eq(text, "");
        free(text);
        free(told);
    }
}
END_TEST


START_TEST(what_a_reader_says_that_makes_sense_is_told)
{
    char *text, *told;

    text = judged(
        "{\"title\":\" A\\nb \",\"parts\":[\"c\"],\"tempo\":96.5,"
        "\"measures\":3,\"key\":\"F major\",\"text\":\"la\\u0085la\"}",
        &told);
    ck_assert_str_eq(told, "{\"key\":\"F major\",\"measures\":3,\"parts\":"
                           "[\"c\"],\"tempo\":96.5,\"title\":\"A b\"}");
    ck_assert_str_eq(text, "la la");
    free(text);
    free(told);
}
END_TEST


START_TEST(only_what_is_known_is_told)
{
    json_t *about = json_object();
    char *text;

    memset(&music, 0, sizeof(music));
    music_tell(&music, about);
    ck_assert_uint_eq(json_object_size(about), 0);

    strcpy(music.title, "Air");
    music_part(&music, "Voix", 4);
    music.tempo = 96.0001;
    music.measures = 20;
    music_tell(&music, about);
    text = json_dumps(about, JSON_SORT_KEYS);
    ck_assert_str_eq(text, "{\"measures\": 20, \"parts\": [\"Voix\"], "
                           "\"tempo\": 96.0, \"title\": \"Air\"}");
    free(text);
    json_decref(about);
}
END_TEST


RUN("worker/music", a_key_has_the_name_of_its_tonic_and_mode,
    a_key_without_mode_is_its_signature,
    of_an_unknown_encoding_the_plain_words_are_kept,
    what_a_reader_says_is_judged_again,
    what_a_reader_says_that_makes_sense_is_told, what_is_no_key_has_no_name,
    more_parts_than_fit_are_not_named, words_are_added_as_long_as_they_fit,
    only_what_is_known_is_told)
