#include <string.h>
#include "core/account/password.h"
#include "tests/unit/suite.h"

/* "correct horse", hashed by Python's hashlib and by crypt(3). */
static const char *const hashes[] = {
    "$5$PPo6fwHVVoJzXaaK$8lWb2heRmEobe4r2SMludXVlo7OeGZ1fMV1oYpug"
    "5o.",
    "$6$rounds=2000$s6MBFgqNfolewIld$JQ1HDSj8xx4mLuQBxu3paVRWPp1W"
    "HPGnDAZplE7rwY2i9wAdobtnMFrIpq2IV2FyXsr7TlZ88b8ufZZD1hnqR.",
    "$2b$05$eE9F92FaO87JHDT4KqT41ebc8C5UC/gOdhdIYiNAiyT2dnPdLt9Tm",
    "$2y$05$eE9F92FaO87JHDT4KqT41ebc8C5UC/gOdhdIYiNAiyT2dnPdLt9Tm",
    "$2a$05$eE9F92FaO87JHDT4KqT41ebc8C5UC/gOdhdIYiNAiyT2dnPdLt9Tm",
    "$7$C6..../....abcdefgh$XSojI2Rh.0514DaK7NxrGbszjqivd.EPuCE3D"
    "TBDsL4",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF"
    "8RHJ./tK5KU79",
    "$pbkdf2-sha256$1000$c2FsdHNhbHRzYWx0c2FsdA$BBs.1.PaslLtBPULU"
    "r8/lQicvVuHiEPMz0i8MjLCbzM",
    "$pbkdf2-sha512$1000$c2FsdHNhbHRzYWx0c2FsdA$EHLBej.uEvxlmr0Qn"
    "Hnceg1vM6h1wbwSP5XErh3SmizNDWZsIi28RPGARe0EssjGRoiACzxgHjNvq"
    "wJY1zxKig",
    "$pbkdf2$1000$c2FsdHNhbHRzYWx0c2FsdA$EUcKisx.yviAqdTmlEPmy.5y"
    "kUU",
    "pbkdf2_sha256$1000$NaClNaClNaClNaCl$nZQjQjg4q0dZ/pBo6BL7fH3x"
    "yVgqXnGIhmjBlaahFNw=",
    "$scrypt$ln=10,r=8,p=2$c2FsdHNhbHRzYWx0c2FsdA$jEgpCUtvA44HVzf"
    "VdPMA8tfAzsWE0hBy4rqSqDwK5Z8",
};


START_TEST(a_password_fits_the_hashes_of_others)
{
    size_t i;

    for (i = 0; i < COUNT(hashes); i++) {
        ck_assert_msg(password_known(hashes[i]), "%s", hashes[i]);
        ck_assert_msg(password_verify(hashes[i], "correct horse", 13) == 1,
                      "%s", hashes[i]);
        ck_assert_msg(!password_is_current(hashes[i]), "%s", hashes[i]);
    }
}
END_TEST


START_TEST(another_password_does_not)
{
    size_t i;

    for (i = 0; i < COUNT(hashes); i++) {
        ck_assert_msg(password_verify(hashes[i], "correct horsf", 13) == 0,
                      "%s", hashes[i]);
        ck_assert_msg(password_verify(hashes[i], "correct horse\0x", 15) == 0,
                      "%s", hashes[i]);
        ck_assert_msg(password_verify(hashes[i], "", 0) == 0, "%s", hashes[i]);
    }
}
END_TEST


/* Nothing is read behind its end, which the sanitizer would say. */
START_TEST(a_hash_that_is_cut_is_never_fitted)
{
    size_t i, len;
    char cut[PASSWORD_ANY_SIZE];

    for (i = 0; i < COUNT(hashes); i++) {
        for (len = 0; len < strlen(hashes[i]); len++) {
            memcpy(cut, hashes[i], len);
            cut[len] = '\0';
            /* but for its padding */
            ck_assert_msg(hashes[i][len] == '=' || password_known(cut) == 0
                              || password_verify(cut, "correct horse", 13) != 1,
                          "%s", cut);
        }
    }
}
END_TEST


START_TEST(what_costs_too_much_is_not_known)
{
    size_t i;
    static const char *const dear[] = {
        "$2b$16$IsOIdEYwVZRZnbKmTTC8I.q1Gl8P0jJ0GVTkxAQ3ZrjcKkaL3eJ2C",
        "$6$rounds=5000001$salt$a",
        "$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEs",
        "$argon2id$v=19$m=65536,t=17,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEs",
        "$argon2id$v=19$m=65536,t=1,p=17$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEs",
        "$argon2id$v=19$m=99999999999999999999,t=1,p=1$c29tZQ$nf65EOgLrQMR",
        "$pbkdf2-sha256$5000001$c2FsdHNhbHRzYWx0c2FsdA$"
        "wdimsZz82dUhh09vxCX.tZ6CiAyYHJSfs9wD5qYnfzg",
        "$scrypt$ln=18,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
        "1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY",
        "$scrypt$ln=16,r=8,p=9$c2FsdHNhbHRzYWx0c2FsdA$"
        "1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY",
        "$y$jFT$F5Jx5fExrKuPp53xLKQ..1$"
        "1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY",
    };

    for (i = 0; i < COUNT(dear); i++) {
        ck_assert_msg(!password_known(dear[i]), "%s", dear[i]);
        ck_assert_int_eq(password_verify(dear[i], "correct horse", 13), -1);
    }
}
END_TEST


START_TEST(other_forms_are_not_known)
{
    size_t i;
    static const char *const others[] = {
        "",
        "$",
        "x",
        "correct horse",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{noop}correct horse",
        "$pbkdf2-sha256$01000$c2FsdA$wdimsZz82dUhh09vxCX."
        "tZ6CiAyYHJSfs9wD5qYnfzg",
        "$pbkdf2-sha256$1000$c2F!dA$wdimsZz82dUhh09vxCX."
        "tZ6CiAyYHJSfs9wD5qYnfzg",
        "$pbkdf2-sha256$1000$$wdimsZz82dUhh09vxCX.tZ6CiAyYHJSfs9wD5qYnfzg",
        "$pbkdf2-sha256$1000$c2FsdA$",
        "$pbkdf2-sha256$1000$c2FsdA$c2FsdA",
        "pbkdf2_sha256$1000$$wdimsZz8",
        "pbkdf2_sha256$",
        "$scrypt$ln=",
        "$2b$",
        "$2b$1",
        "$5$",
        "$6$rounds=",
        "$7$",
        "$y$",
        "$y$j",
        "$argon2id$",
    };

    for (i = 0; i < COUNT(others); i++) {
        ck_assert_msg(!password_known(others[i]), "%s", others[i]);
        ck_assert_int_eq(password_verify(others[i], "correct horse", 13), -1);
    }
}
END_TEST


RUN("core/password_foreign", a_password_fits_the_hashes_of_others,
    another_password_does_not, a_hash_that_is_cut_is_never_fitted,
    what_costs_too_much_is_not_known, other_forms_are_not_known)
