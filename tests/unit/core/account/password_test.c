#include <string.h>
#include <argon2.h>
#include "core/account/password.h"
#include "tests/unit/suite.h"

/* From the test programme of the reference implementation of argon2. */
#define REFERENCE                              \
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ" \
    "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"


START_TEST(a_password_fits_its_hash)
{
    char hash[PASSWORD_HASH_SIZE];

    ck_assert_int_eq(password_hash(hash, "correct horse", 13), 0);
    ck_assert_int_eq(password_verify(hash, "correct horse", 13), 1);
}
END_TEST


START_TEST(another_password_does_not_fit)
{
    char hash[PASSWORD_HASH_SIZE];

    ck_assert_int_eq(password_hash(hash, "correct horse", 13), 0);
    ck_assert_int_eq(password_verify(hash, "correct horsf", 13), 0);
    ck_assert_int_eq(password_verify(hash, "correct hors", 12), 0);
    ck_assert_int_eq(password_verify(hash, "", 0), 0);
}
END_TEST


START_TEST(the_hash_names_the_parameters_of_owasp)
{
    static const char prefix[] = "$argon2id$v=19$m=19456,t=2,p=1$";
    char hash[PASSWORD_HASH_SIZE];

    ck_assert_int_eq(password_hash(hash, "correct horse", 13), 0);
    ck_assert_mem_eq(hash, prefix, sizeof(prefix) - 1);
}
END_TEST


START_TEST(each_hash_has_its_own_salt)
{
    char a[PASSWORD_HASH_SIZE], b[PASSWORD_HASH_SIZE];

    ck_assert_int_eq(password_hash(a, "correct horse", 13), 0);
    ck_assert_int_eq(password_hash(b, "correct horse", 13), 0);
    ck_assert_str_ne(a, b);
}
END_TEST


START_TEST(bytes_of_any_value_count)
{
    char hash[PASSWORD_HASH_SIZE];

    ck_assert_int_eq(password_hash(hash, "p\0\xc3\xa4ss", 6), 0);
    ck_assert_int_eq(password_verify(hash, "p\0\xc3\xa4ss", 6), 1);
    ck_assert_int_eq(password_verify(hash, "p\0\xc3\xa5ss", 6), 0);
}
END_TEST


START_TEST(a_hash_of_the_reference_implementation_fits)
{
    ck_assert_int_eq(password_verify(REFERENCE, "password", 8), 1);
    ck_assert_int_eq(password_verify(REFERENCE, "passwore", 8), 0);
}
END_TEST


START_TEST(a_password_of_1024_bytes_is_taken)
{
    char hash[PASSWORD_HASH_SIZE];
    char password[PASSWORD_MAX_SIZE];

    memset(password, 'x', sizeof(password));

    ck_assert_int_eq(password_hash(hash, password, sizeof(password)), 0);
    ck_assert_int_eq(password_verify(hash, password, sizeof(password)), 1);
}
END_TEST


START_TEST(a_longer_password_fits_not_even_its_own_hash)
{
    char hash[PASSWORD_HASH_SIZE];
    char password[PASSWORD_MAX_SIZE + 1];

    memset(password, 'x', sizeof(password));

    ck_assert_int_eq(password_hash(hash, password, sizeof(password)), -1);
    ck_assert_int_eq(argon2id_hash_encoded(2, 256, 1, password,
                                           sizeof(password), "somesalt", 8, 32,
                                           hash, sizeof(hash)),
                     ARGON2_OK);
    ck_assert_int_eq(password_verify(hash, password, sizeof(password)), 0);
}
END_TEST


START_TEST(other_kinds_of_hash_are_unknown)
{
    static const char *const hashes[] = {
        "",
        "correct horse",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$argon2id$",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=19$m=256,t=2,p=1$c29t*XNhbHQ"
        "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=1,t=2,p=1$c29tZXNhbHQ"
        "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    };
    size_t i;

    for (i = 0; i < COUNT(hashes); i++) {
        ck_assert_int_eq(password_verify(hashes[i], "password", 8), -1);
    }
}
END_TEST


START_TEST(a_hash_without_end_is_unknown)
{
    char hash[PASSWORD_ANY_SIZE + 1];

    memset(hash, 'A', sizeof(hash));
    memcpy(hash, REFERENCE, sizeof(REFERENCE) - 1);
    hash[sizeof(hash) - 1] = '\0';

    ck_assert_int_eq(password_verify(hash, "password", 8), -1);
}
END_TEST


START_TEST(nobody_is_let_in)
{
    ck_assert_int_eq(password_verify_nobody("password", 8), 0);
    ck_assert_int_eq(password_verify_nobody("", 0), 0);
}
END_TEST


RUN("core/password", a_password_fits_its_hash, another_password_does_not_fit,
    the_hash_names_the_parameters_of_owasp, each_hash_has_its_own_salt,
    bytes_of_any_value_count, a_hash_of_the_reference_implementation_fits,
    a_password_of_1024_bytes_is_taken,
    a_longer_password_fits_not_even_its_own_hash,
    other_kinds_of_hash_are_unknown, a_hash_without_end_is_unknown,
    nobody_is_let_in)
