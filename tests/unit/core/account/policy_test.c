#include <stdlib.h>
#include <string.h>
#include "core/account/policy.h"
#include "tests/unit/suite.h"

static const char *const ada[] = { "ada.lovelace@engines.example",
                                   "Ada King, Countess of Lovelace", NULL };
static const char *const nobody[] = { NULL };


static void
refused(const char *password, const char *const *words, const char *why)
{
    const char *reason = policy_refuse(password, strlen(password), words);

    ck_assert_msg(reason != NULL, "%s", password);
    ck_assert_msg(strstr(reason, why) != NULL, "%s: %s", password, reason);
}


static void
taken(const char *password, const char *const *words)
{
    const char *reason = policy_refuse(password, strlen(password), words);

    ck_assert_msg(reason == NULL, "%s: %s", password, reason);
}


START_TEST(seven_characters_are_too_few)
{
    refused("", nobody, "8 characters");
    refused("xK9#qLz", nobody, "8 characters");
    refused("xéüß€qL", nobody, "8 characters");
    taken("xK9#qLzv", nobody);
    taken("\xf0\x9f\x8e\xbb\xf0\x9f\xa5\x81\xf0\x9f\x8e\xb9\xf0\x9f\x8e\xba"
          "\xf0\x9f\x8e\xb7\xf0\x9f\xaa\x95\xf0\x9f\x8e\xb8\xf0\x9f\xaa\x97",
          nobody);
}
END_TEST


START_TEST(what_many_choose_is_refused)
{
    size_t i;
    static const char *const often[] = {
        "password",  "12345678",  "123456789",  "qwertyuiop", "iloveyou",
        "sunshine",  "princess",  "football",   "password1",  "Password",
        "p@ssw0rd",  "11111111",  "abcdefgh",   "asdfghjkl",  "1q2w3e4r",
        "trustno1",  "superman",  "aaaaaaaaaa", "87654321",   "abcabcabc",
        "passw0rd1", "qwerty123", "letmein1",   "zxcvbnm1",   "monkey123"
    };

    for (i = 0; i < sizeof(often) / sizeof(often[0]); i++) {
        refused(often[i], nobody, "guessed early");
    }
}
END_TEST


START_TEST(what_is_known_of_its_owner_is_refused)
{
    size_t i;
    static const char *const own[] = { "ada.lovelace@engines.example",
                                       "lovelace",
                                       "Lovelace1",
                                       "l0velace",
                                       "engines.example",
                                       "countess",
                                       "adalovelace" };

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        refused(own[i], ada, "guessed early");
    }
}
END_TEST


START_TEST(what_is_known_of_the_place_is_refused)
{
    size_t i;
    static const char *const place[] = { "https://films.quintett.example:8443",
                                         NULL };
    static const char *const known[] = { "https://films.quintett.example:8443",
                                         "films.quintett.example",
                                         "quintett",
                                         "Quintett1",
                                         "qu1ntett",
                                         "films8443" };
    static const char *const ours[] = { "sluice123", "Sluice12", "5lu1ce12" };

    for (i = 0; i < COUNT(known); i++) {
        refused(known[i], place, "guessed early");
    }

    for (i = 0; i < COUNT(ours); i++) {
        refused(ours[i], nobody, "guessed early");
    }

    taken("films.quintett.example", nobody);
}
END_TEST


START_TEST(others_are_taken_whatever_they_are_made_of)
{
    size_t i;
    char *longest = malloc(1025);
    static const char *const good[] = {
        "correct horse battery staple", "vier mal saft und kein brot",
        "gT7-kd0w-Qm2x", "the moon has nine cats", "le chat dort sous la table"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        taken(good[i], ada);
    }

    for (i = 0; i < 1024; i++) {
        longest[i] = "correct horse battery staple "[i % 29];
    }

    ck_assert_ptr_null(policy_refuse(longest, 1024, ada));
    ck_assert_ptr_nonnull(policy_refuse(longest, 1025, ada));
    free(longest);
}
END_TEST


START_TEST(words_of_any_length_and_number_are_taken)
{
    char word[4096];
    const char *many[40];
    size_t i;

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    word[700] = word[1400] = ' ';

    for (i = 0; i < 39; i++) {
        many[i] = i % 2 ? word : "x@.-_,";
    }
    many[39] = NULL;

    taken("correct horse battery staple", many);
}
END_TEST


RUN("core/policy", seven_characters_are_too_few, what_many_choose_is_refused,
    what_is_known_of_its_owner_is_refused,
    what_is_known_of_the_place_is_refused,
    others_are_taken_whatever_they_are_made_of,
    words_of_any_length_and_number_are_taken)
