#include <string.h>
#include "tests/unit/suite.h"
#include "worker/archive/entry_name.h"

static char safe[ENTRY_NAME_SIZE];


static const char *
named(const char *name)
{
    entry_name_safe(name, safe);
    return safe;
}


START_TEST(a_name_of_any_language_stays)
{
    ck_assert_str_eq(named("Übung 2 – «é».pdf"), "Übung 2 – «é».pdf");
    ck_assert_str_eq(named("🎬.mp4"), "🎬.mp4");
    ck_assert_str_eq(named("…"), "…");
}
END_TEST


START_TEST(no_name_leaves_its_folder)
{
    ck_assert_str_eq(named("../../etc/passwd"), "_.._.._etc_passwd");
    ck_assert_str_eq(named("/etc/passwd"), "_etc_passwd");
    ck_assert_str_eq(named("c:\\x"), "c__x");
    ck_assert_str_eq(named(".."), "file");
    ck_assert_str_eq(named("."), "file");
    ck_assert_str_eq(named(""), "file");
    ck_assert_str_eq(named(".hidden"), "_.hidden");
}
END_TEST


START_TEST(no_name_is_one_that_windows_refuses)
{
    ck_assert_str_eq(named("a<b>c\"d|e?f*g:h"), "a_b_c_d_e_f_g_h");
    ck_assert_str_eq(named("name. . "), "name");
    ck_assert_str_eq(named("CON"), "_CON");
    ck_assert_str_eq(named("nul.txt"), "_nul.txt");
    ck_assert_str_eq(named("Com1.mp4"), "_Com1.mp4");
    ck_assert_str_eq(named("comx.mp4"), "comx.mp4");
    ck_assert_str_eq(named("console.mp4"), "console.mp4");
}
END_TEST


START_TEST(nothing_in_a_name_is_hidden_or_turns_it_around)
{
    ck_assert_str_eq(named("a\nb\x7f"
                           "c"),
                     "a_b_c");
    ck_assert_str_eq(named("x\u202e4pm.exe"), "x_4pm.exe");
    ck_assert_str_eq(named("x\u2066y\u200bz\ufeff"), "x_y_z_");
    ck_assert_str_eq(named("\xc2\x85x"), "_x");
    /* what joins the parts of an emoji stays */
    ck_assert_str_eq(named("👩\u200d🎤.mp4"), "👩\u200d🎤.mp4");
}
END_TEST


START_TEST(a_long_name_keeps_its_extension_and_whole_characters)
{
    size_t i;
    char name[4 * ENTRY_NAME_SIZE] = "";

    for (i = 0; i < ENTRY_NAME_SIZE; i++) {
        strcat(name, "é");
    }
    strcat(name, ".mp4");
    named(name);
    ck_assert_uint_eq(strlen(safe), 254 - 254 % 2);

    strcpy(name, "x");
    for (i = 0; i < 126; i++) {
        strcat(name, "é");
    }
    strcat(name, ".pdf");
    named(name);
    ck_assert_uint_eq(strlen(safe), 1 + 2 * 125 + 4);
    ck_assert_str_eq(safe + strlen(safe) - 6, "é.pdf");

    memset(name, 'x', sizeof(name) - 1);
    memcpy(name + 2 * ENTRY_NAME_SIZE - 3, "🎬", 4);
    name[sizeof(name) - 1] = '\0';
    named(name);
    ck_assert_uint_eq(strlen(safe), ENTRY_NAME_SIZE - 1);
}
END_TEST


START_TEST(no_two_in_a_folder_are_alike)
{
    entry_names_t names = { 0 };

    ck_assert_int_eq(entry_name_add(&names, "song.mp3", safe), 0);
    ck_assert_str_eq(safe, "song.mp3");
    ck_assert_int_eq(entry_name_add(&names, "SONG.mp3", safe), 0);
    ck_assert_str_eq(safe, "SONG (2).mp3");
    ck_assert_int_eq(entry_name_add(&names, "song (2).mp3", safe), 0);
    ck_assert_str_eq(safe, "song (2) (2).mp3");
    ck_assert_int_eq(entry_name_add(&names, "song.mp3", safe), 0);
    ck_assert_str_eq(safe, "song (3).mp3");
    ck_assert_int_eq(entry_name_add(&names, "so/ng", safe), 0);
    ck_assert_int_eq(entry_name_add(&names, "so\\ng", safe), 0);
    ck_assert_str_eq(safe, "so_ng (2)");

    entry_names_clear(&names);
    ck_assert_int_eq(entry_name_add(&names, "song.mp3", safe), 0);
    ck_assert_str_eq(safe, "song.mp3");
    entry_names_free(&names);
}
END_TEST


RUN("worker/entry_name", a_name_of_any_language_stays,
    no_name_leaves_its_folder, no_name_is_one_that_windows_refuses,
    nothing_in_a_name_is_hidden_or_turns_it_around,
    a_long_name_keeps_its_extension_and_whole_characters,
    no_two_in_a_folder_are_alike)
